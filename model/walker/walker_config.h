#pragma once

#include <vector>

#include "config/largest.h"
#include "walker/walk_cache_config.h"

namespace tablewalk {

/// Which walker sits in the machine: the model in SystemC, the hardware of rtl/, Verilated, or hardware that was made
/// elsewhere. The first two are one design written twice (docs/timing.md): the cycles are the same. An instant walker
/// is an idealisation: it answers in the next cycle, without a walk.
enum class WalkerKind : std::uint8_t { SystemC, Rtl, Foreign, Instant };

template <>
struct EnumNames<WalkerKind> {
  static constexpr std::array names = {std::pair{"systemc", WalkerKind::SystemC}, std::pair{"rtl", WalkerKind::Rtl},
                                       std::pair{"foreign", WalkerKind::Foreign},
                                       std::pair{"instant", WalkerKind::Instant}};
};

struct WalkerConfig {
  WalkerKind kind = WalkerKind::SystemC;
  std::string foreign;
  std::uint32_t walkers = 2;
  bool unlimited = false;
  std::uint32_t requests = 64;
  std::vector<WalkCacheConfig> walk_caches;
  bool evaluate_every_cycle = false;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value(
        "kind", kind, "",
        "systemc: the model; rtl: the hardware of rtl/, in one of the variants that were built into the program; "
        "foreign: hardware that was made elsewhere; instant: every request is answered in the next cycle, without a "
        "walk (an idealisation)");
    keys.value("foreign", foreign, "", "kind: foreign: the name under which that walker was built into the program");
    keys.value("walkers", walkers, "walks", "walks under way at once; further requests queue", largest::in_flight);
    keys.value("unlimited", unlimited, "",
               "true: a walker and a request for every miss register above, so that nobody waits for one (an "
               "idealisation of kind systemc; `walkers` and `requests` have no effect)");
    keys.value("requests", requests, "requests",
               "requests in the walker at once, those that joined another's walk included; further requests queue",
               largest::requests);
    keys.list("walk_caches", walk_caches, "paging-structure caches, one for each level that has one");
    keys.value(
        "evaluate_every_cycle", evaluate_every_cycle, "",
        "rtl and foreign: clock it in cycles too in which it says that nothing changes, and hold it to that; slow");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (walkers == 0) problem("walkers", "0 walkers could walk nothing; expected at least 1");
    if (kind == WalkerKind::Foreign && foreign.empty()) {
      problem("foreign", "which one? expected the name of a walker that is built in");
    }
    if (unlimited && kind != WalkerKind::SystemC) {
      problem("unlimited", "hardware has as many slots as it was made with; expected walker.kind: systemc");
    }
    check_walk_caches(problem);
    if (requests == 0) problem("requests", "a walker without requests has nothing to do; expected at least 1");
  }

 private:
  template <class Problem>
  void check_walk_caches(Problem&& problem) const {
    for (std::size_t i = 1; i < walk_caches.size(); ++i) {
      for (std::size_t before = 0; before < i; ++before) {
        if (walk_caches[before].level != walk_caches[i].level) continue;
        problem("walk_caches." + std::to_string(i) + ".level",
                "walk_caches." + std::to_string(before) + " is of level " + std::to_string(walk_caches[i].level) +
                    " too; expected one for each level");
        return;
      }
    }
  }
};

}  // namespace tablewalk
