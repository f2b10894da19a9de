#pragma once

#include <cstddef>
#include <string>

#include "stats/attribution.h"

namespace tablewalk {

/// Who causes the walks, for a terminal: a table for regions, for parts of a walk and for instructions, each with
/// shares of all walks and of their cycles, and a bar for the latter. `rows`: of regions and instructions, most; 0 is
/// all. The address space is shown where there are several.
std::string attribution_text(const Attribution& attribution, std::size_t rows = Attribution::shown_rows,
                             std::size_t indent = 2);

}  // namespace tablewalk
