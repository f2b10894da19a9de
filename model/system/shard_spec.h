#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "system/spec_items.h"

namespace tablewalk {

/// How a trace is split into shards, as asked for.
struct ShardSpec {
  std::uint64_t count = 1;
  std::uint64_t number = 0;   ///< of the shard to run, from 1; 0: all
  std::uint64_t warm = 2000;  ///< records with timing before each part, not counted
  Between between = Between::Warm;
  std::uint64_t reach = 200'000;  ///< records of functional warming before those, with Skip

  static constexpr std::uint64_t most = 10'000;
};

/// One shard of a certain trace.
struct ShardPlan {
  std::uint64_t first = 0;       ///< number of its first record, from 0
  std::uint64_t end = 0;         ///< behind its last one
  std::uint64_t timed_from = 0;  ///< first record with timing
  std::uint64_t warm_from = 0;   ///< first record that is executed at all
};

/// Parses `N[,KEY=VALUE...]` of --shards: warm, between, reach. Throws InputError.
ShardSpec parse_shards_spec(const std::string& text);
/// Parses `K/N[,KEY=VALUE...]` of --shard.
ShardSpec parse_shard_spec(const std::string& text);

/// `records`: of the trace after `warmup`, if known. Throws InputError if it cannot be split.
ShardPlan plan_shard(const ShardSpec& spec, std::optional<std::uint64_t> records, std::uint64_t warmup);

}  // namespace tablewalk
