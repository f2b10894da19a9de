// Foreign walkers in the program: behind the sockets, in whole machines, and their latency laws; among them the example
// of docs/bring-your-own-walker.md.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/process_pool.h"
#include "config/loader.h"
#include "foreign/foreign_case.h"
#include "support/child_run.h"
#include "support/foreign_machine.h"
#include "support/temporary_folder.h"
#include "system/walker_law.h"

namespace tablewalk::test::foreign_walker_test {
namespace {

/// Every built-in walker, including foreign ones.
class BuiltInWalker : public testing::TestWithParam<std::string> {};

TEST_P(BuiltInWalker, GivesTheAnswersOfTheReferenceWalkWhateverComesBetween) {
  expect_answers_of_the_reference_walk(GetParam(), 60);
}
TEST_P(BuiltInWalker, DoesTheSameWhenItIsClockedInEveryCycle) {
  expect_the_same_when_clocked_in_every_cycle(GetParam(), 10);
}
TEST_P(BuiltInWalker, InAnyMachineKeepsTheLaws) {
  expect_machines_to_keep_the_laws(GetParam(), 60);
}
INSTANTIATE_TEST_SUITE_P(Foreign, BuiltInWalker, testing::ValuesIn(foreign_walker_names()),
                         [](const auto& built_in) { return test_name_of(built_in.param); });

TEST(ExampleWalker, FaultsAndIsSentBackInTheCasesOfTheTest) {
  const ForeignOutcome sum = expect_answers_of_the_reference_walk("example", 20);
  EXPECT_GT(sum.faults, 1000u);
  EXPECT_GT(sum.restarts, 300u);
}

TEST(ExampleWalker, ReadsTheEntriesThatTheModelReads) {
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
}  // namespace tablewalk::test::foreign_walker_test
