#include "protocol/observers.h"

namespace tablewalk {

WalkObserver& WalkObserver::nobody() {
  class Nobody final : public WalkObserver {
    void walk_finished(const WalkRecord&) override {}
  };
  static Nobody nobody;
  return nobody;
}

TranslationObserver& TranslationObserver::nobody() {
  class Nobody final : public TranslationObserver {
    void translation_requested(const TranslationRequest&, Cycles) override {}
    void translation_answered(const TranslationRequest&, Cycles, Cycles, bool) override {}
  };
  static Nobody nobody;
  return nobody;
}

}  // namespace tablewalk
