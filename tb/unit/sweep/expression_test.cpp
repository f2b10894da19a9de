#include "sweep/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.h"

namespace tablewalk::expression_test {
namespace {

using testing::HasSubstr;

ExpressionValue lookup(const std::string& key) {
  static const std::map<std::string, ExpressionValue> values = {
      {"a.0.entries", 64.0}, {"b", 4096.0}, {"mode", std::string("flat48")}, {"on", true}};
  const auto found = values.find(key);
  if (found == values.end()) throw InputError("no key " + key);
  return found->second;
}

bool holds(const std::string& text) {
  return Expression(text).holds(lookup);
}

std::string problem_of(const std::string& text) {
  try {
    holds(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

TEST(Expression, ComparesAndCalculatesWithTheUsualPrecedence) {
  for (const char* text :
       {"a.0.entries == 64", "a.0.entries * 64 == b", "b == 4K", "2 + 3 * 4 == 14", "(2 + 3) * 4 == 20", "7 % 4 == 3",
        "10 - 4 - 3 == 3", "16 / 4 / 2 == 2", "-3 < -2", "0.5 * b == 2K", "1 < 2", "2 <= 2", "2 >= 2", "3 > 2"}) {
    EXPECT_TRUE(holds(text)) << text;
  }
  for (const char* text : {"a.0.entries != 64", "1 > 2", "2 < 2", "1 >= 2", "2 <= 1"})
    EXPECT_FALSE(holds(text)) << text;
}

TEST(Expression, ConditionsCombine) {
  for (const char* text : {"on", "not on or on", "not (on and 1 > 2)", "true or false and false", "not 1 > 2 and on",
                           "mode == \"flat48\"", "mode != 'x86-64'", "on == true", "not not on"}) {
    EXPECT_TRUE(holds(text)) << text;
  }
  for (const char* text : {"not on", "on and 1 > 2", "(true or false) and false", "mode == 'x'"}) {
    EXPECT_FALSE(holds(text)) << text;
  }
}

TEST(Expression, OnlyWhatIsNeededIsEvaluated) {
  EXPECT_TRUE(holds("on or missing == 1"));
  EXPECT_FALSE(holds("not on and missing == 1"));
  EXPECT_EQ(problem_of("on and missing == 1"), "no key missing");
}

TEST(Expression, ProblemsSayWhatWasExpected) {
  EXPECT_THAT(problem_of("b <"), HasSubstr("expected a key, a number or a text in quotes, not the end"));
  EXPECT_THAT(problem_of("b < 1 2"), HasSubstr("expected an operator or the end, not '2'"));
  EXPECT_THAT(problem_of("(b < 1"), HasSubstr("expected ')', not the end"));
  EXPECT_THAT(problem_of("mode == 'x"), HasSubstr("expected a closing quote"));
  EXPECT_THAT(problem_of("b < 4Q"), HasSubstr("expected a number such as 64, 0.5 or 4K, not '4Q'"));
  EXPECT_THAT(problem_of("mode < 'x'"), HasSubstr("'<' compares numbers, not texts"));
  EXPECT_THAT(problem_of("mode == 1"), HasSubstr("'==' compares a text with a number"));
  EXPECT_THAT(problem_of("mode + 1 == 1"), HasSubstr("'+' takes numbers, not a text"));
  EXPECT_THAT(problem_of("b and on"), HasSubstr("'and' takes conditions, not a number"));
  EXPECT_THAT(problem_of("not b"), HasSubstr("'not' takes a condition, not a number"));
  EXPECT_THAT(problem_of("b % 0 == 1"), HasSubstr("'%' by 0"));
  EXPECT_THAT(problem_of("b"), HasSubstr("expected a condition such as a < b, not a number"));
  EXPECT_THAT(problem_of(""), HasSubstr("not the end"));
  EXPECT_THAT(problem_of(std::string(1000, '(')), HasSubstr("at most 200 nested"));
  EXPECT_THAT(problem_of("1" + std::string(3000, ' ')), HasSubstr("at most 2000 characters"));
}

}  // namespace
}  // namespace tablewalk::expression_test
