#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "stats/result.h"

namespace tablewalk {

/// `stats`: the figures, of which the exact ones are named if they are those of all shards.
nlohmann::ordered_json shards_to_json(const ShardSummary& shards, const StatSet& stats);
ShardSummary shards_from_json(const nlohmann::ordered_json& json);

/// What figures were computed from, so that they can be added to those of other shards.
nlohmann::ordered_json parts_to_json(const StatSet& stats);
/// The same figures with these parts. Throws nlohmann's exception if one has none, and
/// InputError that names the source.
StatSet with_parts(const StatSet& stats, const nlohmann::ordered_json& json, const std::string& source);

}  // namespace tablewalk
