#include "report/print_walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "report/walk_words.h"
#include "unit/report/printed.h"

namespace tablewalk::print_walk_test {
namespace {

using test::expect_golden;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// 32-bit paging: 0x1000 -> 0x5000 (user, not yet accessed, a software bit set), 0x400000 -> 0x800000 (4 MiB,
/// supervisor, read-only), the entry of 0x800000 absent, that of 0xC00000 with a reserved bit.
WalkReport example() {
  PhysicalMemory memory;
  memory.write(PhysicalAddress(0x2000), 4, 0x3067);
  memory.write(PhysicalAddress(0x2004), 4, 0x8001E1);
  memory.write(PhysicalAddress(0x200C), 4, 0xE000E1);
  memory.write(PhysicalAddress(0x3004), 4, 0x5207);
  WalkReport report;
  report.mode = make_paging_mode("x86-32");
  report.source = "example";
  report.root_value = 0x2008;
  const PhysicalMemory& only_looked_at = memory;
  for (const std::uint64_t va : {0x1234, 0x412345, 0x800000, 0xC00000}) {
    report.walks.push_back(walk_step_by_step(*report.mode, only_looked_at, PhysicalAddress(0x2000), VirtualAddress(va),
                                             {AccessKind::Store, true}));
  }
  return report;
}

std::string print(const WalkReport& report, OutputFormat format, bool explain = false) {
  std::ostringstream out;
  PrintOptions options;
  options.format = format;
  options.explain = explain;
  print_walks(report, options, out);
  return out.str();
}

TEST(PrintWalk, TextIsAsRecorded) {
  expect_golden("walk.txt", print(example(), OutputFormat::Text));
}

TEST(PrintWalk, ExplainedTextIsAsRecorded) {
  expect_golden("walk_explained.txt", print(example(), OutputFormat::Text, true));
}

TEST(PrintWalk, CsvIsAsRecorded) {
  expect_golden("walk.csv", print(example(), OutputFormat::Csv));
}

TEST(PrintWalk, JsonHasAnObjectForEachAddressAndTheSameFacts) {
  const auto json = nlohmann::json::parse(print(example(), OutputFormat::Json));
  EXPECT_EQ(json["root"]["register"], "CR3");
  EXPECT_EQ(json["root"]["table"], "0x2000");
  ASSERT_EQ(json["walks"].size(), 4u);
  const auto& first = json["walks"][0];
  EXPECT_EQ(first["physical"], "0x5234");
  EXPECT_THAT(first["entries"][1]["would_set"].get<std::vector<std::string>>(), ElementsAre("D", "A"));
  EXPECT_EQ(first["entries"][1]["entry_after"], "0x00005267");
  EXPECT_EQ(first["entries"][1]["fields"].back()["name"], "other");
  EXPECT_EQ(first["entries"][1]["fields"].back()["value"], 0x200);
  const auto& forbidden = json["walks"][1];
  EXPECT_EQ(forbidden["fault"]["code"], 7);
  EXPECT_TRUE(forbidden["rights"]["user"].empty());
  EXPECT_THAT(forbidden["rights"]["supervisor"].get<std::vector<std::string>>(), ElementsAre("load", "fetch"));
  EXPECT_EQ(json["walks"][2]["entries"][0]["kind"], "absent");
  EXPECT_EQ(json["walks"][3]["entries"][0]["malformed"], "reserved bit set");
}

TEST(PrintWalk, ColoursOnlyWhereTheyAreAskedFor) {
  std::ostringstream out;
  PrintOptions options;
  options.colour = true;
  print_walks(example(), options, out);
  EXPECT_THAT(out.str(), HasSubstr("\033[1m0x1234\033[0m"));
  EXPECT_THAT(print(example(), OutputFormat::Text), Not(HasSubstr("\033")));
}

TEST(SplitAddress, CoversEveryBitOnce) {
  for (const char* name : {"x86-64", "x86-64-la57", "x86-32", "sv39", "flat48", "radix:5,5,5,5/12@4"}) {
    const auto mode = make_paging_mode(name);
    const std::uint64_t va = mode->virtual_bits() == 32 ? 0x9ABCDEF0 : 0xFEDCBA9876543210;
    std::uint64_t joined = 0;
    unsigned next = mode->virtual_bits() == 32 ? 31 : 63;
    for (const AddressPart& part : split_address(*mode, VirtualAddress(va))) {
      EXPECT_EQ(part.high, next) << name;
      joined |= part.value << part.low;
      next = part.low - 1;
    }
    EXPECT_EQ(next, ~0u) << name;
    EXPECT_EQ(joined, va) << name;
  }
}

OracleSummary oracle(std::uint64_t differences) {
  OracleReport report;
  report.rows = 1234;
  report.columns = {{"pa", 1234, differences}, {"levels", 1, 0}};
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(differences, 2); ++i) {
    report.first_ones.push_back({i + 2, VirtualAddress(0x1000 * i), "pa", "0x5000", "unmapped"});
  }
  return {"sv39", "oracle.csv", "pages.bin", report};
}

std::string print(const OracleSummary& summary, OutputFormat format) {
  std::ostringstream out;
  PrintOptions options;
  options.format = format;
  print_oracle(summary, options, out);
  return out.str();
}

TEST(PrintOracle, TextIsAsRecorded) {
  expect_golden("oracle.txt", print(oracle(3), OutputFormat::Text));
}

TEST(PrintOracle, SaysThatThereAreNoDifferences) {
  EXPECT_THAT(print(oracle(0), OutputFormat::Text), HasSubstr("1,234 rows, 1,235 checks, no differences\n"));
  EXPECT_THAT(print(oracle(1), OutputFormat::Text), HasSubstr("1 difference\n"));
}

TEST(PrintOracle, JsonAndCsvHaveTheSameNumbers) {
  const auto json = nlohmann::json::parse(print(oracle(3), OutputFormat::Json));
  EXPECT_EQ(json["rows"], 1234);
  EXPECT_EQ(json["checks"], 1235);
  EXPECT_EQ(json["differences"], 3);
  EXPECT_EQ(json["first_differences"].size(), 2u);
  EXPECT_EQ(print(oracle(3), OutputFormat::Csv), "column,checks,differences\npa,1234,3\nlevels,1,0\n");
}

}  // namespace
}  // namespace tablewalk::print_walk_test
