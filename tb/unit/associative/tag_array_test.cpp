#include "associative/tag_array.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

namespace tablewalk::tag_array_test {
namespace {

class TagsOfWays : public testing::TestWithParam<std::uint32_t> {
 protected:
  static constexpr std::uint64_t seed = 23;
  static constexpr std::uint32_t sets = 3;
  std::uint32_t ways = GetParam();
  TagArray tags{sets, ways};
  /// The keys as a plain list.
  std::vector<std::vector<std::optional<std::uint64_t>>> keys{sets, std::vector<std::optional<std::uint64_t>>(ways)};
  std::mt19937_64 random{seed};

  std::uint32_t first(std::uint32_t set, std::optional<std::uint64_t> key) const {
    return static_cast<std::uint32_t>(std::find(keys[set].begin(), keys[set].end(), key) - keys[set].begin());
  }
  std::uint32_t found(std::uint32_t set, std::uint64_t key) const {
    return tags.find_below(ways, set, key, [&](std::uint32_t way) { return keys[set][way] == key; });
  }
};

TEST_P(TagsOfWays, FindTheFirstWayOfAKeyAndTheFirstInvalidOne) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (int i = 0; i < 5000; ++i) {
    const auto set = static_cast<std::uint32_t>(random() % sets);
    const auto way = static_cast<std::uint32_t>(random() % ways);
    const std::uint64_t key = random() % (2 * ways);  // often in several ways
    ASSERT_EQ(found(set, key), first(set, key)) << "step " << i;
    ASSERT_LE(tags.first(set, key), first(set, key)) << "step " << i;
    ASSERT_EQ(std::min(tags.first_invalid(set), ways), first(set, std::nullopt)) << "step " << i;
    if (random() % 4 == 0) {
      tags.clear(set, way);
      keys[set][way].reset();
    } else {
      tags.set(set, way, key);
      keys[set][way] = key;
    }
  }
}

TEST_P(TagsOfWays, OfferOnlyValidWaysAndOfThemFew) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (std::uint32_t way = 0; way + 1 < ways; ++way) tags.set(1, way, random());
  std::uint64_t offered = 0;
  constexpr std::uint64_t lookups = 10000;
  for (std::uint64_t i = 0; i < lookups; ++i) {
    const std::uint64_t key = random();
    tags.find_below(ways, 1, key, [&](std::uint32_t way) {
      EXPECT_LT(way, ways - 1);
      ++offered;
      return false;
    });
  }
  EXPECT_LE(offered, lookups * (ways - 1) / 64) << "one of 128 keys has the tag of a way";
}

TEST_P(TagsOfWays, SearchBelowTheEndOfTheValidOnesFindsTheSame) {
  const auto any = [](std::uint32_t) { return true; };
  for (std::uint32_t end = 0; end < ways; ++end) {
    for (std::uint64_t key = 0; key <= ways; ++key) ASSERT_EQ(tags.find_below(end, 0, key, any), tags.first(0, key));
    tags.set(0, end, end);
    ASSERT_LE(tags.find_below(end + 1, 0, end, any), end);
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, TagsOfWays, testing::Values(1u, 2u, 7u, 8u, 9u, 12u, 16u, 17u, 100u));

}  // namespace
}  // namespace tablewalk::tag_array_test
