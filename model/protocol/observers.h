#pragma once

#include "base/types.h"
#include "protocol/translation_request.h"
#include "protocol/walk_record.h"

namespace tablewalk {

/// Told of every walk when its answer is sent. Observers never change a result.
class WalkObserver {
 public:
  virtual ~WalkObserver() = default;
  virtual void walk_finished(const WalkRecord& walk) = 0;
  /// One that nothing comes of.
  static WalkObserver& nobody();
};

/// Told of every translation that a core asks for. Observers never change a result.
class TranslationObserver {
 public:
  virtual ~TranslationObserver() = default;
  virtual void translation_requested(const TranslationRequest& request, Cycles at) = 0;
  /// `answered_at_once`: by the first-level TLB, without an account of its cycles.
  virtual void translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered,
                                    bool answered_at_once) = 0;
  /// The kernel has just repaired what made that request fault.
  virtual void fault_handled(const TranslationRequest& /*request*/, Cycles /*at*/) {}
  /// One that nothing comes of.
  static TranslationObserver& nobody();
};

}  // namespace tablewalk
