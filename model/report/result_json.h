#pragma once

#include <string>

#include "stats/result.h"

namespace tablewalk {

/// The text of `result.json`, schema `tablewalk.result/2`: identical results give identical bytes. `attribution_rows`:
/// maximum rows of each attribution list, the rest summed in one row; 0 is all.
std::string result_to_json(const RunResult& result, std::size_t attribution_rows = Attribution::shown_rows);

/// The longest file with that text that is read: details for a page, several times.
constexpr std::size_t most_result_bytes = std::size_t{256} << 20;

/// Parses that text. The figures cannot be merged (StatSet::merge), because the text has only their values, but for a
/// shard's. `source` names it in errors. Throws InputError.
RunResult result_from_json(const std::string& text, const std::string& source);

/// A figure's value, and what it means, as they are in `result.json`.
nlohmann::ordered_json figure_value(const StatSet::Figure& figure);
nlohmann::ordered_json meaning_of_figure(const StatSet::Figure& figure);

/// `json` as text; containers that fit a line are printed on one line.
std::string readable_json(const nlohmann::ordered_json& json);

}  // namespace tablewalk
