#include "associative/set_associative.h"

#include <gtest/gtest.h>

#include <list>
#include <random>

#include "associative/geometry.h"

namespace tablewalk::set_associative_test {
namespace {

using Array = SetAssociative<int>;

TEST(SetAssociative, FindsWhatWasPutInAndNothingElse) {
  Array array(4, 2, Replacement::Lru);
  EXPECT_EQ(array.find(1, 5), nullptr);
  EXPECT_EQ(array.insert(1, 5, 50).key, Array::no_key);
  ASSERT_NE(array.find(1, 5), nullptr);
  EXPECT_EQ(*array.find(1, 5), 50);
  EXPECT_EQ(array.find(2, 5), nullptr) << "another set";
  EXPECT_EQ(array.find(1, 9), nullptr) << "another key";
}

TEST(SetAssociative, TellsWhoHadToLeave) {
  Array array(1, 2, Replacement::Lru);
  array.insert(0, 1, 10);
  array.insert(0, 2, 20);
  array.find(0, 1);
  const auto evicted = array.insert(0, 3, 30);
  EXPECT_EQ(evicted.key, 2u);
  EXPECT_EQ(evicted.value, 20);
}

TEST(SetAssociative, PeekingIsNoUse) {
  Array array(1, 2, Replacement::Lru);
  array.insert(0, 1, 10);
  array.insert(0, 2, 20);
  ASSERT_NE(array.peek(0, 1, [](int) { return true; }), nullptr);
  EXPECT_EQ(array.insert(0, 3, 30).key, 1u);
}

TEST(SetAssociative, OneKeyCanStandForSeveralValuesThatTheMatchTellsApart) {
  Array array(1, 4, Replacement::Lru);
  array.insert(0, 1, 10);
  array.insert(0, 1, 11);
  const auto is = [](int wanted) { return [wanted](int value) { return value == wanted; }; };
  EXPECT_EQ(*array.find(0, 1, is(10)), 10);
  EXPECT_EQ(*array.find(0, 1, is(11)), 11);
  EXPECT_EQ(array.find(0, 1, is(12)), nullptr);
}

TEST(SetAssociative, ErasedPlacesAreFilledFirst) {
  Array array(1, 3, Replacement::Lru);
  for (std::uint64_t key = 1; key <= 3; ++key) array.insert(0, key, static_cast<int>(key));
  EXPECT_EQ(array.erase_if([](std::uint64_t key, int) { return key == 3; }), 1u);
  EXPECT_EQ(array.find(0, 3), nullptr);
  EXPECT_EQ(array.insert(0, 4, 4).key, Array::no_key);
  EXPECT_EQ(array.insert(0, 5, 5).key, 1u);
}

TEST(SetAssociative, VisitsEveryValueOnce) {
  Array array(2, 2, Replacement::Fifo);
  array.insert(0, 2, 20);
  array.insert(1, 3, 30);
  int sum = 0;
  array.for_each([&](std::uint64_t key, int value) { sum += static_cast<int>(key) + value; });
  EXPECT_EQ(sum, 55);
}

TEST(SetAssociative, AnyNumberOfSetsSharesOutTheNumbers) {
  EXPECT_EQ(Array(8, 1, Replacement::Lru).set_of(29), 5u);
  EXPECT_EQ(Array(6, 1, Replacement::Lru).set_of(29), 5u);
  EXPECT_EQ(Array(7, 1, Replacement::Lru).set_of(29), 1u);
  EXPECT_EQ(Array(1, 4, Replacement::Lru).set_of(29), 0u);
}

TEST(SetAssociative, FindsTheSameWhereItWas) {
  std::mt19937_64 random(5);
  Array array(4, 12, Replacement::Lru);
  Array same(4, 12, Replacement::Lru);
  same.remember_ways();
  std::uint64_t remembered = 0;
  for (std::uint64_t step = 0; step < 20000; ++step) {
    const std::uint64_t key = random() % 32 + (random() % 2) * 4096;  // two keys share what is remembered
    const std::uint32_t set = array.set_of(key);
    const int* found = array.find(set, key);
    const int* found_same = same.find_where_it_was(key);
    if (found_same != nullptr) ++remembered;
    if (found_same == nullptr) found_same = same.find_and_remember(key);
    ASSERT_EQ(found == nullptr, found_same == nullptr) << step;
    if (found != nullptr) {
      ASSERT_EQ(*found, *found_same) << step;
    } else {
      ASSERT_EQ(array.insert(set, key, static_cast<int>(step)).key, same.insert(set, key, static_cast<int>(step)).key);
    }
  }
  EXPECT_GT(remembered, 5000u);
}

TEST(SetAssociative, RemembersNoWaysWhereAUseIsACall) {
  Array array(4, 12, Replacement::Fifo);
  array.remember_ways();
  array.insert(1, 5, 50);
  EXPECT_NE(array.find_and_remember(5), nullptr);
  EXPECT_EQ(array.find_where_it_was(5), nullptr);
}

/// Lists of keys, least recently used first: an obviously correct LRU array.
TEST(SetAssociative, LruHitsAndMissesLikeListsForAnyShape) {
  constexpr std::uint64_t seed = 11;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int machine = 0; machine < 40; ++machine) {
    const auto sets = static_cast<std::uint32_t>(1 + random() % 7);
    const auto ways = static_cast<std::uint32_t>(1 + random() % 20);
    Array array(sets, ways, Replacement::Lru);
    std::vector<std::list<std::uint64_t>> lists(sets);
    for (int i = 0; i < 500; ++i) {
      const std::uint64_t key = random() % (2 * sets * ways);
      auto& list = lists[key % sets];
      const bool expected = std::find(list.begin(), list.end(), key) != list.end();
      ASSERT_EQ(array.find(array.set_of(key), key) != nullptr, expected) << sets << " sets, " << ways << " ways";
      list.remove(key);
      list.push_back(key);
      if (expected) continue;
      const bool full = list.size() > ways;
      ASSERT_EQ(array.insert(array.set_of(key), key, 0).key, full ? list.front() : Array::no_key);
      if (full) list.pop_front();
    }
  }
}

/// The same array without shortcuts: examines every way, and reports every use to the policy.
struct PlainArray {
  struct Slot {
    std::uint64_t key = Array::no_key;
    int value = 0;
  };
  std::uint32_t ways;
  std::vector<Slot> slots;
  std::vector<std::uint32_t> recent;  ///< of several matches, the one last used or inserted; else the first
  ReplacementState state;

  PlainArray(std::uint32_t sets, std::uint32_t of_ways, Replacement policy)
      : ways(of_ways), slots(sets * of_ways), recent(sets), state(policy, sets, of_ways, 1) {}
  Slot& at(std::uint32_t set, std::uint32_t way) { return slots[set * ways + way]; }
  /// `ways` if there is none.
  std::uint32_t way_of(std::uint32_t set, std::uint64_t key, int parity) {
    const auto is = [&](std::uint32_t way) { return at(set, way).key == key && at(set, way).value % 2 == parity; };
    if (is(recent[set])) return recent[set];
    std::uint32_t way = 0;
    while (way < ways && !is(way)) ++way;
    return way;
  }
  int* find(std::uint32_t set, std::uint64_t key, int parity) {
    const std::uint32_t way = way_of(set, key, parity);
    if (way == ways) return nullptr;
    recent[set] = way;
    state.touch(set, way);
    return &at(set, way).value;
  }
  std::uint64_t insert(std::uint32_t set, std::uint64_t key, int value) {
    std::uint32_t way = 0;
    while (way < ways && at(set, way).key != Array::no_key) ++way;
    if (way == ways) way = state.victim(set);
    const std::uint64_t evicted = at(set, way).key;
    at(set, way) = {key, value};
    recent[set] = way;
    state.filled(set, way);
    return evicted;
  }
};

/// Any finds, inserts and erasures, with duplicate keys, for each policy.
void compare_with_plain_array(Replacement policy, std::mt19937_64& random) {
  const auto sets = static_cast<std::uint32_t>(1 + random() % 5);
  const auto ways = static_cast<std::uint32_t>(1 + random() % 20);
  Array array(sets, ways, policy);
  PlainArray plain(sets, ways, policy);
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t key = random() % (sets * ways + 3);
    const std::uint32_t set = array.set_of(key);
    const int parity = static_cast<int>(random() % 2);
    if (random() % 50 == 0) {
      array.erase_if([&](std::uint64_t held, int) { return held % 7 == key % 7; });
      for (auto& slot : plain.slots) {
        if (slot.key != Array::no_key && slot.key % 7 == key % 7) slot.key = Array::no_key;
      }
    }
    const int* found = array.find(set, key, [&](int value) { return value % 2 == parity; });
    const int* expected = plain.find(set, key, parity);
    ASSERT_EQ(found != nullptr, expected != nullptr) << sets << " sets, " << ways << " ways, step " << i;
    if (found != nullptr) {
      ASSERT_EQ(*found, *expected) << sets << " sets, " << ways << " ways, step " << i;
    }
    if (found != nullptr && random() % 8 != 0) continue;
    ASSERT_EQ(array.insert(set, key, 2 * i + parity).key, plain.insert(set, key, 2 * i + parity))
        << sets << " sets, " << ways << " ways, step " << i;
  }
}

TEST(SetAssociative, IsAPlainArrayForEveryPolicyAndShape) {
  constexpr std::uint64_t seed = 17;
  std::mt19937_64 random(seed);
  for (const auto& [name, policy] : EnumNames<Replacement>::names) {
    SCOPED_TRACE(testing::Message() << name << ", seed " << seed);
    for (int machine = 0; machine < 30; ++machine) compare_with_plain_array(policy, random);
  }
}

TEST(Geometry, ZeroWaysAreFullyAssociative) {
  EXPECT_EQ(ways_of(12, 0), 12u);
  EXPECT_EQ(sets_of(12, 0), 1u);
  EXPECT_EQ(sets_of(1536, 12), 128u);
}

TEST(Geometry, WaysMustDivideEntries) {
  std::string key;
  const auto note = [&](const char* found, const std::string&) { key = found; };
  check_geometry(12, 5, note);
  EXPECT_EQ(key, "ways");
  check_geometry(0, 0, note);
  EXPECT_EQ(key, "entries");
  key.clear();
  check_geometry(12, 4, note);
  check_geometry(12, 0, note);
  EXPECT_EQ(key, "");
}

TEST(SetAssociative, WhatWasFoundMayBeReusedUnlessThePolicyCountsEveryUse) {
  EXPECT_TRUE(Array(1, 4, Replacement::Lru).may_reuse_last());
  EXPECT_TRUE(Array(1, 4, Replacement::Random).may_reuse_last());
  EXPECT_FALSE(Array(1, 4, Replacement::Lfu).may_reuse_last());
}

}  // namespace
}  // namespace tablewalk::set_associative_test
