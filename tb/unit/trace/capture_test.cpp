// A program is run under Valgrind; the capture contains its accesses and none of its output.
#include "trace/capture.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "trace/capture_outputs.h"
#include "trace/lackey_reader.h"
#include "trace/thread_counts.h"
#include "trace/thread_reader.h"
#include "unit/trace/trace_test_support.h"

namespace tablewalk::capture_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class Capture : public test::TraceTest {
 protected:
  CaptureConfig config(std::vector<std::string> command) const {
    CaptureConfig config;
    config.command = std::move(command);
    config.output = path("a.twt");
    return config;
  }

  static std::string error_of(const CaptureConfig& config) {
    try {
      capture_trace(config);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(Capture, KeepsAWindowOfAProgramsAccesses) {
  CaptureConfig wanted = config({"echo", "I  0401ab70,3"});
  wanted.skip = 100;
  wanted.limit = 5000;
  const CaptureResult result = capture_trace(wanted);
  EXPECT_EQ(result.records, 5000u);
  EXPECT_EQ(result.skipped, 100u);
  EXPECT_TRUE(result.ended_by_limit);
  const auto reader = open_trace(wanted.output);
  EXPECT_EQ(test::read_all(*reader).size(), 5000u);
  EXPECT_THAT(reader->description().provenance, HasSubstr("of: echo I  0401ab70,3; first 100 records skipped"));
  EXPECT_THAT(reader->description().provenance, HasSubstr("valgrind-3."));
}

TEST_F(Capture, TheSkippedPartIsTheBeginning) {
  CaptureConfig whole = config({"true"});
  whole.dependences = false;  // dependences on the skipped part are gone
  whole.limit = 3000;
  capture_trace(whole);
  const auto all = test::read_file(whole.output);
  CaptureConfig part = whole;
  part.skip = 1000;
  part.limit = 2000;
  capture_trace(part);
  EXPECT_EQ(test::read_file(part.output), (std::vector<Record>(all.begin() + 1000, all.end())));
}

/// The bytes of regions that are reserved and not unmapped; layouts of programs unmap whole regions.
bool is_reserved(const Layout& layout, VirtualAddress va) {
  bool reserved = false;
  for (const LayoutChange& change : layout) {
    if (va < change.first || change.last() < va) continue;
    if (change.operation == LayoutOperation::Reserve) reserved = true;
    if (change.operation == LayoutOperation::Unmap) reserved = false;
  }
  return reserved;
}

TEST_F(Capture, TheRegionsOfTheProgramAreRecorded) {
  CaptureConfig wanted = config({TABLEWALK_THREE_THREADS});
  ::testing::internal::CaptureStdout();
  EXPECT_TRUE(capture_trace(wanted).without_layout.empty());
  std::istringstream output(::testing::internal::GetCapturedStdout());
  const auto reader = open_trace(wanted.output);
  EXPECT_TRUE(reader->description().has_layout);
  const Layout layout = reader->description().layout;
  std::uint64_t array = 0;
  while (output >> std::hex >> array) EXPECT_TRUE(is_reserved(layout, VirtualAddress(array))) << std::hex << array;
  ASSERT_GT(layout.size(), 10u);
  EXPECT_EQ(layout.front().record, 0u);
  EXPECT_GT(layout.back().record, 0u);
  const auto has = [&](const std::string& label) {
    return std::any_of(layout.begin(), layout.end(),
                       [&](const LayoutChange& change) { return change.label.find(label) != std::string::npos; });
  };
  EXPECT_TRUE(has("three_threads"));
  EXPECT_TRUE(has("libc.so"));
  EXPECT_TRUE(has("[stack]"));
}

TEST_F(Capture, TheRegionsBelongToTheFirstRecordThatIsKept) {
  CaptureConfig wanted = config({"true"});
  capture_trace(wanted);
  const Layout whole = open_trace(wanted.output)->description().layout;
  wanted.skip = 70000;
  capture_trace(wanted);
  const Layout part = open_trace(wanted.output)->description().layout;
  ASSERT_EQ(part.size(), whole.size());
  EXPECT_LT(whole[whole.size() / 2].record, 70000u) << "some changes are skipped";
  for (std::size_t i = 0; i < part.size(); ++i) {
    EXPECT_EQ(part[i].record, std::max<std::uint64_t>(whole[i].record, 70000) - 70000);
  }
}

TEST_F(Capture, EachTraceOfAThreadHasAllRegions) {
  CaptureConfig wanted = config({TABLEWALK_THREE_THREADS});
  wanted.threads = CapturedThreads::Apart;
  ::testing::internal::CaptureStdout();
  const CaptureResult result = capture_trace(wanted);
  ::testing::internal::GetCapturedStdout();
  ASSERT_EQ(result.traces.size(), 3U);
  const Layout first = open_trace(result.traces[0].path)->description().layout;
  const Layout second = open_trace(result.traces[1].path)->description().layout;
  ASSERT_GT(second.size(), 10u);
  ASSERT_LE(second.size(), first.size());
  for (std::size_t i = 0; i < second.size(); ++i) EXPECT_EQ(to_text(second[i]), to_text(first[i]));
}

TEST_F(Capture, TheRegionsCanBeLeftOut) {
  CaptureConfig wanted = config({"true"});
  wanted.layout = false;
  EXPECT_TRUE(capture_trace(wanted).without_layout.empty());
  EXPECT_FALSE(open_trace(wanted.output)->description().has_layout);
}

TEST_F(Capture, AProgramsOutputIsNotMixedIn) {
  const CaptureResult result = capture_trace(config({"sh", "-c", "echo ' L 10,8'; echo ' L 10,8' >&2; exit 3"}));
  EXPECT_EQ(result.exit_status, 3);
  for (const Record& record : test::read_file(path("a.twt"))) ASSERT_NE(record.address, VirtualAddress(0x10));
}

/// Number of single-byte stores to each of three arrays, whose addresses are printed.
std::vector<std::size_t> stores_into(const std::vector<Record>& records, const std::vector<std::uint64_t>& arrays) {
  std::vector<std::size_t> counts(arrays.size(), 0);
  for (const Record& record : records) {
    if (record.kind != RecordKind::Store || record.size != 1) continue;
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      const std::uint64_t address = record.address.value();
      if (address >= arrays[i] && address < arrays[i] + 3000) ++counts[i];
    }
  }
  return counts;
}

TEST_F(Capture, ThreadsAreTakenApart) {
  CaptureConfig wanted = config({TABLEWALK_THREE_THREADS});
  wanted.threads = CapturedThreads::Apart;
  ::testing::internal::CaptureStdout();
  const CaptureResult result = capture_trace(wanted);
  std::istringstream output(::testing::internal::GetCapturedStdout());
  std::vector<std::uint64_t> arrays(3);
  for (std::uint64_t& array : arrays) output >> std::hex >> array;

  ASSERT_EQ(result.threads, (std::set<unsigned>{1, 2, 3}));
  ASSERT_EQ(result.traces.size(), 3U);
  std::uint64_t records = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(result.traces[i].path, path("a.thread" + std::to_string(i + 1) + ".twt"));
    const std::vector<Record> of_thread = test::read_file(result.traces[i].path);
    EXPECT_EQ(of_thread.size(), result.traces[i].records);
    records += of_thread.size();
    // All of its own accesses, and no others.
    std::vector<std::size_t> expected(3, 0);
    expected[i] = 3000;
    EXPECT_EQ(stores_into(of_thread, arrays), expected) << "thread " << i + 1;
  }
  EXPECT_EQ(records, result.records);
  EXPECT_THAT(open_trace(result.traces[1].path)->description().provenance, HasSubstr("; thread 2"));
}

TEST_F(Capture, MixedThreadsAreOneTraceOfTheSameAccesses) {
  CaptureConfig wanted = config({TABLEWALK_THREE_THREADS});
  ::testing::internal::CaptureStdout();
  const CaptureResult result = capture_trace(wanted);
  std::istringstream output(::testing::internal::GetCapturedStdout());
  std::vector<std::uint64_t> arrays(3);
  for (std::uint64_t& array : arrays) output >> std::hex >> array;
  ASSERT_EQ(result.traces.size(), 1U);
  EXPECT_EQ(result.threads.size(), 3U);
  EXPECT_EQ(stores_into(test::read_file(wanted.output), arrays), (std::vector<std::size_t>{3000, 3000, 3000}));
}

/// The threads of a trace, in the order of their numbers.
std::vector<std::vector<Record>> taken_apart(const std::string& path) {
  std::vector<unsigned> numbers = threads_of(path);
  std::sort(numbers.begin(), numbers.end());
  std::vector<std::vector<Record>> threads;
  for (const unsigned thread : numbers) {
    ThreadReader reader(open_trace(path), thread);
    threads.push_back(test::read_all(reader));
  }
  return threads;
}

TEST_F(Capture, MarkedThreadsCanBeTakenApart) {
  CaptureConfig wanted = config({TABLEWALK_THREE_THREADS});
  wanted.threads = CapturedThreads::Marked;
  ::testing::internal::CaptureStdout();
  const CaptureResult result = capture_trace(wanted);
  std::istringstream output(::testing::internal::GetCapturedStdout());
  std::vector<std::uint64_t> arrays(3);
  for (std::uint64_t& array : arrays) output >> std::hex >> array;

  ASSERT_EQ(result.traces.size(), 1U);
  EXPECT_EQ(open_trace(wanted.output)->description().records, result.traces[0].records);
  EXPECT_THAT(threads_of(wanted.output), UnorderedElementsAre(1, 2, 3));
  const auto threads = taken_apart(wanted.output);
  ASSERT_EQ(threads.size(), 3U);
  std::uint64_t records = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    records += threads[i].size();
    std::vector<std::size_t> expected(3, 0);
    expected[i] = 3000;
    EXPECT_EQ(stores_into(threads[i], arrays), expected) << "thread " << i + 1;
  }
  EXPECT_EQ(records, result.records);
}

/// The output of CaptureOutputs for a Lackey log whose code is in this process.
class FromLog : public Capture {
 protected:
  FromLog() {
    const std::uint8_t chase[] = {0x48, 0x8b, 0x00};  // mov rax, [rax]
    std::copy(std::begin(chase), std::end(chase), code_);
  }
  static std::string runs(unsigned thread) { return "--7-- SCHED[" + std::to_string(thread) + "]: acquired lock\n"; }
  std::string chase() const { return fmt::format("I  {:x},3\n L 1000,8\n", reinterpret_cast<std::uintptr_t>(code_)); }

  std::vector<CapturedTrace> write(const std::string& log, CaptureConfig config) const {
    TraceWriterOptions options;
    options.dependences = true;
    GuestCode code(::getpid(), GuestCode::Source::MemoryAndFiles);
    DependenceFollower follower(code);
    CaptureOutputs outputs(config, options);
    outputs.use(follower);
    LackeyReader reader(std::make_unique<ByteSource>(make_file("log", log)));
    CaptureResult result;
    outputs.convert(reader, reader, result, {});
    return outputs.finish();
  }

  std::uint8_t code_[16] = {};
};

std::vector<unsigned> distances_of_loads(const std::vector<Record>& records) {
  std::vector<unsigned> distances;
  for (const Record& one : records) {
    if (one.kind == RecordKind::Load) distances.push_back(one.distance);
  }
  return distances;
}

TEST_F(FromLog, DistancesCountWithinTheThreadIfItIsMarked) {
  const std::string log = runs(1) + chase() + chase() + runs(2) + chase() + chase() + chase() + runs(1) + chase() +
                          runs(3) + runs(2) + chase();
  CaptureConfig wanted = config({});
  write(log, wanted);
  EXPECT_THAT(distances_of_loads(test::read_file(wanted.output)), ElementsAre(0, 1, 0, 1, 1, 4, 2));
  wanted.threads = CapturedThreads::Marked;
  const auto traces = write(log, wanted);
  const auto records = test::read_file(wanted.output);
  EXPECT_THAT(distances_of_loads(records), ElementsAre(0, 1, 0, 1, 1, 1, 1));
  std::vector<std::pair<std::size_t, unsigned>> marks;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].kind == RecordKind::Thread) marks.emplace_back(i, records[i].asid);
  }
  EXPECT_THAT(marks, ElementsAre(Pair(0, 1), Pair(5, 2), Pair(12, 1), Pair(15, 2)));
  ASSERT_EQ(traces.size(), 1U);
  EXPECT_EQ(traces[0].records, records.size());
}

TEST_F(FromLog, MarkedAndTakenApartIsApart) {
  const std::uint64_t seed = test::printed_seed();
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
    std::string log;
    for (int i = 0; i < 300; ++i) log += random() % 4 == 0 ? runs(1 + random() % 4) : chase();
    CaptureConfig wanted = config({});
    wanted.skip = random() % 200;
    wanted.limit = 1 + random() % 200;
    wanted.threads = CapturedThreads::Marked;
    write(log, wanted);
    const auto marked = taken_apart(wanted.output);
    wanted.threads = CapturedThreads::Apart;
    std::vector<std::vector<Record>> apart;
    for (const CapturedTrace& trace : write(log, wanted)) apart.push_back(test::read_file(trace.path));
    EXPECT_EQ(marked, apart);
  }
}

TEST_F(FromLog, AThreadNumberThatNoRecordHoldsIsRefused) {
  CaptureConfig wanted = config({});
  wanted.threads = CapturedThreads::Marked;
  write(runs(65535) + chase(), wanted);
  EXPECT_THAT(threads_of(wanted.output), ElementsAre(65535));
  try {
    write(runs(65536) + chase(), wanted);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("a.twt: Valgrind thread 65536: expected a number up to 65535"));
  }
}

TEST(PathOfThread, HasTheNumberBeforeTheEnding) {
  EXPECT_EQ(path_of_thread("mine.twt", 2), "mine.thread2.twt");
  EXPECT_EQ(path_of_thread("a.b/mine", 12), "a.b/mine.thread12");
}

TEST(PathOfProcess, TheFirstKeepsTheName) {
  EXPECT_EQ(path_of_process("mine.twt", 1), "mine.twt");
  EXPECT_EQ(path_of_process("a.b/mine.twt", 3), "a.b/mine.process3.twt");
}

TEST_F(Capture, TheCutEndOfAKilledProcessesLogIsDropped) {
  const auto records_in = [&](const std::string& log) {
    LackeyReader reader(std::make_unique<ByteSource>(make_file("log", log)), LackeyEnd::Killed);
    return test::read_all(reader).size();
  };
  EXPECT_EQ(records_in("==12== Lackey\nI  0401ab70,3\n S 1fff000708,8\n"), 2U);
  EXPECT_EQ(records_in("I  0401ab70,3\n S 1fff000708,16"), 1U);  // 16, or 160?
  EXPECT_EQ(records_in("I  0401ab70,3\n S 1fff"), 1U);
  EXPECT_EQ(records_in("I  0401ab70,3\n="), 1U);
  EXPECT_EQ(records_in("==12== Lackey\n"), 0U);
  EXPECT_EQ(records_in(""), 0U);
}

TEST_F(Capture, WhatCannotBeRunIsOneClearError) {
  CaptureConfig no_valgrind = config({"true"});
  no_valgrind.valgrind = "no-such-valgrind";
  EXPECT_THAT(error_of(no_valgrind), HasSubstr("no-such-valgrind: not found: expected Valgrind"));
  EXPECT_THAT(error_of(config({"/no/such/program"})), HasSubstr("/no/such/program: cannot be started"));
  EXPECT_THAT(error_of(config({})), HasSubstr("expected -- PROGRAM ARGUMENTS"));
  const std::string file = make_file("not-a-program", "#!/no/such/interpreter\n");
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  EXPECT_THAT(error_of(config({file})), HasSubstr("not-a-program: could not be run under Valgrind"));
  EXPECT_FALSE(std::filesystem::exists(path("a.twt")));
}

TEST_F(Capture, SkippingEverythingIsAnError) {
  CaptureConfig wanted = config({"true"});
  wanted.skip = std::uint64_t{1} << 40;
  EXPECT_THAT(error_of(wanted), HasSubstr("true: nothing to record"));
  EXPECT_FALSE(std::filesystem::exists(path("a.twt")));
}

}  // namespace
}  // namespace tablewalk::capture_test
