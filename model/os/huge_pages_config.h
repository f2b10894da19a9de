#pragma once

#include <array>
#include <cstdint>

#include "base/types.h"
#include "base/units.h"
#include "config/largest.h"
#include "config/schema.h"

namespace tablewalk {

/// When a range that is aligned to the size of a huge page is mapped by one.
enum class HugePagePolicy : std::uint8_t {
  Never,
  Always,   ///< at its first touch, as Linux's transparent huge pages
  Advised,  ///< the same, but only where the program asked for it (MADV_HUGEPAGE)
  Promote,  ///< after some of its pages were touched: they are copied, as by Linux's khugepaged
  Reserve,  ///< the first touch reserves physical memory, where the pages are already in place when they are promoted:
            ///< Navarro et al. (OSDI 2002), FreeBSD
};

template <>
struct EnumNames<HugePagePolicy> {
  static constexpr std::array names = {
      std::pair{"never", HugePagePolicy::Never}, std::pair{"always", HugePagePolicy::Always},
      std::pair{"madvise", HugePagePolicy::Advised}, std::pair{"promote", HugePagePolicy::Promote},
      std::pair{"reserve", HugePagePolicy::Reserve}};
};

/// Huge pages of a kernel with demand paging.
struct HugePagesConfig {
  HugePagePolicy policy = HugePagePolicy::Never;
  ByteSize size{0};
  std::uint32_t promote_after = 0;
  ByteSize clear_bytes{0};
  bool compact = true;
  Cycles move_cycles{1000};

  /// Pages of 4 KiB in 1 GiB.
  static constexpr std::uint64_t most_parts = std::uint64_t{1} << 18;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("policy", policy, "",
               "when a range gets a huge page; always and madvise: at its first touch; promote: after promote_after "
               "pages, which are copied; reserve: after promote_after pages, which are already in place");
    keys.value("size", size, "bytes",
               "size of a huge page; 0: the smallest that one entry of a higher level of the tables maps");
    keys.value("promote_after", promote_after, "pages",
               "pages of a range that must be in memory before it is promoted; 0: all of them, as in FreeBSD; Linux's "
               "khugepaged needs 1",
               static_cast<std::uint32_t>(most_parts));
    keys.value(
        "clear_bytes", clear_bytes, "bytes",
        "bytes of a new huge page whose clearing is memory traffic, as if the others were cleared before; 0: all",
        largest::resident_bytes);
    keys.value("compact", compact, "",
               "true: if no huge frame is free, other pages are moved to make one; needs the frame policy buddy");
    keys.value("move_cycles", move_cycles, "cycles", "instructions for each page that is moved or copied so",
               largest::event_cycles);
  }
};

}  // namespace tablewalk
