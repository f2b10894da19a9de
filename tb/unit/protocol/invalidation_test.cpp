#include "protocol/invalidation.h"

#include <gtest/gtest.h>

namespace tablewalk::invalidation_test {
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

TEST(Invalidation, CoversThePointersOfItsScope) {
  using Scope = Invalidation::Scope;
  const auto covers = [](Scope scope, std::uint64_t address, AddressSpaceId of, bool is_global) {
    return Invalidation{scope, place(0x201234), 3}.covers_pointer(place(address), 21, of, is_global);
  };
  constexpr std::uint64_t on_the_way = 0x200000;
  constexpr std::uint64_t beside = 0x400000;
  struct Expected {
    Scope scope;
    bool on_the_way, beside, of_others, global;
  };
  for (const Expected& expected :
       {Expected{Scope::Page, true, false, false, true}, Expected{Scope::AddressSpace, true, true, false, false},
        Expected{Scope::All, true, true, true, true}, Expected{Scope::PageAndPointers, true, true, false, true},
        Expected{Scope::PageNotGlobal, true, false, false, false},
        Expected{Scope::AllNotGlobal, true, true, true, false},
        Expected{Scope::LeafNotGlobal, false, false, false, false},
        Expected{Scope::LeafOfEverySpace, false, false, false, false},
        Expected{Scope::Leaf, false, false, false, false},
        Expected{Scope::PageOfEverySpace, true, false, true, true}}) {
    const int scope = static_cast<int>(expected.scope);
    EXPECT_EQ(covers(expected.scope, on_the_way, 3, !global), expected.on_the_way) << scope;
    EXPECT_EQ(covers(expected.scope, beside, 3, !global), expected.beside) << scope;
    EXPECT_EQ(covers(expected.scope, on_the_way, 4, !global), expected.of_others) << scope;
    EXPECT_EQ(covers(expected.scope, on_the_way, 3, global), expected.global) << scope;
  }
}

/// It uses pointers of its space on its way, and may find a page of any size, global or not.
TEST(Invalidation, MayConcernAWalkIfItCoversWhatTheWalkMayUse) {
  constexpr unsigned root = 30;
  for (unsigned scope = 0; scope < Invalidation::scopes; ++scope) {
    for (const std::uint64_t address : {0x0ULL, 0x201000ULL, 0x40000000ULL}) {
      for (const AddressSpaceId of : {AddressSpaceId{3}, AddressSpaceId{4}}) {
        const Invalidation invalidation{static_cast<Invalidation::Scope>(scope), place(0x201234), 3};
        bool used = false;
        for (const unsigned shift : {12u, 21u, root}) {
          for (const bool is_global : {false, true}) {
            used |= invalidation.covers(place(address), shift, of, is_global) ||
                    invalidation.covers_pointer(place(address), shift, of, is_global);
          }
        }
        EXPECT_EQ(invalidation.may_concern(place(address), root, of), used) << scope << " " << address << " " << of;
      }
    }
  }
}

}  // namespace
}  // namespace tablewalk::invalidation_test
