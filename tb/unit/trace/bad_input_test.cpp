// Unusable input is rejected with one line that says what, where, and what was expected.
#include <gmock/gmock.h>

#include "trace/trace_formats.h"
#include "unit/trace/trace_test_support.h"

namespace tablewalk::bad_input_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class BadInput : public test::TraceTest {
 protected:
  void expect(const std::string& content, const std::string& fragment, const std::string& format = "auto") {
    const std::string file = make_file("trace", content);
    EXPECT_THAT(test::error_of(file, format), AllOf(HasSubstr(file), HasSubstr(fragment), Not(HasSubstr("\n"))))
        << "for '" << content.substr(0, 60) << "'";
  }
};

TEST_F(BadInput, Empty) {
  expect("", "the trace is empty");
  expect("", "the trace is empty", "lackey");
  expect(test::compressed("", "gzip"), "the trace is empty");
  expect("# only\n\n# comments\n", "contains comments but no access");
  expect("==1== Valgrind\n==1== and no more\n", ":2: the Lackey output ends without any access: was valgrind given");
}

TEST_F(BadInput, MissingFileAndDirectory) {
  EXPECT_THAT(test::error_of(path("absent")), HasSubstr("absent: cannot open the trace: No such file or directory"));
  EXPECT_THAT(test::error_of(folder_), HasSubstr("is a directory: expected a trace file"));
}

TEST_F(BadInput, TruncatedCompression) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "R 0x" + std::to_string(i * 7919 % 100000) + " 8\n";
  for (const char* filter : {"gzip", "xz", "zstd", "bzip2"}) {
    const std::string whole = test::compressed(text, filter);
    for (const std::size_t length : {whole.size() / 2, whole.size() - 3}) {
      expect(whole.substr(0, length), "compressed data is truncated or damaged", "text");
    }
  }
  expect("\x1f\x8b\x08", "compressed data is truncated or damaged");
}

TEST_F(BadInput, DamagedCompression) {
  std::string whole = test::compressed(std::string(10000, 'R'), "xz");
  whole[whole.size() / 2] = static_cast<char>(whole[whole.size() / 2] ^ 0xff);
  expect(whole, "compressed data is truncated or damaged", "text");
}

TEST_F(BadInput, PhysicalAddresses) {
  expect("# addresses: physical\nR 0x10 8\n", "the trace declares physical addresses: expected virtual addresses");
  expect("R 0x10 8\n# Addresses = Physical\nR 0x10 8\n", ":2: the trace declares physical addresses");
  expect("LD 0x12345\nST 0x3\n", "Ramulator LD|ST trace, whose addresses are physical");
  expect("0, 0x401000, 0xf3, \"push rax\"\n",
         "QEMU execlog, which is not supported: in system mode its addresses are phys");
}

TEST_F(BadInput, KnownFormatsThatAreNotReadAreNamed) {
  expect("gem5\x10\x08\x01", "looks like a gem5 packet trace");
  expect("# comment\n0x4004f0: R 0x7ffe10\n", "looks like Pin pinatrace");
  expect("#eof\n", "looks like Pin pinatrace");
  expect("2 408ed4\n0 10019d94\n", "looks like Dinero .din");
  std::string tar(512, '\0');
  tar.replace(0, 5, "x.twt");
  tar.replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : tar) sum += static_cast<unsigned char>(c);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  tar.replace(148, 7, digits, 7);
  expect(tar, "looks like a tar archive, which is not supported: extract it");
  expect(test::compressed(tar, "xz"), "looks like a tar archive, which is not supported: extract it");
  expect("PK\x03\x04....", "looks like a zip archive");
  std::string multi_core;
  for (int i = 0; i < 4; ++i) {
    std::string instruction(96, '\0');
    instruction[1] = 0x10;
    instruction[56] = 0x44;  // at the position of another record's flags when read as 64 bytes
    instruction[72] = 0x44;
    multi_core += instruction;
  }
  expect(multi_core, "ChampSim's 96-byte multi-core records");
}

TEST_F(BadInput, UnknownContent) {
  expect("hello world\n", "not a trace in a supported format: expected " + list_of_trace_formats());
  expect(std::string(4096, '\0'), "not a trace in a supported format");
  expect(std::string(200000, 'x'), "not a trace in a supported format");
}

TEST_F(BadInput, UnknownFormatName) {
  make_file("trace", "R 0x10 8\n");
  EXPECT_THAT(test::error_of(path("trace"), "lacky"), HasSubstr("trace format 'lacky' is unknown: expected auto, " +
                                                                list_of_trace_formats() + " (did you mean 'lackey'?)"));
}

TEST_F(BadInput, AForcedFormatThatIsWrong) {
  expect("R 0x10 8\n", "not a Lackey trace: 0 lines are Lackey accesses and 1 are not (the first: line 1, 'R 0x10 8')",
         "lackey");
  expect("I  0401ab70,3\n", ":1: expected 'R|W|X|M 0xADDRESS [SIZE] [@ASID] [supervisor] [<-N]', found 'I  0401ab70,3'",
         "text");
  expect("R 0x10 8\nR 0x10 8\n", "not a .twt trace: its magic number is missing", "twt");
  expect(std::string(64, 'R'),
         "record 1 (byte 0): not a ChampSim record: expected flags is_branch, taken of 0 or 1, found 82, 82",
         "champsim");
  expect(std::string(100000, 'R'), ":1: a line of more than 65536 bytes", "text");
}

TEST_F(BadInput, Champsim) {
  std::string instruction(64, '\0');
  instruction[0] = 0x10;
  expect(instruction + instruction.substr(0, 10),
         "record 2 (byte 64): truncated: the last ChampSim record has 10 of 64 bytes");
  const std::string without_pointer(64, '\0');
  expect(without_pointer + instruction, "record 1 (byte 0): its instruction pointer (ip) is 0");
  expect(instruction + instruction + without_pointer, "record 3 (byte 128): its instruction pointer (ip) is 0");
}

TEST_F(BadInput, LackeyLines) {
  const std::string good = "I  0401ab70,3\n";
  std::string noise;
  for (int i = 0; i < 10; ++i) noise += "hello\n";
  expect(good + noise, "not a Lackey trace: 1 lines are Lackey accesses and 10 are not (the first: line 2, 'hello')");
  expect(good + " L 1fff", ":2: expected ADDRESS,SIZE");
  expect(good + " L 10\n", ":2: expected ADDRESS,SIZE");
  expect(good + " L 10,\n", ":2: expected ADDRESS,SIZE");
  expect(good + " L 10,8x\n", ":2: expected ADDRESS,SIZE");
  expect(good + " L 1fffffffffffffffff,8\n", ":2: an address beyond 64 bits");
  expect(good + " L 10,0\n", ":2: an access of 0 bytes: expected a size from 1 to 4096");
  expect(good + " L 10,5000\n", ":2: an access of 5000 bytes: expected a size from 1 to 4096");
}

TEST_F(BadInput, TextLines) {
  const std::string good = "R 0x10 8\n";
  for (const char* bad : {"R 10 8", "R 1x10 8", "R 0x 8", "R 0x10 8 9", "R 0x10 eight", "R 0x10,8", "R 0x10 8 @x",
                          "R 0x10 8 @1 2", "R 0x10 8 @", "R 0x10 supervisor 8", "R 0x10 8 supervisors", "R 0x10 8 user",
                          "R 0x10 8supervisor", "R all", "Q 0x10", "R"}) {
    expect(good + bad + "\n", ":2: expected 'R|W|X|M 0xADDRESS [SIZE] [@ASID] [supervisor] [<-N]', found");
  }
  expect(good + "R 0x10000000000000000 8\n", ":2: an address beyond 64 bits");
  expect(good + "R 0x7ffe10", ":2: the trace is cut: its last line has neither a line end nor a size");
  expect(good + "R 0x10 0\n", ":2: an access of 0 bytes");
  expect(good + "R 0x10 99999999999999999999\n",
         ":2: an access of 18446744073709551615 bytes: expected a size from 1 to 4096");
  expect(good + "R 0xffffffffffffffff 2\n", ":2: an access of 2 bytes at 0xffffffffffffffff ends beyond 64 bits");
  expect(good + "R 0x10 8 @65536\n", ":2: an address-space id above 65535 in 'R 0x10 8 @65536'");
}

TEST_F(BadInput, ThreadEvents) {
  const std::string good = "R 0x10 8\n";
  for (const char* bad : {"thread", "thread x", "thread 1x", "thread @1", "thread -1", "thread 0x10", "thread 1 2",
                          "thread 1 @2", "thread 1 0x10"}) {
    expect(good + bad + "\n", ":2: expected 'thread N', found '" + std::string(bad) + "'");
  }
  expect(good + "threads 1\n", ":2: expected 'R|W|X|M");
  expect(good + "thread 65536\n", ":2: a thread number above 65535 in 'thread 65536'");
  expect("thread 99999999999999999999\n" + good, ":1: a thread number above 65535");
  expect("thread 1\nthread 2\n", "contains comments but no access: expected at least one");
  expect("thread x\n" + good, "not a trace in a supported format");
}

TEST_F(BadInput, TextEvents) {
  const std::string good = "R 0x10 8\n";
  for (const char* bad : {"invalidate", "invalidate 10", "invalidate 0x10 8", "invalidate 0x10 @", "invalidate 0x10,@1",
                          "invalidate @", "invalidate @x", "invalidate @1 0x10", "invalidate all 0x10",
                          "invalidate all @1", "invalidate everything", "invalidate 0x10 supervisor"}) {
    expect(good + bad + "\n",
           ":2: expected 'invalidate 0xADDRESS [@ASID]', 'invalidate @ASID' or 'invalidate all', found '" +
               std::string(bad));
  }
  expect(good + "invalidates 0x10\n", ":2: expected 'R|W|X|M");
  expect(good + "invalidate 0x10000000000000000\n", ":2: an address beyond 64 bits");
  expect(good + "invalidate @65536\n", ":2: an address-space id above 65535");
}

}  // namespace
}  // namespace tablewalk::bad_input_test
