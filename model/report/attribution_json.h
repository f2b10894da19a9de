#pragma once

#include <nlohmann/json.hpp>

#include "stats/attribution.h"

namespace tablewalk {

/// The object `attribution` of `result.json`. `most_rows`: maximum rows of each list, the rest summed in one row; 0 is
/// all.
nlohmann::ordered_json attribution_to_json(const Attribution& attribution, std::size_t most_rows);

/// Reads it back. Throws what nlohmann::json throws.
Attribution attribution_from_json(const nlohmann::ordered_json& json);

}  // namespace tablewalk
