#include "os/layout.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/dice.h"

namespace tablewalk::layout_test {
namespace {

Layout layout_of(const std::vector<std::string>& lines) {
  Layout layout;
  for (const std::string& line : lines) layout.push_back(parse_layout_change(line));
  return layout;
}

/// `FIRST-LAST RIGHTS LABEL` of every region.
std::string list(const Regions& regions) {
  std::string text;
  for (const Region& region : regions) {
    char line[100];
    std::snprintf(line, sizeof line, "%s%llx-%llx %s%s", text.empty() ? "" : ", ",
                  static_cast<unsigned long long>(region.range.first.value()),
                  static_cast<unsigned long long>(region.range.last.value()), rights_text(region.kind.rights).c_str(),
                  region.kind.label.c_str());
    text += line;
  }
  return text;
}

std::string after(const std::vector<std::string>& lines) {
  return list(regions_of(layout_of(lines)));
}
std::string at_any_time(const std::vector<std::string>& lines) {
  return list(regions_at_any_time(layout_of(lines)));
}

TEST(Layout, ChangesAreAppliedInTheirOrder) {
  EXPECT_EQ(after({"reserve 0x1000 0x4000 rw-u : a", "protect 0x2000 0x1000 r--u", "unmap 0x3000 0x1000"}),
            "1000-1fff rw-ua, 2000-2fff r--ua, 4000-4fff rw-ua");
  EXPECT_EQ(after({"reserve 0x1000 0x4000 rw-u : a", "reserve 0x2000 0x1001 --xu : b"}),
            "1000-1fff rw-ua, 2000-3fff --xub, 4000-4fff rw-ua");
  EXPECT_EQ(after({"reserve 0x1000 0x2000 r--u : a", "remap 0x2000 0x1000 0x8000 0x3000"}),
            "1000-1fff r--ua, 8000-afff r--ua");
}

TEST(Layout, WhatIsNotReservedIsPassedOver) {
  EXPECT_EQ(after({"reserve 0x2000 0x1000 rw-u", "protect 0x1000 0x4000 r--u"}), "2000-2fff r--u");
  EXPECT_EQ(after({"protect 0x1000 0x4000 r--u", "unmap 0x1000 0x1000", "advise 0x1000 0x1000 huge"}), "");
  EXPECT_EQ(after({"remap 0x1000 0x1000 0x8000 0x1000"}), "8000-8fff rw-u");
}

TEST(Layout, APageOfAFixedSizeChangesAsAWhole) {
  const std::string huge = "reserve 0x200000 0x400000 rw-u page 0x200000";
  EXPECT_EQ(after({huge, "protect 0x210000 0x1000 r--u"}), "200000-3fffff r--u, 400000-5fffff rw-u");
  EXPECT_EQ(after({huge, "unmap 0x3ff000 0x1000"}), "400000-5fffff rw-u");
  EXPECT_EQ(after({huge, "reserve 0x5ff000 0x1000 r--u"}), "200000-3fffff rw-u, 5ff000-5fffff r--u");
}

TEST(Layout, WhatMovesKeepsItsPlaceInTheFile) {
  const std::vector<std::string> lines{"reserve 0x1000 0x4000 r--u file 0x7000 : a",
                                       "remap 0x2000 0x1000 0x8000 0x1000"};
  const Regions regions = regions_of(layout_of(lines));
  EXPECT_EQ(regions.find(VirtualAddress(0x8000))->file_offset, 0x8000u);
  EXPECT_EQ(regions.find(VirtualAddress(0x3000))->file_offset, 0x9000u);
}

TEST(Layout, AtAnyTimeHasEveryRegionAndRight) {
  EXPECT_EQ(at_any_time({"reserve 0x1000 0x4000 rw-u : a", "protect 0x2000 0x1000 r-xu", "unmap 0x1000 0x4000",
                         "reserve 0x4000 0x2000 --xu : b"}),
            "1000-1fff rw-ua, 2000-2fff rwxua, 3000-3fff rw-ua, 4000-4fff rwxua, 5000-5fff --xub");
  EXPECT_EQ(at_any_time({"reserve 0x1000 0x1000 rw-u", "remap 0x1000 0x1000 0x8000 0x2000"}),
            "1000-1fff rw-u, 8000-9fff rw-u");
}

TEST(Layout, OfOneSpace) {
  const Layout layout = layout_of({"reserve 0x1000 0x1000 rw-u", "@3 reserve 0x2000 0x1000 r--u"});
  EXPECT_EQ(list(regions_of(layout_of_space(layout, 3))), "2000-2fff r--u");
}

/// Random changes: nothing is refused, and at any time covers every moment.
TEST(Layout, AnyChangesAreAccepted) {
  for (const std::uint64_t seed : test::printed_seeds(200)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Dice dice(seed);
    Layout layout;
    Regions now;
    std::vector<Regions> moments;
    for (int i = 0; i < 40; ++i) {
      LayoutChange change;
      change.operation = static_cast<LayoutOperation>(dice.between(0, 4));
      change.first = VirtualAddress(dice.between(0, 60) * 0x800);
      change.bytes = dice.between(1, 0x5000);
      change.to = VirtualAddress(dice.between(0, 60) * 0x800);
      change.to_bytes = dice.between(1, 0x5000);
      change.read = dice.chance(70);
      change.write = dice.chance(50);
      change.file = dice.chance(30);
      if (dice.chance(20)) change.page_bytes = 0x2000;
      layout.push_back(change);
      apply_change(change, now);
      moments.push_back(now);
    }
    const Regions all = regions_at_any_time(layout);
    for (const Regions& moment : moments) {
      for (const Region& region : moment) {
        if (region.kind.page_bytes != 0) continue;
        ASSERT_TRUE(all.covers(region.range));
        const Rights& rights = all.find(region.range.first)->kind.rights;
        ASSERT_TRUE((rights.read || !region.kind.rights.read) && (rights.write || !region.kind.rights.write));
      }
    }
  }
}

}  // namespace
}  // namespace tablewalk::layout_test
