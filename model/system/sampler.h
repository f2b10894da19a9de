#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "stats/sample.h"
#include "system/fast_forward.h"
#include "system/machine.h"
#include "system/sample_spec.h"
#include "system/warming.h"

namespace tablewalk {

/// Runs a trace by systematic sampling (Wunderlich, Wenisch, Falsafi and Hoe, ISCA 2003): windows of records with
/// timing, which are measured, at equal distances; before each one some records with timing that only fill the
/// pipeline; everything else without time, by functional warming. The windows depend only on the numbers of the
/// records, so that two machines measure the same ones.
class Sampler final : public Stops {
 public:
  /// `on_batch`: called now and then; true ends the trace.
  Sampler(const SamplePlan& plan, Machine& machine, MachineWarming& warming, std::function<bool()> on_batch);

  /// Before the core starts.
  void start(RecordSource& source);
  /// After the last record. Throws InputError if there are too few windows.
  StatSet estimate(const RecordSource& source, SampleSummary& sample);

  bool passes(RecordSource& source) override;
  void drained(RecordSource& source, const AtStop& core) override;
  bool saw_fetches() const override { return forward_.saw_fetches(); }

 private:
  enum class Phase : std::uint8_t { Untimed, Warming, Measuring };

  std::uint64_t next_goal(std::uint64_t delivered) const;
  void skip(RecordSource& source);
  void end_window();
  std::uint64_t walks() const { return warming_.walks() + walks_before_reset_ + warming_.timed_walks(); }
  /// The first record of the next window, and of the records with timing before it.
  std::uint64_t window() const { return plan_.first + windows_ * plan_.every; }
  std::uint64_t timed_from() const { return window() - std::min(window(), plan_.warm_of(windows_)); }

  SamplePlan plan_;
  Machine& machine_;
  MachineWarming& warming_;
  FastForward forward_;
  Phase phase_ = Phase::Untimed;
  std::uint64_t windows_ = 0;
  SampledFigures figures_;
  std::vector<std::uint64_t> cycles_;
  std::vector<std::uint64_t> walks_of_window_;
  std::uint64_t walks_before_reset_ = 0;    ///< with timing, up to the last reset of the machine's figures
  std::optional<std::uint64_t> at_warmup_;  ///< walks up to the end of the warm-up
};

}  // namespace tablewalk
