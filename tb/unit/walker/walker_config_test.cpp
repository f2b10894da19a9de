#include "walker/walker_config.h"

#include <gtest/gtest.h>

#include <string>

#include "support/refused_keys.h"

namespace tablewalk::walker_config_test {
namespace {

using test::refused;

TEST(WalkCacheConfig, LevelsWithPointersAreOneToSeven) {
  WalkCacheConfig config;
  for (const std::uint32_t level : {1, 7}) {
    config.level = level;
    EXPECT_EQ(refused(config), "") << level;
  }
  for (const std::uint32_t level : {0, 8}) {
    config.level = level;
    EXPECT_EQ(refused(config), "level") << level;
  }
}

TEST(PageSizeCacheConfig, RegionsArePowersOfTwoAndNoSmallerThanAPage) {
  PageSizeCacheConfig config;
  for (const std::uint64_t bytes : {4096, 1 << 21}) {
    config.region_bytes = ByteSize{bytes};
    EXPECT_EQ(refused(config), "") << bytes;
  }
  for (const std::uint64_t bytes : {0, 2048, 5000, 3 << 20}) {
    config.region_bytes = ByteSize{bytes};
    EXPECT_EQ(refused(config), "region_bytes") << bytes;
  }
}

TEST(WalkerConfig, WhatCouldWalkNothingIsRefusedByName) {
  const auto refused_after = [](const auto& change) {
    WalkerConfig config;
    change(config);
    return refused(config);
  };
  EXPECT_EQ(refused_after([](WalkerConfig&) {}), "");
  EXPECT_EQ(refused_after([](WalkerConfig& config) { config.walkers = 0; }), "walkers");
  EXPECT_EQ(refused_after([](WalkerConfig& config) { config.requests = 0; }), "requests");
  EXPECT_EQ(refused_after([](WalkerConfig& config) { config.kind = WalkerKind::Foreign; }), "foreign");
}

TEST(WalkerConfig, OnlyTheModelIsUnlimited) {
  WalkerConfig config;
  config.unlimited = true;
  EXPECT_EQ(refused(config), "");
  config.kind = WalkerKind::Rtl;
  EXPECT_EQ(refused(config), "unlimited");
}

TEST(WalkerConfig, ALevelHasOneWalkCacheAndACacheForAllLevelsIsAlone) {
  WalkerConfig config;
  config.walk_caches.resize(3);
  for (std::size_t i = 0; i < 3; ++i) config.walk_caches[i].level = static_cast<std::uint32_t>(i + 1);
  EXPECT_EQ(refused(config), "");
  config.walk_caches[2].level = 1;
  EXPECT_EQ(refused(config), "walk_caches.2.level");
  config.walk_cache_kind = WalkCacheKind::UnifiedTranslation;
  EXPECT_EQ(refused(config), "walk_caches");
}

TEST(WalkerConfig, ATranslationPathCacheIsFullyAssociative) {
  WalkerConfig config;
  config.walk_cache_kind = WalkCacheKind::TranslationPath;
  config.walk_caches.resize(1);
  config.walk_caches[0].entries = 16;
  for (const std::uint32_t ways : {0, 16}) {
    config.walk_caches[0].ways = ways;
    EXPECT_EQ(refused(config), "") << ways;
  }
  config.walk_caches[0].ways = 4;
  EXPECT_EQ(refused(config), "walk_caches.0.ways");
}

}  // namespace
}  // namespace tablewalk::walker_config_test
