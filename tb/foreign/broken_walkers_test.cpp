// Copies of the example walker, and of adapters, with one defect each (see cmake/foreign_tests.cmake): each must be
// detected. And a correct walker with several concurrent walks.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "base/process_pool.h"
#include "config/loader.h"
#include "foreign/foreign_case.h"
#include "support/child_run.h"
#include "support/dice.h"
#include "support/temporary_folder.h"
#include "system/walker_law.h"
#include "walker/foreign_description.h"

namespace tablewalk::test::broken_walkers_test {
namespace {

using testing::HasSubstr;

/// The finding against a walker behind the sockets, in the first of several cases whose message contains `about`; empty
/// if there is none.
std::string found_against(const std::string& walker, const std::string& about = {}, bool every_cycle = false) {
  for (const std::uint64_t seed : printed_seeds(12)) {
    try {
      run_foreign_case_apart({walker, seed, 500, every_cycle});
    } catch (const LawViolation& violation) {
      const std::string found = violation.what();
      if (found.find(about) != std::string::npos) return found;
    }
  }
  return {};
}

TEST(BrokenWalker, WhoForgetsTheRightsGivesAnotherAnswerThanTheReferenceWalk) {
  EXPECT_THAT(found_against("without-rights", "not permitted"), HasSubstr("no fault, expected not permitted"));
}

TEST(BrokenWalker, WhoGoesOnAfterAFlushIsNamed) {
  EXPECT_THAT(found_against("without-flush", "responded"),
              HasSubstr("walker 'without-flush' responded without an outstanding request, or to a flushed one"));
}

TEST(BrokenWalker, WhoAnswersNothingIsNotWaitedForForEver) {
  EXPECT_THAT(found_against("without-faults"), HasSubstr("walker 'without-faults' has done nothing for"));
}

TEST(BrokenWalker, WhoSendsNoTagIsNamed) {
  EXPECT_THAT(found_against("without-tag"), HasSubstr("walker 'without-tag' violated the protocol of its memory port"));
}

/// Its walk cache keeps what it caches in the very cycle of an invalidation.
TEST(BrokenWalker, WhoKeepsAPointerThatWasInvalidatedGivesAnotherAnswerThanTheReferenceWalk) {
  EXPECT_THAT(found_against("with-old-pointers", "expected"), HasSubstr("expected"));
}

TEST(BrokenWalker, WhoReadsMoreEntriesThanThereAreLevelsIsNamed) {
  EXPECT_THAT(found_against("without-end", "beyond the last level"),
              HasSubstr("walker 'without-end' reads an entry beyond the last level"));
}

/// SystemC elaborates once per process.
std::string found_by_its_law(const std::string& walker) {
  const auto work = [&](std::size_t) {
    measure_walker(load_config<MachineConfig>({"example-walker", {"walker.foreign=" + walker}}));
    return std::string();
  };
  try {
    run_in_processes(1, work, [](std::size_t) { return "the walker"; }, {});
  } catch (const LawViolation& violation) {
    return violation.what();
  }
  return {};
}

TEST(BrokenWalker, HasNoLaw) {
  EXPECT_EQ(found_by_its_law("without-rights"), "") << "nobody asks here for what is not allowed";
  EXPECT_THAT(found_by_its_law("without-end"), HasSubstr("walker 'without-end' reads an entry"));
  EXPECT_THAT(found_by_its_law("without-faults"), HasSubstr("walker 'without-faults' has done nothing for"));
  EXPECT_THAT(found_by_its_law("without-lookup"), HasSubstr("walker 'without-lookup' reads an entry"));
  EXPECT_THAT(found_by_its_law("without-leaves"),
              HasSubstr("faulted after 3 reads, in the reference walk translated after 3 reads"));
}

TEST(BrokenDescription, WhichRequiresWhatThereIsNotIsToldOf) {
  const auto refusal = [](const char* walker) {
    const auto config = load_config<MachineConfig>({"example-walker", {std::string("walker.foreign=") + walker}});
    try {
      find_foreign_walker(config.walker, config.paging, *make_paging_mode("sv39", config.paging));
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(refusal("of-no-key"), HasSubstr("REQUIRES paging.riscv.svado: expected a control register's key"));
  EXPECT_THAT(refusal("of-no-value"),
              HasSubstr("REQUIRES paging.riscv.svadu=maybe: expected a valid value of the key"));
  EXPECT_EQ(refusal("without-rights"), "");
}

TEST(BrokenAdapter, WhoDoesNotSayThatAWalkBeginsIsNamed) {
  EXPECT_THAT(found_against("without-begin"),
              HasSubstr("walker 'without-begin' accepted a request without starting or merging a walk"));
}

TEST(BrokenAdapter, WhoDoesNotSayWhereAWalkBeginsIsNamed) {
  EXPECT_THAT(
      found_against("without-lookup"),
      HasSubstr("walker 'without-lookup' reads an entry beyond the last level, or before the walk has started"));
}

TEST(BrokenAdapter, WhoSaysThatWalksBeginAtTheRootAlthoughACacheServesThemIsNamed) {
  EXPECT_THAT(found_against("without-start", "counted from"),
              HasSubstr("walker 'without-start' responds with a leaf of level"));
}

TEST(BrokenAdapter, WhoIsNotQuietWhenItSaysSoIsNamedWhenItIsClockedInEveryCycle) {
  EXPECT_THAT(found_against("too-quiet", "", true),
              HasSubstr("walker 'too-quiet' changed although it had signalled quiet"));
  EXPECT_THAT(found_against("too-quiet"), HasSubstr("requests were left without an answer"));
}

TEST(BrokenAdapter, WhoReadsForASlotThatItHasNotIsNamed) {
  EXPECT_THAT(found_against("of-another-slot"), HasSubstr("walker 'of-another-slot' reads under tag 0x1"));
}

TEST(WalkerOfFourSlots, BehindAnAdapterGivesTheAnswersOfTheReferenceWalkWhateverComesBetween) {
  const ForeignOutcome sum = expect_answers_of_the_reference_walk("of-four-slots", 60);
  EXPECT_GT(sum.faults, 1000u);
  EXPECT_GT(sum.restarts, 1000u);
}

TEST(WalkerOfFourSlots, BehindAnAdapterDoesTheSameWhenItIsClockedInEveryCycle) {
  expect_the_same_when_clocked_in_every_cycle("of-four-slots", 10);
}

TEST(WalkerOfFourSlots, BehindAnAdapterInAnyMachineKeepsTheLaws) {
  expect_machines_to_keep_the_laws("of-four-slots", 60);
}

/// A whole machine over the tables of a running Linux: a user store to a read-only page of its program.
TEST(BrokenWalker, InAMachineTheCheckOfARunFindsIt) {
  const TemporaryFolder folder;
  RunOptions options;
  options.trace_path = folder.write("trace.txt", "R 0x109ee 8\nX 0x109ee 2\nW 0x109ee 8\n");
  options.check = true;
  ImageTables tables;
  tables.image.path = std::string(TABLEWALK_SOURCE_DIR) + "/tb/golden/images/riscv64-sv39/pages.bin.zst";
  tables.root_value = 0x8000100000083824;
  tables.skip_faults = true;
  options.tables = tables;
  MachineConfig config = load_config<MachineConfig>({"example-walker", {"walker.foreign=without-flush"}});
  // Nothing is flushed here, so this copy's defect does not show.
  EXPECT_EQ(count_of(run_in_child(config, options), "core.faulted_accesses"), 1u);
  config.walker.foreign = "without-rights";
  options.wave.path = folder.path("walker.fst");
  try {
    run_in_child(config, options);
    FAIL() << "not found";
  } catch (const LawViolation& violation) {
    EXPECT_THAT(violation.what(), HasSubstr("0x109ee was translated, but the reference walk faults: not permitted"));
    EXPECT_GT(std::filesystem::file_size(options.wave.path), 1000u) << "the wires up to there";
  }
}

}  // namespace
}  // namespace tablewalk::test::broken_walkers_test
