#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tablewalk {

struct RunResult;

/// The part of a trace that a shard simulates with timing.
struct ShardPart {
  std::uint64_t number = 0;  ///< from 1
  std::uint64_t first = 0;   ///< number of its first record, from 0
  std::uint64_t end = 0;     ///< behind its last one
  std::uint64_t cycles = 0;
};

/// How a trace was split: of one shard, whose figures are those of its part, or of all of them, merged.
struct ShardSummary {
  std::uint64_t count = 1;  ///< parts of the trace
  std::uint64_t warm = 0;   ///< records with timing before each part but the first, not counted
  bool skips = false;       ///< not every record before them was executed
  std::uint64_t reach = 0;  ///< with `skips`: records that warm without time
  std::string contents;     ///< checksum of the trace's file, or the argument that describes the records
  std::vector<ShardPart> parts;

  /// Of a single shard that is not the whole trace: other shards are missing.
  bool is_part() const { return parts.size() < count; }
};

/// The result of the whole trace from those of its shards, in any order: counts are added, distributions merged, and
/// figures that describe the state at the end are those of the last shard. Throws InputError if shards are missing,
/// there twice, or of different runs; `names` are theirs, for messages.
RunResult merge_shards(std::vector<RunResult> shards, const std::vector<std::string>& names);

}  // namespace tablewalk
