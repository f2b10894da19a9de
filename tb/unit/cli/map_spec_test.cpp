#include "cli/map_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tablewalk::map_spec_test {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::string& spec) {
  try {
    parse_map(spec);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(MapSpec, HasAnAddressASizeAndPerhapsAPage) {
  const MappedRange small = parse_map("0x400000:4M").range;
  EXPECT_EQ(small.first, VirtualAddress(0x400000));
  EXPECT_EQ(small.last, VirtualAddress(0x7FFFFF));
  EXPECT_EQ(small.page_bytes, 0u);
  EXPECT_EQ(parse_map("0:1G:2M").range.page_bytes, 2u << 20);
  EXPECT_EQ(parse_map("0xFFFFFFFFFFFFF000:4K").range.last, VirtualAddress(~std::uint64_t{0}));
}

TEST(MapSpec, RightsAreTheLettersGiven) {
  const auto rights = [](const std::string& spec) { return parse_map(spec).rights; };
  EXPECT_EQ(rights("0:4K"), Rights());
  EXPECT_EQ(rights("0:4K:rwxu"), Rights());
  EXPECT_EQ(rights("0:4K:uxr"), (Rights{true, false, true, true, true, 0}));
  EXPECT_EQ(rights("0:4K:r"), (Rights{true, false, false, false, false, 0}));
  const MapSpec large = parse_map("0:4M:2M:wu");
  EXPECT_EQ(large.range.page_bytes, 2u << 20);
  EXPECT_EQ(large.rights, (Rights{false, true, false, true, false, 0}));
  EXPECT_THAT(refusal("0:4K:rr"), HasSubstr("--map 0:4K:rr: rights 'rr': expected some of the letters r, w, x and u"));
  EXPECT_THAT(refusal("0:4K:rwq"), HasSubstr("rights 'rwq': expected some of"));
  EXPECT_THAT(refusal("0:4K:rw:4K"), HasSubstr("--map 0:4K:rw:4K: expected VA:SIZE[:PAGE][:rwxu]"));
  EXPECT_THAT(refusal("0:4K:"), HasSubstr("--map 0:4K:: "));
}

TEST(MapSpec, WhatIsWrongIsSaidWithTheOption) {
  EXPECT_THAT(refusal("0x400000"), HasSubstr("--map 0x400000: expected VA:SIZE[:PAGE][:rwxu]"));
  EXPECT_THAT(refusal("0:4K:4K:4K"), HasSubstr("expected VA:SIZE[:PAGE][:rwxu]"));
  EXPECT_THAT(refusal("zz:4K"), HasSubstr("--map zz:4K: 'zz' is not a whole number"));
  EXPECT_THAT(refusal("0:0"), HasSubstr("at least 1 byte"));
  EXPECT_THAT(refusal("0xFFFFFFFFFFFFF000:8K"), HasSubstr("ends beyond the 64-bit address space"));
  EXPECT_THAT(refusal("0:12K:3K"), HasSubstr("a power of two"));
  EXPECT_THAT(refusal("0x1000:2M:2M"), HasSubstr("in whole pages"));
}

}  // namespace
}  // namespace tablewalk::map_spec_test
