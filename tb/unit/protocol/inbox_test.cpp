#include "protocol/inbox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace tablewalk::inbox_test {
namespace {

TEST(Inbox, ShowsNothingBeforeItsCycle) {
  Inbox<int> inbox;
  EXPECT_EQ(inbox.next_visible(), Cycles::never());
  inbox.push(Cycles(7), 1);
  EXPECT_FALSE(inbox.due(Cycles(6)));
  EXPECT_TRUE(inbox.due(Cycles(7)));
}

TEST(Inbox, OrdersByCycleAndByArrivalAmongEquals) {
  constexpr std::uint64_t seed = 3;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  Inbox<int> inbox;
  std::vector<std::pair<std::uint64_t, int>> naive;
  std::uint64_t now = 0;
  for (int i = 0; i < 20000; ++i) {
    if (random() % 2 == 0 || naive.empty()) {
      const std::uint64_t visible = now + random() % 10;
      inbox.push(Cycles(visible), i);
      const auto after = std::upper_bound(naive.begin(), naive.end(), visible,
                                          [](std::uint64_t value, const auto& item) { return value < item.first; });
      naive.insert(after, {visible, i});
    } else {
      now = std::max(now, naive.front().first);
      ASSERT_EQ(inbox.next_visible(), Cycles(naive.front().first));
      ASSERT_EQ(inbox.front(), naive.front().second);
      inbox.pop();
      naive.erase(naive.begin());
    }
    ASSERT_EQ(inbox.size(), naive.size());
    ASSERT_EQ(inbox.empty(), naive.empty());
  }
}

TEST(Inbox, GivesThoseOfOneCycleByPortAndThenByArrival) {
  Inbox<int> inbox;
  inbox.push(Cycles(9), 1, 3);
  inbox.push(Cycles(7), 2, 200);
  inbox.push(Cycles(7), 3, 1);
  inbox.push(Cycles(7), 4, 200);
  inbox.push(Cycles(7), 5, 0);
  std::vector<std::pair<int, unsigned>> taken;
  for (; !inbox.empty(); inbox.pop()) taken.emplace_back(inbox.front(), inbox.front_port());
  EXPECT_EQ(taken, (std::vector<std::pair<int, unsigned>>{{5, 0}, {3, 1}, {2, 200}, {4, 200}, {1, 3}}));
}

TEST(Inbox, KeepsItsOrderWhenItsRingGrowsAndWraps) {
  Inbox<int> inbox;
  int next = 0;
  int expected = 0;
  for (int round = 1; round < 20; ++round) {
    for (int i = 0; i < 2 * round; ++i, ++next) inbox.push(Cycles(static_cast<std::uint64_t>(next / 3)), next);
    for (int i = 0; i < round; ++i, inbox.pop()) ASSERT_EQ(inbox.front(), expected++);
  }
  for (; !inbox.empty(); inbox.pop()) ASSERT_EQ(inbox.front(), expected++);
  EXPECT_EQ(expected, next);
}

}  // namespace
}  // namespace tablewalk::inbox_test
