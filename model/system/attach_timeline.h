#pragma once

#include <deque>
#include <memory>

#include "observe/observer_list.h"
#include "observe/timeline.h"
#include "system/machine.h"

namespace tablewalk {

/// A timeline, attached to the machine's modules.
class AttachedTimeline {
 public:
  /// `walks`: the other observers of all walks.
  AttachedTimeline(const TimelineOptions& options, Machine& machine, WalkObserver& walks);

  Timeline& timeline() { return *timeline_; }

 private:
  void attach(const Node& node, Module& module, unsigned cores, WalkObserver& walks);

  std::unique_ptr<Timeline> timeline_;
  std::deque<WalkObservers> walkers_;
};

}  // namespace tablewalk
