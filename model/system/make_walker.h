#pragma once

#include <memory>

#include "walker/page_walker.h"

namespace tablewalk {

/// Makes the walker that a config describes. `name`: of its module; `memory`: for the reference walks of an instant
/// walker; `ports`: number of upstream TLBs. Throws InputError if there is no such walker.
std::unique_ptr<PageWalker> make_walker(const char* name, const WalkerConfig& config, const PagingControls& controls,
                                        const PagingMode& mode, PhysicalMemory& memory, unsigned ports);

}  // namespace tablewalk
