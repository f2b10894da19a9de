#include "os/access_check.h"

#include <gtest/gtest.h>

namespace tablewalk::access_check_test {
namespace {

constexpr Access load{AccessKind::Load, true};
constexpr Access store{AccessKind::Store, true};
constexpr Access fetch{AccessKind::Fetch, true};

Access by_kernel(Access access) {
  access.user = false;
  return access;
}

Layout layout_of(const std::vector<std::pair<std::uint64_t, std::string>>& lines) {
  Layout layout;
  for (const auto& [record, text] : lines) {
    layout.push_back(parse_layout_change(text));
    layout.back().record = record;
  }
  return layout;
}

/// The signal's code, or `allowed`.
std::string verdict(const std::string& rights, Access access, std::uint64_t va = 0x1fff) {
  const Regions regions = regions_of(layout_of({{0, "reserve 0x1000 0x1000 " + rights}}));
  const auto violation = check_access(regions, VirtualAddress(va), access);
  if (!violation) return "allowed";
  EXPECT_EQ(violation->region != nullptr, violation->code == SegvCode::AccErr);
  return to_string(violation->code);
}

TEST(AccessCheck, EachKindOfAccessNeedsItsRight) {
  const std::vector<Access> accesses{load, store, fetch};
  const std::vector<std::string> only{"r--u", "-w-u", "--xu"};
  for (std::size_t right = 0; right < 3; ++right) {
    for (std::size_t kind = 0; kind < 3; ++kind) {
      EXPECT_EQ(verdict(only[right], accesses[kind]), right == kind ? "allowed" : "SEGV_ACCERR") << right << kind;
    }
  }
  EXPECT_EQ(verdict("rwx-", load), "SEGV_ACCERR");
}

TEST(AccessCheck, OutsideOfEveryRegionNothingIsMapped) {
  EXPECT_EQ(verdict("rwxu", load, 0xfff), "SEGV_MAPERR");
  EXPECT_EQ(verdict("rwxu", load, 0x1000), "allowed");
  EXPECT_EQ(verdict("rwxu", load, 0x2000), "SEGV_MAPERR");
}

TEST(AccessCheck, TheKernelHasItsOwnMappings) {
  EXPECT_EQ(verdict("r--u", by_kernel(load), 0xffffffff80000000), "allowed");
  EXPECT_EQ(verdict("r---", by_kernel(load)), "allowed");
  EXPECT_EQ(verdict("r--u", by_kernel(store)), "SEGV_ACCERR");
}

TEST(AccessCheck, AnAccessBelowTheStackExtendsIt) {
  Regions regions = regions_of(layout_of({{0, "reserve 0x10000000 0x1000 rw-u stack : [stack]"}}));
  EXPECT_TRUE(check_access(regions, VirtualAddress(0xffff000), store).has_value());
  EXPECT_FALSE(grow_and_check(regions, VirtualAddress(0xffff000), store).has_value());
  EXPECT_EQ(regions.reserved_bytes(), 0x2000u);
  EXPECT_EQ(grow_and_check(regions, VirtualAddress(0xfffe000), fetch)->code, SegvCode::AccErr);
  EXPECT_EQ(grow_and_check(regions, VirtualAddress(0x10001000), store)->code, SegvCode::MapErr);
}

TEST(AccessCheck, TheFollowerIsWhereTheTraceIs) {
  const Layout layout = layout_of({{0, "reserve 0x1000 0x1000 rw-u"},
                                   {0, "@2 reserve 0x5000 0x1000 rw-u"},
                                   {3, "unmap 0x1000 0x1000"},
                                   {3, "reserve 0x2000 0x1000 r--u"}});
  LayoutFollower follower;
  EXPECT_EQ(follower.of(0), nullptr);
  EXPECT_TRUE(follower.advance(layout, 0));
  EXPECT_FALSE(follower.advance(layout, 2));
  EXPECT_NE(follower.of(0)->find(VirtualAddress(0x1000)), nullptr);
  EXPECT_EQ(follower.of(0)->find(VirtualAddress(0x5000)), nullptr);
  EXPECT_NE(follower.of(2)->find(VirtualAddress(0x5000)), nullptr);
  EXPECT_TRUE(follower.advance(layout, 3));
  EXPECT_EQ(follower.of(0)->find(VirtualAddress(0x1000)), nullptr);
  EXPECT_NE(follower.of(0)->find(VirtualAddress(0x2000)), nullptr);
  EXPECT_EQ(follower.of(1), nullptr);
}

}  // namespace
}  // namespace tablewalk::access_check_test
