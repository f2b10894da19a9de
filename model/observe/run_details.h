#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "memory/physical_memory.h"
#include "observe/place_counts.h"
#include "observe/run_intervals.h"
#include "observe/walk_checkpoints.h"
#include "observe/walk_samples.h"
#include "protocol/kernel.h"
#include "protocol/observers.h"

namespace tablewalk {

/// What the pages of `tablewalk report` show of a run beyond its figures: sampled walks, intervals, how often each
/// place is walked, where table entries were read, and the tables at the end. Its memory does not grow with the trace.
class RunDetails final : public WalkObserver, public TranslationObserver {
 public:
  static constexpr const char* schema = "tablewalk.details/1";

  /// The mode must outlive it.
  RunDetails(const PagingMode& mode, const DramConfig& dram, std::uint64_t line_bytes);

  void walk_finished(const WalkRecord& walk) override;
  void translation_requested(const TranslationRequest& request, Cycles at) override;
  void translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered,
                            bool answered_at_once) override;
  void kernel_worked(const TranslationRequest* request, const KernelSpan& span) override;
  void access_repeats(const TranslationRequest& request, Cycles at) override;
  /// The statistics start.
  void reset();

  /// At the end of the run; reads the page tables.
  nlohmann::ordered_json result(const PhysicalMemory& memory, Kernel& kernel);

 private:
  void count_places(const WalkRecord& walk);
  SampledWalk* walk_of(const TranslationRequest& request, Cycles asked, Cycles answered);
  nlohmann::ordered_json places_json() const;
  nlohmann::ordered_json lines_json(const std::vector<PlaceCounts::Place>& lines) const;

  const PagingMode& mode_;
  AddressMap banks_;
  std::uint64_t line_bytes_;
  std::uint64_t walks_ = 0;
  std::set<AddressSpaceId> spaces_;
  /// Walks whose translations may still be on their way to the core.
  std::deque<SampledWalk> recent_;
  std::map<const TranslationRequest*, TranslationParts> handled_;  ///< requests whose faults the kernel works on
  WalkSamples samples_;
  WalkCheckpoints checkpoints_;
  RunIntervals intervals_;
  PlaceCounts places_;
  PlaceCounts lines_;
};

}  // namespace tablewalk
