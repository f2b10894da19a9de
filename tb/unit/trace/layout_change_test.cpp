#include "trace/layout_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tablewalk::layout_change_test {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::string& text) {
  try {
    parse_layout_change(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(LayoutChange, ComesBackFromItsText) {
  for (const char* text : {
           "reserve 0x1000 0x2000 rwxu",
           "@7 reserve 0x1000 0x2000 r--- shared stack file 0x3000 page 0x1000 huge : /a file: with b",
           "reserve 0xfffffffffffff000 0x1000 ---u no-huge",
           "unmap 0x0 0x1000",
           "@65535 protect 0x1000 0x1000 -w-u",
           "remap 0x1000 0x2000 0x8000 0x3000",
           "advise 0x1000 0x1000 default",
           "advise 0x1000 0x1000 huge",
       }) {
    EXPECT_EQ(to_text(parse_layout_change(text)), text);
    EXPECT_TRUE(parse_layout_change(to_text(parse_layout_change(text))) == parse_layout_change(text));
  }
}

TEST(LayoutChange, BlanksAtItsEndAreNotPartOfIt) {
  EXPECT_EQ(to_text(parse_layout_change("unmap 0x0 0x1 \r")), "unmap 0x0 0x1");
  EXPECT_EQ(to_text(parse_layout_change("reserve 0x0 0x1 rwxu : a \t")), "reserve 0x0 0x1 rwxu : a");
  EXPECT_EQ(to_text(parse_layout_change("reserve 0x0 0x1 rwxu : ")), "reserve 0x0 0x1 rwxu");
}

TEST(LayoutChange, HasTheFieldsOfItsText) {
  const LayoutChange change = parse_layout_change("@7 reserve 0x1000 0x2000 r-x- shared file 0x3000 huge : /a b");
  EXPECT_EQ(change.operation, LayoutOperation::Reserve);
  EXPECT_EQ(change.asid, 7);
  EXPECT_EQ(change.first, VirtualAddress(0x1000));
  EXPECT_EQ(change.last(), VirtualAddress(0x2fff));
  EXPECT_TRUE(change.read && !change.write && change.execute && !change.user);
  EXPECT_TRUE(change.shared && change.file && !change.grows_down);
  EXPECT_EQ(change.file_offset, 0x3000u);
  EXPECT_EQ(change.huge_pages, HugePages::Yes);
  EXPECT_EQ(change.label, "/a b");
  EXPECT_TRUE(parse_layout_change("reserve 0x0 0x1 rwxu stack").grows_down);
  EXPECT_EQ(parse_layout_change("reserve 0x0 0x1 rwxu page 0x200000").page_bytes, 0x200000u);
  const LayoutChange moved = parse_layout_change("remap 0x1000 0x2000 0x8000 0x3000");
  EXPECT_EQ(moved.to, VirtualAddress(0x8000));
  EXPECT_EQ(moved.to_bytes, 0x3000u);
}

TEST(LayoutChange, WhatIsMalformedSaysWhatWasExpected) {
  EXPECT_EQ(refusal("resreve 0x0 0x1"),
            "expected reserve, unmap, protect, remap, advise, discard, fork or exit, found 'resreve 0x0 0x1'");
  EXPECT_EQ(refusal("unmap 0x0"), "expected unmap 0xADDRESS 0xBYTES, found 'unmap 0x0'");
  EXPECT_EQ(refusal("unmap 0x0 4096"), "expected unmap 0xADDRESS 0xBYTES, found 'unmap 0x0 4096'");
  EXPECT_EQ(refusal("unmap 0x0 0x1 x"), "expected unmap 0xADDRESS 0xBYTES, found 'unmap 0x0 0x1 x'");
  EXPECT_EQ(refusal("unmap 0x0 0x0"), "a range of 0 bytes: expected at least 1 in 'unmap 0x0 0x0'");
  EXPECT_THAT(refusal("unmap 0xffffffffffffffff 0x2"), HasSubstr("ends beyond the 64-bit address space"));
  EXPECT_THAT(refusal("unmap 0x1ffffffffffffffff 0x2"), HasSubstr("a number beyond 64 bits in"));
  EXPECT_THAT(refusal("protect 0x0 0x1 wr-u"), HasSubstr("expected rights as rwxu"));
  EXPECT_THAT(refusal("protect 0x0 0x1 rw"), HasSubstr("expected rights as rwxu"));
  EXPECT_THAT(refusal("advise 0x0 0x1 large"), HasSubstr("expected advise 0xADDRESS 0xBYTES huge|no-huge|default"));
  EXPECT_THAT(refusal("reserve 0x0 0x1 rwxu page 0x3"), HasSubstr("a power of two"));
  EXPECT_THAT(refusal("reserve 0x0 0x1 rwxu default"), HasSubstr("expected reserve 0xADDRESS"));
  EXPECT_THAT(refusal("@70000 unmap 0x0 0x1"), HasSubstr("an address-space id above 65535"));
  EXPECT_THAT(refusal("@ unmap 0x0 0x1"), HasSubstr("expected [@ASID]"));
  EXPECT_THAT(refusal("reserve 0x0 0x1 rwxu : a\tb"), HasSubstr("a label with a control character"));
  EXPECT_THAT(refusal("reserve 0x0 0x1 rwxu : " + std::string(longest_label + 1, 'a')), HasSubstr("16384 bytes"));
  EXPECT_THAT(refusal(""), HasSubstr("expected reserve, unmap"));
}

}  // namespace
}  // namespace tablewalk::layout_change_test
