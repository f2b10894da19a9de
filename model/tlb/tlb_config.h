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

enum class PrefetchKind : std::uint8_t { None, NextPage, Stride, Distance, Line };

template <>
struct EnumNames<PrefetchKind> {
  static constexpr std::array names = {
      std::pair{"none", PrefetchKind::None}, std::pair{"next_page", PrefetchKind::NextPage},
      std::pair{"stride", PrefetchKind::Stride}, std::pair{"distance", PrefetchKind::Distance},
      std::pair{"line", PrefetchKind::Line}};
};

struct PrefetchConfig {
  PrefetchKind kind = PrefetchKind::None;
  std::uint32_t degree = 1;
  std::uint32_t table = 64;
  ByteSize page_bytes{0};
  std::uint32_t buffer = 16;
  std::uint32_t in_flight = 4;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value(
        "kind", kind, "",
        "none; next_page: the pages after the one missed; stride: the next steps of the instruction that missed; "
        "distance: what followed the distance between the last two misses before; line: the pages whose entries "
        "came with that of a walk, without a walk of their own");
    keys.value("degree", degree, "pages", "most pages prefetched per miss; kind line: all that came", largest::degree);
    keys.value("table", table, "rows", "kinds stride and distance: instructions or distances remembered",
               largest::entries);
    keys.value("page_bytes", page_bytes, "bytes",
               "unit in which pages follow one another; 0: the smallest page of the paging mode");
    keys.value("buffer", buffer, "translations",
               "entries of the prefetch buffer, looked up with the TLB; 0: prefetch into the TLB", largest::entries);
    keys.value("in_flight", in_flight, "pages", "most outstanding prefetches; further ones are dropped",
               largest::in_flight);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (degree == 0) problem("degree", "0 pages; expected at least 1, or kind: none");
    if (table == 0) problem("table", "0 rows remember nothing; expected at least 1");
    if (in_flight == 0) problem("in_flight", "0 prefetches; expected at least 1, or kind: none");
  }
};

struct TlbConfig {
  bool enabled = true;
  std::vector<TlbArrayConfig> arrays{TlbArrayConfig{}};
  std::uint32_t miss_registers = 8;
  std::uint32_t lookups_per_cycle = 1;
  PrefetchConfig prefetch;

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
    keys.group("prefetch", prefetch, "translations fetched before their first access");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (miss_registers == 0) problem("miss_registers", "0 registers could translate nothing; expected at least 1");
    if (lookups_per_cycle == 0) problem("lookups_per_cycle", "0 lookups would never end; expected at least 1");
    if (arrays.size() > most_arrays) {
      problem("arrays", std::to_string(arrays.size()) + " arrays; expected at most " + std::to_string(most_arrays));
    }
  }

  bool prefetches() const { return enabled && prefetch.kind != PrefetchKind::None; }
  /// Whether some array coalesces.
  bool coalesces() const {
    return enabled && std::any_of(arrays.begin(), arrays.end(), [](const auto& array) { return array.coalesce > 1; });
  }

  static constexpr std::size_t most_arrays = 64;
};

}  // namespace tablewalk
