#include "associative/replacement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <random>
#include <set>

namespace tablewalk::replacement_test {
namespace {

constexpr std::uint32_t sets = 3;
/// Full, with way 0 filled first.
ReplacementState full(Replacement policy, std::uint32_t ways, std::uint64_t seed = 1) {
  ReplacementState state(policy, sets, ways, seed);
  for (std::uint32_t set = 0; set < sets; ++set) {
    for (std::uint32_t way = 0; way < ways; ++way) state.filled(set, way);
  }
  return state;
}

class OfWays : public testing::TestWithParam<std::uint32_t> {
 protected:
  static constexpr std::uint64_t seed = 7;
  std::uint32_t ways = GetParam();
  std::mt19937_64 random{seed};
  std::uint32_t any_set() { return static_cast<std::uint32_t>(random() % sets); }
  std::uint32_t any_way() { return static_cast<std::uint32_t>(random() % ways); }
  bool chance() { return random() % 2 == 0; }
};

constexpr auto policies = all_replacements();

/// The contract: skipping the touches that the policy allows to skip gives the same victims.
TEST_P(OfWays, WhatRepeatsAllowsToLeaveOutChangesNothing) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (const Replacement policy : policies) {
    ReplacementState once = full(policy, ways);
    ReplacementState often = full(policy, ways);
    for (int i = 0; i < 3000; ++i) {
      const std::uint32_t set = any_set();
      std::uint32_t way = any_way();
      if (chance()) {
        once.touch(set, way);
        often.touch(set, way);
      } else {
        way = once.victim(set);
        ASSERT_EQ(often.victim(set), way) << "policy " << static_cast<int>(policy) << ", step " << i;
        once.filled(set, way);
        often.filled(set, way);
        if (once.repeats() != Repeats::AddNothingToFill) continue;
      }
      if (once.repeats() == Repeats::Count) continue;
      for (std::uint64_t more = random() % 3; more != 0; --more) often.touch(set, way);
    }
  }
}

TEST_P(OfWays, ReplaceIsVictimAndFill) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (const Replacement policy : policies) {
    ReplacementState in_one = full(policy, ways);
    ReplacementState in_two = full(policy, ways);
    for (int i = 0; i < 3000; ++i) {
      const std::uint32_t set = any_set();
      if (chance()) {
        const std::uint32_t way = any_way();
        in_one.touch(set, way);
        in_two.touch(set, way);
        continue;
      }
      const std::uint32_t way = in_two.victim(set);
      in_two.filled(set, way);
      ASSERT_EQ(in_one.replace(set), way) << "policy " << static_cast<int>(policy) << ", step " << i;
    }
  }
}

/// A list of ways for each set: the first one is the victim.
using Order = std::vector<std::list<std::uint32_t>>;
Order order_of_filling(std::uint32_t ways) {
  Order order(sets);
  for (auto& list : order) {
    for (std::uint32_t way = 0; way < ways; ++way) list.push_back(way);
  }
  return order;
}

TEST_P(OfWays, LruIsAListWithTheUsedWayMovedToItsEnd) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  ReplacementState state = full(Replacement::Lru, ways);
  Order order = order_of_filling(ways);
  for (int i = 0; i < 3000; ++i) {
    const std::uint32_t set = any_set();
    std::uint32_t way = any_way();
    if (chance()) {
      state.touch(set, way);
    } else {
      way = state.victim(set);
      ASSERT_EQ(way, order[set].front()) << "step " << i;
      state.filled(set, way);
    }
    order[set].remove(way);
    order[set].push_back(way);
  }
}

TEST_P(OfWays, LfuCountsEveryTouchSinceTheFill) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  ReplacementState state = full(Replacement::Lfu, ways);
  Order order = order_of_filling(ways);  // by the time of the last use
  std::vector<std::vector<unsigned>> uses(sets, std::vector<unsigned>(ways));
  for (int i = 0; i < 3000; ++i) {
    const std::uint32_t set = any_set();
    std::uint32_t way = any_way();
    if (chance()) {
      ++uses[set][way];
      state.touch(set, way);
    } else {
      way = *std::min_element(order[set].begin(), order[set].end(),
                              [&](std::uint32_t a, std::uint32_t b) { return uses[set][a] < uses[set][b]; });
      ASSERT_EQ(state.victim(set), way) << "step " << i;
      uses[set][way] = 0;
      state.filled(set, way);
    }
    order[set].remove(way);
    order[set].push_back(way);
  }
}

TEST_P(OfWays, FifoIsAQueueThatUseDoesNotChange) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  ReplacementState state = full(Replacement::Fifo, ways);
  Order order = order_of_filling(ways);
  for (int i = 0; i < 3000; ++i) {
    const std::uint32_t set = any_set();
    if (chance()) {
      state.touch(set, any_way());
      continue;
    }
    const std::uint32_t way = state.victim(set);
    ASSERT_EQ(way, order[set].front()) << "step " << i;
    state.filled(set, way);
    order[set].remove(way);
    order[set].push_back(way);
  }
}

/// A tree of halves with an object per node: `first` to `last` ways, the wider half (a power of two) on the left.
struct Tree {
  std::uint32_t first, last;
  std::unique_ptr<Tree> left, right;
  bool go_right = false;

  Tree(std::uint32_t first_way, std::uint32_t span, std::uint32_t ways)
      : first(first_way), last(std::min(first_way + span, ways)) {
    if (span == 1) return;
    left = std::make_unique<Tree>(first_way, span / 2, ways);
    if (first_way + span / 2 < ways) right = std::make_unique<Tree>(first_way + span / 2, span / 2, ways);
  }
  void touch(std::uint32_t way) {
    if (!left) return;
    const bool at_right = right && way >= right->first;
    go_right = !at_right;
    (at_right ? right : left)->touch(way);
  }
  std::uint32_t victim() const {
    if (!left) return first;
    return go_right && right ? right->victim() : left->victim();
  }
};

TEST_P(OfWays, TreePlruFollowsTheBitsOfATree) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  ReplacementState state = full(Replacement::TreePlru, ways);
  std::uint32_t span = 1;
  while (span < ways) span *= 2;
  std::vector<Tree> trees;
  for (std::uint32_t set = 0; set < sets; ++set) {
    trees.emplace_back(0, span, ways);
    for (std::uint32_t way = 0; way < ways; ++way) trees[set].touch(way);
  }
  for (int i = 0; i < 3000; ++i) {
    const std::uint32_t set = any_set();
    const std::uint32_t way = chance() ? any_way() : state.victim(set);
    ASSERT_EQ(state.victim(set), trees[set].victim()) << "step " << i;
    state.touch(set, way);
    trees[set].touch(way);
    if (ways > 1) {
      ASSERT_NE(state.victim(set), way) << "the way used last";
    }
  }
}

/// Jaleel et al., ISCA 2010, figure 3, literally: on a miss, take the first with 3, or increment all and look again.
struct NaiveSrrip {
  std::vector<unsigned> values;
  std::uint32_t victim() {
    for (;;) {
      for (std::uint32_t way = 0; way < values.size(); ++way) {
        if (values[way] == 3) return way;
      }
      for (unsigned& value : values) ++value;
    }
  }
};

TEST_P(OfWays, SrripIsThatOfThePaper) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  ReplacementState state = full(Replacement::Srrip, ways);
  std::vector<NaiveSrrip> naive(sets, {std::vector<unsigned>(ways, 2)});
  for (int i = 0; i < 3000; ++i) {
    const std::uint32_t set = any_set();
    if (chance()) {
      const std::uint32_t way = any_way();
      state.touch(set, way);
      naive[set].values[way] = 0;
      continue;
    }
    const std::uint32_t way = state.victim(set);
    ASSERT_EQ(way, naive[set].victim()) << "step " << i;
    state.filled(set, way);
    naive[set].values[way] = 2;
  }
}

TEST_P(OfWays, RandomTakesEveryWayAboutEquallyOften) {
  ReplacementState state = full(Replacement::Random, ways, 3);
  std::vector<unsigned> taken(ways);
  constexpr unsigned draws = 2000;
  for (unsigned i = 0; i < draws * ways; ++i) {
    const std::uint32_t way = state.victim(i % sets);
    ASSERT_LT(way, ways);
    ++taken[way];
  }
  for (unsigned count : taken) EXPECT_NEAR(count, draws, draws / 8);
}

INSTANTIATE_TEST_SUITE_P(Ways, OfWays, testing::Values(1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 12u, 13u, 16u, 17u, 20u));

TEST(ReplacementState, RandomRepeatsItselfForASeedAndDiffersForAnother) {
  ReplacementState one = full(Replacement::Random, 8, 5);
  ReplacementState same = full(Replacement::Random, 8, 5);
  ReplacementState other = full(Replacement::Random, 8, 6);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const std::uint32_t way = one.victim(0);
    EXPECT_EQ(way, same.victim(0));
    differs |= way != other.victim(0);
  }
  EXPECT_TRUE(differs);
}

TEST(ReplacementState, RandomWithASeedOf0TakesEveryWayToo) {
  ReplacementState state = full(Replacement::Random, 4, 0);
  std::set<std::uint32_t> left;
  for (unsigned turn = 0; turn < 100; ++turn) left.insert(state.victim(0));
  EXPECT_EQ(left.size(), 4u);
}

}  // namespace
}  // namespace tablewalk::replacement_test
