#include "sweep/points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.h"

namespace tablewalk::points_test {
namespace {

using testing::ElementsAre;

std::vector<std::string> choices(const std::string& points, std::uint64_t seed = 1,
                                 const std::function<bool(const std::string&)>& accepts = {}) {
  std::vector<std::string> texts;
  std::set<std::string> known;
  for_each_choice(parse_sweep_file("s.yaml", "traces: a\n" + points), seed, [&](const PointChoice& choice) {
    std::string text;
    for (const KeySetting& setting : choice) text += setting.key + "=" + setting.value + " ";
    if (!known.insert(text).second || (accepts && !accepts(text))) return false;
    texts.push_back(text);
    return true;
  });
  return texts;
}

TEST(Points, GridCombinesAllAndTheLastKeyVariesFastest) {
  EXPECT_THAT(choices("points: [grid: {a: [1, 2], b: [x, y]}]"),
              ElementsAre("a=1 b=x ", "a=1 b=y ", "a=2 b=x ", "a=2 b=y "));
}

TEST(Points, OneAtATimeLeavesTheOthersAlone) {
  EXPECT_THAT(choices("points: [one_at_a_time: {a: [1, 2], b: [x]}]"), ElementsAre("", "a=1 ", "a=2 ", "b=x "));
}

TEST(Points, SetsFollowEachOther) {
  EXPECT_THAT(choices("points: [list: [{a: 1, b: x}, {c: 3}], grid: {a: [2]}]"),
              ElementsAre("a=1 b=x ", "c=3 ", "a=2 "));
}

TEST(Points, NoSetsIsOnePoint) {
  EXPECT_THAT(choices(""), ElementsAre(""));
}

TEST(Points, RandomPointsDependOnlyOnTheSeed) {
  const std::string ten = "points: [random: {count: 10, keys: {a: {from: 0, to: 1000000}, b: [x, y]}}]";
  const auto first = choices(ten);
  EXPECT_EQ(first.size(), 10U);
  EXPECT_EQ(choices(ten), first);
  EXPECT_NE(choices(ten, 2), first);
  // More points keep the first ones.
  const auto more = choices("points: [random: {count: 20, keys: {a: {from: 0, to: 1000000}, b: [x, y]}}]");
  EXPECT_THAT(std::vector<std::string>(more.begin(), more.begin() + 10), first);
}

TEST(Points, RandomDrawsUntilThereAreEnoughOrTheTriesEnd) {
  const std::string all = "points: [random: {count: 4, keys: {a: [1, 2, 3, 4]}}]";
  EXPECT_EQ(choices(all).size(), 4U);
  const auto rejects = [](const std::string& text) { return text != "a=3 "; };
  EXPECT_EQ(choices(all, 1, rejects).size(), 3U);
  const SweepFile file = parse_sweep_file("s.yaml", "traces: a\n" + all);
  EXPECT_EQ(for_each_choice(file, 1, [](const PointChoice&) { return false; }), 4U);
}

TEST(Points, LatinHypercubeHasOneValueInEachPartOfEachRange) {
  const auto points =
      choices("points: [latin_hypercube: {count: 50, keys: {a: {from: 0, to: 49}, b: {from: 0, to: 49}}}]");
  ASSERT_EQ(points.size(), 50U);
  std::set<std::string> a;
  std::set<std::string> b;
  for (const std::string& point : points) {
    a.insert(point.substr(0, point.find(' ')));
    b.insert(point.substr(point.find(' ')));
  }
  EXPECT_EQ(a.size(), 50U);
  EXPECT_EQ(b.size(), 50U);
  const auto same = [](const std::string& point) {
    return point.substr(2, point.find(' ') - 2) == point.substr(point.rfind('=') + 1, point.find(' ') - 2) &&
           point.size() == 2 * point.find(' ') + 2;
  };
  EXPECT_LT(std::count_if(points.begin(), points.end(), same), 10);
}

TEST(Points, SetsDrawIndependently) {
  const std::string set = "random: {count: 3, keys: {a: {from: 0, to: 1000000}}}";
  std::set<std::string> drawn;
  for_each_choice(parse_sweep_file("s.yaml", "traces: a\npoints: [" + set + ", " + set + "]"), 1,
                  [&](const PointChoice& choice) {
                    drawn.insert(choice.at(0).value);
                    return true;
                  });
  EXPECT_EQ(drawn.size(), 6U);
}

TEST(Points, TooManyAreRefused) {
  EXPECT_THROW(choices("points: [grid: {a: {from: 1, to: 1000, step: 1}, b: {from: 1, to: 1000, step: 1}}]"),
               InputError);
}

}  // namespace
}  // namespace tablewalk::points_test
