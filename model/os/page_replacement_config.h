#pragma once

#include <array>
#include <cstdint>

#include "config/schema.h"

namespace tablewalk {

/// The page that leaves memory when a frame is needed.
enum class PageReplacementKind : std::uint8_t {
  Fifo,          ///< the page that was loaded first
  SecondChance,  ///< FIFO, but a page whose accessed bit is set goes to the end of the queue, with the bit cleared
  Clock,         ///< the same decisions by a hand that goes round the frames
  Lru,           ///< the page whose last access is the oldest; exact, which no hardware is
  Aging,         ///< the page with the smallest counter, into which a periodic scan shifts the accessed bit
  TwoLists,      ///< an active and an inactive list
  Generations,   ///< multi-generation LRU
  Random,        ///< any page, from a seeded generator
  Optimal,       ///< the page whose next access is the farthest (Belady, 1966): the bound for all others
};

template <>
struct EnumNames<PageReplacementKind> {
  static constexpr std::array names = {std::pair{"fifo", PageReplacementKind::Fifo},
                                       std::pair{"second_chance", PageReplacementKind::SecondChance},
                                       std::pair{"clock", PageReplacementKind::Clock},
                                       std::pair{"lru", PageReplacementKind::Lru},
                                       std::pair{"aging", PageReplacementKind::Aging},
                                       std::pair{"two_lists", PageReplacementKind::TwoLists},
                                       std::pair{"generations", PageReplacementKind::Generations},
                                       std::pair{"random", PageReplacementKind::Random},
                                       std::pair{"optimal", PageReplacementKind::Optimal}};
};

/// Whether it looks at the accessed bits in the page tables, and clears them.
constexpr bool reads_accessed_bits(PageReplacementKind kind) {
  switch (kind) {
    case PageReplacementKind::SecondChance:
    case PageReplacementKind::Clock:
    case PageReplacementKind::Aging:
    case PageReplacementKind::TwoLists:
    case PageReplacementKind::Generations:
      return true;
    case PageReplacementKind::Fifo:
    case PageReplacementKind::Lru:
    case PageReplacementKind::Random:
    case PageReplacementKind::Optimal:
      return false;
  }
  return false;
}

struct PageReplacementConfig {
  static constexpr std::uint32_t most_aging_bits = 16;
  static constexpr std::uint32_t fewest_generations = 3;
  static constexpr std::uint32_t most_generations = 64;

  PageReplacementKind policy = PageReplacementKind::Clock;
  std::uint64_t seed = 1;
  std::uint32_t aging_bits = 8;
  std::uint32_t aging_evictions = 64;
  std::uint32_t active_ratio = 1;
  std::uint32_t generations = 4;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("policy", policy, "", "which page is evicted when a frame is needed");
    keys.value("seed", seed, "", "seed of the policy random");
    keys.value("aging_bits", aging_bits, "bits", "width of the counters of the policy aging", most_aging_bits);
    keys.value("aging_evictions", aging_evictions, "pages",
               "evictions from one scan of the accessed bits to the next, of the policy aging; 0: only periodic scans",
               1'000'000);
    keys.value("active_ratio", active_ratio, "",
               "the policy two_lists keeps at most this many active pages per inactive page", 1000);
    keys.value("generations", generations, "generations", "most generations of the policy generations",
               most_generations);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (aging_bits < 1) problem("aging_bits", "0 bits; expected from 1 to 16");
    if (active_ratio < 1) problem("active_ratio", "0; expected from 1 to 1000");
    if (generations < fewest_generations) {
      problem("generations", "too few to tell old pages from new ones; expected from 3 to 64");
    }
  }
};

}  // namespace tablewalk
