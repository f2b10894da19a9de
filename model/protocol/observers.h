#pragma once

#include "base/types.h"
#include "protocol/kernel_task.h"
#include "protocol/translation_request.h"
#include "protocol/walk_record.h"

namespace tablewalk {

/// Notified of what a TLB or a cache fetches from the next level. Observers never change a result.
class MissObserver {
 public:
  struct Miss {
    std::uint32_t number = 0;   ///< of the miss register
    std::uint64_t address = 0;  ///< of the page or line
    TranslationId translation;  ///< that needs it first; none: data or instructions
  };
  virtual ~MissObserver() = default;
  /// The request is visible to the next level in cycle `at`.
  virtual void miss_begins(const Miss& miss, Cycles at) = 0;
  /// The register is free.
  virtual void miss_ends(std::uint32_t number, Cycles at) = 0;
};

/// Notified of every walk when its response is sent. Observers never change a result.
class WalkObserver {
 public:
  virtual ~WalkObserver() = default;
  virtual void walk_finished(const WalkRecord& walk) = 0;
  /// The same for a walk that a TLB's prefetcher wanted.
  virtual void prefetch_finished(const WalkRecord& /*walk*/) {}
  /// A null observer.
  static WalkObserver& none();
};

/// Cycles that a core spent in its kernel, for one task.
struct KernelSpan {
  KernelTask task = KernelTask::Handle;
  Cycles from;
  Cycles to;
};

/// Notified of every translation that a core requests. Observers never change a result.
class TranslationObserver {
 public:
  virtual ~TranslationObserver() = default;
  virtual void translation_requested(const TranslationRequest& request, Cycles at) = 0;
  /// `answered_at_once`: a first-level TLB hit, without cycle accounting.
  virtual void translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered,
                                    bool answered_at_once) = 0;
  /// The kernel has just repaired that request's fault.
  virtual void fault_handled(const TranslationRequest& /*request*/, Cycles /*at*/) {}
  /// The kernel worked on that request's fault; nullptr: on a system call. Spans come in order, without gaps between
  /// them but for those in which the core ran another process.
  virtual void kernel_worked(const TranslationRequest* /*request*/, const KernelSpan& /*span*/) {}
  /// The core leaves its kernel, and the request is made again.
  virtual void access_repeats(const TranslationRequest& /*request*/, Cycles /*at*/) {}
  /// A null observer.
  static TranslationObserver& none();
};

}  // namespace tablewalk
