// Each format gives the expected records, through every compression, detected from content only.
#include <gmock/gmock.h>

#include <cstring>

#include "trace/lackey_reader.h"
#include "trace/twt_reader.h"
#include "unit/trace/trace_test_support.h"

namespace tablewalk::readers_test {
namespace {

using test::record;
using ::testing::HasSubstr;

std::string champsim_instruction(std::uint64_t ip, const std::vector<std::uint64_t>& stores,
                                 const std::vector<std::uint64_t>& loads) {
  std::string bytes(64, '\0');
  std::memcpy(bytes.data(), &ip, 8);
  bytes[8] = 1;  // a branch
  for (std::size_t i = 0; i < stores.size(); ++i) std::memcpy(bytes.data() + 16 + 8 * i, &stores[i], 8);
  for (std::size_t i = 0; i < loads.size(); ++i) std::memcpy(bytes.data() + 32 + 8 * i, &loads[i], 8);
  return bytes;
}

const std::string lackey_text =
    "==12== Lackey, an example Valgrind tool\n==12== \nI  0401ab70,3\n L 1fff0006c8,8\n S 1fff0006c0,16\n"
    "--12-- a note\n M 04222e70,4\n==12== Exit code: 0\n";
const std::vector<Record> lackey_records = {
    record(0x401ab70, 3, RecordKind::Fetch), record(0x1fff0006c8, 8, RecordKind::Load),
    record(0x1fff0006c0, 16, RecordKind::Store), record(0x4222e70, 4, RecordKind::Modify)};

const std::string plain_text =
    "# provenance: by hand\n\n  # indented\nR 0x1000\nW 0x2000 4\nX 0xffffffffffffff00\r\nM\t0xABC 16 @3  # in a "
    "space\n"
    "R 0x10 supervisor\nW 0x18 4  @2  supervisor \ninvalidate 0xfff\ninvalidate 0x1000 @7\r\n"
    "invalidate @65535\nthread 0\n thread\t65535  # of another\r\n invalidate\tall # last\n";
const std::vector<Record> plain_records = {record(0x1000, 8, RecordKind::Load),
                                           record(0x2000, 4, RecordKind::Store),
                                           record(0xffffffffffffff00, 4, RecordKind::Fetch),
                                           record(0xabc, 16, RecordKind::Modify, 3),
                                           test::supervisor(record(0x10, 8, RecordKind::Load)),
                                           test::supervisor(record(0x18, 4, RecordKind::Store, 2)),
                                           test::invalidate_page(0xfff),
                                           test::invalidate_page(0x1000, 7),
                                           test::invalidate_asid(65535),
                                           test::thread_event(0),
                                           test::thread_event(65535),
                                           test::invalidate_all()};

class Readers : public test::TraceTest {
 protected:
  /// The content, plain and through every compression, gives `records` and is detected as `format`.
  void expect(const std::string& content, const std::string& format, const std::vector<Record>& records) {
    std::uint64_t checksum = 0;
    for (const char* filter : {"none", "gzip", "xz", "zstd", "bzip2"}) {
      const bool plain = std::string(filter) == "none";
      const std::string file = make_file("trace", plain ? content : test::compressed(content, filter));
      const auto reader = open_trace(file);
      EXPECT_EQ(reader->description().format, format) << filter;
      EXPECT_EQ(test::read_all(*reader, 3), records) << filter;
      EXPECT_DOUBLE_EQ(reader->progress(), 1.0) << filter;
      if (plain) checksum = reader->checksum();
      EXPECT_EQ(reader->checksum(), checksum) << filter;
    }
  }
};

TEST_F(Readers, LackeyThroughEveryCompression) {
  expect(lackey_text, "lackey", lackey_records);
}

TEST_F(Readers, PlainTextThroughEveryCompression) {
  expect(plain_text, "text", plain_records);
}

TEST_F(Readers, PlainTextMayBeginWithAnEvent) {
  for (const char* line : {"invalidate all", "invalidate all # of the boot", "invalidate @3", "switch @3  # to another",
                           "invalidate 0x1000", "sfence.vma", "tlbi vmalle1 # all"}) {
    EXPECT_EQ(open_trace(make_file("trace", std::string(line) + "\nR 0x10 8\n"))->description().format, "text") << line;
  }
}

TEST_F(Readers, ChampsimThroughEveryCompression) {
  expect(
      champsim_instruction(0x400000, {0x9000}, {0x7000, 0x8000}) + champsim_instruction(0x400004, {}, {}), "champsim",
      {record(0x400000, 1, RecordKind::Fetch), record(0x7000, 1, RecordKind::Load), record(0x8000, 1, RecordKind::Load),
       record(0x9000, 1, RecordKind::Store), record(0x400004, 1, RecordKind::Fetch)});
}

/// A load by `ip` into register `to` from an address in register `from`, or without an address a computation.
std::string champsim_use(std::uint64_t ip, char to, char from, std::vector<std::uint64_t> loads,
                         std::vector<std::uint64_t> stores = {}) {
  std::string bytes = champsim_instruction(ip, stores, loads);
  bytes[10] = to;
  bytes[12] = from;
  return bytes;
}

std::vector<unsigned> distances_of(const std::vector<Record>& records) {
  std::vector<unsigned> distances;
  for (const Record& one : records) {
    if (one.kind != RecordKind::Fetch) distances.push_back(one.distance);
  }
  return distances;
}

TEST_F(Readers, ChampsimsRegistersSayFromWhichLoadAnAddressComes) {
  constexpr char sp = 6;
  constexpr char flags = 25;
  const std::string file = make_file("trace", champsim_use(0x100, 1, 0, {0x1000}) +              // load 1 to r1
                                                  champsim_use(0x104, 2, 3, {0x2000}) +          // load 2 to r2
                                                  champsim_use(0x108, 4, 1, {}) +                // r4 from r1
                                                  champsim_use(0x10c, 5, 4, {0x3000, 0x3100}) +  // from load 1
                                                  champsim_use(0x110, 0, 5, {}, {0x4000}) +      // from load 4
                                                  champsim_use(0x114, sp, sp, {0x5000}) +        // a pop
                                                  champsim_use(0x118, 7, sp, {0x5008}) +         // the stack's next
                                                  champsim_use(0x11c, flags, 7, {0x6000}) +      // load 7
                                                  champsim_use(0x120, 8, flags, {0x7000}) +      // no address
                                                  champsim_use(0x124, 9, flags, {}) +            // a value
                                                  champsim_use(0x128, 1, 9, {0x8000}));          // from load 7
  const auto reader = open_trace(file);
  EXPECT_TRUE(reader->description().dependences);
  EXPECT_EQ(distances_of(test::read_all(*reader, 3)), (std::vector<unsigned>{0, 0, 2, 3, 1, 0, 0, 1, 0, 2}));
}

TEST_F(Readers, ChampsimRecordsWithoutRegistersDoNotKnowDependences) {
  const auto reader = open_trace(make_file("trace", champsim_instruction(0x100, {}, {0x1000})));
  EXPECT_FALSE(reader->description().dependences);
}

TEST_F(Readers, DistancesOfTextAreReadAndWritten) {
  const std::string text = "# dependences: known\nR 0x1000 8\nW 0x2000 8 @3 supervisor <-1\nM 0x3000 8 <-65535\n";
  const auto reader = open_trace(make_file("trace", text));
  EXPECT_TRUE(reader->description().dependences);
  const auto records = test::read_all(*reader, 2);
  EXPECT_EQ(distances_of(records), (std::vector<unsigned>{0, 1, 65535}));
  TraceWriterOptions options;
  options.dependences = true;
  test::write_records(path("copy.txt"), records, options);
  EXPECT_EQ(test::content_of(path("copy.txt")), text);
}

TEST_F(Readers, DistancesThatMakeNoSenseAreRefused) {
  const std::string head = "# dependences: known\nR 0x1000 8\n";
  EXPECT_THAT(test::error_of(make_file("a", "R 0x1000 8\nR 0x1000 8 <-1\n")), HasSubstr("# dependences: known"));
  for (const char* line : {"R 0x1000 8 <-0", "R 0x1000 8 <-65536", "R 0x1000 8 <-", "R 0x1000 8 <-x",
                           "R 0x1000 8 <-1 @1", "X 0x1000 4 <-1", "R 0x1000 8 <-1x"}) {
    EXPECT_THAT(test::error_of(make_file("a", head + line + "\n")), HasSubstr("a:3:")) << line;
  }
}

TEST_F(Readers, EveryFrameAndMemberOfACompressedFileIsRead) {
  const std::string empty_frame("\x50\x2a\x4d\x18\x04\0\0\0abcd", 12);  // as pzstd writes before each of its own
  for (const char* filter : {"gzip", "xz", "zstd", "bzip2"}) {
    std::string file;
    for (int i = 0; i < 3; ++i) {
      if (filter == std::string("zstd")) file += empty_frame;
      file += test::compressed("R 0x1000 8\n", filter);
    }
    make_file("trace", file);
    EXPECT_EQ(test::read_file(path("trace")), std::vector<Record>(3, record(0x1000, 8, RecordKind::Load))) << filter;
  }
}

TEST_F(Readers, AByteOrderMarkBeforeTextIsPassedOver) {
  make_file("trace", "\xef\xbb\xbfR 0x1000 8\n");
  EXPECT_EQ(test::read_file(path("trace")), std::vector<Record>{record(0x1000, 8, RecordKind::Load)});
  make_file("trace", "\xef\xbb\xbfI  1000,3\n");
  EXPECT_EQ(test::read_file(path("trace")), std::vector<Record>{record(0x1000, 3, RecordKind::Fetch)});
}

TEST_F(Readers, PrefixesAndKindsOfTextAreOfEitherCase) {
  make_file("trace", "r 0X1000 8\nw 0x1000 8\nx 0X1000 4\nm 0x1000 8\ninvalidate 0X1000\n");
  make_file("same", "R 0x1000 8\nW 0x1000 8\nX 0x1000 4\nM 0x1000 8\ninvalidate 0x1000\n");
  EXPECT_EQ(test::read_file(path("trace")), test::read_file(path("same")));
}

TEST_F(Readers, OutputOfTheProgramBetweenLackeysLinesIsPassedOverAndCounted) {
  make_file("trace", "first\n" + lackey_text + "one\n\nno line end I  0401ab73,4\n\x1b L 10,8\n");
  const auto reader = open_trace(path("trace"));
  std::vector<Record> expected = lackey_records;
  expected.push_back(record(0x401ab73, 4, RecordKind::Fetch));
  expected.push_back(record(0x10, 8, RecordKind::Load));
  EXPECT_EQ(reader->description().format, "lackey");
  EXPECT_EQ(test::read_all(*reader, 2), expected);
  EXPECT_EQ(reader->description().note, "5 lines are not Lackey accesses, skipped (the first: line 1, 'first')");
}

TEST_F(Readers, LackeyKnowsWhatEndedTheProgram) {
  const std::string text =
      "I  0401ab70,3\n==20235== Process terminating with default action of signal 11 (SIGSEGV)\n"
      "==20235==  Access not within mapped region at address 0x140352A0\n"
      "==20235==    at 0x109147: main (in /tmp/seg)\n==20235==    by 0x109150: start (in /tmp/seg)\n";
  LackeyReader reader(std::make_unique<ByteSource>(make_file("a.txt", text)));
  EXPECT_EQ(reader.fatal_access(), "");
  test::read_all(reader);
  EXPECT_EQ(reader.fatal_access(),
            "Access not within mapped region at address 0x140352A0, at 0x109147: main (in /tmp/seg)");
}

TEST_F(Readers, LackeyEndsAReadWhereTheLayoutChanges) {
  const std::string text =
      "SYSCALL[1,1](11) sys_munmap ( 0x1000, 4096 )[sync] --> Success(0x0) \nI  0401ab70,3\nI  0401ab73,3\n"
      "SYSCALL[1,1](11) sys_munmap ( 0x2000, 4096 )[sync] --> Success(0x0) \nI  0401ab76,3\n";
  LackeyReader reader(std::make_unique<ByteSource>(make_file("a.txt", text)));
  SyscallLayout layout;
  reader.follow(layout);
  Record batch[10];
  EXPECT_EQ(reader.read(batch, 10), 2u);
  EXPECT_EQ(layout.changes_before(0).size(), 1u);
  EXPECT_EQ(reader.read(batch, 10), 1u);
  EXPECT_EQ(layout.changes_before(2).size(), 1u);
  EXPECT_EQ(reader.read(batch, 10), 0u);
  EXPECT_EQ(reader.description().note, "");
}

TEST_F(Readers, ALastLineWithoutALineEndIsTakenWithANote) {
  for (const char* text :
       {"R 0x1000 8\nR 0x2000 8", "R 0x1000\nR 0x2000", "R 0x1 8\ninvalidate all", "I  10,3\nI  13,1"}) {
    make_file("trace", text);
    const auto reader = open_trace(path("trace"));
    EXPECT_EQ(test::read_all(*reader).size(), 2U);
    EXPECT_EQ(reader->description().note.substr(0, 29), "the last line has no line end") << text;
    make_file("trace", std::string(text) + "\n");
    const auto whole = open_trace(path("trace"));
    test::read_all(*whole);
    EXPECT_EQ(whole->description().note, "");
  }
}

TEST_F(Readers, NativeThroughEveryCompression) {
  const auto records = test::random_records(test::printed_seed(), 3000);
  test::write_records(path("a.twt"), records);
  expect(test::content_of(path("a.twt")), "twt", records);
}

TEST_F(Readers, TextWrittenIsTextRead) {
  const auto records = test::random_records(test::printed_seed(), 10000);
  TraceWriterOptions options;
  options.provenance = "by chance";
  test::write_records(path("a.txt"), records, options);
  const auto reader = open_trace(path("a.txt"));
  EXPECT_EQ(reader->description().provenance, "by chance");
  EXPECT_EQ(test::read_all(*reader), records);
}

/// A native trace can have a provenance that no line of text can hold.
TEST_F(Readers, TextWithALongProvenanceIsTextRead) {
  const std::vector<Record> records = {record(0x1000, 8, RecordKind::Load)};
  TraceWriterOptions options;
  options.provenance = std::string(1 << 20, 'p');
  options.dependences = true;
  test::write_records(path("a.txt"), records, options);
  const auto reader = open_trace(path("a.txt"));
  EXPECT_EQ(reader->description().provenance, std::string(60000, 'p') + "...");
  EXPECT_TRUE(reader->description().dependences);
  EXPECT_EQ(test::read_all(*reader), records);
}

TEST_F(Readers, OneTraceHasOneChecksumInAnyFormat) {
  const auto records = test::random_records(5, 3000);
  test::write_records(path("a.txt"), records);
  test::write_records(path("a.twt"), records);
  const auto text = open_trace(path("a.txt"));
  const auto native = open_trace(path("a.twt"));
  test::read_all(*text, 17);
  test::read_all(*native, 1000);
  EXPECT_EQ(text->checksum(), native->checksum());
  test::write_records(path("b.twt"), {records.begin() + 1, records.end()});
  const auto shorter = open_trace(path("b.twt"));
  test::read_all(*shorter);
  EXPECT_NE(shorter->checksum(), native->checksum());
}

TEST_F(Readers, ALongHeadOfNoiseDoesNotHideTheFormat) {
  std::string comments;
  for (int i = 0; i < 20000; ++i) comments += "# a comment that says nothing at all\n\n";
  EXPECT_EQ(open_trace(make_file("a", comments + plain_text))->description().format, "text");
  std::string noise;
  for (int i = 0; i < 20000; ++i) noise += "==4711== a warning of Valgrind\n";
  EXPECT_EQ(test::read_file(make_file("b", noise + lackey_text)), lackey_records);
}

TEST_F(Readers, LineNumbersCountTheHead) {
  const std::string file = make_file("a", "# one\n\nR 0x10\nnonsense\n");
  EXPECT_EQ(test::error_of(file),
            file + ":4: expected 'R|W|X|M 0xADDRESS [SIZE] [@ASID] [supervisor] [<-N]', found 'nonsense'");
}

TEST_F(Readers, ATraceThatBeginsWithAnEventIsText) {
  for (const char* event :
       {"invalidate all", "invalidate @3", "invalidate 0x1000 @3", "sfence.vma", "mov-cr3 @1", "tlbi vmalle1"}) {
    EXPECT_EQ(open_trace(make_file("a", std::string(event) + "\r\nR 0x10\n"))->description().format, "text") << event;
  }
}

TEST_F(Readers, ThreadLinesAtTheHeadDecideNoFormat) {
  const std::string file = make_file("a", "thread 1\r\n thread 2 # of another\nR 0x10 8\n");
  EXPECT_EQ(open_trace(file)->description().format, "text");
  EXPECT_EQ(test::read_file(file),
            (std::vector<Record>{test::thread_event(1), test::thread_event(2), record(0x10, 8, RecordKind::Load)}));
  // A traced program may print such a line into Lackey's pipe.
  for (const char* printed : {"thread 1\n", "thread\n", "thread 1 starts\n"}) {
    EXPECT_EQ(test::read_file(make_file("b", printed + lackey_text)), lackey_records) << printed;
  }
}

TEST_F(Readers, ALastLineWithoutItsEndCounts) {
  EXPECT_EQ(test::read_file(make_file("a", "R 0x10 8")).size(), 1u);
  EXPECT_EQ(test::read_file(make_file("b", "I  0401ab70,3")).size(), 1u);
}

}  // namespace
}  // namespace tablewalk::readers_test
