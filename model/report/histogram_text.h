#pragma once

#include <string>

#include "stats/stat_set.h"

namespace tablewalk {

/// Bars for ranges of values of equal width, and one for the slowest 1 %. Empty for an empty distribution.
std::string histogram_text(const StatSet::Distribution& distribution, std::size_t indent);

}  // namespace tablewalk
