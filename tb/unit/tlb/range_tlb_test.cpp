// The range TLB: what it answers, what it replaces, and what an invalidation leaves.

#include "tlb/range_tlb.h"

#include <gtest/gtest.h>

#include "support/dice.h"
#include "support/random_scope.h"

namespace tablewalk::test::range_tlb_test {
namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr Access load{AccessKind::Load, true};
constexpr Access store{AccessKind::Store, true};

RangeEntry range(std::uint64_t first, std::uint64_t pages) {
  RangeEntry entry;
  entry.first = VirtualAddress(first * page_bytes);
  entry.last = VirtualAddress((first + pages) * page_bytes - 1);
  entry.offset = 0x100000;
  entry.page_shift = 12;
  return entry;
}

VirtualAddress address(std::uint64_t number) {
  return VirtualAddress(number * page_bytes + 8);
}

TEST(RangeTlb, FindsARangeFromItsFirstToItsLastByte) {
  const auto mode = make_paging_mode("x86-64");
  RangeTlb tlb(2, *mode);
  tlb.install(range(4, 3), 1);
  EXPECT_EQ(tlb.find(VirtualAddress(4 * page_bytes - 1), 1, load), nullptr);
  EXPECT_NE(tlb.find(VirtualAddress(4 * page_bytes), 1, load), nullptr);
  EXPECT_NE(tlb.find(VirtualAddress(7 * page_bytes - 1), 1, load), nullptr);
  EXPECT_EQ(tlb.find(VirtualAddress(7 * page_bytes), 1, load), nullptr);
  EXPECT_EQ(tlb.find(address(5), 2, load), nullptr) << "of another address space";
  EXPECT_EQ(tlb.find(address(5), 1, load)->translation(address(5)).physical(address(5)).value(), 0x105008u);
}

TEST(RangeTlb, AnAccessWithoutTheRightMisses) {
  const auto mode = make_paging_mode("x86-64");
  RangeTlb tlb(2, *mode);
  RangeEntry read_only = range(4, 3);
  read_only.rights.write = false;
  tlb.install(read_only, 1);
  EXPECT_NE(tlb.find(address(5), 1, load), nullptr);
  EXPECT_EQ(tlb.find(address(5), 1, store), nullptr);
}

TEST(RangeTlb, AGlobalRangeIsOfEveryAddressSpace) {
  const auto mode = make_paging_mode("x86-64");
  RangeTlb tlb(2, *mode);
  RangeEntry global = range(4, 3);
  global.global = true;
  tlb.install(global, 1);
  EXPECT_NE(tlb.find(address(5), 2, load), nullptr);
}

TEST(RangeTlb, TheLeastRecentlyUsedRangeMakesRoom) {
  const auto mode = make_paging_mode("x86-64");
  RangeTlb tlb(2, *mode);
  tlb.install(range(0, 2), 1);
  tlb.install(range(10, 2), 1);
  EXPECT_NE(tlb.find(address(0), 1, load), nullptr);
  tlb.install(range(20, 2), 1);
  EXPECT_EQ(tlb.find(address(10), 1, load), nullptr);
  EXPECT_NE(tlb.find(address(0), 1, load), nullptr);
  EXPECT_NE(tlb.find(address(20), 1, load), nullptr);
}

TEST(RangeTlb, ARangeReplacesTheOlderOnesThatItOverlaps) {
  const auto mode = make_paging_mode("x86-64");
  RangeTlb tlb(3, *mode);
  tlb.install(range(0, 2), 1);
  tlb.install(range(10, 2), 1);
  tlb.install(range(0, 2), 2);
  RangeEntry grown = range(1, 10);
  grown.offset = 0x200000;
  tlb.install(grown, 1);
  EXPECT_EQ(tlb.find(address(0), 1, load), nullptr);
  EXPECT_EQ(tlb.find(address(10), 1, load)->offset, 0x200000u);
  EXPECT_EQ(tlb.find(address(11), 1, load), nullptr);
  EXPECT_NE(tlb.find(address(0), 2, load), nullptr);
}

/// Against the pages of each range as translations of their own.
TEST(RangeTlb, AnInvalidationTakesEveryRangeOfWhichItCoversAPage) {
  const auto mode = make_paging_mode("x86-64");
  std::uint64_t taken = 0;
  const auto seeds = printed_seeds(2000);
  for (const std::uint64_t seed : seeds) {
    Dice dice(seed);
    RangeTlb tlb(8, *mode);
    struct Known {
      RangeEntry range;
      AddressSpaceId asid;
    };
    std::vector<Known> known;
    for (std::uint64_t i = 0; i < 4; ++i) {
      RangeEntry entry = range(10 * i, dice.between(1, 4));
      entry.global = dice.chance(30);
      known.push_back({entry, static_cast<AddressSpaceId>(dice.between(1, 2))});
      tlb.install(known.back().range, known.back().asid);
    }
    Invalidation invalidation;
    invalidation.scope = random_scope(dice);
    invalidation.va = address(dice.between(0, 35));
    invalidation.asid = static_cast<AddressSpaceId>(dice.between(1, 2));
    std::uint64_t expected = 0;
    std::vector<bool> gone;
    for (const Known& one : known) {
      bool covered = false;
      for (VirtualAddress page = one.range.first; page < one.range.last; page += page_bytes) {
        covered |= invalidation.covers(page, 12, one.asid, one.range.global);
      }
      gone.push_back(covered);
      expected += covered ? 1 : 0;
    }
    ASSERT_EQ(tlb.invalidate(invalidation), expected) << "seed " << seed;
    taken += expected;
    for (std::size_t i = 0; i < known.size(); ++i) {
      ASSERT_EQ(tlb.find(known[i].range.first, known[i].asid, load) == nullptr, gone[i]) << "seed " << seed;
    }
  }
  EXPECT_GT(taken, seeds.size() / 4);
}

}  // namespace
}  // namespace tablewalk::test::range_tlb_test
