// The shards of a trace, merged, must give what the whole run gives: its counts exactly, on a machine whose misses do
// not overlap all figures but those of time.

#include <gtest/gtest.h>

#include "base/error.h"
#include "report/result_json.h"
#include "stats/shards.h"
#include "support/child_run.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"
#include "support/warmed_machine.h"

namespace tablewalk::test::shards_test {
namespace {

RunResult merged(const MachineConfig& config, RunOptions options, const ShardSpec& spec) {
  std::vector<MachineRun> runs;
  std::vector<std::string> names;
  for (std::uint64_t number = 1; number <= spec.count; ++number) {
    options.shard = spec;
    options.shard->number = number;
    runs.push_back({config, options});
    names.push_back("shard " + std::to_string(number));
  }
  return merge_shards(run_in_children(runs), names);
}

/// Those that `shards` says are exact.
std::string exact_figures_of(const RunResult& result, const RunResult& shards) {
  std::string text;
  for (const StatSet::Figure& figure : shards.stats.figures()) {
    if (figure.of_trace) text += figure.name + " " + std::to_string(result.stats.at(figure.name).value()) + "\n";
  }
  return text;
}

RunOptions random_options(Dice& dice, const MachineConfig& config, TemporaryFolder& folder, bool one_line) {
  const std::vector<Record> records = random_trace(dice, config, 6000);
  RunOptions options;
  options.trace_path = folder.write_trace("trace.twt", one_line ? within_lines(records) : records);
  if (dice.chance(40)) options.warmup = dice.between(1, 2500);
  if (dice.chance(40)) options.limit = dice.between(1000, 3000);
  return options;
}

ShardSpec random_spec(Dice& dice) {
  ShardSpec spec;
  spec.count = dice.between(2, 6);
  spec.warm = dice.chance(50) ? 0 : dice.between(1, 3000);
  return spec;
}

TEST(Shards, AddUpToTheWholeRunIfMissesDoNotOverlap) {
  for (const std::uint64_t seed : printed_seeds(30)) {
    Dice dice(seed);
    MachineConfig config = random_machine(dice);
    make_warmable(config, dice);
    make_one_at_a_time(config);
    TemporaryFolder folder;
    const RunOptions options = random_options(dice, config, folder, true);
    const RunResult whole = run_in_child(config, options);
    const RunResult shards = merged(config, options, random_spec(dice));
    EXPECT_EQ(untimed_figures(shards), untimed_figures(whole)) << how_to_repeat(seed, config);
    EXPECT_EQ(shards.trace.checksum, whole.trace.checksum);
    EXPECT_EQ(shards.trace.records, whole.trace.records);
  }
}

TEST(Shards, AreExactInWhatDependsOnTheTraceAlone) {
  for (const std::uint64_t seed : printed_seeds(30)) {
    Dice dice(seed);
    MachineConfig config = random_machine(dice);
    make_warmable(config, dice);
    TemporaryFolder folder;
    const RunOptions options = random_options(dice, config, folder, false);
    const RunResult whole = run_in_child(config, options);
    const RunResult shards = merged(config, options, random_spec(dice));
    const std::string exact = exact_figures_of(shards, shards);
    EXPECT_EQ(exact, exact_figures_of(whole, shards)) << how_to_repeat(seed, config);
    EXPECT_NE(exact.find("core.instructions"), std::string::npos);
    EXPECT_NE(exact.find("tables.mapped_pages"), std::string::npos);
  }
}

TEST(Shards, OneOfOneIsTheWholeRun) {
  for (const std::uint64_t seed : printed_seeds(5)) {
    Dice dice(seed);
    MachineConfig config = random_machine(dice);
    make_warmable(config, dice);
    TemporaryFolder folder;
    const RunOptions options = random_options(dice, config, folder, false);
    RunResult shard = merged(config, options, ShardSpec{});
    shard.shards.reset();
    EXPECT_EQ(result_to_json(shard), result_to_json(run_in_child(config, options))) << how_to_repeat(seed, config);
  }
}

TEST(Shards, SkippingNothingIsWarmingByEverything) {
  for (const std::uint64_t seed : printed_seeds(5)) {
    Dice dice(seed);
    MachineConfig config = random_machine(dice);
    make_warmable(config, dice);
    TemporaryFolder folder;
    const RunOptions options = random_options(dice, config, folder, false);
    ShardSpec spec = random_spec(dice);
    const RunResult warmed = merged(config, options, spec);
    spec.between = Between::Skip;
    spec.reach = 6000;
    const RunResult skipped = merged(config, options, spec);
    EXPECT_EQ(count_of(skipped, "core.cycles"), count_of(warmed, "core.cycles")) << how_to_repeat(seed, config);
    EXPECT_EQ(skipped.stats.find("tables.count"), nullptr);
    EXPECT_TRUE(skipped.trace.checksum.empty());
  }
}

TEST(Shards, RefuseWhatSamplingRefuses) {
  TemporaryFolder folder;
  Dice dice(1);
  RunOptions options;
  const MachineConfig config;
  const std::vector<Record> records = random_trace(dice, config, 600);
  options.trace_path = folder.write_trace("trace.twt", records);
  options.shard = ShardSpec{2, 2};
  const auto refusal = [&](const MachineConfig& machine, const RunOptions& how) -> std::string {
    try {
      run_in_child(machine, how);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  MachineConfig machine = config;
  machine.walker.kind = WalkerKind::Rtl;
  EXPECT_NE(refusal(machine, options).find("--shards: walker.kind"), std::string::npos);
  machine = config;
  machine.os.prefault = false;
  EXPECT_NE(refusal(machine, options).find("--shards: demand paging cannot be split"), std::string::npos);
  RunOptions checked = options;
  checked.check = true;
  EXPECT_NE(refusal(config, checked).find("--check"), std::string::npos);
  RunOptions both = options;
  both.sample.emplace();
  EXPECT_NE(refusal(config, both).find("expected only one of them"), std::string::npos);
  RunOptions text = options;
  text.trace_path = folder.write_trace("trace.txt", records);
  EXPECT_NE(refusal(config, text).find("does not record its length"), std::string::npos);
}

}  // namespace
}  // namespace tablewalk::test::shards_test
