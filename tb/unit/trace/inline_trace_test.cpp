#include "trace/inline_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "trace_test_support.h"

namespace tablewalk::inline_trace_test {
namespace {

using testing::HasSubstr;

std::string problem_of(const std::string& argument, const std::string& format = "auto") {
  try {
    test::read_all(*open_trace(argument, format));
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

TEST(InlineTrace, TextHasLinesBetweenSemicolons) {
  const auto reader = open_trace("text:R 0x1000 8;W 0x2000 4 @3;  invalidate all");
  EXPECT_EQ(reader->description().path, "text:R 0x1000 8;W 0x2000 4 @3;  invalidate all");
  EXPECT_EQ(reader->description().format, "text");
  const std::vector<Record> records = test::read_all(*reader);
  ASSERT_EQ(records.size(), 3);
  EXPECT_EQ(records[0].kind, RecordKind::Load);
  EXPECT_EQ(records[1].address, VirtualAddress(0x2000));
  EXPECT_EQ(records[1].asid, 3);
  EXPECT_EQ(records[2].kind, RecordKind::InvalidateAll);
  EXPECT_EQ(reader->description().note, "") << "the last line has its end";
}

TEST(InlineTrace, TextCanBeAnyFormatOfLines) {
  EXPECT_EQ(test::read_all(*open_trace("text: L 1000,8; S 2000,4", "lackey")).size(), 2);
}

TEST(InlineTrace, TextMayChangeTheLayout) {
  const auto reader = open_trace("text:reserve 0x1000 0x4000 rw-u; W 0x1000; @0 fork @1; R 0x1000 8 @1");
  EXPECT_EQ(test::read_all(*reader).size(), 2);
  const auto same = open_trace(
      "text:# layout: known;# layout: reserve 0x1000 0x4000 rw-u;W 0x1000;# layout: @0 fork @1;R 0x1000 8 @1");
  test::read_all(*same);
  EXPECT_EQ(reader->description().layout, same->description().layout);
  EXPECT_EQ(reader->description().layout.size(), 2);
}

TEST(InlineTrace, GeneratedIsWhatTheGeneratorMakes) {
  GeneratorConfig config;
  config.pattern = Pattern::Zipf;
  config.count = 1500;
  config.seed = 7;
  config.base = 0x400000;
  config.footprint = 1 << 20;
  config.element = 16;
  config.store_share = 0.25;
  config.zipf_exponent = 1.5;
  const auto expected = make_generator(config);
  const auto reader = open_trace(
      "generated:zipf,count=1500,seed=7,base=0x400000,footprint=1M,element=16,store-share=0.25,zipf-exponent=1.5");
  EXPECT_THAT(reader->description().path, HasSubstr("generated:zipf,count=1500"));
  EXPECT_TRUE(reader->description().dependences);
  test::read_all(*expected);
  EXPECT_EQ(test::read_all(*reader).size(), 1500);
  EXPECT_EQ(reader->checksum(), expected->checksum());
}

TEST(InlineTrace, EachKeyOfTheGeneratorIsSet) {
  const GeneratorConfig config = generator_of_argument("generated:matmul,matrix=64,block=16,stride=2M,count=2K");
  EXPECT_EQ(config.pattern, Pattern::MatrixMultiply);
  EXPECT_EQ(config.matrix, 64);
  EXPECT_EQ(config.block, 16);
  EXPECT_EQ(config.stride, std::uint64_t{2} << 20);
  EXPECT_EQ(config.count, 2000);
}

TEST(InlineTrace, BadArgumentsAreReportedWithThem) {
  EXPECT_THAT(problem_of("text:R 0x1000; Q"), HasSubstr("text:R 0x1000; Q:2: expected 'R|W|X|M"));
  EXPECT_THAT(problem_of("text:"), HasSubstr("no access"));
  EXPECT_THAT(problem_of("generated:zipv"), HasSubstr("generated:zipv: pattern 'zipv' is unknown"));
  EXPECT_THAT(problem_of("generated:zipf,cont=3"), HasSubstr("(did you mean 'count'?)"));
  EXPECT_THAT(problem_of("generated:zipf,count"), HasSubstr("expected KEY=VALUE"));
  EXPECT_THAT(problem_of("generated:zipf,count=x"), HasSubstr("generated:zipf,count=x: count: 'x' is not a count"));
  EXPECT_THAT(problem_of("generated:zipf,store-share=1x"), HasSubstr("store-share: '1x' is not a number"));
  EXPECT_THAT(problem_of("generated:zipf,element=9G"), HasSubstr("expected 1 to 4096 bytes"));
  EXPECT_THAT(problem_of("generated:zipf,footprint=3"), HasSubstr("generated:zipf,footprint=3: footprint of 3"));
  EXPECT_THAT(problem_of("generated:zipf", "twt"), HasSubstr("expected no --trace-format"));
}

}  // namespace
}  // namespace tablewalk::inline_trace_test
