#pragma once

#include <set>
#include <string>

namespace tablewalk {

/// A line about results whose trace does not say from which loads addresses come: which of TraceSummary::dependences
/// they were simulated with, and that neither is the truth. Empty if the trace says it,
/// and for results that do not tell.
std::string dependences_text(const std::set<std::string>& simulated);

}  // namespace tablewalk
