#pragma once

#include "system/fast_forward.h"
#include "system/shard_spec.h"

namespace tablewalk {

/// Brings a machine to the first record of a shard: skips, executes without time, then with timing what fills the
/// DRAM's queues and rows, and drains. The figures start there.
class ShardStart final : public Stops {
 public:
  /// `on_start`: called at the first record of the shard.
  ShardStart(const ShardPlan& plan, FastForward forward, std::function<void()> on_start)
      : plan_(plan), forward_(std::move(forward)), on_start_(std::move(on_start)) {}

  /// Before the core starts.
  void start(RecordSource& source);

  bool passes(RecordSource& /*source*/) override { return false; }
  void drained(RecordSource& source, const AtStop& core) override;
  bool saw_fetches() const override { return forward_.saw_fetches(); }

 private:
  void begin(RecordSource& source);

  ShardPlan plan_;
  FastForward forward_;
  std::function<void()> on_start_;
  bool timed_ = false;  ///< in the records with timing before the shard
};

}  // namespace tablewalk
