#pragma once

#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <vector>

#include "dram/address_map.h"
#include "observe/translation_parts.h"
#include "protocol/walk_record.h"

namespace tablewalk {

/// A walk, and the translation that it answered first.
struct SampledWalk {
  std::uint64_t number = 0;  ///< in the order in which walks end, from 1
  WalkRecord record;
  std::optional<Cycles> asked;                 ///< by the core; none if the answer has not arrived
  std::optional<Cycles> delivered;             ///< to the core
  std::vector<TranslationPart> handling = {};  ///< of the page fault that it found, if the access is repeated
  std::optional<Cycles> repeated = {};         ///< then
};

/// Keeps a bounded number of walks: runs of consecutive ones, because waiting shows only between neighbours, and the
/// slowest. The runs are the first ones of the trace, a uniform sample of the others, those with the slowest walks, and
/// the last one. The sample depends only on the number of walks, so equal runs keep equal walks.
class WalkSamples {
 public:
  static constexpr std::size_t run_length = 32;
  static constexpr std::size_t first_runs = 16;
  static constexpr std::size_t sampled_runs = 40;
  static constexpr std::size_t slow_runs = 16;
  static constexpr std::size_t slowest_walks = 200;
  /// No more walks are kept, however long the trace is.
  static constexpr std::size_t most_walks = run_length * (first_runs + sampled_runs + slow_runs + 1) + slowest_walks;

  void add(const SampledWalk& walk);
  void reset() { *this = WalkSamples(); }

  /// The walks in the order of their numbers, each once.
  std::vector<SampledWalk> walks() const;
  /// Numbers of the slowest walks, slowest first.
  std::vector<std::uint64_t> slowest() const;
  std::uint64_t seen() const { return seen_; }

 private:
  struct Run {
    std::vector<SampledWalk> walks;
    std::uint64_t slowest_cycles = 0;
  };
  using RunPointer = std::shared_ptr<const Run>;

  void keep(RunPointer run);
  void keep_if_slow(const RunPointer& run);
  void keep_if_among_slowest(const SampledWalk& walk);

  std::uint64_t seen_ = 0;
  std::uint64_t finished_runs_ = 0;
  Run open_;
  std::vector<RunPointer> first_;
  std::vector<RunPointer> sampled_;
  std::vector<RunPointer> slow_;
  std::vector<SampledWalk> slowest_;  ///< a heap, the fastest of them on top
  std::mt19937_64 random_{1};
};

/// Request to response.
inline std::uint64_t cycles_of(const WalkRecord& walk) {
  return (walk.answered - walk.requested).count();
}

/// The walks as rows, with the names of their columns. `banks`: says where a line is in the DRAM.
nlohmann::ordered_json walks_to_rows(const std::vector<SampledWalk>& walks, const AddressMap& banks);

}  // namespace tablewalk
