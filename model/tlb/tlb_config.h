#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "associative/geometry.h"
#include "associative/replacement_kind.h"
#include "base/types.h"
#include "base/units.h"
#include "config/largest.h"

namespace tablewalk {

struct TlbArrayConfig {
  static constexpr std::uint32_t most_coalesced = 16;

  std::uint32_t entries = 64;
  std::uint32_t ways = 4;
  std::vector<ByteSize> page_sizes;
  Cycles latency_cycles{1};
  std::uint32_t coalesce = 1;
  Replacement replacement = Replacement::Lru;
  std::uint64_t seed = 1;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("entries", entries, "translations", "number of translations", largest::entries);
    keys.value("ways", ways, "translations", "ways per set; 0 makes the array fully associative", largest::entries);
    keys.value("page_sizes", page_sizes, "bytes", "page sizes it holds; empty: all sizes of the paging mode");
    keys.value("latency_cycles", latency_cycles, "cycles", "from lookup to response", largest::latency_cycles);
    keys.value("coalesce", coalesce, "pages",
               "adjacent pages in contiguous frames that one entry can hold, in an aligned group of that many; 1: an "
               "entry is one page",
               most_coalesced);
    keys.value("replacement", replacement, "", "replacement policy");
    keys.value("seed", seed, "", "seed of random replacement");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    check_geometry(entries, ways, problem);
    if (latency_cycles < Cycles(1)) problem("latency_cycles", "0 cycles; expected at least 1: links are registered");
    if (!is_power_of_two(coalesce) || coalesce > most_coalesced) {
      problem("coalesce", std::to_string(coalesce) + " pages; expected 1, 2, 4, 8 or 16");
    }
    for (ByteSize size : page_sizes) {
      if (!is_power_of_two(size.bytes)) problem("page_sizes", format_byte_size(size) + " is not a power of two");
    }
  }
};

struct TlbConfig {
  bool enabled = true;
  std::vector<TlbArrayConfig> arrays{TlbArrayConfig{}};
  std::uint32_t miss_registers = 8;
  std::uint32_t lookups_per_cycle = 1;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("enabled", enabled, "",
               "false: every lookup of a first-level TLB misses, in one cycle; the second level is left out, and "
               "first-level misses go to the walker");
    keys.list("arrays", arrays, "arrays looked up in parallel, each for its page sizes");
    keys.value("miss_registers", miss_registers, "pages", "maximum pages with an outstanding miss", largest::in_flight);
    keys.value("lookups_per_cycle", lookups_per_cycle, "lookups",
               "maximum lookups started per cycle; a core's own first-level lookups are not limited",
               largest::per_cycle);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (miss_registers == 0) problem("miss_registers", "0 registers could translate nothing; expected at least 1");
    if (lookups_per_cycle == 0) problem("lookups_per_cycle", "0 lookups would never end; expected at least 1");
    if (arrays.size() > most_arrays) {
      problem("arrays", std::to_string(arrays.size()) + " arrays; expected at most " + std::to_string(most_arrays));
    }
  }

  /// Whether some array coalesces.
  bool coalesces() const {
    return enabled && std::any_of(arrays.begin(), arrays.end(), [](const auto& array) { return array.coalesce > 1; });
  }

  static constexpr std::size_t most_arrays = 64;
};

}  // namespace tablewalk
