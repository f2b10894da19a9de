#include "walker/translation_caches.h"

#include <gtest/gtest.h>

namespace tablewalk::walk_cache_test {
namespace {

WalkCacheConfig of_level(std::uint32_t level, std::uint32_t entries = 4) {
  WalkCacheConfig config;
  config.level = level;
  config.entries = entries;
  config.ways = 0;
  return config;
}
/// The table that a pointer of level `level` points to.
WalkStart below(unsigned level, std::uint64_t table) {
  return {static_cast<std::uint8_t>(level - 1), PhysicalAddress(table), Rights{}};
}

class WalkCachesOfX8664 : public testing::Test {
 protected:
  std::shared_ptr<const PagingMode> mode = make_paging_mode("x86-64");
  /// 0 on a miss.
  static std::uint64_t table_for(WalkCaches& caches, std::uint64_t va, AddressSpaceId asid = 0) {
    const auto found = caches.find(VirtualAddress(va), asid);
    return found ? found->table.value() : 0;
  }
};

TEST_F(WalkCachesOfX8664, RemembersForTheRegionOfThePointerAndNoFurther) {
  TranslationCaches caches({of_level(1)}, *mode, false);
  caches.remember(VirtualAddress(0x40212345), 0, below(1, 0x5000));
  EXPECT_EQ(table_for(caches, 0x40200000), 0x5000u);
  EXPECT_EQ(table_for(caches, 0x403fffff), 0x5000u);
  EXPECT_EQ(table_for(caches, 0x401fffff), 0u);
  EXPECT_EQ(table_for(caches, 0x40400000), 0u);
}

TEST_F(WalkCachesOfX8664, DeepestPointerWins) {
  TranslationCaches caches({of_level(3), of_level(1), of_level(2)}, *mode, false);
  caches.remember(VirtualAddress(0), 0, below(3, 0x7000));
  caches.remember(VirtualAddress(0), 0, below(1, 0x5000));
  caches.remember(VirtualAddress(0), 0, below(2, 0x6000));
  const auto found = caches.find(VirtualAddress(0), 0);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->level, 0u);
  EXPECT_EQ(found->table.value(), 0x5000u);
  EXPECT_EQ(table_for(caches, 0x200000), 0x6000u);
  EXPECT_EQ(table_for(caches, 0x40000000), 0x7000u);
}

TEST_F(WalkCachesOfX8664, LevelsWithoutACacheAreNotRemembered) {
  TranslationCaches caches({of_level(2)}, *mode, false);
  caches.remember(VirtualAddress(0), 0, below(1, 0x5000));
  EXPECT_EQ(table_for(caches, 0), 0u);
}

TEST_F(WalkCachesOfX8664, LevelsThatTheModeLacksStayEmpty) {
  const auto two_levels = make_paging_mode("x86-32");
  TranslationCaches caches({of_level(1), of_level(2), of_level(3)}, *two_levels, false);
  ASSERT_EQ(caches.stats().size(), 1u);
  EXPECT_EQ(caches.level(0), 1u);
}

TEST_F(WalkCachesOfX8664, AddressSpacesDoNotSeeEachOther) {
  TranslationCaches caches({of_level(1)}, *mode, false);
  caches.remember(VirtualAddress(0), 1, below(1, 0x5000));
  caches.remember(VirtualAddress(0), 2, below(1, 0x6000));
  EXPECT_EQ(table_for(caches, 0, 1), 0x5000u);
  EXPECT_EQ(table_for(caches, 0, 2), 0x6000u);
  EXPECT_EQ(table_for(caches, 0, 3), 0u);
}

TEST_F(WalkCachesOfX8664, RememberingAgainReplacesTheOldTable) {
  TranslationCaches caches({of_level(1, 2)}, *mode, false);
  caches.remember(VirtualAddress(0), 0, below(1, 0x5000));
  caches.remember(VirtualAddress(0x200000), 0, below(1, 0x6000));
  caches.remember(VirtualAddress(0), 0, below(1, 0x7000));
  EXPECT_EQ(table_for(caches, 0), 0x7000u);
  EXPECT_EQ(table_for(caches, 0x200000), 0x6000u) << "nobody had to leave";
}

TEST_F(WalkCachesOfX8664, CountsLookupsAndHitsOfEachLevel) {
  TranslationCaches caches({of_level(1), of_level(2)}, *mode, false);
  caches.remember(VirtualAddress(0), 0, below(2, 0x6000));
  table_for(caches, 0);
  table_for(caches, 0x40000000);
  EXPECT_EQ(caches.stats()[0].lookups, 2u);
  EXPECT_EQ(caches.stats()[0].hits, 0u);
  EXPECT_EQ(caches.stats()[1].lookups, 2u);
  EXPECT_EQ(caches.stats()[1].hits, 1u);
  caches.reset_stats();
  EXPECT_EQ(caches.stats()[1].hits, 0u);
  EXPECT_EQ(table_for(caches, 0), 0x6000u);
}

Invalidation of_page(std::uint64_t va, AddressSpaceId asid = 0) {
  return {Invalidation::Scope::Page, VirtualAddress(va), asid};
}

TEST_F(WalkCachesOfX8664, InvalidatingAPageForgetsThePointersOnTheWayToIt) {
  TranslationCaches caches({of_level(1), of_level(2), of_level(3)}, *mode, false);
  caches.remember(VirtualAddress(0), 0, below(3, 0x7000));
  caches.remember(VirtualAddress(0), 0, below(2, 0x6000));
  caches.remember(VirtualAddress(0x200000), 0, below(1, 0x5000));
  caches.remember(VirtualAddress(0x400000), 0, below(1, 0x4000));
  EXPECT_EQ(caches.invalidate(of_page(0x201000)), 3u);
  EXPECT_EQ(table_for(caches, 0x201000), 0u);
  EXPECT_EQ(table_for(caches, 0x400000), 0x4000u) << "on the way to another page";
  EXPECT_EQ(caches.stats()[0].invalidated, 1u);
  EXPECT_EQ(caches.stats()[2].invalidated, 1u);
}

TEST_F(WalkCachesOfX8664, InvalidatingAPageLeavesOtherSpaces) {
  TranslationCaches caches({of_level(1)}, *mode, false);
  caches.remember(VirtualAddress(0), 1, below(1, 0x5000));
  caches.remember(VirtualAddress(0), 2, below(1, 0x6000));
  EXPECT_EQ(caches.invalidate(of_page(0x1000, 2)), 1u);
  EXPECT_EQ(table_for(caches, 0, 1), 0x5000u);
  EXPECT_EQ(table_for(caches, 0, 2), 0u);
}

TEST_F(WalkCachesOfX8664, InvalidatingASpaceForgetsAllOfItsPointers) {
  TranslationCaches caches({of_level(1), of_level(3)}, *mode, false);
  caches.remember(VirtualAddress(0), 1, below(1, 0x5000));
  caches.remember(VirtualAddress(std::uint64_t{1} << 46), 1, below(3, 0x7000));
  caches.remember(VirtualAddress(0), 2, below(1, 0x6000));
  EXPECT_EQ(caches.invalidate({Invalidation::Scope::AddressSpace, VirtualAddress(0), 1}), 2u);
  EXPECT_EQ(table_for(caches, 0, 1), 0u);
  EXPECT_EQ(table_for(caches, 0, 2), 0x6000u);
  EXPECT_EQ(caches.invalidate({}), 1u);
  EXPECT_EQ(table_for(caches, 0, 2), 0u);
}

TEST_F(WalkCachesOfX8664, InvalidatedPlaceIsFilledBeforeAnybodyLeaves) {
  TranslationCaches caches({of_level(1, 2)}, *mode, false);
  caches.remember(VirtualAddress(0), 0, below(1, 0x5000));
  caches.remember(VirtualAddress(0x200000), 0, below(1, 0x6000));
  caches.invalidate(of_page(0x200000));
  caches.remember(VirtualAddress(0x400000), 0, below(1, 0x7000));
  EXPECT_EQ(table_for(caches, 0), 0x5000u);
}

/// A pointer over two levels, to a merged table, is for the region of its own level.
TEST_F(WalkCachesOfX8664, APointerIsKeptUnderItsOwnLevel) {
  TranslationCaches caches({of_level(2), of_level(1)}, *mode, false);
  WalkStart merged = below(2, 0x5000);
  merged.level = 0;
  merged.levels_down = 2;
  caches.remember(VirtualAddress(0x40000000), 0, merged);
  EXPECT_EQ(table_for(caches, 0x7fffffff), 0x5000u);
  EXPECT_EQ(caches.hits(), 1u << 2);
}

TEST_F(WalkCachesOfX8664, KeepsTheRightsOfTheLevelsAbove) {
  TranslationCaches caches({of_level(1)}, *mode, false);
  WalkStart start = below(1, 0x5000);
  start.rights = {true, false, true, false};
  caches.remember(VirtualAddress(0), 0, start);
  EXPECT_EQ(caches.find(VirtualAddress(0), 0)->rights, start.rights);
}

}  // namespace
}  // namespace tablewalk::walk_cache_test
