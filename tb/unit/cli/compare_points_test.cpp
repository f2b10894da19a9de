#include "cli/compare_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tablewalk::compare_points_test {
namespace {

using testing::ElementsAre;

std::vector<std::string> labels(const std::vector<ComparePoint>& points) {
  std::vector<std::string> result;
  for (const ComparePoint& point : points) result.push_back(point.label);
  return result;
}

TEST(ComparePoints, NothingGivenIsTheDefaultMachine) {
  const auto points = compare_points({}, {"a=1"}, {});
  EXPECT_THAT(labels(points), ElementsAre("default"));
  EXPECT_EQ(points[0].config.name, "");
  EXPECT_THAT(points[0].config.overrides, ElementsAre("a=1"));
}

TEST(ComparePoints, OneVariedKeyIsLabelledByItsValues) {
  const auto points = compare_points({}, {"a=1"}, {"m=x,y"});
  EXPECT_THAT(labels(points), ElementsAre("x", "y"));
  EXPECT_THAT(points[1].config.overrides, ElementsAre("a=1", "m=y"));
}

TEST(ComparePoints, ConfigsTimesEveryCombinationTheLastVaryingFastest) {
  const auto points = compare_points({"p", "q"}, {}, {"m=1,2", "n=3,4"});
  EXPECT_THAT(labels(points), ElementsAre("p m=1 n=3", "p m=1 n=4", "p m=2 n=3", "p m=2 n=4", "q m=1 n=3", "q m=1 n=4",
                                          "q m=2 n=3", "q m=2 n=4"));
  EXPECT_EQ(points[5].config.name, "q");
  EXPECT_THAT(points[5].config.overrides, ElementsAre("m=1", "n=4"));
}

TEST(ComparePoints, SemicolonsSeparateValuesThatHoldCommas) {
  EXPECT_THAT(labels(compare_points({}, {}, {"m=radix:9,9/12@8;flat32"})), ElementsAre("radix:9,9/12@8", "flat32"));
  EXPECT_THAT(labels(compare_points({}, {}, {"m=radix:9,9/12@8;"})), ElementsAre("radix:9,9/12@8"));
}

TEST(ComparePoints, CommasInsideARadixModeBelongToIt) {
  EXPECT_THAT(labels(compare_points({}, {}, {"m=radix:9,9,9,9/12@8,x86-64"})),
              ElementsAre("radix:9,9,9,9/12@8", "x86-64"));
  EXPECT_THAT(labels(compare_points({}, {}, {"m=sv39,radix:12,12/12@8,radix:24/12@8,flat48"})),
              ElementsAre("sv39", "radix:12,12/12@8", "radix:24/12@8", "flat48"));
  // An incomplete radix mode does not swallow what follows.
  EXPECT_THAT(labels(compare_points({}, {}, {"m=radix:9,9,x86-64"})), ElementsAre("radix:9,9", "x86-64"));
}

TEST(ComparePoints, MoreMachinesThanAnybodyComparesAreRefusedBeforeTheyAreMade) {
  std::string hundred = "1";
  for (unsigned value = 2; value <= 100; ++value) hundred += "," + std::to_string(value);
  EXPECT_EQ(compare_points({}, {}, {"a=" + hundred, "b=" + hundred}).size(), 10000u);
  try {
    compare_points({}, {}, {"a=" + hundred, "b=" + hundred, "c=1,2"});
    FAIL() << "20000 machines";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "--vary c: its 2 values make 20000 machines: expected at most 10000 in all");
  }
  EXPECT_THROW(compare_points({}, {}, {"a=" + hundred, "b=" + hundred, "c=" + hundred, "d=" + hundred}), InputError);
}

TEST(ComparePoints, AKeyIsVariedOnce) {
  try {
    compare_points({}, {}, {"a=1,2", "b=1", "a=4"});
    FAIL() << "a was varied twice";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "--vary a=4: the key is varied twice: expected all its values in one list, --vary a=1,2,4");
  }
}

TEST(ComparePoints, CommasInsideBracketsBelongToTheValue) {
  EXPECT_THAT(labels(compare_points({}, {}, {"sizes=[4K,2M],[4K]"})), ElementsAre("[4K,2M]", "[4K]"));
}

TEST(ComparePoints, MalformedVariationsAreNamed) {
  const auto problem = [](const std::string& vary) -> std::string {
    try {
      compare_points({}, {}, {vary});
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(problem("mode"), "--vary mode: expected KEY=V1,V2,... or KEY=V1;V2;...");
  EXPECT_EQ(problem("=a"), "--vary =a: expected KEY=V1,V2,... or KEY=V1;V2;...");
  EXPECT_EQ(problem("m=a,,b"), "--vary m=a,,b: one of the values is empty");
  EXPECT_EQ(problem("m="), "--vary m=: one of the values is empty");
}

}  // namespace
}  // namespace tablewalk::compare_points_test
