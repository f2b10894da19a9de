#pragma once

#include "base/types.h"
#include "config/largest.h"
#include "config/schema.h"

namespace tablewalk {

/// How the private caches of several cores are kept coherent. A line modified in another core costs a hit in the shared
/// cache plus the way to the other core and back: 31 cycles more than a hit on Sandy Bridge (Intel 64 and IA-32
/// Architectures Optimization Reference Manual, its table of cache parameters: 60 and 26 to 31 cycles).
struct CoherenceConfig {
  Cycles directory_cycles{1};
  Cycles snoop_cycles{15};

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("directory_cycles", directory_cycles, "cycles",
               "from a request's arrival at the directory to its arrival at the shared cache or memory; published "
               "latencies of that cache include the way between cores",
               largest::latency_cycles);
    keys.value("snoop_cycles", snoop_cycles, "cycles",
               "from the directory to the caches of a core, and again for the response", largest::latency_cycles);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (directory_cycles < Cycles(1)) {
      problem("directory_cycles", "0 cycles; expected at least 1: links are registered");
    }
    if (snoop_cycles < directory_cycles + Cycles(3)) {
      problem("snoop_cycles",
              "a granted line must reach its core before the next snoop removes it; expected at least 3 more "
              "than coherence.directory_cycles");
    }
  }
};

}  // namespace tablewalk
