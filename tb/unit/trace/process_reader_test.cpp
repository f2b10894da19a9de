// Traces on one machine do not share address spaces.
#include "trace/process_reader.h"

#include <gmock/gmock.h>

#include <set>
#include <stdexcept>

#include "trace/event_form.h"
#include "unit/trace/trace_test_support.h"

namespace tablewalk::process_reader_test {
namespace {

class Processes : public test::TraceTest {
 protected:
  std::unique_ptr<TraceReader> process_of(const std::string& name, unsigned process, unsigned processes) const {
    return std::make_unique<ProcessReader>(open_trace(path(name)), process, processes);
  }
  std::string error_of(const std::string& name, unsigned process, unsigned processes) const {
    try {
      test::read_all(*process_of(name, process, processes));
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(Processes, OneAloneIsTheTraceItself) {
  const auto records = test::random_records(test::printed_seed(), 3000);
  test::write_records(path("a.twt"), records);
  const auto reader = process_of("a.twt", 0, 1);
  EXPECT_EQ(test::read_all(*reader, 100), records);
  const auto plain = open_trace(path("a.twt"));
  test::read_all(*plain);
  EXPECT_EQ(reader->checksum(), plain->checksum());
  EXPECT_EQ(reader->description().records, 3000U);
}

TEST_F(Processes, EachAddressSpaceGetsANumberOfItsOwn) {
  const std::uint64_t seed = test::printed_seed();
  const auto processes = static_cast<unsigned>(2 + seed % 7);
  auto records = test::random_records(seed, 3000);
  for (Record& one : records) {
    if (names_address_space(one.kind)) one.asid = static_cast<AddressSpaceId>(one.asid % 50);
  }
  test::write_records(path("a.twt"), records);
  const auto plain = open_trace(path("a.twt"));
  test::read_all(*plain);
  std::set<AddressSpaceId> ids;
  std::size_t spaces = 0;
  for (unsigned process = 0; process < processes; ++process) {
    const auto reader = process_of("a.twt", process, processes);
    const std::vector<Record> renamed = test::read_all(*reader, 100);
    ASSERT_EQ(renamed.size(), records.size());
    std::set<AddressSpaceId> its;
    for (std::size_t i = 0; i < records.size(); ++i) {
      Record expected = records[i];
      if (names_address_space(expected.kind)) {
        expected.asid = static_cast<AddressSpaceId>(expected.asid * processes + process);
        its.insert(expected.asid);
      }
      ASSERT_EQ(renamed[i], expected) << "record " << i << " of process " << process;
    }
    ids.insert(its.begin(), its.end());
    spaces += its.size();
    EXPECT_EQ(reader->checksum(), plain->checksum()) << "names the file, not what became of it";
  }
  EXPECT_EQ(ids.size(), spaces);
}

TEST_F(Processes, EventsThatNameNoAddressSpaceStay) {
  std::string text;
  std::vector<Record> expected;
  for (const EventForm& form : event_forms) {
    const bool has_id = form.asid != AsidField::None;
    const bool is_thread = form.kind == RecordKind::Thread;
    text += std::string(form.word) + (form.has_address ? " 0x1000" : "");
    text += !has_id ? "\n" : is_thread ? " 5\n" : " @5\n";
    expected.push_back(test::record(form.has_address ? 0x1000 : 0, 0, form.kind,
                                    !has_id     ? AddressSpaceId{0}
                                    : is_thread ? AddressSpaceId{5}
                                                : AddressSpaceId{5 * 3 + 2}));
  }
  make_file("a", text);
  EXPECT_EQ(test::read_all(*process_of("a", 2, 3)), expected);
}

TEST_F(Processes, AnIdThatDoesNotFitIsRefused) {
  make_file("a", "R 0x10 8 @32767\nswitch @32768\n");
  EXPECT_EQ(error_of("a", 1, 2), path("a") +
                                     ": record 2: address space 32768 of process 1 among 2 would be number 65537: "
                                     "expected address spaces up to 32767");
  EXPECT_THAT(error_of("a", 0, 2), ::testing::HasSubstr("would be number 65536: expected address spaces up to 32767"));
  make_file("b", "R 0x10 8 @32767\nthread 65535\n");
  EXPECT_EQ(error_of("b", 1, 2), "");
  make_file("c", "R 0x10 8\n");
  EXPECT_EQ(error_of("c", 65535, 70000), "");
  EXPECT_THAT(error_of("c", 65536, 70000), ::testing::HasSubstr("expected at most 65536 processes"));
  EXPECT_THROW(process_of("c", 2, 2), std::invalid_argument);
}

}  // namespace
}  // namespace tablewalk::process_reader_test
