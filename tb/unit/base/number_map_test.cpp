#include "base/number_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/zeroed_values.h"

namespace tablewalk::number_map_test {
namespace {

TEST(NumberMap, AgreesWithAMapAndKeepsEveryValueInItsPlace) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  NumberMap<std::uint64_t> values;
  std::map<std::uint64_t, std::uint64_t*> places;
  for (int i = 0; i < 20000; ++i) {
    // Small numbers collide with themselves, and large ones in their slots.
    const std::uint64_t number = random() >> random() % 64;
    const auto known = places.find(number);
    ASSERT_EQ(values.find(number), known == places.end() ? nullptr : known->second) << number;
    std::uint64_t& value = values.find_or_make(number);
    ASSERT_EQ(value, known == places.end() ? 0 : number + 1) << number;
    value = number + 1;
    places.emplace(number, &value);
  }
  EXPECT_EQ(values.size(), places.size());
  for (const auto& [number, place] : places) {
    ASSERT_EQ(values.find(number), place);
    ASSERT_EQ(*place, number + 1);
  }
}

TEST(NumberMap, ZeroedValuesAreZeroAndStayInTheirPlaces) {
  struct Large {
    std::uint64_t words[1000];
  };
  NumberMap<Large, ZeroedValues<Large>> values;
  std::vector<Large*> places;
  for (std::uint64_t number = 0; number < 500; ++number) {
    Large& value = values.find_or_make(number << 20);
    for (std::uint64_t& word : value.words) {
      ASSERT_EQ(word, 0u) << number;
      word = number;
    }
    places.push_back(&value);
  }
  EXPECT_EQ(values.size(), 500u);
  for (std::uint64_t number = 0; number < 500; ++number) {
    ASSERT_EQ(values.find(number << 20), places[number]);
    EXPECT_EQ(places[number]->words[999], number);
  }
}

TEST(NumberMap, MovesWithItsValues) {
  NumberMap<std::uint64_t> values;
  std::uint64_t& value = values.find_or_make(7);
  value = 3;
  const NumberMap<std::uint64_t> moved = std::move(values);
  EXPECT_EQ(moved.find(7), &value);
  EXPECT_EQ(*moved.find(7), 3u);
}

}  // namespace
}  // namespace tablewalk::number_map_test
