// Whole machines with hashed page tables, small enough that they grow and are cleaned all the time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/child_run.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"

namespace tablewalk::test::hashed_test {
namespace {

constexpr std::size_t trace_length = 1500;

class Hashed : public testing::TestWithParam<const char*> {
 protected:
  /// Any machine of that mode, with its laws checked.
  static MachineConfig machine(Dice& dice) {
    MachineConfig config = random_machine(dice, GetParam());
    config.paging.hashed.initial_bytes = ByteSize{512};
    config.paging.cuckoo.initial_bytes = ByteSize{512};
    config.paging.cuckoo.max_load = 0.125;
    config.paging.cuckoo.min_load = 0.05;
    return config;
  }
  static std::uint64_t rebuilds_of(const RunResult& result) {
    if (!grows()) return 0;
    const bool cleaned = std::string(GetParam()) != "cuckoo";
    return count_of(result, "tables.growths") + count_of(result, cleaned ? "tables.cleanings" : "tables.shrinkings");
  }
  static bool grows() { return std::string(GetParam()) != "inverted"; }
};
INSTANTIATE_TEST_SUITE_P(Modes, Hashed, testing::Values("hashed", "hashed-chained", "inverted", "cuckoo"));

TEST_P(Hashed, EveryMachineFinishesWithEveryTranslationRight) {
  std::uint64_t growths = 0;
  for (const std::uint64_t seed : printed_seeds(60)) {
    Dice dice(seed);
    TemporaryFolder folder;
    const MachineConfig config = machine(dice);
    RunOptions options;
    options.trace_path = folder.write_trace("trace.txt", random_trace(dice, config, trace_length));
    options.check = true;
    RunResult result;
    ASSERT_NO_THROW(result = run_in_child(config, options)) << how_to_repeat(seed, config);
    growths += (grows() ? count_of(result, "tables.growths") : 0);
  }
  std::printf("%llu growths\n", static_cast<unsigned long long>(growths));
  EXPECT_TRUE(!grows() || growths > 20u) << "the tables hardly grew";
}

/// Pages come and go, so that entries, their accessed and dirty bits, and deleted places matter: what the kernel does
/// must not depend on the organisation.
TEST_P(Hashed, TheKernelReplacesTheSamePagesAsWithARadixTable) {
  std::uint64_t evictions = 0;
  std::uint64_t rebuilds = 0;
  for (const std::uint64_t seed : printed_seeds(12)) {
    Dice dice(seed);
    MachineConfig config;
    config.os.prefault = false;
    config.os.resident_limit = ByteSize{4096u * dice.number(8, 40)};
    config.os.swap.bytes = ByteSize{64 << 20};
    config.os.replacement.policy =
        dice.pick<PageReplacementKind>({PageReplacementKind::Clock, PageReplacementKind::Lru});
    config.paging.hashed = {ByteSize{512}, dice.pick<double>({0.125, 0.5, 0.95}), 2};
    config.paging.cuckoo.initial_bytes = ByteSize{512};
    RunOptions options;
    options.check = true;
    options.trace_path = "generated:zipf,footprint=1M,count=6000,store-share=0.3,seed=" + std::to_string(seed);
    config.paging.mode = "x86-64";
    const RunResult radix = run_in_child(config, options);
    config.paging.mode = GetParam();
    const RunResult hashed = run_in_child(config, options);
    for (const char* figure : {"kernel.evictions", "kernel.dirty_evictions", "kernel.clean_evictions",
                               "kernel.major_faults", "kernel.zero_faults"}) {
      ASSERT_EQ(count_of(hashed, figure), count_of(radix, figure)) << figure << ", seed " << seed;
    }
    evictions += count_of(hashed, "kernel.evictions");
    rebuilds += rebuilds_of(hashed);
  }
  std::printf("%llu evictions, %llu rebuilds\n", static_cast<unsigned long long>(evictions),
              static_cast<unsigned long long>(rebuilds));
  EXPECT_GT(evictions, 1000u);
  EXPECT_TRUE(!grows() || rebuilds > 12u);
}

/// Huge pages appear, are split and go; the small pages of a split one are in other places of the table.
TEST_P(Hashed, TheKernelUsesTheSameHugePagesAsWithARadixTable) {
  std::uint64_t promotions = 0;
  std::uint64_t splits = 0;
  for (const std::uint64_t seed : printed_seeds(8)) {
    Dice dice(seed);
    MachineConfig config;
    config.os.prefault = false;
    config.os.huge_pages.policy = dice.pick<HugePagePolicy>({HugePagePolicy::Always, HugePagePolicy::Promote});
    config.os.huge_pages.promote_after = dice.number(16, 200);
    config.os.resident_limit = ByteSize{4096u * dice.number(1100, 1500)};
    config.os.swap.bytes = ByteSize{64 << 20};
    config.paging.hashed = {ByteSize{512}, dice.pick<double>({0.125, 0.5, 0.95}), 2};
    config.paging.cuckoo.initial_bytes = ByteSize{512};
    RunOptions options;
    options.check = true;
    options.trace_path = "generated:zipf,footprint=8M,count=12000,store-share=0.3,seed=" + std::to_string(seed);
    config.paging.mode = "x86-64";
    const RunResult radix = run_in_child(config, options);
    config.paging.mode = GetParam();
    const RunResult hashed = run_in_child(config, options);
    for (const char* figure : {"kernel.evictions", "kernel.zero_faults", "kernel.huge.faults", "kernel.huge.promotions",
                               "kernel.huge.demotions"}) {
      ASSERT_EQ(count_of(hashed, figure), count_of(radix, figure)) << figure << ", seed " << seed;
    }
    promotions += count_of(hashed, "kernel.huge.promotions") + count_of(hashed, "kernel.huge.faults");
    splits += count_of(hashed, "kernel.huge.demotions");
  }
  std::printf("%llu huge pages, %llu splits\n", static_cast<unsigned long long>(promotions),
              static_cast<unsigned long long>(splits));
  EXPECT_GT(promotions, 10u);
  EXPECT_GT(splits, 2u);
}

TEST(Inverted, AForkEndsWithALineThatSaysWhichPagesWouldShareAFrame) {
  MachineConfig config;
  config.paging.mode = "inverted";
  config.os.prefault = false;
  RunOptions options;
  options.trace_path = "text:reserve 0x1000 0x4000 rw-u; W 0x2000; fork @1; R 0x2000 8 @1";
  std::string problem;
  try {
    run_in_child(config, options);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  EXPECT_THAT(problem, testing::HasSubstr("inverted: address 0x2000 of space 1 cannot share the frame 0x"));
  EXPECT_THAT(problem,
              testing::HasSubstr("its only entry is of address 0x2000 of space 0; expected another paging.mode"));
  EXPECT_EQ(problem.find('\n'), std::string::npos);
}

TEST_P(Hashed, HalvesOfTheAddressSpaceCannotBeShared) {
  const auto problems = [](bool kpti) {
    MachineConfig config;
    config.paging.mode = GetParam();
    config.os.kpti = kpti;
    config.os.kernel_half = kpti ? KernelHalf::Private : KernelHalf::Shared;
    std::string text;
    config.check([&](const std::string& key, const std::string& problem) { text += key + ": " + problem + "\n"; });
    return text;
  };
  EXPECT_THAT(problems(false), testing::HasSubstr("os.kernel_half: paging mode " + std::string(GetParam()) +
                                                  " has no kernel half; expected x86-64"));
  EXPECT_THAT(problems(true), testing::HasSubstr("os.kpti: paging mode"));
}

}  // namespace
}  // namespace tablewalk::test::hashed_test
