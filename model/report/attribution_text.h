#pragma once

#include <cstddef>
#include <string>

#include "stats/attribution.h"

namespace tablewalk {

/// What causes the walks, for a terminal: tables by region, part of a walk and instruction, each with shares of all
/// walks and of their cycles, and a bar for the cycles. `rows`: maximum rows for regions and instructions; 0 is all.
/// The address space is shown if there are several.
std::string attribution_text(const Attribution& attribution, std::size_t rows = Attribution::shown_rows,
                             std::size_t indent = 2);

}  // namespace tablewalk
