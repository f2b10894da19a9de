#pragma once

#include <memory>

#include "walker/page_walker.h"

namespace tablewalk {

/// The walker that a config describes, of whatever kind. `name`: of its module; `memory`: what an instant walker looks
/// its answers up in; `ports`: how many TLBs it has above. Throws InputError if there is no such walker.
std::unique_ptr<PageWalker> make_walker(const char* name, const WalkerConfig& config, const PagingControls& controls,
                                        const PagingMode& mode, PhysicalMemory& memory, unsigned ports);

}  // namespace tablewalk
