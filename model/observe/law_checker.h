#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "memory/physical_memory.h"
#include "paging/paging_mode.h"
#include "protocol/kernel.h"
#include "protocol/observers.h"
#include "segment/segment_table.h"
#include "stats/result.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// Checks the laws during a run (docs/ARCHITECTURE.md): one response per request, every translation equal to the
/// reference walk of the same bits, every cycle of a translation accounted for. Throws LawViolation.
class LawChecker final : public TranslationObserver, public WalkObserver {
 public:
  /// `segments`: those before paging, if any. `cores`: of the machine.
  LawChecker(const PagingMode& mode, const PhysicalMemory& memory, Kernel& kernel,
             const SegmentTable* segments = nullptr, unsigned cores = 1);

  void translation_requested(const TranslationRequest& request, Cycles at) override;
  void translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered,
                            bool answered_at_once) override;
  void fault_handled(const TranslationRequest& request, Cycles at) override;
  void walk_finished(const WalkRecord& walk) override;
  void prefetch_finished(const WalkRecord& walk) override;

  /// Checks the laws about a finished run's figures.
  void check_figures(const StatSet& figures) const;
  /// What was checked against the reference walk.
  CheckCounts counts() const { return {answered_, walks_}; }

 private:
  WalkOutcome walk_now(VirtualAddress va, AddressSpaceId space, Access access) const;
  void check_translation(VirtualAddress va, AddressSpaceId asid, const Answer& answer,
                         const WalkOutcome& reference) const;
  void check_leaf(const WalkRecord& walk, const Translation& expected) const;
  std::optional<VirtualAddress> check_segment(const TranslationRequest& request) const;
  bool changed_since(VirtualAddress va, AddressSpaceId space, Cycles since) const;
  bool was_absent(VirtualAddress va, AddressSpaceId space, const Answer& answer, const WalkOutcome& now) const;
  bool was_clear(const Answer& answer, const WalkOutcome& now) const;

  const PagingMode& mode_;
  const PhysicalMemory& memory_;
  Kernel& kernel_;
  const SegmentTable* segments_;
  unsigned cores_;
  bool pages_on_demand_;
  // Of another kernel, which does not tell.
  unsigned repaired_shift_;  ///< log2 of the bytes around its address that a fault maps at most: the largest page
  std::unordered_map<std::uint64_t, Cycles> repairs_;  ///< when a fault there was handled last
  std::uint64_t requested_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t walks_ = 0;
};

}  // namespace tablewalk
