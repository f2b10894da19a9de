#pragma once

#include <array>

#include "os/os_config.h"
#include "paging/paging_controls.h"
#include "support/dice.h"

namespace tablewalk::test {

/// A random kernel with demand paging and often little memory: then at least `least_frames`, which cores need to get
/// on.
inline OsConfig random_kernel(Dice& dice, std::uint64_t seed, std::uint64_t least_frames, std::uint64_t page_bytes) {
  OsConfig config;
  config.prefault = false;
  if (dice.chance(80)) config.resident_limit.bytes = dice.between(least_frames, 60) * page_bytes;
  config.replacement.policy = dice.pick<PageReplacementKind>(
      {PageReplacementKind::Fifo, PageReplacementKind::SecondChance, PageReplacementKind::Clock,
       PageReplacementKind::Lru, PageReplacementKind::Aging, PageReplacementKind::TwoLists,
       PageReplacementKind::Generations, PageReplacementKind::Random});
  config.replacement.seed = seed;
  config.flush_threshold = dice.number(0, 8);
  config.swap.bytes.bytes = 4096 * page_bytes;
  return config;
}

/// A replacement policy that works with range translations.
inline PageReplacementKind policy_for_ranges(Dice& dice) {
  return dice.pick<PageReplacementKind>(
      {PageReplacementKind::Fifo, PageReplacementKind::Lru, PageReplacementKind::Random});
}

/// Page tables that are not radix, in which pages can share a frame; in an inverted one they cannot.
constexpr std::array hashing_modes = {"hashed", "hashed-chained", "cuckoo"};

/// Hash tables so small that they grow, shrink and are cleaned all the time.
inline PagingControls small_tables(Dice& dice) {
  PagingControls controls;
  controls.hashed = {ByteSize{512}, dice.pick<double>({0.125, 0.5, 0.95}), 2};
  controls.inverted.frames_per_anchor = dice.pick<std::uint32_t>({1, 8});
  controls.cuckoo.ways = dice.pick<std::uint32_t>({2, 3});
  controls.cuckoo.initial_bytes = ByteSize{512};
  controls.cuckoo.max_load = dice.pick<double>({0.125, 0.45});
  controls.cuckoo.min_load = 0.05;
  return controls;
}

/// Huge pages by one of the policies that need no advice.
inline void choose_huge_policy(Dice& dice, HugePagesConfig& huge) {
  huge.policy = dice.pick<HugePagePolicy>({HugePagePolicy::Always, HugePagePolicy::Promote, HugePagePolicy::Reserve});
}

}  // namespace tablewalk::test
