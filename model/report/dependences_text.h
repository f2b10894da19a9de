#pragma once

#include <set>
#include <string>

#include "stats/stat_set.h"

namespace tablewalk {

/// A line about results whose trace does not say from which loads addresses come: which of TraceSummary::dependences
/// they were simulated with, and that neither is the truth. Empty if the trace says it,
/// and for results that do not tell.
std::string dependences_text(const std::set<std::string>& simulated);

/// A line with the cycles and the cost of translation at both ends, if a result has both.
std::string interval_text(const StatSet& stats);

}  // namespace tablewalk
