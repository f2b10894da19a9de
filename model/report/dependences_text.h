#pragma once

#include <set>
#include <string>

#include "stats/stat_set.h"

namespace tablewalk {

/// A line about results whose trace does not record which loads addresses depend on: which of TraceSummary::dependences
/// were assumed, and that the truth lies between. Empty if the trace records it, and for results that do not say.
std::string dependences_text(const std::set<std::string>& simulated);

/// A line with the cycles and the cost of translation at both ends, if a result has both.
std::string interval_text(const StatSet& stats);

}  // namespace tablewalk
