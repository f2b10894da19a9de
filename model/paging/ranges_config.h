#pragma once

#include <fmt/format.h>

#include <cstdint>

#include "base/types.h"
#include "base/units.h"
#include "config/largest.h"

namespace tablewalk {

/// Range translations: what the kernel puts into range tables, and the range TLB beside the second-level TLB.
struct RangesConfig {
  /// A range TLB is searched as a whole.
  static constexpr std::uint32_t most_entries = 1024;

  std::uint32_t entries = 0;
  Cycles latency_cycles{1};
  std::uint32_t least_pages = 8;
  ByteSize eager_bytes{2 << 20};

  bool enabled() const { return entries != 0; }

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("entries", entries, "ranges",
               "entries of the range TLB, fully associative, LRU; 0: no range translations", most_entries);
    keys.value("latency_cycles", latency_cycles, "cycles",
               "of its lookup, which runs in parallel with that of the second-level TLB; the longer of both counts",
               largest::latency_cycles);
    keys.value("least_pages", least_pages, "pages", "a run of fewer pages is not put into the range table",
               largest::entries);
    keys.value(
        "eager_bytes", eager_bytes, "bytes",
        "the first touch of a page maps the aligned block of that size, in contiguous frames if memory has them; "
        "0: only the page",
        std::uint64_t{1} << 40);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (latency_cycles < Cycles(1)) problem("latency_cycles", "0 cycles; expected at least 1: links are registered");
    if (least_pages == 0) problem("least_pages", "0 pages; expected at least 1");
    if (eager_bytes.bytes != 0 && !is_power_of_two(eager_bytes.bytes)) {
      problem("eager_bytes", format_byte_size(eager_bytes) + " is not a power of two; expected one, or 0");
    }
  }
};

}  // namespace tablewalk
