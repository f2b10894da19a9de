#pragma once

#include "base/types.h"
#include "protocol/translation_request.h"
#include "protocol/walk_record.h"

namespace tablewalk {

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
  /// A null observer.
  static TranslationObserver& none();
};

}  // namespace tablewalk
