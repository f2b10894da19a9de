#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "base/types.h"
#include "base/units.h"
#include "config/largest.h"
#include "config/schema.h"

namespace tablewalk {

/// From which loads addresses come, where a trace does not say so. The cycles lie between those of none and of chained.
enum class Dependences : std::uint8_t {
  None,     ///< no address comes from a load: everything overlaps that the window lets overlap
  Chained,  ///< the address of every data access comes from the load before it
  Both,     ///< the machine is that of None; what translation costs is also asked of that of Chained
};

template <>
struct EnumNames<Dependences> {
  static constexpr std::array names = {std::pair{"none", Dependences::None}, std::pair{"chained", Dependences::Chained},
                                       std::pair{"both", Dependences::Both}};
};

/// How a core issues the accesses of its trace.
struct CoreConfig {
  std::uint32_t issue_width = 4;
  std::uint32_t accesses_in_flight = 64;
  std::uint32_t loads_in_flight = 0;
  std::uint32_t stores_in_flight = 0;
  std::uint32_t window = 224;
  std::uint32_t fetch_queue = 24;
  bool next_line_prefetch = false;
  std::uint32_t instruction_gap = 0;
  Dependences dependences = Dependences::Both;
  bool blocking = false;
  Cycles invalidate_cycles{100};
  Cycles switch_cycles{100};
  bool free_translation = false;
  bool run_ahead = true;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("issue_width", issue_width, "per cycle", "accesses, and instructions without one, that start in a cycle",
               largest::per_cycle);
    keys.value("accesses_in_flight", accesses_in_flight, "accesses", "accesses that have started and not retired",
               largest::in_flight);
    keys.value("loads_in_flight", loads_in_flight, "accesses",
               "of them loads, as the load buffer holds them; 0 is no limit of their own", largest::in_flight);
    keys.value("stores_in_flight", stores_in_flight, "accesses",
               "of them stores, as the store buffer holds them; 0 is no limit of their own", largest::in_flight);
    keys.value("window", window, "instructions", "how far past the oldest unfinished instruction the core looks",
               largest::instructions);
    keys.value(
        "fetch_queue", fetch_queue, "blocks",
        "fetch blocks (instructions in sequence in one cache line) that the front end fetches ahead of the core, "
        "one a cycle; 0: in order, each instruction alone, and one that misses holds back everything younger. Of a "
        "blocking core it is always 0",
        largest::fetch_blocks);
    keys.value("next_line_prefetch", next_line_prefetch, "",
               "true: the front end also asks the instruction cache for the line after each that it fetches ahead, "
               "within the page");
    keys.value("instruction_gap", instruction_gap, "instructions",
               "instructions without an access between two accesses, for traces that have no fetches",
               largest::instructions);
    keys.value(
        "dependences", dependences, "",
        "for traces that do not say from which loads addresses come: none: from no load; chained: that of every "
        "data access from the load before it; both: none, and what translation costs also for chained, which takes "
        "two more runs");
    keys.value("blocking", blocking, "", "true: in order, one access at a time, each ends before the next starts");
    keys.value("invalidate_cycles", invalidate_cycles, "cycles",
               "what an invalidate event of the trace costs: from the end of all older accesses to the next issue",
               largest::event_cycles);
    keys.value("switch_cycles", switch_cycles, "cycles",
               "what a switch of the address space costs, likewise (Linux, Documentation/arch/x86/pti.rst: a write of "
               "CR3 takes on the order of a hundred cycles)",
               largest::event_cycles);
    keys.value("free_translation", free_translation, "",
               "true: every access has its translation with the latency of a first-level TLB hit; no TLB misses and no "
               "walk is made, page faults stay (an idealisation: what translation costs is the difference to it)");
    keys.value("run_ahead", run_ahead, "",
               "true: keep issuing while no event of the simulation can interfere; faster, and the same results");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (issue_width == 0) problem("issue_width", "0 would never issue; expected at least 1");
    if (accesses_in_flight == 0) problem("accesses_in_flight", "0 would never issue; expected at least 1");
    if (next_line_prefetch && (fetch_queue == 0 || blocking)) {
      problem("next_line_prefetch",
              "true, but the front end fetches nothing ahead; expected core.fetch_queue of at "
              "least 1 and core.blocking: false");
    }
    if (accesses_in_flight > 4096) problem("accesses_in_flight", "more than 4096; expected at most 4096");
    if (window == 0) problem("window", "0 would never issue; expected at least 1");
  }
};

}  // namespace tablewalk
