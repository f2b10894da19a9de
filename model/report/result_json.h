#pragma once

#include <string>

#include "stats/result.h"

namespace tablewalk {

/// The text of `result.json`, schema `tablewalk.result/2`: the same bytes for the same result. `attribution_rows`: most
/// of each of its lists, the others in one; 0 is all.
std::string result_to_json(const RunResult& result, std::size_t attribution_rows = Attribution::shown_rows);

/// Reads that text back. Its figures cannot be merged with others (StatSet::merge): the text has values, and not what
/// they were made of. `source` names it in errors. Throws InputError.
RunResult result_from_json(const std::string& text, const std::string& source);

/// `json` as text: containers that fit a line stand on one line.
std::string readable_json(const nlohmann::ordered_json& json);

}  // namespace tablewalk
