// The laws of a kernel that gives and takes pages, under random programs on several cores.

#include <gtest/gtest.h>

#include "support/demand_world.h"

namespace tablewalk::demand_kernel_laws_test {
namespace {

using World = test::DemandWorld;

TEST(DemandKernelLaws, HoldUnderRandomProgramsOnSeveralCores) {
  KernelStats all;
  HugeStats huge;
  std::uint64_t range_hits = 0;
  for (const std::uint64_t seed : test::printed_seeds(150)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed, static_cast<unsigned>(1 + seed % 8));
    ASSERT_NO_FATAL_FAILURE(world.run(2500));
    const KernelStats& stats = world.stats();
    all.evictions += stats.evictions;
    all.major_faults += stats.major_faults;
    all.copy_faults += stats.copy_faults;
    all.reuse_faults += stats.reuse_faults;
    all.waiting_faults += stats.waiting_faults;
    range_hits += world.cores().range_hits;
    const HugeStats& its = world.huge_stats();
    huge.faults += its.faults;
    huge.fallbacks += its.fallbacks;
    huge.promotions += its.promotions;
    huge.demotions += its.demotions;
    huge.copied_bytes += its.copied_bytes;
    huge.reservations_broken += its.reservations_broken;
    huge.compactions += its.compactions;
    huge.compactions_failed += its.compactions_failed;
    huge.moved_pages += its.moved_pages;
  }
  // The programs reach everything.
  EXPECT_NE(all.evictions, 0u);
  EXPECT_NE(all.major_faults, 0u);
  EXPECT_NE(all.copy_faults, 0u);
  EXPECT_NE(all.reuse_faults, 0u);
  EXPECT_NE(all.waiting_faults, 0u);
  EXPECT_NE(huge.faults, 0u);
  EXPECT_NE(huge.fallbacks, 0u);
  EXPECT_NE(huge.promotions, 0u);
  EXPECT_NE(huge.demotions, 0u);
  EXPECT_NE(huge.copied_bytes, 0u);
  EXPECT_NE(huge.reservations_broken, 0u);
  EXPECT_NE(huge.compactions, 0u);
  EXPECT_NE(huge.compactions_failed, 0u);
  EXPECT_NE(huge.moved_pages, 0u);
  EXPECT_NE(range_hits, 0u);
}

/// What random programs with tables of that organisation did, in some worlds, and how often the tables were made anew.
std::pair<KernelStats, std::uint64_t> run_worlds(const char* organisation) {
  KernelStats all;
  std::uint64_t resizes = 0;
  for (const std::uint64_t seed : test::printed_seeds(24)) {
    SCOPED_TRACE(organisation + (", seed " + std::to_string(seed)));
    World world(seed, static_cast<unsigned>(1 + seed % 8), seed % 3 == 0, organisation);
    EXPECT_NO_THROW(world.run(2000));
    if (testing::Test::HasFailure()) break;
    const KernelStats& stats = world.stats();
    all.evictions += stats.evictions;
    all.major_faults += stats.major_faults;
    all.copy_faults += stats.copy_faults;
    all.reuse_faults += stats.reuse_faults;
    all.read_ahead_used += stats.read_ahead_used;
    resizes += world.resizes();
  }
  EXPECT_NE(all.evictions, 0u) << organisation;
  EXPECT_NE(all.major_faults, 0u) << organisation;
  EXPECT_NE(all.read_ahead_used, 0u) << organisation;
  return {all, resizes};
}

/// A fork shares the pages of tables whose entries move when the tables grow.
TEST(DemandKernelLaws, HoldWithForksAndTablesThatHash) {
  for (const char* organisation : test::hashing_modes) {
    const auto [all, resizes] = run_worlds(organisation);
    EXPECT_NE(all.copy_faults, 0u) << organisation;
    EXPECT_NE(all.reuse_faults, 0u) << organisation;
    EXPECT_NE(resizes, 0u) << organisation;
  }
}

TEST(DemandKernelLaws, HoldWithInvertedTablesWithoutForks) {
  EXPECT_EQ(run_worlds("inverted").first.copy_faults, 0u);
}

TEST(DemandKernelLaws, HoldWithRecycledIdsSharedKernelHalvesAndEveryKindOfShootdown) {
  std::uint64_t recycled = 0;
  std::uint64_t rollovers = 0;
  std::uint64_t lazy_flushes = 0;
  std::uint64_t spared = 0;
  for (const std::uint64_t seed : test::printed_seeds(60)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed, static_cast<unsigned>(1 + seed % 8), true);
    ASSERT_NO_THROW(world.run(4000));
    ASSERT_FALSE(testing::Test::HasFatalFailure());
    recycled += world.cores().recycled;
    rollovers += world.cores().rollovers;
    lazy_flushes += world.cores().lazy_flushes;
    spared += world.cores().spared;
  }
  EXPECT_NE(recycled, 0u);
  EXPECT_NE(rollovers, 0u);
  EXPECT_NE(lazy_flushes, 0u);
  EXPECT_NE(spared, 0u);
}

}  // namespace
}  // namespace tablewalk::demand_kernel_laws_test
