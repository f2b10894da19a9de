#pragma once

#include <vector>

#include "protocol/observers.h"

namespace tablewalk {

/// Several observers of walks as one.
class WalkObservers final : public WalkObserver {
 public:
  void add(WalkObserver& observer) { observers_.push_back(&observer); }
  void walk_finished(const WalkRecord& walk) override {
    for (WalkObserver* observer : observers_) observer->walk_finished(walk);
  }
  void prefetch_finished(const WalkRecord& walk) override {
    for (WalkObserver* observer : observers_) observer->prefetch_finished(walk);
  }

 private:
  std::vector<WalkObserver*> observers_;
};

/// Several observers of translations as one.
class TranslationObservers final : public TranslationObserver {
 public:
  void add(TranslationObserver& observer) { observers_.push_back(&observer); }
  bool empty() const { return observers_.empty(); }
  void translation_requested(const TranslationRequest& request, Cycles at) override {
    for (TranslationObserver* observer : observers_) observer->translation_requested(request, at);
  }
  void translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered,
                            bool answered_at_once) override {
    for (TranslationObserver* observer : observers_) {
      observer->translation_answered(request, asked, answered, answered_at_once);
    }
  }
  void fault_handled(const TranslationRequest& request, Cycles at) override {
    for (TranslationObserver* observer : observers_) observer->fault_handled(request, at);
  }
  void kernel_worked(const TranslationRequest* request, const KernelSpan& span) override {
    for (TranslationObserver* observer : observers_) observer->kernel_worked(request, span);
  }
  void access_repeats(const TranslationRequest& request, Cycles at) override {
    for (TranslationObserver* observer : observers_) observer->access_repeats(request, at);
  }

 private:
  std::vector<TranslationObserver*> observers_;
};

}  // namespace tablewalk
