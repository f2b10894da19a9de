// Whole machines with flattened page tables, in ample and in fragmented memory.

#include <gtest/gtest.h>

#include "support/child_run.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"

namespace tablewalk::test::flattened_test {
namespace {

TEST(Flattened, EveryMachineFinishesWithEveryTranslationRight) {
  for (const std::uint64_t seed : printed_seeds(30)) {
    Dice dice(seed);
    TemporaryFolder folder;
    const std::string mode = dice.pick<std::string>({"flattened", "flattened:5+5,5+4/12@8", "flattened:6,4,5+4/12@8"});
    const MachineConfig config = random_machine(dice, mode);
    RunOptions options;
    options.trace_path = folder.write_trace("trace.txt", random_trace(dice, config, 1500));
    options.check = true;
    ASSERT_NO_THROW(run_in_child(config, options)) << how_to_repeat(seed, config);
  }
}

/// What the kernel does must not depend on the organisation: evictions need accessed and dirty bits, and huge pages are
/// many entries of a merged table.
TEST(Flattened, TheKernelDoesTheSameAsWithARadixTable) {
  std::uint64_t evictions = 0;
  std::uint64_t huge_pages = 0;
  for (const std::uint64_t seed : printed_seeds(10)) {
    Dice dice(seed);
    MachineConfig config;
    config.os.prefault = false;
    const bool huge = dice.chance(50);
    config.os.resident_limit = ByteSize{4096u * (huge ? dice.number(1100, 1500) : dice.number(8, 40))};
    config.os.swap.bytes = ByteSize{64 << 20};
    config.os.replacement.policy =
        dice.pick<PageReplacementKind>({PageReplacementKind::Clock, PageReplacementKind::Lru});
    if (huge)
      config.os.huge_pages.policy = dice.pick<HugePagePolicy>({HugePagePolicy::Always, HugePagePolicy::Promote});
    config.os.huge_pages.promote_after = 100;
    RunOptions options;
    options.check = true;
    options.trace_path = std::string("generated:zipf,footprint=") + (huge ? "8M" : "1M") +
                         ",count=6000,store-share=0.3,seed=" + std::to_string(seed);
    config.paging.mode = "x86-64";
    const RunResult radix = run_in_child(config, options);
    config.paging.mode = "flattened";
    const RunResult flattened = run_in_child(config, options);
    for (const char* figure :
         {"kernel.evictions", "kernel.dirty_evictions", "kernel.major_faults", "kernel.zero_faults"}) {
      ASSERT_EQ(count_of(flattened, figure), count_of(radix, figure)) << figure << ", seed " << seed;
    }
    evictions += count_of(flattened, "kernel.evictions");
    if (!huge) continue;
    for (const char* figure : {"kernel.huge.faults", "kernel.huge.promotions", "kernel.huge.demotions"}) {
      ASSERT_EQ(count_of(flattened, figure), count_of(radix, figure)) << figure << ", seed " << seed;
      huge_pages += count_of(flattened, figure);
    }
  }
  std::printf("%llu evictions, %llu huge pages made or split\n", static_cast<unsigned long long>(evictions),
              static_cast<unsigned long long>(huge_pages));
  EXPECT_GT(evictions, 1000u);
  EXPECT_GT(huge_pages, 5u);
}

double reads_per_walk(const MachineConfig& config, const RunOptions& options) {
  const RunResult result = run_in_child(config, options);
  return static_cast<double>(count_of(result, "walker.entry_reads")) /
         static_cast<double>(count_of(result, "walker.walks"));
}

/// With walk caches the upper levels are known, so that a walk reads the last table: of 4 KiB, or one of 2 MiB, the
/// pointer to which is for 1 GiB.
TEST(Flattened, WalkCachesLeaveOneRead) {
  MachineConfig config;
  for (unsigned level = 1; level <= 3; ++level) {
    WalkCacheConfig cache;
    cache.level = level;
    cache.entries = cache.ways = 32;
    config.walker.walk_caches.push_back(cache);
  }
  RunOptions options;
  options.check = true;
  options.trace_path = "generated:uniform,footprint=256M,count=20000";
  config.paging.mode = "x86-64";
  const double radix = reads_per_walk(config, options);
  config.paging.mode = "flattened";
  const double flattened = reads_per_walk(config, options);
  std::printf("%.3f reads per walk, flattened %.3f\n", radix, flattened);
  EXPECT_GT(radix, 1.5);
  EXPECT_LT(flattened, 1.01);
  config.walker.walk_caches.clear();
  EXPECT_EQ(reads_per_walk(config, options), 2.0);
}

/// No block of 2 MiB is free, so nothing can be merged.
TEST(Flattened, FragmentedMemoryHasOrdinaryTables) {
  MachineConfig config;
  config.paging.mode = "flattened";
  config.memory.bytes = ByteSize{64 << 20};
  config.os.frames = FramePolicy::Buddy;
  config.os.fragmentation.share = 1;
  RunOptions options;
  options.check = true;
  options.trace_path = "generated:uniform,footprint=8M,count=5000";
  const RunResult result = run_in_child(config, options);
  EXPECT_EQ(count_of(result, "tables.merged"), 0u);
  EXPECT_EQ(count_of(result, "tables.not_merged"), 2u);
  EXPECT_EQ(count_of(result, "walker.entry_reads"), 4 * count_of(result, "walker.walks"));
}

}  // namespace
}  // namespace tablewalk::test::flattened_test
