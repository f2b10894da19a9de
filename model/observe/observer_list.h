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

 private:
  std::vector<WalkObserver*> observers_;
};

}  // namespace tablewalk
