// The threads of one trace: merged at random and separated again, each is unchanged.
#include "trace/thread_reader.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "trace/process_reader.h"
#include "trace/thread_counts.h"
#include "trace/trace_statistics.h"
#include "unit/trace/trace_test_support.h"

namespace tablewalk::thread_reader_test {
namespace {

using test::record;
using test::thread_event;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Record load(std::uint64_t address) {
  return record(address, 8, RecordKind::Load);
}

/// The traces of several threads, and one in which they alternate.
struct Merged {
  std::map<unsigned, std::vector<Record>> threads;
  std::vector<unsigned> order;  ///< of first appearance
  std::vector<Record> trace;
};

/// Records of all kinds except Thread events, with distances where allowed.
std::vector<Record> records_of_one_thread(std::mt19937_64& random) {
  std::vector<Record> records = test::random_records(random(), 200 + random() % 2000);
  const auto is_thread = [](const Record& one) { return one.kind == RecordKind::Thread; };
  records.erase(std::remove_if(records.begin(), records.end(), is_thread), records.end());
  for (Record& one : records) {
    if (!is_event(one.kind) && one.kind != RecordKind::Fetch) one.distance = static_cast<std::uint16_t>(random());
  }
  return records;
}

Merged merged(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Merged all;
  const std::size_t threads = 1 + random() % 5;
  while (all.threads.size() < threads) {
    const auto number = static_cast<unsigned>(random() % 3 == 0 ? random() % 65536 : random() % 4);
    if (all.threads.count(number) == 0) all.threads[number] = records_of_one_thread(random);
  }
  auto left = all.threads;
  unsigned running = 0;
  while (!left.empty()) {
    const auto next = std::next(left.begin(), static_cast<std::ptrdiff_t>(random() % left.size()));
    auto& [number, records] = *next;
    // Redundant Thread events: repeated, or for a thread without records there.
    if (random() % 8 == 0) all.trace.push_back(thread_event(running = static_cast<unsigned>(random() % 65536)));
    if (number != running || random() % 8 == 0) all.trace.push_back(thread_event(running = number));
    const auto count = std::min(records.size(), static_cast<std::size_t>(1 + random() % (random() % 3 == 0 ? 700 : 5)));
    all.trace.insert(all.trace.end(), records.begin(), records.begin() + static_cast<std::ptrdiff_t>(count));
    records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(count));
    if (std::count(all.order.begin(), all.order.end(), number) == 0) all.order.push_back(number);
    if (records.empty()) left.erase(next);
  }
  return all;
}

class Threads : public test::TraceTest {
 protected:
  std::unique_ptr<TraceReader> thread_of(const std::string& name, unsigned thread) const {
    return std::make_unique<ThreadReader>(open_trace(path(name)), thread);
  }
  std::string error_of(const std::string& name, unsigned thread) const {
    try {
      const auto reader = thread_of(name, thread);
      test::read_all(*reader);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(Threads, AMergedTraceIsTakenApartAgain) {
  const std::uint64_t seed = test::printed_seed();
  for (std::uint64_t round = 0; round < 20; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " + " + std::to_string(round));
    const Merged all = merged(seed + round);
    TraceWriterOptions options;
    options.dependences = true;
    options.records_per_block = 300;
    for (const char* name : {"a.twt", "a.txt"}) {
      test::write_records(path(name), all.trace, options);
      ASSERT_EQ(test::read_file(path(name)), all.trace) << name;
      EXPECT_EQ(threads_of(path(name)), all.order) << name;
      for (const auto& [number, records] : all.threads) {
        for (const std::size_t batch : {1U, 7U, 1000U}) {
          ASSERT_EQ(test::read_all(*thread_of(name, number), batch), records) << name << ", thread " << number;
        }
      }
    }
    const TraceStatistics statistics = measure_trace(*open_trace(path("a.twt")));
    ASSERT_EQ(statistics.threads.size(), all.order.size());
    for (std::size_t i = 0; i < all.order.size(); ++i) {
      EXPECT_EQ(statistics.threads[i].thread, all.order[i]);
      EXPECT_EQ(statistics.threads[i].records, all.threads.at(all.order[i]).size());
    }
  }
}

TEST_F(Threads, BeforeTheFirstEventRecordsAreOfThreadZero) {
  make_file("a", "R 0x10 8\nthread 3\nR 0x20 8\ninvalidate all\nthread 0\nswitch @1\nR 0x30 8 @1\n");
  EXPECT_THAT(threads_of(path("a")), ElementsAre(0, 3));
  EXPECT_THAT(test::read_all(*thread_of("a", 0)),
              ElementsAre(load(0x10), record(0, 0, RecordKind::SwitchSpace, 1), record(0x30, 8, RecordKind::Load, 1)));
  EXPECT_THAT(test::read_all(*thread_of("a", 3)), ElementsAre(load(0x20), test::invalidate_all()));
}

TEST_F(Threads, ATraceWithoutThemIsOfThreadZero) {
  test::write_records(path("a.twt"), {load(0x10), load(0x20)});
  EXPECT_THAT(threads_of(path("a.twt")), ElementsAre(0));
  EXPECT_EQ(test::read_all(*thread_of("a.twt", 0)), test::read_file(path("a.twt")));
}

TEST_F(Threads, ANumberWithoutRecordsIsNoThread) {
  make_file("a", "thread 1\nthread 2\nR 0x10 8\nthread 3\n");
  EXPECT_THAT(threads_of(path("a")), ElementsAre(2));
  for (const unsigned thread : {0U, 1U, 3U, 65536U}) {
    EXPECT_EQ(error_of("a", thread),
              path("a") + ": thread " + std::to_string(thread) + " has no records: expected a thread of the trace");
  }
}

TEST_F(Threads, TheTraceIsDescribedAsItIs) {
  make_file("a", "# provenance: by hand\n# dependences: known\nR 0x10 8\nthread 2\nR 0x20 8 <-1");
  const auto reader = thread_of("a", 0);
  EXPECT_EQ(reader->description().path, path("a"));
  EXPECT_EQ(reader->description().format, "text");
  EXPECT_EQ(reader->description().provenance, "by hand");
  EXPECT_TRUE(reader->description().dependences);
  test::read_all(*reader);
  EXPECT_THAT(reader->description().note, HasSubstr("the last line has no line end"));
  EXPECT_DOUBLE_EQ(reader->progress(), 1.0);
  test::write_records(path("a.twt"), {load(0x10), thread_event(1), load(0x20)});
  EXPECT_EQ(open_trace(path("a.twt"))->description().records, 3U);
  EXPECT_EQ(thread_of("a.twt", 1)->description().records, std::nullopt);
}

TEST_F(Threads, TheReadersErrorsPassThrough) {
  make_file("a", "R 0x10 8\nthread 1\nR 0x20 8\nthread x\n");
  EXPECT_THAT(error_of("a", 0), HasSubstr("a:4: expected 'thread N', found 'thread x'"));
}

/// A reader's checksum after `count` records, read in batches of at most `batch`.
std::uint64_t checksum_after(TraceReader& reader, std::size_t count, std::size_t batch) {
  std::vector<Record> records(batch);
  while (count != 0) count -= reader.read(records.data(), std::min(batch, count));
  return reader.checksum();
}

TEST_F(Threads, TheChecksumIsThatOfTheTraceUntilTheLastRecordRead) {
  const Merged all = merged(test::printed_seed());
  TraceWriterOptions options;
  options.dependences = true;
  test::write_records(path("a.twt"), all.trace, options);
  const auto whole = open_trace(path("a.twt"));
  test::read_all(*whole);
  const unsigned number = all.order.back();
  const auto reader = thread_of("a.twt", number);
  test::read_all(*reader, 9);
  EXPECT_EQ(reader->checksum(), whole->checksum());

  const std::size_t wanted = all.threads.at(number).size() / 2;
  std::size_t place = 0;  // in the trace, after the last wanted record
  unsigned running = 0;
  for (std::size_t found = 0; found < wanted; ++place) {
    const Record& one = all.trace[place];
    if (one.kind == RecordKind::Thread) running = one.asid;
    if (one.kind != RecordKind::Thread && running == number) ++found;
  }
  const std::uint64_t expected = checksum_after(*open_trace(path("a.twt")), place, 1000);
  for (const std::size_t batch : {1U, 10U, 1000U}) {
    EXPECT_EQ(checksum_after(*thread_of("a.twt", number), wanted, batch), expected) << batch;
  }
}

TEST_F(Threads, AProcessBelowNamesTheRecordOfTheFile) {
  make_file("a", "thread 5\nR 0x10 8 @7\nthread 1\nR 0x20 8 @7\ninvalidate @40000\n");
  const auto reader_of = [&](unsigned thread, unsigned process) {
    return std::make_unique<ThreadReader>(std::make_unique<ProcessReader>(open_trace(path("a")), process, 2), thread);
  };
  const auto reader = reader_of(5, 1);
  Record first;
  try {
    reader->read(&first, 1);
    test::read_all(*reader);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(first, record(0x10, 8, RecordKind::Load, 15));
    EXPECT_THAT(error.what(), HasSubstr("a: record 5: address space 40000 of process 1 among 2"));
  }
}

}  // namespace
}  // namespace tablewalk::thread_reader_test
