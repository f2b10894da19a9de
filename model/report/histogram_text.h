#pragma once

#include <string>

#include "stats/stat_set.h"

namespace tablewalk {

/// Bars, one for each range of values of equal width, and one for the slowest hundredth together. Empty text for an
/// empty distribution.
std::string histogram_text(const StatSet::Distribution& distribution, std::size_t indent);

}  // namespace tablewalk
