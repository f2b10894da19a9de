#include "walker/slot_set.h"

#include <gtest/gtest.h>

#include <set>

#include "support/dice.h"

namespace tablewalk::slot_set_test {
namespace {

std::vector<std::size_t> all_of(const SlotSet& set) {
  std::vector<std::size_t> slots;
  set.find([&](std::size_t slot) {
    slots.push_back(slot);
    return false;
  });
  return slots;
}

TEST(SlotSet, HoldsAnySlotsOfAnyNumberInAscendingOrder) {
  test::Dice dice(1);
  for (const std::size_t slots : {1u, 2u, 63u, 64u, 65u, 128u, 129u, 200u, 256u}) {
    SlotSet set(slots);
    std::set<std::size_t> expected;
    for (unsigned step = 0; step < 500; ++step) {
      const std::size_t slot = step == 0 ? slots - 1 : dice.between(0, slots - 1);
      if (expected.insert(slot).second) {
        set.add(slot);
      } else {
        set.remove(slot);
        expected.erase(slot);
      }
      ASSERT_EQ(all_of(set), std::vector<std::size_t>(expected.begin(), expected.end())) << slots << " slots";
      ASSERT_EQ(set.empty(), expected.empty());
    }
  }
}

TEST(SlotSet, StopsAtTheFirstSlotThatIsWanted) {
  SlotSet set(200);
  for (const std::size_t slot : {3u, 70u, 150u}) set.add(slot);
  std::vector<std::size_t> visited;
  set.find([&](std::size_t slot) {
    visited.push_back(slot);
    return slot >= 70;
  });
  EXPECT_EQ(visited, (std::vector<std::size_t>{3, 70}));
}

}  // namespace
}  // namespace tablewalk::slot_set_test
