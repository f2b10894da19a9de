// Page tables made by Linux, in memory images of a real emulator (tb/golden/images), compared with that emulator.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "base/byte_source.h"
#include "base/error.h"
#include "base/line_source.h"
#include "base/units.h"
#include "memory/memory_image.h"
#include "paging/oracle_check.h"
#include "paging/reference_walk.h"
#include "paging/walk_steps.h"
#include "support/image_writers.h"
#include "support/temporary_folder.h"

namespace tablewalk::oracle_test {
namespace {

using ::testing::HasSubstr;

struct Image {
  const char* folder;
  const char* mode;
  std::uint64_t oracle_rows;
  std::uint64_t signature_rows;
};

std::ostream& operator<<(std::ostream& out, const Image& image) {
  return out << image.folder;
}

std::string file_of(const Image& image, const char* name) {
  return fmt::format("{}/tb/golden/images/{}/{}", TABLEWALK_SOURCE_DIR, image.folder, name);
}

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells(1);
  for (const char c : line) {
    if (c == ',') {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

/// The rows of a CSV file below its first line.
std::vector<std::vector<std::string>> rows_of(const std::string& path) {
  ByteSource bytes(path);
  LineSource lines(bytes);
  std::string_view line;
  lines.next(line);
  std::vector<std::vector<std::string>> rows;
  while (lines.next(line)) rows.push_back(cells_of(line));
  return rows;
}

class LinuxImage : public ::testing::TestWithParam<Image> {
 protected:
  LinuxImage() { load_memory_image({file_of(GetParam(), "pages.bin.zst"), "auto", {}, {}, {}}, memory_); }
  OracleReport check(const std::string& path) {
    return check_oracle(path, GetParam().mode, PagingControls{}, memory_, 5);
  }

  PhysicalMemory memory_;
};

TEST_P(LinuxImage, EveryRowOfTheOracleIsWhatTheWalkSays) {
  const OracleReport report = check(file_of(GetParam(), "oracle.csv.xz"));
  EXPECT_EQ(report.rows, GetParam().oracle_rows);
  for (const OracleDifference& one : report.first_ones) {
    ADD_FAILURE() << "line " << one.line << ", " << one.column << ": " << one.expected << ", found " << one.found;
  }
  EXPECT_EQ(report.differences(), 0u);
  for (const OracleColumn& column : report.columns) EXPECT_GT(column.checks, report.rows / 2) << column.name;
}

/// The pages of an image, present in every format.
test::ImagePages pages_of(const std::string& path) {
  ByteSource bytes(path);
  test::ImagePages pages;
  constexpr std::size_t record = 8 + 4096;
  for (std::string_view text = bytes.peek(record); !text.empty(); text = bytes.peek(record)) {
    std::uint64_t address = 0;
    std::memcpy(&address, text.data(), sizeof address);
    pages[address] = std::string(text.substr(8, 4096));
    bytes.skip(record);
  }
  return pages;
}

TEST_P(LinuxImage, FormatsGiveTheSameAnswers) {
  const test::TemporaryFolder folder;
  const test::ImagePages pages = pages_of(file_of(GetParam(), "pages.bin.zst"));
  const std::vector<test::ImageWriter> writers = test::image_writers();
  // Files of this size take time: each image tries a third of the formats.
  for (std::size_t index = GetParam().oracle_rows % 3; index < writers.size(); index += 3) {
    const test::ImageWriter& writer = writers[index];
    SCOPED_TRACE(writer.name);
    PhysicalMemory memory;
    const std::string path = folder.write("image", writer.write(pages));
    const MemoryImage image = load_memory_image({path, "auto", {}, {}, {}}, memory);
    EXPECT_EQ(image.format, writer.format);
    const OracleReport report =
        check_oracle(file_of(GetParam(), "oracle.csv.xz"), GetParam().mode, PagingControls{}, memory, 5);
    EXPECT_EQ(report.rows, GetParam().oracle_rows);
    EXPECT_EQ(report.differences(), 0u);
  }
}

TEST_P(LinuxImage, EverySignatureStandsWhereTheWalkLeads) {
  const auto mode = make_paging_mode(GetParam().mode);
  // The program that wrote them runs in the first of the oracle's address spaces.
  const std::uint64_t cr3 = parse_integer(rows_of(file_of(GetParam(), "oracle.csv.xz")).front()[0]);
  const PhysicalAddress root = mode->decode_root(cr3).table;
  const auto rows = rows_of(file_of(GetParam(), "signature.csv.xz"));
  EXPECT_EQ(rows.size(), GetParam().signature_rows);
  for (const auto& row : rows) {
    const VirtualAddress va(parse_integer(row[0]));
    const PhysicalMemory& memory = memory_;
    const WalkOutcome outcome = reference_walk(*mode, memory, root, va, {AccessKind::Load, true});
    ASSERT_TRUE(outcome.translated) << row[0] << ": " << to_string(outcome.fault.reason);
    const PhysicalAddress found = outcome.translation.physical(va);
    EXPECT_EQ(found.value(), parse_integer(row[1])) << row[0];
    EXPECT_EQ(memory.read(found, 8), parse_integer(row[2])) << row[0];
  }
}

TEST_P(LinuxImage, AWalkStepByStepIsTheReferenceWalk) {
  const auto mode = make_paging_mode(GetParam().mode);
  const PhysicalMemory& memory = memory_;
  for (const auto& row : rows_of(file_of(GetParam(), "oracle.csv.xz"))) {
    const PhysicalAddress root = mode->decode_root(parse_integer(row[0])).table;
    const VirtualAddress va(parse_integer(row[1]));
    for (const Access access : {Access{AccessKind::Fetch, true}, Access{AccessKind::Load, false},
                                Access{AccessKind::Store, true}, Access{AccessKind::Store, false}}) {
      const WalkOutcome expected = reference_walk(*mode, memory, root, va, access);
      const WalkSteps steps = walk_step_by_step(*mode, memory, root, va, access);
      ASSERT_EQ(steps.outcome.translated, expected.translated) << row[1];
      ASSERT_EQ(steps.outcome.fault.reason, expected.fault.reason) << row[1];
      ASSERT_EQ(steps.steps.size(), expected.entry_reads) << row[1];
      ASSERT_EQ(steps.outcome.entry_updates, expected.entry_updates) << row[1];
      if (!expected.translated) continue;
      ASSERT_EQ(steps.leaf()->view.target, expected.translation.page) << row[1];
      ASSERT_TRUE(steps.leaf()->rights == expected.translation.rights) << row[1];
    }
  }
}

/// The page at `address` with these 8-byte entries.
std::string table_of(const std::map<unsigned, std::uint64_t>& entries) {
  std::string page(4096, '\0');
  for (const auto& [index, entry] : entries) test::put_at(page, 8 * std::size_t{index}, entry);
  return page;
}

TEST(ImagesOfPaeGuests, AreWalkedInEveryFormat) {
  const test::TemporaryFolder folder;
  const test::ImagePages pages = {{0x1000, table_of({{1, 0x2001}})},
                                  {0x2000, table_of({{2, 0x3067}})},
                                  {0x3000, table_of({{5, 0x8000000123456067}})}};
  const auto mode = make_paging_mode("x86-pae");
  for (const test::ImageWriter& writer : test::image_writers()) {
    SCOPED_TRACE(writer.name);
    PhysicalMemory memory;
    const MemoryImage image =
        load_memory_image({folder.write("image", writer.write(pages)), "auto", {}, {}, {}}, memory);
    const VirtualAddress va(0x40405123);
    const WalkSteps walk = walk_step_by_step(*mode, memory, PhysicalAddress(0x1000), va, {AccessKind::Load, true});
    ASSERT_TRUE(walk.outcome.translated);
    EXPECT_EQ(walk.outcome.translation.physical(va), PhysicalAddress(0x123456123));
    EXPECT_EQ(outside_of_image(*mode, walk, image), "");
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, LinuxImage,
    ::testing::Values(Image{"x86_64-4level", "x86-64", 2463, 3260}, Image{"x86_64-4level-1g", "x86-64", 3855, 3392},
                      Image{"x86_64-5level", "x86-64-la57", 2489, 3286}, Image{"i386-2level", "x86-32", 2182, 4255},
                      Image{"riscv64-sv39", "sv39", 3236, 3217}, Image{"riscv64-sv48", "sv48", 3285, 3256}));

/// One table of two pages at 0x1000 and 0x400000, in 32-bit paging: 0x1000 -> 0x5000, 0x400000 -> 0x800000 (4 MiB).
class SmallOracle : public ::testing::Test {
 protected:
  SmallOracle() {
    memory_.write(PhysicalAddress(0x2000), 4, 0x3067);
    memory_.write(PhysicalAddress(0x2004), 4, 0x8000E1);  // supervisor, read-only, dirty, 4 MiB
    memory_.write(PhysicalAddress(0x3004), 4, 0x5067);
  }
  OracleReport check(const std::string& text, std::size_t most = 10) {
    return check_oracle(folder_.write("oracle.csv", text), "x86-32", PagingControls{}, memory_, most);
  }
  std::string refusal(const std::string& text) {
    try {
      check(text);
    } catch (const InputError& error) {
      const std::string message = error.what();
      EXPECT_EQ(message.find('\n'), std::string::npos);
      EXPECT_EQ(message.find(folder_.path("oracle.csv:")), 0u) << message;
      return message.substr(folder_.path("oracle.csv:").size());
    }
    return "accepted";
  }

  test::TemporaryFolder folder_;
  PhysicalMemory memory_;
};

TEST_F(SmallOracle, RightAnswersAreCountedByColumn) {
  const OracleReport report = check(
      "root,va,pa,page_size,eff_writable,levels\n"
      "0x2000,0x1234,0x5234,4096,1,2\n"
      "0x2000,0x400123,0x800123,0x400000,0,1\n"
      "0x2000,0x800000,unmapped,,,1\n");
  EXPECT_EQ(report.rows, 3u);
  EXPECT_EQ(report.checks(), 3u + 2 + 2 + 3);
  EXPECT_EQ(report.differences(), 0u);
  EXPECT_EQ(report.columns.size(), 4u);
}

TEST_F(SmallOracle, EveryColumnIsReallyCompared) {
  const std::string header =
      "root,va,pa,page_size,writable,user,nx,global_,accessed,dirty,pcd,pwt,eff_writable,eff_user,eff_nx,leaf_pte,"
      "levels\n";
  const OracleReport right = check(header + "0x2000,0x400000,0x800000,4194304,0,0,0,0,1,1,0,0,0,0,0,0x8000e1,1\n");
  EXPECT_EQ(right.differences(), 0u);
  const OracleReport wrong = check(header + "0x2000,0x400000,0x900000,4096,1,1,1,1,0,0,1,1,1,1,1,0x8000e0,2\n", 100);
  ASSERT_EQ(wrong.first_ones.size(), 15u);
  for (const OracleColumn& column : wrong.columns) EXPECT_EQ(column.differences, 1u) << column.name;
  EXPECT_EQ(wrong.first_ones[0].column, "pa");
  EXPECT_EQ(wrong.first_ones[0].line, 2u);
  EXPECT_EQ(wrong.first_ones[0].va, VirtualAddress(0x400000));
  EXPECT_EQ(wrong.first_ones[0].expected, "0x900000");
  EXPECT_EQ(wrong.first_ones[0].found, "0x800000");
}

TEST_F(SmallOracle, MappedAndUnmappedAreNotMistakenForEachOther) {
  const OracleReport absent = check("root,va,pa,levels\n0x2000,0x1000,unmapped,2\n");
  EXPECT_EQ(absent.first_ones.at(0).found, "0x5000");
  const OracleReport present = check("root,va,pa,page_size,levels\n0x2000,0x2000,0x6000,4096,2\n");
  EXPECT_EQ(present.first_ones.at(0).found, "unmapped");
  EXPECT_EQ(present.first_ones.size(), 1u) << "page_size follows";
  EXPECT_EQ(present.differences(), 2u);
}

TEST_F(SmallOracle, OnlyTheFirstDifferencesAreKept) {
  std::string text = "root,va,pa\n";
  for (int row = 0; row < 7; ++row) text += "0x2000,0x1000,0x7000\n";
  const OracleReport report = check(text, 3);
  EXPECT_EQ(report.first_ones.size(), 3u);
  EXPECT_EQ(report.differences(), 7u);
}

TEST_F(SmallOracle, LoadsAreCheckedAtThePrivilegeOfTheRow) {
  const char* header = "root,va,pa,gva2gpa,priv,sum\n";
  EXPECT_EQ(check(std::string(header) + "0x2000,0x400000,0x800000,unmapped,U,0\n").differences(), 0u);
  EXPECT_EQ(check(std::string(header) + "0x2000,0x400000,0x800000,0x800000,S,0\n").differences(), 0u);
  EXPECT_EQ(check(std::string(header) + "0x2000,0x400000,0x800000,0x800000,U,0\n").differences(), 1u);
}

TEST_F(SmallOracle, SumLetsSupervisorLoadsSeeUserPages) {
  PhysicalMemory memory;
  memory.write(PhysicalAddress(0x2000), 8, 0x3ULL << 10 | 1);
  memory.write(PhysicalAddress(0x3000), 8, 0x4ULL << 10 | 1);
  memory.write(PhysicalAddress(0x4000), 8, 0x5ULL << 10 | 0xD3);  // user, readable
  const std::string row = "0x8000000000000002,0x10,0x5010,";
  const std::string path = folder_.write("sum.csv", "root,va,pa,gva2gpa,priv,sum\n" + row + "unmapped,S,0\n" + row +
                                                        "0x5010,S,1\n" + row + "0x5010,U,0\n");
  EXPECT_EQ(check_oracle(path, "sv39", PagingControls{}, memory, 5).differences(), 0u);
}

TEST_F(SmallOracle, WrongFilesAreRefusedAtTheirLine) {
  EXPECT_THAT(refusal(""), HasSubstr("the oracle is empty"));
  EXPECT_THAT(refusal("root,va,pa\n"), HasSubstr("no rows"));
  EXPECT_THAT(refusal("root,va\n"), HasSubstr("1: column 'pa' is missing"));
  EXPECT_THAT(refusal("root,va,pa,writeable\n"), HasSubstr("1: unknown column 'writeable'; expected root, va, pa"));
  EXPECT_THAT(refusal("root,va,pa,writeable\n"), HasSubstr("did you mean 'writable'?"));
  EXPECT_THAT(refusal("root,va,pa,va\n"), HasSubstr("1: column 'va' is given twice"));
  EXPECT_THAT(refusal("root,va,pa,gva2gpa\n"), HasSubstr("1: column 'priv' is missing"));
  EXPECT_THAT(refusal("root,va,pa\n0x2000,0x1000\n"), HasSubstr("2: 2 cells; expected 3"));
  EXPECT_THAT(refusal("root,va,pa\n0x2000,zz,0x1000\n"), HasSubstr("2: column va: 'zz'; expected a whole number"));
  EXPECT_THAT(refusal("root,va,pa\n0x2000,0x1000,\n"), HasSubstr("2: column pa: ''; expected a whole number"));
  EXPECT_THAT(refusal("root,va,pa,nx\n0x2000,0x1000,unmapped,1\n"), HasSubstr("2: column nx: '1'; expected nothing"));
  EXPECT_THAT(refusal("root,va,pa\n0x123456789000,0x1000,0x5000\n"), HasSubstr("2: x86-32: CR3"));
  EXPECT_THAT(refusal("root,va,pa,gva2gpa,priv,sum\n0x2000,0x1000,0x5000,0x5000,M,0\n"),
              HasSubstr("2: column priv: 'M'; expected U or S"));
  EXPECT_THAT(refusal("root,va,pa,gva2gpa,priv,sum\n0x2000,0x1000,0x5000,0x5000,U,2\n"),
              HasSubstr("2: column sum: '2'; expected 0 or 1"));
}

TEST(WalkSteps, TellWhatEachEntrySaysAndWhatTheWalkWouldSet) {
  const auto mode = make_paging_mode("x86-32");
  PhysicalMemory memory;
  memory.write(PhysicalAddress(0x2004), 4, 0x3007);  // present, writable, user; not accessed
  memory.write(PhysicalAddress(0x3008), 4, 0x5005);  // read-only
  const Access store{AccessKind::Store, false};
  const WalkSteps fault = walk_step_by_step(*mode, memory, PhysicalAddress(0x2000), VirtualAddress(0x402345), store);
  ASSERT_EQ(fault.steps.size(), 2u);
  EXPECT_EQ(fault.steps[0].index, 1u);
  EXPECT_EQ(fault.steps[0].entry, 0x3007u);
  EXPECT_EQ(fault.steps[0].updated, 0x3027u);
  EXPECT_EQ(fault.steps[1].entry_address, PhysicalAddress(0x3008));
  EXPECT_EQ(fault.steps[1].index, 2u);
  EXPECT_FALSE(fault.steps[1].rights.write);
  EXPECT_EQ(fault.outcome.fault.reason, FaultReason::Permission);
  ASSERT_NE(fault.leaf(), nullptr) << "rights do not hide the leaf";

  memory.write(PhysicalAddress(0x3008), 4, 0x5007);
  const WalkSteps done = walk_step_by_step(*mode, memory, PhysicalAddress(0x2000), VirtualAddress(0x402345), store);
  ASSERT_TRUE(done.outcome.translated);
  EXPECT_EQ(done.steps[1].updated, 0x5067u) << "accessed and dirty";
  EXPECT_EQ(memory.read(PhysicalAddress(0x3008), 4), 0x5007u) << "only looked at";
}

}  // namespace
}  // namespace tablewalk::oracle_test
