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

/// Which loads addresses depend on if the trace does not record it. The true cycles lie between none and chained.
enum class Dependences : std::uint8_t {
  None,     ///< no address depends on a load: everything in the window may overlap
  Chained,  ///< the address of every data access depends on the previous load
  Both,     ///< the machine is None; the cost of translation is also measured for Chained
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
    keys.value("issue_width", issue_width, "per cycle",
               "maximum accesses, and instructions without one, started per cycle", largest::per_cycle);
    keys.value("accesses_in_flight", accesses_in_flight, "accesses", "maximum accesses started but not retired",
               largest::in_flight);
    keys.value("loads_in_flight", loads_in_flight, "accesses",
               "of them loads: the size of the load buffer; 0 is no separate limit", largest::in_flight);
    keys.value("stores_in_flight", stores_in_flight, "accesses",
               "of them stores: the size of the store buffer; 0 is no separate limit", largest::in_flight);
    keys.value("window", window, "instructions",
               "instructions from the oldest unfinished one on that may start (reorder buffer)", largest::instructions);
    keys.value(
        "fetch_queue", fetch_queue, "blocks",
        "fetch blocks (instructions in sequence in one cache line) that the front end fetches ahead of the core, "
        "one per cycle; 0: in order, one instruction at a time, and a miss stalls everything younger. Always 0 "
        "for a blocking core",
        largest::fetch_blocks);
    keys.value("next_line_prefetch", next_line_prefetch, "",
               "true: the front end also prefetches the next line after each line that it fetches ahead, "
               "within the page");
    keys.value("instruction_gap", instruction_gap, "instructions",
               "instructions without an access between two accesses, for traces without fetches",
               largest::instructions);
    keys.value("dependences", dependences, "",
               "for traces that do not record which loads addresses depend on: none: on no load; chained: every data "
               "access on the previous load; both: as none, and the cost of translation also for chained, which takes "
               "two more runs");
    keys.value("blocking", blocking, "", "true: in order, one access at a time: each completes before the next starts");
    keys.value("invalidate_cycles", invalidate_cycles, "cycles",
               "cost of an invalidate event: from the end of all older accesses to the next issue",
               largest::event_cycles);
    keys.value(
        "switch_cycles", switch_cycles, "cycles",
        "cost of a switch of the address space, measured likewise (Linux, Documentation/arch/x86/pti.rst: a write of "
        "CR3 takes on the order of a hundred cycles)",
        largest::event_cycles);
    keys.value("free_translation", free_translation, "",
               "true: every translation takes the latency of a first-level TLB hit; there are no TLB misses and no "
               "walks, only page faults (an idealisation: the cost of translation is the difference to it)");
    keys.value("run_ahead", run_ahead, "",
               "true: simulate ahead while no other event can interfere; faster, same results");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (issue_width == 0) problem("issue_width", "0 would never issue; expected at least 1");
    if (accesses_in_flight == 0) problem("accesses_in_flight", "0 would never issue; expected at least 1");
    if (next_line_prefetch && (fetch_queue == 0 || blocking)) {
      problem("next_line_prefetch",
              "true, but the front end does not fetch ahead; expected core.fetch_queue of at "
              "least 1 and core.blocking: false");
    }
    if (accesses_in_flight > 4096) problem("accesses_in_flight", "more than 4096; expected at most 4096");
    if (window == 0) problem("window", "0 would never issue; expected at least 1");
  }
};

}  // namespace tablewalk
