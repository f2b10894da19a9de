#pragma once

#include <cstdint>

#include "base/types.h"
#include "base/units.h"
#include "config/largest.h"

namespace tablewalk {

/// A walker's cache of page sizes: which size the last walk of a region has found.
struct PageSizeCacheConfig {
  std::uint32_t entries = 0;
  ByteSize region_bytes{1 << 30};

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("entries", entries, "entries",
               "regions whose page size it remembers, fully associative, least recently used; 0: no such cache",
               largest::entries);
    keys.value("region_bytes", region_bytes, "bytes", "size of a region: a power of two");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (!is_power_of_two(region_bytes.bytes) || region_bytes.bytes < 4096) {
      problem("region_bytes", "expected a power of two from 4K on");
    }
  }
};

}  // namespace tablewalk
