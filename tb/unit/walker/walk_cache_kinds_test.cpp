// The organisations of walk caches against straight-line models: what each finds after random walks and invalidations.

#include <gtest/gtest.h>

#include <list>
#include <map>
#include <tuple>

#include "base/units.h"
#include "support/dice.h"
#include "support/random_scope.h"
#include "walker/walk_cache.h"

namespace tablewalk::test::walk_cache_kinds_test {
namespace {

/// The same set-associative LRU memory for each: a list per set, the most recently used first.
template <class Key, class Value>
class PlainLru {
 public:
  PlainLru(std::uint64_t sets, std::size_t ways) : sets_(sets), ways_(ways) {}

  Value* find(std::uint64_t number, const Key& key) {
    auto& set = lists_[number % sets_];
    for (auto entry = set.begin(); entry != set.end(); ++entry) {
      if (!(entry->first == key)) continue;
      set.splice(set.begin(), set, entry);
      return &set.front().second;
    }
    return nullptr;
  }
  void put(std::uint64_t number, const Key& key, const Value& value) {
    if (Value* old = find(number, key)) {
      *old = value;
      return;
    }
    auto& set = lists_[number % sets_];
    if (set.size() == ways_) set.pop_back();
    set.emplace_front(key, value);
  }
  template <class Covered>
  std::uint64_t remove_if(Covered covered) {
    std::uint64_t removed = 0;
    for (auto& [number, set] : lists_) {
      const std::size_t before = set.size();
      set.remove_if(covered);
      removed += before - set.size();
    }
    return removed;
  }

 private:
  std::uint64_t sets_;
  std::size_t ways_;
  std::map<std::uint64_t, std::list<std::pair<Key, Value>>> lists_;
};

WalkCacheConfig of(std::uint32_t level, std::uint32_t entries, std::uint32_t ways) {
  WalkCacheConfig config;
  config.level = level;
  config.entries = entries;
  config.ways = ways;
  return config;
}

constexpr unsigned top = 3;  // of x86-64
unsigned shift_of(unsigned level) {
  return 12 + 9 * level;
}

/// Addresses that share some of their tables.
VirtualAddress random_place(Dice& dice) {
  std::uint64_t va = 0;
  for (unsigned level = 1; level <= top; ++level) va |= dice.between(0, 3) << shift_of(level);
  return VirtualAddress(va | dice.between(0, 511) << 12);
}

WalkStart table_below(unsigned level, VirtualAddress va, AddressSpaceId asid, std::uint64_t version) {
  WalkStart start;
  start.level = static_cast<std::uint8_t>(level - 1);
  start.table = PhysicalAddress(((va.value() >> shift_of(level)) * 64 + asid * 8 + version * 1024) << 12);
  return start;
}

Invalidation random_invalidation(Dice& dice) {
  Invalidation invalidation;
  invalidation.scope = random_scope(dice);
  if (invalidation.covered().page) invalidation.va = random_place(dice);
  if (invalidation.covered().space) invalidation.asid = static_cast<AddressSpaceId>(dice.between(0, 1));
  return invalidation;
}

struct Pointer {
  unsigned level;
  std::uint64_t prefix;
  AddressSpaceId asid;
  bool operator==(const Pointer& other) const {
    return level == other.level && prefix == other.prefix && asid == other.asid;
  }
};

TEST(UnifiedTranslationCache, FindsWhatALruOfAllLevelsHas) {
  std::uint64_t hits = 0;
  for (const std::uint64_t seed : printed_seeds(50)) {
    Dice dice(seed);
    const std::uint32_t ways = dice.number(1, 4);
    const std::uint32_t sets = dice.number(1, 4);
    const auto caches =
        make_walk_caches(WalkCacheKind::UnifiedTranslation, {of(1, sets * ways, ways)}, *make_paging_mode("x86-64"));
    PlainLru<Pointer, WalkStart> plain(sets, ways);
    for (unsigned i = 0; i < 2000; ++i) {
      const VirtualAddress va = random_place(dice);
      const auto asid = static_cast<AddressSpaceId>(dice.between(0, 1));
      if (dice.chance(5)) {
        const Invalidation invalidation = random_invalidation(dice);
        const std::uint64_t removed = plain.remove_if([&](const auto& entry) {
          const Pointer& key = entry.first;
          return invalidation.covers_pointer(VirtualAddress(key.prefix << shift_of(key.level)), shift_of(key.level),
                                             key.asid, false);
        });
        ASSERT_EQ(caches->invalidate(invalidation), removed) << "seed " << seed << ", step " << i;
      }
      std::optional<WalkStart> expected;
      for (unsigned level = 1; level <= top; ++level) {
        const std::uint64_t prefix = va.value() >> shift_of(level);
        const WalkStart* found = plain.find(prefix, {level, prefix, asid});
        if (found != nullptr && !expected) expected = *found;
      }
      const auto found = caches->find(va, asid);
      ASSERT_EQ(found.has_value(), expected.has_value()) << "seed " << seed << ", step " << i;
      if (found) {
        ASSERT_EQ(found->table, expected->table);
      }
      hits += found ? 1 : 0;
      for (unsigned level = found ? found->level : top; level >= 1; --level) {
        const WalkStart start = table_below(level, va, asid, i);
        caches->remember(va, asid, start);
        const std::uint64_t prefix = va.value() >> shift_of(level);
        plain.put(prefix, {level, prefix, asid}, start);
      }
    }
  }
  EXPECT_GT(hits, 10000u);
}

/// Every pointer that was remembered and not invalidated since, by level, prefix and space.
class KnownPointers {
 public:
  /// A path that loses a pointer is removed as a whole, so the levels above it may be lost or, in another path, not.
  void invalidate(const Invalidation& invalidation) {
    for (auto pointer = tables_.begin(); pointer != tables_.end();) {
      const auto& [level, prefix, asid] = pointer->first;
      const bool covered =
          invalidation.covers_pointer(VirtualAddress(prefix << shift_of(level)), shift_of(level), asid, false);
      pointer = covered ? tables_.erase(pointer) : std::next(pointer);
    }
  }
  void remember(unsigned level, VirtualAddress va, AddressSpaceId asid, PhysicalAddress table) {
    tables_[{level, va.value() >> shift_of(level), asid}] = table;
  }
  std::optional<PhysicalAddress> table(unsigned level, VirtualAddress va, AddressSpaceId asid) const {
    const auto found = tables_.find({level, va.value() >> shift_of(level), asid});
    return found == tables_.end() ? std::nullopt : std::optional(found->second);
  }
  /// 0 if there is none.
  unsigned deepest(VirtualAddress va, AddressSpaceId asid) const {
    unsigned level = 1;
    while (level <= top && !table(level, va, asid)) ++level;
    return level <= top ? level : 0;
  }

 private:
  std::map<std::tuple<unsigned, std::uint64_t, AddressSpaceId>, PhysicalAddress> tables_;
};

/// With room for every path the deepest pointer is found; with less, nothing that is not known.
TEST(TranslationPathCache, FindsTheLongestKnownPartOfTheWay) {
  std::uint64_t hits = 0;
  std::uint64_t parts = 0;
  for (const std::uint64_t seed : printed_seeds(60)) {
    Dice dice(seed);
    const bool ample = dice.chance(50);
    const std::uint32_t entries = ample ? 128 : dice.number(1, 12);
    const auto caches =
        make_walk_caches(WalkCacheKind::TranslationPath, {of(1, entries, 0)}, *make_paging_mode("x86-64"));
    KnownPointers known;
    for (unsigned i = 0; i < 2000; ++i) {
      const VirtualAddress va = random_place(dice);
      const auto asid = static_cast<AddressSpaceId>(dice.between(0, 1));
      const bool invalidates = !ample && dice.chance(3);
      if (invalidates) {
        const Invalidation invalidation = random_invalidation(dice);
        known.invalidate(invalidation);
        caches->invalidate(invalidation);
      }
      const auto found = caches->find(va, asid);
      const unsigned deepest = known.deepest(va, asid);
      if (ample) {
        ASSERT_EQ(found ? found->pointer_level() : 0, deepest) << "seed " << seed << ", step " << i;
      }
      if (found) {
        ASSERT_EQ(found->table, known.table(found->pointer_level(), va, asid)) << "seed " << seed << ", step " << i;
        ++hits;
        parts += found->level != 0 ? 1 : 0;
      }
      // A walk, perhaps to a large page, from there on.
      const unsigned last = dice.chance(70) ? 1 : dice.number(1, top);
      for (unsigned level = found ? found->level : top; level >= last; --level) {
        const auto same = known.table(level, va, asid);  // tables do not change without an invalidation
        WalkStart start = table_below(level, va, asid, i);
        if (same) start.table = *same;
        caches->remember(va, asid, start);
        known.remember(level, va, asid, start.table);
      }
    }
  }
  EXPECT_GT(hits, 20000u);
  EXPECT_GT(parts, 5000u);
}

TEST(TranslationPathCache, ThePathThatWasNotUsedForLongestLeaves) {
  const auto caches = make_walk_caches(WalkCacheKind::TranslationPath, {of(1, 2, 0)}, *make_paging_mode("x86-64"));
  const auto walk = [&](std::uint64_t va) {
    for (unsigned level = top; level >= 1; --level) {
      caches->remember(VirtualAddress(va), 0, table_below(level, VirtualAddress(va), 0, 0));
    }
  };
  const auto level_of = [&](std::uint64_t va) {
    const auto found = caches->find(VirtualAddress(va), 0);
    return found ? found->pointer_level() : 0;
  };
  walk(0);
  walk(std::uint64_t{1} << 39);
  EXPECT_EQ(level_of(0), 1);
  walk(std::uint64_t{2} << 39);
  EXPECT_EQ(level_of(std::uint64_t{1} << 39), 0);
  EXPECT_EQ(level_of(0), 1);
  EXPECT_EQ(level_of(std::uint64_t{1} << 21), 2) << "the part above its last-level table";
  EXPECT_EQ(level_of(std::uint64_t{1} << 30), 3);
}

TEST(TranslationPathCache, ANewPathHasThePartOfTheWayThatWasKnown) {
  const auto caches = make_walk_caches(WalkCacheKind::TranslationPath, {of(1, 2, 0)}, *make_paging_mode("x86-64"));
  const auto remember = [&](std::uint64_t va, unsigned from) {
    for (unsigned level = from; level >= 1; --level) {
      caches->remember(VirtualAddress(va), 0, table_below(level, VirtualAddress(va), 0, 0));
    }
  };
  remember(0, top);
  remember(std::uint64_t{1} << 21, 1);    // shares the upper levels
  remember(std::uint64_t{1} << 39, top);  // the first path leaves
  EXPECT_EQ(caches->find(VirtualAddress(0), 0)->pointer_level(), 2);
}

class PageTableCache : public testing::TestWithParam<WalkCacheKind> {};

TEST_P(PageTableCache, FindsTheEntriesThatALruHas) {
  const bool unified = GetParam() == WalkCacheKind::UnifiedPageTable;
  std::uint64_t hits = 0;
  for (const std::uint64_t seed : printed_seeds(50)) {
    Dice dice(seed);
    const std::uint32_t ways = dice.number(1, 4);
    const std::uint32_t sets = dice.number(1, 4);
    std::vector<WalkCacheConfig> configs{of(1, sets * ways, ways)};
    if (!unified) configs.push_back(of(3, sets * ways, ways));
    const auto caches = make_walk_caches(GetParam(), configs, *make_paging_mode("x86-64"));
    ASSERT_TRUE(caches->by_address());
    std::map<unsigned, PlainLru<std::uint64_t, std::uint64_t>> plain;
    for (unsigned level = 1; level <= top; ++level)
      plain.emplace(level, PlainLru<std::uint64_t, std::uint64_t>(sets, ways));
    for (unsigned i = 0; i < 3000; ++i) {
      const unsigned level = dice.number(1, top);
      auto& lru = plain.at(unified ? 1 : level);
      const PhysicalAddress at(0x10000 * level + 8 * dice.between(0, 20));
      const bool cached = unified || level != 2;
      const std::uint64_t* expected = cached ? lru.find(at.value() / 8, at.value()) : nullptr;
      const auto found = caches->find_entry(level, at);
      ASSERT_EQ(found.has_value(), expected != nullptr) << "seed " << seed << ", step " << i;
      if (found) {
        ASSERT_EQ(*found, *expected);
      }
      EXPECT_EQ(caches->hits(), found ? 1u << level : 0u);
      hits += found ? 1 : 0;
      if (dice.chance(found ? 20 : 80)) {  // another walk may have missed at the same time
        caches->remember_entry(level, at, i);
        if (cached) lru.put(at.value() / 8, at.value(), i);
      }
      if (!dice.chance(2)) continue;
      const Invalidation invalidation = random_invalidation(dice);
      caches->invalidate(invalidation);
      if (invalidation.covered().pointers == Invalidation::Pointers::None) continue;
      for (auto& [of_level, entries] : plain) entries.remove_if([](const auto&) { return true; });
    }
  }
  EXPECT_GT(hits, 10000u);
}

INSTANTIATE_TEST_SUITE_P(, PageTableCache,
                         testing::Values(WalkCacheKind::SplitPageTable, WalkCacheKind::UnifiedPageTable),
                         [](const auto& kind) {
                           return kind.param == WalkCacheKind::SplitPageTable ? "split" : "unified";
                         });

TEST(WalkCacheKinds, AModeWithoutPointersHasNothingToCache) {
  for (const WalkCacheKind kind :
       {WalkCacheKind::SplitTranslation, WalkCacheKind::UnifiedTranslation, WalkCacheKind::SplitPageTable,
        WalkCacheKind::UnifiedPageTable, WalkCacheKind::TranslationPath}) {
    for (const char* mode : {"flat48", "hashed"}) {
      const auto caches = make_walk_caches(kind, {of(1, 4, 0)}, *make_paging_mode(mode));
      EXPECT_TRUE(caches->stats().empty());
      EXPECT_FALSE(caches->by_address());
      EXPECT_FALSE(caches->find(VirtualAddress(0), 0));
      EXPECT_FALSE(caches->find_entry(1, PhysicalAddress(0)));
      EXPECT_EQ(caches->invalidate({}), 0u);
    }
  }
}

}  // namespace
}  // namespace tablewalk::test::walk_cache_kinds_test
