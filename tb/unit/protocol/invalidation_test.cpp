#include "protocol/invalidation.h"

#include <gtest/gtest.h>

namespace tablewalk {
namespace {

constexpr VirtualAddress place(std::uint64_t address) {
  return VirtualAddress(address);
}
constexpr bool global = true;

TEST(Invalidation, OfAllCoversEverything) {
  const Invalidation all;
  EXPECT_TRUE(all.covers(place(0x1000), 12, 3, !global));
  EXPECT_TRUE(all.covers(place(0x1000), 12, 3, global));
}

TEST(Invalidation, OfASpaceCoversWhatIsNotGlobalOfIt) {
  const Invalidation space{Invalidation::Scope::AddressSpace, place(0), 3};
  EXPECT_TRUE(space.covers(place(0x1000), 12, 3, !global));
  EXPECT_FALSE(space.covers(place(0x1000), 12, 3, global));
  EXPECT_FALSE(space.covers(place(0), 12, 4, !global));
}

TEST(Invalidation, OfAPageCoversTheBlocksOfAnySizeAroundIt) {
  const Invalidation page{Invalidation::Scope::Page, place(0x201234), 3};
  EXPECT_TRUE(page.covers(place(0x201000), 12, 3, !global));
  EXPECT_TRUE(page.covers(place(0x200000), 21, 3, !global));
  EXPECT_FALSE(page.covers(place(0x200000), 12, 3, !global));
  EXPECT_FALSE(page.covers(place(0x400000), 21, 3, !global));
  EXPECT_FALSE(page.covers(place(0x201000), 12, 4, !global));
  EXPECT_TRUE(page.covers(place(0x201000), 12, 4, global));
}

TEST(Invalidation, OfAPageMayConcernWhateverSharesAnEntryOfTheRoot) {
  const Invalidation page{Invalidation::Scope::Page, place(0x201234), 3};
  EXPECT_TRUE(page.may_concern(place(0x7fc0000000), 39, 3));
  EXPECT_TRUE(page.may_concern(place(0x7fc0000000), 39, 4)) << "it may come upon a global page";
  EXPECT_FALSE(page.may_concern(place(0x8000000000), 39, 3));
}

TEST(Invalidation, OfASpaceMayConcernOnlyTheWalksOfIt) {
  const Invalidation space{Invalidation::Scope::AddressSpace, place(0), 3};
  EXPECT_TRUE(space.may_concern(place(0x8000000000), 39, 3));
  EXPECT_FALSE(space.may_concern(place(0), 39, 4));
}

}  // namespace
}  // namespace tablewalk
