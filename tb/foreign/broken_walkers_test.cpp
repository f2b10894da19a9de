// Copies of the example walker that have one thing wrong (cmake/foreign_tests.cmake says what): each is found out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "config/loader.h"
#include "foreign/foreign_case.h"
#include "support/child_run.h"
#include "support/dice.h"
#include "support/temporary_folder.h"

namespace tablewalk::test {
namespace {

using testing::HasSubstr;

/// What is found against a walker behind the sockets, in the first of several cases in which it speaks of `about`;
/// empty if nothing.
std::string found_against(const std::string& walker, const std::string& about = {}) {
  for (const std::uint64_t seed : printed_seeds(12)) {
    try {
      run_foreign_case_apart({walker, "sv39", seed, 500, false});
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
  EXPECT_THAT(found_against("without-flush"),
              HasSubstr("walker 'without-flush' answered although nothing is asked of it, or what was flushed"));
}

TEST(BrokenWalker, WhoAnswersNothingIsNotWaitedForForEver) {
  EXPECT_THAT(found_against("without-faults"), HasSubstr("walker 'without-faults' has done nothing for"));
}

TEST(BrokenWalker, WhoSendsNoTagIsNamed) {
  EXPECT_THAT(found_against("without-tag"), HasSubstr("walker 'without-tag' broke the rules of its memory port"));
}

TEST(BrokenWalker, WhoReadsMoreEntriesThanThereAreLevelsIsNamed) {
  EXPECT_THAT(found_against("without-end", "no level left"), HasSubstr("the RTL walker reads an entry"));
}

/// A whole machine over the tables of a running Linux: a user writes to a page of its program, which it may only read.
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
  // Nothing is flushed here: that one makes no mistake.
  EXPECT_EQ(count_of(run_in_child(config, options), "core.faulted_accesses"), 1u);
  config.walker.foreign = "without-rights";
  try {
    run_in_child(config, options);
    FAIL() << "not found";
  } catch (const LawViolation& violation) {
    EXPECT_THAT(violation.what(), HasSubstr("0x109ee was translated, but the reference walk faults: not permitted"));
  }
}

}  // namespace
}  // namespace tablewalk::test
