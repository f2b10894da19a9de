#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "associative/replacement.h"

namespace tablewalk::candidates_test {
namespace {

constexpr auto policies = all_replacements();

/// A full set of each policy, with random touches and fills.
class AmongCandidates : public testing::TestWithParam<std::uint32_t> {
 protected:
  static constexpr std::uint64_t seed = 5;
  std::uint32_t ways_ = GetParam();
  std::mt19937_64 random_{seed};

  ReplacementState full(Replacement policy) {
    ReplacementState state(policy, 1, ways_, seed);
    for (std::uint32_t way = 0; way < ways_; ++way) state.filled(0, way);
    return state;
  }
  std::uint32_t any_way() { return static_cast<std::uint32_t>(random_() % ways_); }
  bool chance() { return random_() % 2 == 0; }
  Candidates some() {
    Candidates candidates(ways_);
    for (std::uint8_t& flag : candidates) flag = chance() ? 1 : 0;
    candidates[any_way()] = 1;
    return candidates;
  }
  /// Random touches, and fills of victims; `expected(candidates)` is the victim, `touched` and `filled` are called.
  template <class Expected, class Touched, class Filled>
  void compare(Replacement policy, Expected expected, Touched touched, Filled filled) {
    SCOPED_TRACE(testing::Message() << "seed " << seed << ", policy " << static_cast<int>(policy));
    ReplacementState state = full(policy);
    for (int i = 0; i < 3000; ++i) {
      std::uint32_t way = any_way();
      if (chance()) {
        state.touch(0, way);
        touched(way);
        continue;
      }
      const Candidates candidates = some();
      way = state.victim_among(0, candidates);
      ASSERT_EQ(way, expected(candidates)) << "step " << i;
      state.filled(0, way);
      filled(way);
    }
  }
  /// The first of the order that is a candidate.
  static std::uint32_t first(const std::vector<std::uint32_t>& order, const Candidates& candidates) {
    return *std::find_if(order.begin(), order.end(), [&](std::uint32_t way) { return candidates[way] != 0; });
  }
};

void move_to_end(std::vector<std::uint32_t>& order, std::uint32_t way) {
  order.erase(std::find(order.begin(), order.end(), way));
  order.push_back(way);
}

TEST_P(AmongCandidates, AllWaysGiveTheVictimOfTheSet) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (const Replacement policy : policies) {
    ReplacementState plain = full(policy);
    ReplacementState among = full(policy);
    for (int i = 0; i < 3000; ++i) {
      std::uint32_t way = any_way();
      if (chance()) {
        plain.touch(0, way);
        among.touch(0, way);
        continue;
      }
      way = plain.victim(0);
      ASSERT_EQ(among.victim_among(0, Candidates(ways_, 1)), way) << "policy " << static_cast<int>(policy) << ", " << i;
      plain.filled(0, way);
      among.filled(0, way);
    }
  }
}

/// The contract: skipping the touches that the policy allows to skip gives the same victims among candidates too.
TEST_P(AmongCandidates, WhatRepeatsAllowsToLeaveOutChangesNothing) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (const Replacement policy : policies) {
    ReplacementState once = full(policy);
    ReplacementState often = full(policy);
    for (int i = 0; i < 3000; ++i) {
      std::uint32_t way = any_way();
      const bool fill = chance();
      if (fill) {
        const Candidates candidates = some();
        way = once.victim_among(0, candidates);
        ASSERT_NE(candidates[way], 0);
        ASSERT_EQ(often.victim_among(0, candidates), way) << "policy " << static_cast<int>(policy) << ", step " << i;
        once.filled(0, way);
        often.filled(0, way);
      } else {
        once.touch(0, way);
        often.touch(0, way);
      }
      const bool may_repeat =
          once.repeats() == Repeats::AddNothingToFill || (!fill && once.repeats() == Repeats::AreOneTouch);
      for (std::uint64_t more = may_repeat ? random_() % 3 : 0; more != 0; --more) often.touch(0, way);
    }
  }
}

TEST_P(AmongCandidates, LruTakesTheLeastRecentlyUsed) {
  std::vector<std::uint32_t> order(ways_);
  for (std::uint32_t way = 0; way < ways_; ++way) order[way] = way;
  const auto used = [&](std::uint32_t way) { move_to_end(order, way); };
  compare(
      Replacement::Lru, [&](const Candidates& candidates) { return first(order, candidates); }, used, used);
}

TEST_P(AmongCandidates, FifoTakesTheFirstThatCame) {
  std::vector<std::uint32_t> order(ways_);
  for (std::uint32_t way = 0; way < ways_; ++way) order[way] = way;
  compare(
      Replacement::Fifo, [&](const Candidates& candidates) { return first(order, candidates); }, [](std::uint32_t) {},
      [&](std::uint32_t way) { move_to_end(order, way); });
}

TEST_P(AmongCandidates, LfuTakesTheLeastUsedAndOfEqualsTheLeastRecent) {
  std::vector<std::uint32_t> order(ways_);
  for (std::uint32_t way = 0; way < ways_; ++way) order[way] = way;
  std::vector<unsigned> uses(ways_);
  compare(
      Replacement::Lfu,
      [&](const Candidates& candidates) {
        std::vector<std::uint32_t> by_use = order;
        std::stable_sort(by_use.begin(), by_use.end(),
                         [&](std::uint32_t a, std::uint32_t b) { return uses[a] < uses[b]; });
        return first(by_use, candidates);
      },
      [&](std::uint32_t way) {
        ++uses[way];
        move_to_end(order, way);
      },
      [&](std::uint32_t way) {
        uses[way] = 0;
        move_to_end(order, way);
      });
}

TEST_P(AmongCandidates, SrripAgesAllWaysUntilACandidateIsDistant) {
  std::vector<unsigned> predictions(ways_, 2);
  compare(
      Replacement::Srrip,
      [&](const Candidates& candidates) {
        for (;;) {
          for (std::uint32_t way = 0; way < ways_; ++way) {
            if (candidates[way] != 0 && predictions[way] == 3) return way;
          }
          for (unsigned& prediction : predictions) prediction += prediction < 3 ? 1 : 0;
        }
      },
      [&](std::uint32_t way) { predictions[way] = 0; }, [&](std::uint32_t way) { predictions[way] = 2; });
}

/// A half of a set without candidates is not entered; else the side that the last use in this half was not on.
TEST_P(AmongCandidates, TreePlruGoesToTheOtherSideIfOneHasNone) {
  std::vector<std::uint32_t> last_used(64);  // [node of a heap over 32 leaves]: the way
  const auto use = [&](std::uint32_t way) {
    for (std::uint32_t node = 32 + way; node != 0; node /= 2) last_used[node] = way;
  };
  for (std::uint32_t way = 0; way < ways_; ++way) use(way);
  const auto victim = [&](const Candidates& candidates) {
    std::uint32_t first_way = 0;
    std::uint32_t node = 1;
    for (std::uint32_t half = 16; half != 0; half /= 2) {
      const auto begin = candidates.begin();
      const auto any = [&](std::uint32_t from) {
        const auto end = std::min(from + half, ways_);
        return from < end && std::count(begin + from, begin + end, 1) != 0;
      };
      const bool used_left = last_used[node] < first_way + half;
      const bool right = any(first_way + half) && (used_left || !any(first_way));
      first_way += right ? half : 0;
      node = 2 * node + (right ? 1 : 0);
    }
    return first_way;
  };
  compare(Replacement::TreePlru, victim, use, use);
}

TEST_P(AmongCandidates, RandomTakesEachAboutEquallyOften) {
  ReplacementState state = full(Replacement::Random);
  const Candidates candidates = some();
  const auto count = static_cast<unsigned>(std::count(candidates.begin(), candidates.end(), 1));
  std::vector<unsigned> taken(ways_);
  constexpr unsigned draws = 2000;
  for (unsigned i = 0; i < draws * count; ++i) ++taken[state.victim_among(0, candidates)];
  for (std::uint32_t way = 0; way < ways_; ++way) {
    EXPECT_NEAR(taken[way], candidates[way] != 0 ? draws : 0, candidates[way] != 0 ? draws / 8 : 0) << "way " << way;
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, AmongCandidates, testing::Values(1u, 2u, 3u, 4u, 6u, 8u, 12u, 13u, 16u, 17u, 20u));

}  // namespace
}  // namespace tablewalk::candidates_test
