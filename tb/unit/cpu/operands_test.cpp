#include "cpu/operands.h"

#include <gtest/gtest.h>

#include <deque>

#include "support/dice.h"

namespace tablewalk::operands_test {
namespace {

TEST(RecentAccesses, HaveRoomIfFewerThanTheirEntriesHaveNotRetired) {
  for (const std::uint64_t seed : test::printed_seeds(20)) {
    test::Dice dice(seed);
    const std::uint32_t capacity = dice.number(1, 40);
    const std::uint32_t entries = dice.number(1, capacity);
    RecentAccesses accesses(capacity, entries);
    std::deque<std::uint64_t> ends;  // of those in flight
    std::uint64_t next = 0;
    std::uint64_t retired = 0;
    for (int step = 0; step < 2000; ++step) {
      retired = dice.between(retired, std::min(next, retired + 3));
      while (!ends.empty() && ends.front() <= retired) ends.pop_front();
      ASSERT_EQ(accesses.has_room(retired), ends.size() < entries) << "seed " << seed << ", step " << step;
      if (ends.size() == entries) continue;
      next += dice.between(0, 2);  // other accesses
      accesses.enter(next++);
      if (dice.chance(10)) {
        accesses.add_part();
        ++next;
      }
      ends.push_back(next);
    }
  }
}

}  // namespace
}  // namespace tablewalk::operands_test
