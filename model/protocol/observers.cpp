#include "protocol/observers.h"

namespace tablewalk {

WalkObserver& WalkObserver::none() {
  class Null final : public WalkObserver {
    void walk_finished(const WalkRecord&) override {}
  };
  static Null null;
  return null;
}

TranslationObserver& TranslationObserver::none() {
  class Null final : public TranslationObserver {
    void translation_requested(const TranslationRequest&, Cycles) override {}
    void translation_answered(const TranslationRequest&, Cycles, Cycles, bool) override {}
  };
  static Null null;
  return null;
}

}  // namespace tablewalk
