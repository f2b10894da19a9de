#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "stats/result.h"

namespace tablewalk {

/// The traces of a result, one line each; if several, also which core ran which.
std::string traces_text(const RunResult& result);

/// The kinds of dependence information of all traces (TraceSummary::dependences).
std::set<std::string> dependences_of(const RunResult& result);

nlohmann::ordered_json trace_to_json(const TraceSummary& trace);
/// Throws the JSON library's exception if a member is missing.
TraceSummary trace_from_json(const nlohmann::ordered_json& json);

}  // namespace tablewalk
