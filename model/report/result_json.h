#pragma once

#include <string>

#include "stats/result.h"

namespace tablewalk {

/// The text of `result.json`, schema `tablewalk.result/1`: the same bytes for the same result.
std::string result_to_json(const RunResult& result);

/// Reads that text back. `source` names it in errors. Throws InputError.
RunResult result_from_json(const std::string& text, const std::string& source);

/// `json` as text: containers that fit a line stand on one line.
std::string readable_json(const nlohmann::ordered_json& json);

}  // namespace tablewalk
