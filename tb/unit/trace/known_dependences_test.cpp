// Captures of a program with exactly known dependences.
#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "trace/capture.h"
#include "unit/trace/trace_test_support.h"

namespace tablewalk::known_dependences_test {
namespace {

using ::testing::HasSubstr;

/// An access as its kind and distance.
std::string shown(const Record& record) {
  std::string text(1, "XRWM"[static_cast<int>(record.kind)]);
  if (record.distance != 0) text += std::to_string(record.distance);
  return text;
}

class KnownDependences : public test::TraceTest {
 protected:
  CaptureConfig config() const {
    CaptureConfig config;
    config.command = {TABLEWALK_KNOWN_DEPENDENCES};
    config.output = path("a.twt");
    return config;
  }

  CaptureResult capture(const CaptureConfig& config) {
    ::testing::internal::CaptureStdout();
    const CaptureResult result = capture_trace(config);
    std::istringstream output(::testing::internal::GetCapturedStdout());
    output >> std::hex >> begin_ >> end_ >> gathers_;
    return result;
  }

  /// The data accesses of each part of the program, without the marks.
  std::vector<std::string> parts(const std::vector<Record>& records) const {
    std::vector<std::string> parts;
    bool inside = false;
    for (const Record& record : records) {
      const bool store = record.kind == RecordKind::Store;
      if (store && record.address.value() == end_) inside = false;
      if (inside && record.kind != RecordKind::Fetch) parts.back() += " " + shown(record);
      if (store && record.address.value() == begin_) inside = true;
      if (store && record.address.value() == begin_) parts.emplace_back();
    }
    return parts;
  }

  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  bool gathers_ = false;
};

/// As known_scalars in known_dependences.cpp, a line for each of its parts.
constexpr const char* scalars =
    " R R1 R1 W R2"      // a chase
    " R1 W"              // through lea, lea, add
    " R2 W R"            // zeroed
    " W W4"              // data that a store waits for
    " W R R1 W"          // the stack
    " R R1 W"            // flags choose an address
    " R R1 W R W"        // part and whole of a register
    " M R12 W"           // a modify is a load
    " R W R W"           // stepped pointers
    " R W R W R R1 W R"  // two accesses of one instruction; the last is the return
    ;

TEST_F(KnownDependences, AreExact) {
  const CaptureResult result = capture(config());
  const auto reader = open_trace(path("a.twt"));
  const std::vector<Record> records = test::read_all(*reader);
  EXPECT_TRUE(reader->description().dependences);
  EXPECT_THAT(reader->description().provenance, HasSubstr("; dependences by Capstone "));
  const std::vector<std::string> found = parts(records);
  ASSERT_EQ(found.size(), gathers_ ? 2U : 1U);
  EXPECT_EQ(found[0], scalars);
  // A gather's four loads each depend on the same load; its result depends on the last of them.
  if (gathers_) {
    EXPECT_EQ(found[1], " R R1 R2 R3 R4 R1 W");
  }
  const DependenceCounts& counts = result.traces[0].addresses;
  EXPECT_EQ(counts.unknown_instructions, 0U);
  const auto is_load = [](const Record& r) { return r.kind == RecordKind::Load || r.kind == RecordKind::Modify; };
  const auto waits = [&](const Record& r) { return is_load(r) && r.distance != 0; };
  EXPECT_EQ(counts.loads, std::count_if(records.begin(), records.end(), is_load));
  EXPECT_EQ(counts.from_loads, std::count_if(records.begin(), records.end(), waits));
}

TEST_F(KnownDependences, AreTheSameFromFilesAlone) {
  CaptureConfig apart = config();
  apart.children = CapturedChildren::Apart;
  const CaptureResult result = capture(apart);
  EXPECT_EQ(parts(test::read_file(apart.output)).at(0), scalars);
  const DependenceCounts& counts = result.traces[0].addresses;
  EXPECT_LT(100 * counts.unknown_instructions, counts.instructions);
}

TEST_F(KnownDependences, OfTheSkippedPartAreNone) {
  CaptureConfig whole = config();
  capture(whole);
  const std::vector<Record> all = test::read_file(whole.output);
  // After the chase, whose last load later addresses depend on.
  const auto mark = [&](const Record& r) { return r.kind == RecordKind::Store && r.address.value() == begin_; };
  auto at = std::find_if(all.begin(), all.end(), mark);
  for (int left = 6; left != 0; ++at) left -= at->kind == RecordKind::Load ? 1 : 0;
  CaptureConfig part = whole;
  part.skip = static_cast<std::uint64_t>(at - all.begin());
  capture(part);
  std::vector<Record> expected(at, all.end());
  std::uint64_t loads = 0;
  for (Record& record : expected) {
    if (record.distance > loads) record.distance = 0;
    loads += record.kind == RecordKind::Load || record.kind == RecordKind::Modify ? 1 : 0;
  }
  EXPECT_EQ(test::read_file(part.output), expected);
}

TEST_F(KnownDependences, CanBeLeftOut) {
  CaptureConfig without = config();
  without.dependences = false;
  const CaptureResult result = capture(without);
  EXPECT_FALSE(result.dependences);
  const auto reader = open_trace(path("a.twt"));
  for (const Record& record : test::read_all(*reader)) ASSERT_EQ(record.distance, 0U);
  EXPECT_FALSE(reader->description().dependences);
}

}  // namespace
}  // namespace tablewalk::known_dependences_test
