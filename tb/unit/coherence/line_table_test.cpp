#include "coherence/line_table.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "support/dice.h"

namespace tablewalk::line_table_test {
namespace {

using Table = LineTable<std::uint64_t>;
using Reference = std::map<std::uint64_t, std::uint64_t>;

/// The table matches the reference for all lines ever used, and has nothing else.
void expect_equal(Table& table, const Reference& reference, const std::vector<std::uint64_t>& used) {
  ASSERT_EQ(table.size(), reference.size());
  for (const std::uint64_t line : used) {
    const std::uint64_t* value = table.find(line);
    const auto expected = reference.find(line);
    ASSERT_EQ(value != nullptr, expected != reference.end()) << line;
    if (value != nullptr) {
      ASSERT_EQ(*value, expected->second) << line;
    }
  }
}

/// The lines among the first million that hash to `place` in a table of the smallest size. They collide more rarely in
/// larger tables.
std::vector<std::uint64_t> lines_of_place(std::uint64_t place, std::size_t count) {
  std::vector<std::uint64_t> lines;
  for (std::uint64_t line = 0; lines.size() < count; ++line) {
    if (((line * 0x9e3779b97f4a7c15U >> 20) & 1023) == place) lines.push_back(line);
  }
  return lines;
}

/// Inserts, finds and erases lines of a pool, and compares with std::map after each step.
void run_random(test::Dice& dice, const std::vector<std::uint64_t>& pool, unsigned operations) {
  Table table;
  Reference reference;
  for (unsigned i = 0; i < operations; ++i) {
    const std::uint64_t line = dice.pick(pool);
    const bool there = reference.count(line) != 0;
    ASSERT_EQ(table.find(line) != nullptr, there) << line;
    if (there && dice.chance(60)) {
      table.erase(line);
      reference.erase(line);
    } else if (dice.chance(70)) {
      std::uint64_t& value = table.insert(line);
      ASSERT_EQ(value, there ? reference[line] : 0u) << "a new line's value is the default";
      value = reference[line] = dice.between(0, 1000);
    } else if (dice.chance(1)) {
      const std::uint64_t divisor = dice.between(2, 5);
      table.erase_if([&](std::uint64_t number, std::uint64_t value) { return (number ^ value) % divisor == 0; });
      for (auto it = reference.begin(); it != reference.end();) {
        it = (it->first ^ it->second) % divisor == 0 ? reference.erase(it) : std::next(it);
      }
    }
    if (i % 500 != 0) continue;
    ASSERT_NO_FATAL_FAILURE(expect_equal(table, reference, pool));
  }
  expect_equal(table, reference, pool);
}

std::vector<std::uint64_t> random_pool(test::Dice& dice) {
  std::vector<std::uint64_t> pool;
  if (dice.chance(40)) {  // all in a few places, including the last ones: searches wrap around
    for (unsigned i = 0; i < 3; ++i) {
      const std::uint64_t place = dice.chance(50) ? dice.between(1016, 1023) : dice.between(0, 7);
      for (const std::uint64_t line : lines_of_place(place, dice.between(1, 30))) pool.push_back(line);
    }
    return pool;
  }
  const std::uint64_t count = dice.between(1, 6000);
  const std::uint64_t stride = dice.chance(50) ? 1 : dice.between(1, 1U << 20);
  for (std::uint64_t i = 0; i < count; ++i) pool.push_back(dice.chance(20) ? dice.between(0, 1ULL << 50) : i * stride);
  return pool;
}

TEST(LineTable, IsAMap) {
  for (const std::uint64_t seed : test::printed_seeds(60)) {
    test::Dice dice(seed);
    const std::vector<std::uint64_t> pool = random_pool(dice);
    ASSERT_NO_FATAL_FAILURE(run_random(dice, pool, 12000)) << "seed " << seed;
  }
}

TEST(LineTable, LinesThatCollideAreToldApart) {
  Table table;
  const std::vector<std::uint64_t> lines = lines_of_place(1023, 5);  // the first at the end, four wrapped around
  for (const std::uint64_t line : lines) table.insert(line) = line + 1;
  table.erase(lines[0]);
  table.erase(lines[2]);
  EXPECT_EQ(table.size(), 3u);
  for (const std::size_t erased : {0, 2}) EXPECT_EQ(table.find(lines[erased]), nullptr);
  for (const std::size_t left : {1, 3, 4}) {
    ASSERT_NE(table.find(lines[left]), nullptr) << left;
    EXPECT_EQ(*table.find(lines[left]), lines[left] + 1);
  }
}

TEST(LineTable, ALineThatWasNotPushedOnStaysWhenTheOneBeforeItIsErased) {
  Table table;
  const std::uint64_t before = lines_of_place(9, 1)[0];
  const std::uint64_t at_home = lines_of_place(10, 1)[0];
  const std::vector<std::uint64_t> pushed = lines_of_place(9, 3);
  table.insert(before) = 1;
  table.insert(at_home) = 2;
  table.insert(pushed[1]) = 3;
  table.erase(before);
  ASSERT_NE(table.find(at_home), nullptr);
  EXPECT_EQ(*table.find(at_home), 2u);
  ASSERT_NE(table.find(pushed[1]), nullptr);
  EXPECT_EQ(*table.find(pushed[1]), 3u);
}

TEST(LineTable, GrowsAndForgetsNothing) {
  Table table;
  constexpr std::uint64_t lines = 100000;
  for (std::uint64_t line = 0; line < lines; ++line) table.insert(line * 64) = line;
  EXPECT_EQ(table.size(), lines);
  for (std::uint64_t line = 0; line < lines; ++line) {
    ASSERT_NE(table.find(line * 64), nullptr) << line;
    ASSERT_EQ(*table.find(line * 64), line);
  }
  table.erase_if([](std::uint64_t line, std::uint64_t) { return line % 128 == 0; });
  EXPECT_EQ(table.size(), lines / 2);
  for (std::uint64_t line = 0; line < lines; ++line) ASSERT_EQ(table.find(line * 64) != nullptr, line % 2 == 1);
}

}  // namespace
}  // namespace tablewalk::line_table_test
