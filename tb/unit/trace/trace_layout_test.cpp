// The layout of a program's address spaces in traces: it comes back at its place from every format and by every reader.
#include <gmock/gmock.h>

#include <cstring>

#include "trace/process_reader.h"
#include "trace/thread_reader.h"
#include "trace/twt_format.h"
#include "trace/twt_reader.h"
#include "unit/trace/trace_test_support.h"

namespace tablewalk::trace_layout_test {
namespace {

using test::random_records;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TraceLayout : public test::TraceTest {
 protected:
  static Layout some_layout() {
    Layout layout;
    const auto add = [&](std::uint64_t record, const std::string& text) {
      layout.push_back(parse_layout_change(text));
      layout.back().record = record;
    };
    add(0, "reserve 0x400000 0x2000 r-xu file 0x1000 : /bin/a b");
    add(0, "@3 reserve 0x7ff000 0x1000 rw-u stack : [stack]");
    add(10, "unmap 0x401000 0x1000");
    add(700, "protect 0x400000 0x1000 rw-u");
    add(1234, "advise 0x400000 0x1000 huge");
    add(4999, "remap 0x400000 0x1000 0x800000 0x2000");
    return layout;
  }

  /// Writes 5000 records in blocks of 700 with that layout.
  std::string write(const std::string& name, const Layout& layout, bool dependences = false) const {
    TraceWriterOptions options;
    options.layout = true;
    options.dependences = dependences;
    options.records_per_block = 700;
    const std::vector<Record> records = random_records(7, 5000);
    const auto writer = make_trace_writer(path(name), options);
    write_with_layout(*writer, layout, 0, records.data(), 1234);
    write_with_layout(*writer, layout, 1234, records.data() + 1234, records.size() - 1234);
    writer->finish();
    return path(name);
  }
};

/// `RECORD CHANGE` of each.
std::vector<std::string> lines_of(const Layout& layout) {
  std::vector<std::string> lines;
  for (const LayoutChange& change : layout) lines.push_back(std::to_string(change.record) + " " + to_text(change));
  return lines;
}

TEST_F(TraceLayout, ComesBackFromEveryFormat) {
  const std::vector<Record> records = random_records(7, 5000);
  for (const char* name : {"a.twt", "a.txt"}) {
    const auto reader = open_trace(write(name, some_layout()));
    EXPECT_TRUE(reader->description().has_layout);
    EXPECT_EQ(test::read_all(*reader, 99), records) << name;
    EXPECT_EQ(lines_of(reader->description().layout), lines_of(some_layout())) << name;
  }
  const std::string twt = test::content_of(path("a.twt"));
  EXPECT_EQ(twt[offsetof(twt::Header, version)], 3);
  EXPECT_EQ(test::content_of(write("b.twt", some_layout(), true))[offsetof(twt::Header, version)], 4);
  EXPECT_TRUE(open_trace(path("b.twt"))->description().dependences);
  const auto compressed = open_trace(make_file("a.twt.xz", test::compressed(twt, "xz")));
  EXPECT_EQ(test::read_all(*compressed), records);
  EXPECT_EQ(lines_of(compressed->description().layout), lines_of(some_layout()));
}

TEST_F(TraceLayout, IsKnownWhenAFileIsOpenedAndInTimeFromAPipe) {
  write("a.twt", some_layout());
  EXPECT_EQ(open_trace(path("a.twt"))->description().layout.size(), 6u);
  const std::string content = test::content_of(path("a.twt"));
  const auto pipe = open_trace(make_file("a.twt.xz", test::compressed(content, "xz")));
  std::vector<Record> batch(11);
  std::uint64_t read = 0;
  while (const std::size_t count = pipe->read(batch.data(), batch.size())) {
    read += count;
    const auto expected = some_layout();
    const auto due = static_cast<std::size_t>(std::count_if(
        expected.begin(), expected.end(), [&](const LayoutChange& change) { return change.record < read; }));
    ASSERT_GE(pipe->description().layout.size(), due) << read;
  }
}

TEST_F(TraceLayout, DoesNotDisturbSeekingOrSharedMemory) {
  write("a.twt", some_layout());
  const std::vector<Record> records = random_records(7, 5000);
  for (const auto& shared : {std::shared_ptr<TwtScratch>(), std::make_shared<TwtScratch>()}) {
    const std::vector<std::shared_ptr<TwtScratch>> others(5000, shared);
    TwtReader reader(std::make_unique<ByteSource>(path("a.twt")), shared);
    for (const std::size_t index : {4999U, 0U, 699U, 700U, 2345U}) {
      reader.seek(index);
      const std::vector<Record> expected(records.begin() + static_cast<std::ptrdiff_t>(index), records.end());
      ASSERT_EQ(test::read_all(reader), expected) << "from record " << index;
    }
    EXPECT_EQ(lines_of(reader.description().layout), lines_of(some_layout()));
  }
}

TEST_F(TraceLayout, MayBeLongerThanASection) {
  Layout layout;
  for (std::uint64_t i = 0; i < 60000; ++i) {
    layout.push_back(parse_layout_change(
        "reserve 0x1000 0x1000 rw-u file 0x0 : /a/long/path/that/fills/sections/and/more/than/one/of/them"));
    layout.back().record = i < 50000 ? 3 : 4000;
    layout.back().first = VirtualAddress(i << 12);
  }
  const auto reader = open_trace(write("a.twt", layout));
  EXPECT_EQ(reader->description().layout, layout);
  EXPECT_EQ(test::read_all(*reader), random_records(7, 5000));
}

TEST_F(TraceLayout, EveryDamageIsNoticed) {
  write("a.twt", some_layout());
  std::string content = test::content_of(path("a.twt"));
  for (std::size_t at = 0; at < content.size(); at += 1 + at % 97) {
    content[at] = static_cast<char>(content[at] ^ 0x41);
    EXPECT_NE(test::error_of(make_file("bad.twt", content), "twt"), "") << at;
    content[at] = static_cast<char>(content[at] ^ 0x41);
  }
}

TEST_F(TraceLayout, AnUndeclaredOneIsRefused) {
  const auto writer = make_trace_writer(path("a.twt"));
  EXPECT_THROW(writer->change_layout(some_layout()[0]), InputError);
  EXPECT_THROW(make_trace_writer(path("a.txt"))->change_layout(some_layout()[0]), InputError);
  EXPECT_THAT(test::error_of(make_file("a.txt", "R 0x10 8\n# layout: unmap 0x0 0x1000\n")),
              HasSubstr("a.txt:2: a change of the layout in a trace whose head does not declare a layout"));
  EXPECT_THAT(test::error_of(make_file("b.txt", "# layout: known\n# layout: unmap 0x0\nR 0x10 8\n")),
              HasSubstr("b.txt:2: expected unmap 0xADDRESS 0xBYTES"));
}

TEST_F(TraceLayout, OfATextIsReadFromWholeLinesOnly) {
  const auto reader = open_trace(make_file("a.txt",
                                           "# layout: known\nR 0x10 8 # layout: unmap\n"
                                           "  # layout: unmap 0x0 0x1000 \r\nR 0x10 8\n"));
  test::read_all(*reader);
  EXPECT_THAT(lines_of(reader->description().layout), ElementsAre("1 unmap 0x0 0x1000"));
}

TEST_F(TraceLayout, OfAThreadIsThatOfAllAtItsPlace) {
  const std::string text =
      "# layout: known\n# layout: reserve 0x0 0x1000 rw-u\nthread 1\nR 0x10 8\nthread 2\nR 0x20 8\n"
      "# layout: unmap 0x0 0x1000\nR 0x28 8\nthread 1\nR 0x18 8\n";
  for (const std::size_t batch : {1U, 3U, 100U}) {
    ThreadReader first(open_trace(make_file("a.txt", text)), 1);
    test::read_all(first, batch);
    EXPECT_THAT(lines_of(first.description().layout), ElementsAre("0 reserve 0x0 0x1000 rw-u", "1 unmap 0x0 0x1000"));
    ThreadReader second(open_trace(make_file("a.txt", text)), 2);
    test::read_all(second, batch);
    EXPECT_THAT(lines_of(second.description().layout), ElementsAre("0 reserve 0x0 0x1000 rw-u", "1 unmap 0x0 0x1000"));
  }
}

TEST_F(TraceLayout, OfAProcessIsInItsAddressSpaces) {
  for (const char* name : {"a.twt", "a.txt"}) {
    TraceWriterOptions options;
    options.layout = true;
    const std::vector<Record> records(5000, test::record(0x1000, 8, RecordKind::Load, 3));
    const auto writer = make_trace_writer(path(name), options);
    write_with_layout(*writer, some_layout(), 0, records.data(), records.size());
    writer->finish();
    ProcessReader reader(open_trace(path(name)), 1, 4);
    EXPECT_EQ(reader.description().layout.empty(), std::string(name) == "a.txt");
    EXPECT_EQ(test::read_all(reader), std::vector<Record>(5000, test::record(0x1000, 8, RecordKind::Load, 13)));
    ASSERT_EQ(reader.description().layout.size(), 6u);
    EXPECT_EQ(reader.description().layout[0].asid, 1);
    EXPECT_EQ(reader.description().layout[1].asid, 13);
  }
  const std::string text = "# layout: known\n# layout: @30000 unmap 0x0 0x1000\nR 0x10 8\n";
  ProcessReader reader(open_trace(make_file("b.txt", text)), 1, 4);
  EXPECT_THROW(test::read_all(reader), InputError);
}

}  // namespace
}  // namespace tablewalk::trace_layout_test
