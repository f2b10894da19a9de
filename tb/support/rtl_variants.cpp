#include "support/rtl_variants.h"

namespace tablewalk::test {

const RtlVariant& random_variant(Dice& dice) {
  return rtl_variants()[dice.between(0, rtl_variants().size() - 1)];
}

std::string random_mode(Dice& dice, const RtlVariant& variant) {
  return dice.pick<std::string>({"x86-32", "x86-pae", "x86-64", "x86-64-la57", "sv32", "sv39", "sv48", "sv57",
                                 "radix:" + variant.radix, "radix:" + variant.radix});
}

WalkerConfig walker_of(const RtlVariant& variant) {
  WalkerConfig config;
  config.walkers = variant.slots;
  for (unsigned level = 1; level < variant.caches.size(); ++level) {
    if (variant.caches[level].entries == 0) continue;
    WalkCacheConfig cache;
    cache.level = level;
    cache.entries = variant.caches[level].entries;
    cache.ways = variant.caches[level].ways;
    config.walk_caches.push_back(cache);
  }
  return config;
}

}  // namespace tablewalk::test
