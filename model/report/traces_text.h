#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "stats/result.h"

namespace tablewalk {

/// What a result was measured on: a line for each trace; of several, also which core ran it.
std::string traces_text(const RunResult& result);

/// What the traces said of the loads that addresses come from, of all traces (TraceSummary::dependences).
std::set<std::string> dependences_of(const RunResult& result);

nlohmann::ordered_json trace_to_json(const TraceSummary& trace);
/// Throws what the JSON library throws where a member is missing.
TraceSummary trace_from_json(const nlohmann::ordered_json& json);

}  // namespace tablewalk
