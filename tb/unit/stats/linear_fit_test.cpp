#include "stats/linear_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tablewalk::linear_fit_test {
namespace {

std::vector<std::string> texts(const LinearFit& fit) {
  std::vector<std::string> texts;
  for (const Rational& value : fit.coefficients) texts.push_back(to_string(value));
  return texts;
}

TEST(LinearFit, FindsThePlaneThatEveryPointLiesOn) {
  std::vector<FitPoint> points;
  for (const std::int64_t levels : {1, 2, 3}) {
    for (const std::int64_t memory : {1, 10, 100}) {
      points.push_back({{1, levels * memory, levels}, 7 + 2 * levels * memory - 3 * levels});
    }
  }
  const auto fit = linear_fit(points);
  ASSERT_TRUE(fit.has_value());
  EXPECT_THAT(texts(*fit), testing::ElementsAre("7", "2", "-3"));
  EXPECT_TRUE(fit->exact);
  EXPECT_EQ(fit->largest_residual, 0);
}

TEST(LinearFit, WithoutSuchALineTheSquaresAreLeastAndNothingIsRounded) {
  // By hand: the mean of x is 1, of y 2; the slope is (0 - 1)(1 - 2) + (2 - 1)(2 - 2) over 2.
  const auto fit = linear_fit({{{1, 0}, 1}, {{1, 1}, 3}, {{1, 2}, 2}});
  ASSERT_TRUE(fit.has_value());
  EXPECT_THAT(texts(*fit), testing::ElementsAre("3/2", "1/2"));
  EXPECT_FALSE(fit->exact);
  EXPECT_DOUBLE_EQ(fit->largest_residual, 1);
}

TEST(LinearFit, GivesNothingIfThePointsDoNotTellTheTermsApart) {
  EXPECT_FALSE(linear_fit({{{1, 4}, 5}, {{1, 4}, 6}}).has_value());
  EXPECT_FALSE(linear_fit({}).has_value());
}

}  // namespace
}  // namespace tablewalk::linear_fit_test
