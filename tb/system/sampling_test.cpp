// Functional warming must leave the state that the timed machine leaves, and samples must measure what they say.

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/child_run.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"
#include "support/warmed_machine.h"

namespace tablewalk::test::sampling_test {
namespace {

MachineConfig one_at_a_time(Dice& dice) {
  MachineConfig config = random_machine(dice);
  make_warmable(config, dice);
  make_one_at_a_time(config);
  return config;
}

SampleSpec windows_of(Between between, Dice dice) {
  SampleSpec spec;
  spec.between = between;
  spec.measure = 200;
  spec.warm = dice.chance(50) ? 0 : 50;
  spec.every = 700;
  spec.offset = dice.number(0, 699);
  return spec;
}

/// None without a walker.
std::uint64_t walks_of(const RunResult& result) {
  const StatSet::Figure* walks = result.stats.find("walker.walks");
  return walks == nullptr ? 0 : walks->count;
}

TEST(FunctionalWarming, LeavesTheStateOfTheTimedMachine) {
  for (const std::uint64_t seed : printed_seeds(40)) {
    Dice dice(seed);
    const MachineConfig config = one_at_a_time(dice);
    TemporaryFolder folder;
    RunOptions options;
    options.trace_path = folder.write_trace("trace.txt", within_lines(random_trace(dice, config, 6000)));
    if (dice.chance(30)) options.warmup = dice.between(1, 600);
    options.sample = windows_of(Between::Time, dice);
    const RunResult timed = run_in_child(config, options);
    options.sample = windows_of(Between::Warm, dice);
    const RunResult functional = run_in_child(config, options);
    EXPECT_EQ(untimed_figures(functional), untimed_figures(timed)) << how_to_repeat(seed, config);
    options.sample.reset();
    const RunResult whole = run_in_child(config, options);
    EXPECT_EQ(walks_of(functional), walks_of(whole)) << how_to_repeat(seed, config);
  }
}

/// The first access enters an address space. Without time it would enter none, and the second one would be no switch.
TEST(FunctionalWarming, WaitsUntilTheCoreHasEnteredAnAddressSpace) {
  std::vector<Record> records(3000);
  records.front().kind = RecordKind::InvalidateAll;
  for (std::size_t i = 2; i < records.size(); ++i) records[i].asid = 1;
  for (std::size_t i = 1; i < records.size(); ++i) {
    records[i].kind = RecordKind::Load;
    records[i].size = 1;
  }
  TemporaryFolder folder;
  RunOptions options;
  options.trace_path = folder.write_trace("trace.txt", records);
  SampleSpec& spec = options.sample.emplace();
  spec.measure = 100;
  spec.warm = 0;
  spec.every = 1000;
  spec.offset = 2;
  MachineConfig config;
  config.core.blocking = true;
  EXPECT_NE(count_of(run_in_child(config, options), "core.switches"), 0U);
}

/// The intervals, which belong to the estimates. That of the walks is left out: without skipping they are counted.
std::string intervals_of(const RunResult& result) {
  std::string text;
  for (const auto& [name, interval] : result.sample->intervals) {
    if (name != "walker.walks")
      text += name + " " + std::to_string(interval.low) + " " + std::to_string(interval.high) + "\n";
  }
  return text;
}

TEST(Sampling, SkippingNothingIsWarmingByEverything) {
  unsigned differ = 0;
  const auto seeds = printed_seeds(10);
  for (const std::uint64_t seed : seeds) {
    Dice dice(seed);
    MachineConfig config = one_at_a_time(dice);
    config.core.blocking = dice.chance(50);
    TemporaryFolder folder;
    RunOptions options;
    options.trace_path = folder.write_trace("trace.twt", random_trace(dice, config, 6000));
    options.sample = windows_of(Between::Warm, dice);
    const std::string warmed = intervals_of(run_in_child(config, options));
    options.sample->between = Between::Skip;
    options.sample->reach = 6000;
    options.sample->fill = 0;
    EXPECT_EQ(intervals_of(run_in_child(config, options)), warmed) << how_to_repeat(seed, config);
    options.sample->reach = 0;
    options.sample->fill = dice.between(6000, 7000);
    EXPECT_EQ(intervals_of(run_in_child(config, options)), warmed) << how_to_repeat(seed, config);
    options.sample->fill = 0;
    if (intervals_of(run_in_child(config, options)) != warmed) ++differ;
  }
  EXPECT_GT(differ, seeds.size() / 2) << "the records before a window seem not to matter";
}

TEST(Sampling, StopsAtTheEndOfATraceThatIsShorterThanItsWarmUp) {
  std::vector<Record> records(5000);
  for (Record& record : records) record.size = 1;
  TemporaryFolder folder;
  RunOptions options;
  options.trace_path = folder.write_trace("trace.txt", records);
  options.warmup = 1'000'000;
  SampleSpec& spec = options.sample.emplace();
  spec.measure = 100;
  spec.warm = 10;
  spec.every = 500;
  EXPECT_THROW(run_in_child({}, options), InputError);
}

TEST(Sampling, RefusesWhatHasNoFunctionalModel) {
  TemporaryFolder folder;
  Dice dice(1);
  RunOptions options;
  MachineConfig config;
  options.trace_path = folder.write_trace("trace.txt", random_trace(dice, config, 6000));
  options.sample = windows_of(Between::Warm, dice);
  const auto refuses = [&](const MachineConfig& machine, const RunOptions& how, const std::string& expected) {
    try {
      run_in_child(machine, how);
    } catch (const InputError& error) {
      return std::string(error.what()).find(expected) != std::string::npos;
    }
    return false;
  };
  MachineConfig hardware = config;
  hardware.walker.kind = WalkerKind::Rtl;
  EXPECT_TRUE(refuses(hardware, options, "--sample: walker.kind"));
  MachineConfig demand = config;
  demand.os.prefault = false;
  EXPECT_TRUE(refuses(demand, options, "--sample: demand paging"));
  MachineConfig segments = config;
  segments.segmentation.kind = SegmentationKind::Paged;
  EXPECT_TRUE(refuses(segments, options, "--sample: segments"));
  MachineConfig prefetches = config;
  prefetches.dtlb.prefetch.kind = PrefetchKind::NextPage;
  EXPECT_TRUE(refuses(prefetches, options, "--sample: TLB prefetches"));
  MachineConfig ranges = config;
  ranges.ranges.entries = 4;
  EXPECT_TRUE(refuses(ranges, options, "--sample: range translations"));
  MachineConfig sizes = config;
  sizes.walker.page_size_cache.entries = 4;
  EXPECT_TRUE(refuses(sizes, options, "--sample: a cache of page sizes"));
  RunOptions checked = options;
  checked.check = true;
  EXPECT_TRUE(refuses(config, checked, "--check"));
  RunOptions skips = options;
  skips.sample->between = Between::Skip;
  EXPECT_TRUE(refuses(config, skips, "expected an uncompressed .twt file"));
}

}  // namespace
}  // namespace tablewalk::test::sampling_test
