#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "protocol/walk_record.h"

namespace tablewalk {

/// Where two runs first differ in their walks, without their walks: a rolling hash of all walks so far, kept at equal
/// distances, which double when there are too many. Two runs have common checkpoints, since all distances are powers of
/// two; the first one with another hash follows the first walk that differs.
class WalkCheckpoints {
 public:
  static constexpr std::size_t most = 512;

  /// The next walk, in the order in which walks end.
  void add(const WalkRecord& walk);
  void reset() { *this = WalkCheckpoints(); }

  /// The distance; hash and cycle behind every so many walks, and behind the last one.
  nlohmann::ordered_json json() const;

 private:
  struct Checkpoint {
    std::uint64_t hash = 0;
    Cycles at;  ///< the walk's answer
  };

  void mix(std::uint64_t value);

  std::uint64_t walks_ = 0;
  std::uint64_t every_ = 1;
  Checkpoint last_;
  std::vector<Checkpoint> kept_;  ///< behind walk every_, 2 * every_, ...
};

}  // namespace tablewalk
