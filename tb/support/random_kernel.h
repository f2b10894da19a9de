#pragma once

#include "os/os_config.h"
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

/// Huge pages by one of the policies that need no advice.
inline void choose_huge_policy(Dice& dice, HugePagesConfig& huge) {
  huge.policy = dice.pick<HugePagePolicy>({HugePagePolicy::Always, HugePagePolicy::Promote, HugePagePolicy::Reserve});
}

}  // namespace tablewalk::test
