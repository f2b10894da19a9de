#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "system/machine.h"
#include "warming/warmer.h"

namespace tablewalk {

/// Functional warming of a machine: executes records without time on the arrays of its modules.
class MachineWarming {
 public:
  /// Of one core. Throws InputError, with the option that asks for it, for a part that has no functional model.
  MachineWarming(Machine& machine, const MachineConfig& config, const char* option);
  MachineWarming(const MachineWarming&) = delete;
  MachineWarming& operator=(const MachineWarming&) = delete;

  Warmer& warmer() { return *warmer_; }

  /// Whether there is a walker whose walks are a figure: none is if it answers at once.
  bool counts_walks() const { return timed_walker_ != nullptr; }
  /// Walks of that walker: without time, and with timing since the last reset of its figures.
  std::uint64_t walks() const { return counts_walks() ? walker_->walks() : 0; }
  std::uint64_t timed_walks() const { return counts_walks() ? timed_walker_->stats().walks : 0; }

 private:
  WarmSide side(Side translating, Side accessing);
  WarmTranslation translations(Side side);
  WarmWalker& walker(std::size_t node);
  WarmCache* cache_behind(std::size_t node, Side side);

  Machine& machine_;
  const char* option_;
  std::map<std::size_t, WarmCache> caches_;  ///< by node
  std::optional<WarmWalker> walker_;
  const PageWalker* timed_walker_ = nullptr;
  std::optional<Warmer> warmer_;
};

}  // namespace tablewalk
