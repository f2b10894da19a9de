#include "cache/table_ways.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "cache/cache_array.h"

namespace tablewalk::table_ways_test {
namespace {

struct Line {
  bool table = false;
};

Candidates candidates_of(std::uint32_t bound, const std::vector<Line>& lines) {
  TableWays table_ways(bound, static_cast<std::uint32_t>(lines.size()));
  const Candidates* found = table_ways(lines.data());
  return found == nullptr ? Candidates{} : *found;
}

TEST(TableWays, UpToTheBoundOnlyDataMayGo) {
  EXPECT_EQ(candidates_of(2, {{true}, {false}, {true}, {false}}), (Candidates{0, 1, 0, 1}));
  EXPECT_EQ(candidates_of(2, {{false}, {false}, {true}, {false}}), (Candidates{1, 1, 0, 1}));
}

TEST(TableWays, BeyondTheBoundAnyLineMayGo) {
  EXPECT_TRUE(candidates_of(2, {{true}, {false}, {true}, {true}}).empty());
}

TEST(TableWays, WithoutDataAnyLineMayGo) {
  EXPECT_TRUE(candidates_of(3, {{true}, {true}, {true}}).empty());
}

/// One set of a cache, line by line, beside CacheArray.
class Sets : public testing::TestWithParam<Replacement> {};

TEST_P(Sets, ALineOfATableLeavesOnlyBeyondTheBoundOrIfThereIsNoOther) {
  constexpr std::uint64_t seed = 3;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  std::uint64_t favoured = 0;
  for (int machine = 0; machine < 30; ++machine) {
    CacheConfig config;
    config.ways = static_cast<std::uint32_t>(1 + random() % 20);
    config.bytes = ByteSize{std::uint64_t{64} * config.ways};
    config.replacement = GetParam();
    config.table_ways = static_cast<std::uint32_t>(1 + random() % config.ways);
    CacheArray array(config, 64);
    std::map<std::uint64_t, bool> held;  // line: of a table
    const auto tables = [&] {
      return static_cast<std::size_t>(
          std::count_if(held.begin(), held.end(), [](const auto& line) { return line.second; }));
    };
    for (int i = 0; i < 600; ++i) {
      const std::uint64_t address = 64 * (random() % (2 * config.ways + 1));
      const bool table = random() % 3 == 0;
      if (CacheArray::Line* line = array.find(PhysicalAddress(address))) {
        ASSERT_EQ(held.count(address), 1u);
        if (table) array.mark_table(*line);
        held[address] |= table;
        continue;
      }
      const bool full = held.size() == config.ways;
      const std::size_t before = tables();
      const auto evicted = array.install(PhysicalAddress(address), {true, table});
      ASSERT_EQ(evicted.dirty, full);
      if (full) {
        ASSERT_EQ(evicted.table, held.at(evicted.line.value()));
        favoured += before <= config.table_ways && before != held.size() ? 1 : 0;
        const bool may_take_table = before > config.table_ways || before == held.size();
        ASSERT_TRUE(!evicted.table || may_take_table) << before << " of " << config.ways << " lines are of tables";
        held.erase(evicted.line.value());
      }
      held[address] = table;
      ASSERT_EQ(array.table_lines(), tables()) << "table_share counts them";
      ASSERT_EQ(array.valid_lines(), held.size());
    }
  }
  EXPECT_GT(favoured, 1000u) << "the rule was rarely tried";
}

TEST_P(Sets, WithoutTableLinesTheBoundChangesNothing) {
  constexpr std::uint64_t seed = 4;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  CacheConfig config;
  config.bytes = ByteSize{512};
  config.ways = 8;
  config.replacement = GetParam();
  CacheArray plain(config, 64);
  config.table_ways = 8;
  CacheArray favouring(config, 64);
  for (int i = 0; i < 5000; ++i) {
    const PhysicalAddress address(64 * (random() % 20));
    const bool hit = plain.find(address) != nullptr;
    ASSERT_EQ(favouring.find(address) != nullptr, hit);
    if (hit) continue;
    ASSERT_EQ(plain.install(address, {true, false}).line, favouring.install(address, {true, false}).line);
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, Sets, testing::ValuesIn(all_replacements()));

TEST(CacheShape, HasNoMoreTableWaysThanWays) {
  const auto refused = [](std::uint32_t ways, std::uint32_t table_ways) {
    CacheConfig config;
    config.bytes = ByteSize{1024};
    config.ways = ways;
    config.table_ways = table_ways;
    std::string key;
    check_cache_shape(config, 64, [&](const std::string& found, const std::string&) { key = found; });
    return key;
  };
  EXPECT_EQ(refused(8, 8), "");
  EXPECT_EQ(refused(8, 9), "table_ways");
  EXPECT_EQ(refused(0, 16), "") << "fully associative";
  EXPECT_EQ(refused(0, 17), "table_ways");
}

}  // namespace
}  // namespace tablewalk::table_ways_test
