#pragma once

#include <cstdint>
#include <memory>

#include "os/page_replacement.h"

namespace tablewalk {

/// The policies that approximate LRU by scans of the accessed bits.
std::unique_ptr<PageReplacement> make_aging(const PageReplacementConfig& config, std::uint32_t slots);
std::unique_ptr<PageReplacement> make_two_lists(const PageReplacementConfig& config, std::uint32_t slots);
std::unique_ptr<PageReplacement> make_generations(const PageReplacementConfig& config, std::uint32_t slots);

}  // namespace tablewalk
