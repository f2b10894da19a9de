// The example of docs/bring-your-own-walker.md in the program: behind the sockets, in whole machines, and its law.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/process_pool.h"
#include "config/loader.h"
#include "config/printer.h"
#include "foreign/foreign_case.h"
#include "support/child_run.h"
#include "support/example_walker.h"
#include "support/temporary_folder.h"
#include "system/walker_law.h"

namespace tablewalk::test {
namespace {

TEST(ForeignWalker, GivesTheAnswersOfTheReferenceWalkWhateverComesBetween) {
  ForeignOutcome sum;
  for (const std::uint64_t seed : printed_seeds(60)) {
    ForeignOutcome outcome;
    ASSERT_NO_THROW(outcome = run_foreign_case_apart({"example", "sv39", seed, 500, false})) << "seed " << seed;
    sum.answers += outcome.answers;
    sum.faults += outcome.faults;
    sum.restarts += outcome.restarts;
    sum.entry_reads += outcome.entry_reads;
  }
  std::printf("%llu answers, %llu faults, %llu restarts, %llu entry reads\n",
              static_cast<unsigned long long>(sum.answers), static_cast<unsigned long long>(sum.faults),
              static_cast<unsigned long long>(sum.restarts), static_cast<unsigned long long>(sum.entry_reads));
  EXPECT_EQ(sum.answers, 60u * 500);
  EXPECT_GT(sum.faults, 1000u);
  EXPECT_GT(sum.restarts, 1000u);
}

TEST(ForeignWalker, DoesTheSameWhenItIsClockedInEveryCycle) {
  for (const std::uint64_t seed : printed_seeds(10)) {
    const ForeignOutcome skipping = run_foreign_case_apart({"example", "sv39", seed, 300, false});
    const ForeignOutcome clocked = run_foreign_case_apart({"example", "sv39", seed, 300, true});
    EXPECT_EQ(skipping.digest, clocked.digest) << "seed " << seed;
  }
}

TEST(ForeignWalker, EveryMachineWithItKeepsTheLaws) {
  constexpr std::size_t length = 1200;
  for (const std::uint64_t seed : printed_seeds(60)) {
    Dice dice(seed);
    const TemporaryFolder folder;
    MachineConfig config = random_machine_with_example(dice);
    RunOptions options;
    options.trace_path = folder.write_trace("trace.txt", random_trace(dice, config, length));
    options.check = true;
    RunResult result;
    ASSERT_NO_THROW(result = run_in_child(config, options)) << "seed " << seed << "; its machine:\n"
                                                            << to_yaml(config, false);
    ASSERT_EQ(count_of(result, "core.accesses") + count_of(result, "core.invalidations"), length) << "seed " << seed;
    config.core.run_ahead = false;
    ASSERT_EQ(text_without_config(run_in_child(config, options)), text_without_config(result)) << "seed " << seed;
  }
}

TEST(ForeignWalker, ReadsTheEntriesThatTheModelReads) {
  Dice dice(7);
  const TemporaryFolder folder;
  MachineConfig config = load_config<MachineConfig>({"example-walker", {}});
  RunOptions options;
  options.trace_path = folder.write_trace("trace.txt", random_trace(dice, config, 3000));
  const RunResult foreign = run_in_child(config, options);
  config.walker.kind = WalkerKind::SystemC;
  config.walker.foreign.clear();
  const RunResult model = run_in_child(config, options);
  for (const char* name : {"walker.walks", "walker.entry_reads", "walker.level0.reads", "walker.level2.reads"}) {
    EXPECT_EQ(count_of(foreign, name), count_of(model, name)) << name;
  }
  EXPECT_GT(count_of(foreign, "walker.walks"), 100u);
  EXPECT_GT(count_of(foreign, "core.cycles"), count_of(model, "core.cycles")) << "it is the slower one";
}

/// SystemC elaborates once per process.
std::string law_text(const ConfigSource& source) {
  const auto work = [&](std::size_t) {
    const WalkerLaw law = measure_walker(load_config<MachineConfig>(source));
    return to_string(law.fixed) + " " + to_string(law.memory) + " " + to_string(law.level) +
           (law.exact ? " exact" : " not exact") + (law.fault ? " fault " + std::to_string(*law.fault) : "") +
           (law.next_taken ? " next " + std::to_string(*law.next_taken) : "");
  };
  return run_in_processes(1, work, [](std::size_t) { return "the walker"; }, {}).front();
}

TEST(WalkerLaw, OfTheExampleIsTwoCyclesAndForEachLevelMemoryAndThree) {
  EXPECT_EQ(law_text({"example-walker", {}}), "2 1 3 exact fault 1 next 1");
}

TEST(WalkerLaw, OfOurWalkerIsTwoCyclesAndForEachLevelMemoryAndOneInBothOfItsForms) {
  for (const char* mode : {"sv39", "x86-64", "x86-32"}) {
    const std::string set = std::string("paging.mode=") + mode;
    EXPECT_EQ(law_text({"", {set, "walker.walkers=1"}}), "2 1 1 exact fault 0 next 1") << mode;
    EXPECT_EQ(law_text({"", {set, "walker.walkers=8"}}), "2 1 1 exact fault 0") << mode;
  }
  EXPECT_EQ(law_text({"", {"paging.mode=sv39", "walker.walkers=1", "walker.kind=rtl"}}), "2 1 1 exact fault 0 next 1");
}

TEST(WalkerLaw, WhereAllWalksReadAsManyEntriesTheConstantHasWhatEachCosts) {
  EXPECT_EQ(law_text({"", {"paging.mode=flat48", "walker.walkers=1"}}), "3 1 0 exact fault 0 next 1");
}

}  // namespace
}  // namespace tablewalk::test
