#pragma once

#include <array>
#include <cstdint>

#include "base/units.h"
#include "config/largest.h"
#include "config/schema.h"
#include "memory/frame_allocator.h"

namespace tablewalk {

/// The modelled kernel's behaviour.
struct OsConfig {
  bool prefault = true;
  Cycles fault_cycles{2000};
  ByteSize page_bytes{0};
  FramePolicy frames = FramePolicy::Sequential;
  std::uint64_t frame_seed = 1;
  Cycles time_slice_cycles{4'000'000};

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("prefault", prefault, "",
               "true: every page is mapped before the program touches it, so that only translation is measured; false: "
               "the first touch of a page faults");
    keys.value("fault_cycles", fault_cycles, "cycles",
               "cost of a first-touch page fault, from the handler to the repeated access", largest::event_cycles);
    keys.value("page_bytes", page_bytes, "bytes", "page size used for mapping; 0: the smallest of the paging mode");
    keys.value("frames", frames, "", "allocation order of physical frames");
    keys.value("frame_seed", frame_seed, "", "seed of the random frame order");
    keys.value("time_slice_cycles", time_slice_cycles, "cycles",
               "time slice of a trace before the next one on the same core runs", largest::slice_cycles);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (time_slice_cycles < Cycles(1)) problem("time_slice_cycles", "0 cycles; expected at least 1");
    if (!prefault && fault_cycles < Cycles(1)) problem("fault_cycles", "0 cycles; expected at least 1");
  }
};

}  // namespace tablewalk
