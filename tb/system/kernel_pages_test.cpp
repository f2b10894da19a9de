// Whether a page is a user or a supervisor page, wherever it lies, in every mode. docs/user-guide.md has the rule.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/child_run.h"
#include "support/temporary_folder.h"

namespace tablewalk::test::kernel_pages_test {
namespace {

using testing::HasSubstr;

/// A mode with control registers, and what they allow the supervisor on user pages.
struct Setting {
  const char* mode;
  void (*set)(PagingControls& controls);
  bool data;   ///< it may read and write them
  bool fetch;  ///< it may fetch from them
};

void nothing(PagingControls&) {}

const std::vector<Setting> settings{
    {"x86-64", nothing, true, true},
    {"x86-64-la57", nothing, true, true},
    {"x86-pae", nothing, true, true},
    {"x86-32", nothing, true, true},
    {"x86-64", [](PagingControls& controls) { controls.x86.smep = true; }, true, false},
    {"x86-32", [](PagingControls& controls) { controls.x86.smep = true; }, true, false},
    {"x86-64", [](PagingControls& controls) { controls.x86.smap = true; }, false, true},
    {"x86-64", [](PagingControls& controls) { controls.x86.smep = controls.x86.smap = true; }, false, false},
    {"sv32", nothing, false, false},
    {"sv39", nothing, false, false},
    {"sv48", nothing, false, false},
    {"sv57", nothing, false, false},
    {"sv32", [](PagingControls& controls) { controls.riscv.sum = true; }, true, false},
    {"sv39", [](PagingControls& controls) { controls.riscv.sum = true; }, true, false},
    {"arm64-4k", nothing, true, false},
    {"arm64-16k", nothing, true, false},
    {"arm64-64k", nothing, true, false},
    {"flat48", nothing, true, true},
    {"radix:9,9,9,9/12@8", nothing, true, true},
};

/// The lines of a trace, run in every setting, with and without prefaulting and law checks. `holds` says in which
/// settings the trace is valid; in the others it must be refused at `record`.
void expect_runs(const std::string& lines, bool (*holds)(const Setting& setting), unsigned record) {
  const TemporaryFolder folder;
  const std::string trace = folder.write("trace.txt", lines);
  for (const Setting& setting : settings) {
    for (const bool prefault : {true, false}) {
      for (const bool check : {true, false}) {
        SCOPED_TRACE(std::string(setting.mode) + (setting.data ? " data" : "") + (setting.fetch ? " fetch" : "") +
                     (prefault ? " prefault" : "") + (check ? " check" : ""));
        MachineConfig config;
        config.paging.mode = setting.mode;
        setting.set(config.paging);
        config.os.prefault = prefault;
        RunOptions options;
        options.trace_path = trace;
        options.check = check;
        if (holds(setting)) {
          EXPECT_NO_THROW(run_in_child(config, options));
          continue;
        }
        try {
          run_in_child(config, options);
          ADD_FAILURE() << "it ran";
        } catch (const InputError& error) {
          EXPECT_THAT(error.what(), HasSubstr("trace.txt: record " + std::to_string(record) + ": "));
          EXPECT_THAT(error.what(), HasSubstr("not permitted"));
        } catch (const std::exception& error) {
          ADD_FAILURE() << error.what();
        }
      }
    }
  }
}

bool always(const Setting&) {
  return true;
}

TEST(KernelPages, AKernelInTheLowerHalfRuns) {
  expect_runs(
      "X 0x60000000 4 supervisor\nR 0x60000010 8 supervisor\nW 0x60000018 8 supervisor\n"
      "X 0x60001000 4 supervisor\nR 0x60200000 8 supervisor\nX 0x60000020 4 supervisor\n",
      always, 0);
}

/// For example, it copies code there and jumps to it: in between, nothing may be left in a TLB.
TEST(KernelPages, AKernelThatWritesAPageBeforeItFetchesFromItRuns) {
  expect_runs(
      "W 0x60000000 8 supervisor\nR 0x60000008 8 supervisor\nX 0x60000000 4 supervisor\n"
      "R 0x60000008 8 supervisor\nW 0x60000010 8 supervisor\nX 0x60000004 4 supervisor\nR 0x7000 8\n",
      always, 0);
}

/// As copy_to_user does with a buffer that the program has not touched yet.
TEST(KernelPages, AProgramUsesAPageThatTheKernelWroteFirstIfTheKernelMayWriteToUserPages) {
  expect_runs(
      "W 0x60000000 8 supervisor\nR 0x60000000 8\nW 0x60000008 8\nR 0x60000000 8 supervisor\n",
      [](const Setting& setting) { return setting.data; }, 2);
}

TEST(KernelPages, TheKernelMayUseAPageOfTheProgramAsItsRegistersSay) {
  expect_runs(
      "R 0x2000 8\nR 0x3000 8\nR 0x2000 8 supervisor\nR 0x5000 8\nR 0x6000 8\n",
      [](const Setting& setting) { return setting.data; }, 3);
  expect_runs(
      "R 0x2000 8\nX 0x2000 4 supervisor\nR 0x5000 8\n", [](const Setting& setting) { return setting.fetch; }, 2);
}

TEST(KernelPages, APageFromWhichTheKernelFetchedIsItsOwnWhereTheProgramsWouldForbidThat) {
  const auto like_all_others = [](const Setting& setting) { return setting.data && setting.fetch; };
  expect_runs("X 0x60000000 4 supervisor\nR 0x60000000 8\n", like_all_others, 2);
  expect_runs("W 0x60000000 8 supervisor\nX 0x60000000 4 supervisor\nR 0x60000000 8\n", like_all_others, 3);
}

TEST(KernelPages, InTheUpperHalfThePagesThatTheKernelTouchesFirstAreItsOwn) {
  const TemporaryFolder folder;
  RunOptions options;
  options.trace_path = folder.write("trace.txt", "W 0xffff800000000000 8 supervisor\nR 0xffff800000000000 8\n");
  EXPECT_THROW(run_in_child({}, options), InputError);
}

}  // namespace
}  // namespace tablewalk::test::kernel_pages_test
