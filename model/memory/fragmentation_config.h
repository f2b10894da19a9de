#pragma once

#include "config/schema.h"

namespace tablewalk {

/// Memory that others use when the run begins: one frame in some of the blocks of 2 MiB, which then are no large pages.
struct FragmentationConfig {
  double share = 0;
  double unmovable = 0;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("share", share, "share",
               "blocks of 2 MiB in which a frame is in use from the beginning; needs the frame policy buddy");
    keys.value("unmovable", unmovable, "share", "of these frames, those that compaction cannot move");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (!(share >= 0 && share <= 1)) problem("share", "not a share of the blocks; expected from 0 to 1");
    if (!(unmovable >= 0 && unmovable <= 1)) problem("unmovable", "not a share of the frames; expected from 0 to 1");
  }
};

}  // namespace tablewalk
