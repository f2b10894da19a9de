#include "sweep/sweep_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tablewalk::sweep_file_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string head = "traces: a.twt\n";

SweepFile parse(const std::string& text) {
  return parse_sweep_file("s.yaml", text);
}

std::string problem_of(const std::string& text) {
  try {
    parse(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

std::vector<std::string> values_of(const std::string& values) {
  return parse(head + "points:\n  - grid: {k: " + values + "}").sets.at(0).keys.at(0).values;
}

KeyValues drawn(const std::string& values) {
  return parse(head + "points:\n  - random: {count: 1, keys: {k: " + values + "}}").sets.at(0).keys.at(0);
}

TEST(SweepFile, EveryPartIsRead) {
  const SweepFile file = parse(
      "config: [skylake, mine.yaml]\n"
      "traces: [a.twt, [b.twt, c.twt]]\n"
      "seeds: [1, 2]\n"
      "set: {os.prefault: false}\n"
      "limit: 1M\n"
      "warmup: 10K\n"
      "cost: false\n"
      "check: true\n"
      "where: [a < b, c == 'x']\n"
      "figures: [walker.*]\n"
      "random_seed: 7\n"
      "points:\n"
      "  - list: [{a: 1, b: x}, {a: 2}]\n"
      "  - one_at_a_time: {a: [1]}\n"
      "  - latin_hypercube: {count: 5, keys: {a: [1, 2]}}\n");
  EXPECT_EQ(file.configs.at(1).value, "mine.yaml");
  EXPECT_THAT(file.traces.at(1).paths, ElementsAre("b.twt", "c.twt"));
  EXPECT_EQ(file.traces.at(1).label(), "b.twt c.twt");
  EXPECT_EQ(file.seeds.at(1).value, "2");
  EXPECT_EQ(file.settings.at(0).key, "os.prefault");
  EXPECT_EQ(file.settings.at(0).value, "false");
  EXPECT_EQ(file.settings.at(0).line, 4);
  EXPECT_EQ(file.limit, 1000000U);
  EXPECT_EQ(file.warmup, 10000U);
  EXPECT_FALSE(file.cost);
  EXPECT_TRUE(file.check);
  EXPECT_EQ(file.conditions.size(), 2U);
  EXPECT_THAT(file.figures, ElementsAre("walker.*"));
  EXPECT_EQ(file.random_seed, 7U);
  ASSERT_EQ(file.sets.size(), 3U);
  EXPECT_EQ(file.sets[0].items.at(0).at(1).value, "x");
  EXPECT_EQ(file.sets[1].kind, PointSet::Kind::OneAtATime);
  EXPECT_EQ(file.sets[2].kind, PointSet::Kind::LatinHypercube);
  EXPECT_EQ(file.sets[2].count, 5U);
}

TEST(SweepFile, WhatIsNotGivenHasItsDefault) {
  const SweepFile file = parse(head);
  EXPECT_EQ(file.configs.at(0).value, "");
  EXPECT_TRUE(file.cost);
  EXPECT_FALSE(file.random_seed);
  EXPECT_TRUE(file.sets.empty());
}

TEST(SweepFile, RangesAreListsOfValues) {
  EXPECT_THAT(values_of("{from: 16, to: 128, times: 2}"), ElementsAre("16", "32", "64", "128"));
  EXPECT_THAT(values_of("{from: 1, to: 8, step: 3}"), ElementsAre("1", "4", "7"));
  EXPECT_THAT(values_of("{from: 4K, to: 8K, step: 4K}"), ElementsAre("4096", "8192"));
  EXPECT_THAT(values_of("{from: 0.1, to: 0.3, step: 0.1}"), ElementsAre("0.1", "0.2", "0.30000000000000004"));
  EXPECT_THAT(values_of("[x86-64, [], '7', {a: 1}]"), ElementsAre("x86-64", "[]", "\"7\"", "{a: 1}"));
}

TEST(SweepFile, DrawnValuesCoverTheirIntervalAndNoMore) {
  const KeyValues whole = drawn("{from: 10, to: 12}");
  EXPECT_EQ(whole.at(0), "10");
  EXPECT_EQ(whole.at(0.34), "11");
  EXPECT_EQ(whole.at(0.999999), "12");
  const KeyValues real = drawn("{from: 0.5, to: 1.5}");
  EXPECT_EQ(real.at(0.25), "0.75");
  const KeyValues log = drawn("{from: 1, to: 1024, scale: log}");
  EXPECT_EQ(log.at(0.5), "32");
  EXPECT_EQ(log.at(0.9999999), "1024");
  const KeyValues list = drawn("[a, b]");
  EXPECT_EQ(list.at(0.49), "a");
  EXPECT_EQ(list.at(0.5), "b");
}

TEST(SweepFileError, EachIsOneLineWithPlaceExpectationAndNearestName) {
  const std::string set = head + "points:\n  - ";
  EXPECT_EQ(
      problem_of("traces: a\nlimits: 1"),
      "s.yaml:2: limits: unknown key: expected one of config, traces, seeds, set, limit, warmup, sample, shards, cost, "
      "check, where, figures, random_seed, points (did you mean 'limit'?)");
  EXPECT_EQ(problem_of("limit: 5"), "s.yaml:1: traces: is missing: expected a trace file or a list of them");
  EXPECT_THAT(problem_of("traces: [a\n"), HasSubstr("not readable as YAML"));
  EXPECT_THAT(problem_of(""), HasSubstr("s.yaml:1: expected a group of keys"));
  EXPECT_THAT(problem_of(head + "shards: 0"), HasSubstr("s.yaml:2: shards: --shards 0: expected N"));
  EXPECT_THAT(problem_of(head + "shards: 2\nsample: windows=9"),
              HasSubstr("s.yaml:2: shards: beside sample: expected only one"));
  EXPECT_THAT(problem_of(head + "sample: windws=3"), HasSubstr("s.yaml:2: sample: --sample: 'windws=3'"));
  EXPECT_THAT(problem_of(head + "limit: -1"), HasSubstr("s.yaml:2: limit: expected a whole number such as"));
  EXPECT_THAT(problem_of(head + "cost: maybe"), HasSubstr("s.yaml:2: cost: expected true or false, not 'maybe'"));
  EXPECT_THAT(problem_of(head + "limit: 1\nlimit: 2"), HasSubstr("s.yaml:3: limit: given twice, first at s.yaml:2"));
  EXPECT_THAT(problem_of(head + "seeds: [x]"), HasSubstr("s.yaml:2: seeds: expected whole numbers, not 'x'"));
  EXPECT_THAT(problem_of(head + "where: a <"), HasSubstr("s.yaml:2: where: a <: expected a key"));
  EXPECT_THAT(problem_of(set + "gird: {a: [1]}"), HasSubstr("s.yaml:3: gird: unknown key: expected one of grid, "));
  EXPECT_THAT(problem_of(set + "gird: {a: [1]}"), HasSubstr("did you mean 'grid'?"));
  EXPECT_THAT(problem_of(set + "{grid: {a: [1]}, list: []}"), HasSubstr("not several keys"));
  EXPECT_THAT(problem_of(set + "grid: {a: 1}"), HasSubstr("s.yaml:3: a: expected a list of values or a range"));
  EXPECT_THAT(problem_of(set + "grid: {}"), HasSubstr("s.yaml:3: grid: expected at least one key"));
  EXPECT_THAT(problem_of(set + "grid: {a: []}"), HasSubstr("a list of at least one item, not an empty list"));
  EXPECT_THAT(problem_of(set + "grid: {a: {from: 1, to: 4}}"), HasSubstr("a: expected a step"));
  EXPECT_THAT(problem_of(set + "grid: {a: {from: 4, to: 1, step: 1}}"), HasSubstr("with from at most to"));
  EXPECT_THAT(problem_of(set + "grid: {a: {from: 1, to: 4, times: 1}}"), HasSubstr("times above 1"));
  EXPECT_THAT(problem_of(set + "grid: {a: {from: 0, to: 4, times: 2}}"), HasSubstr("expected from above 0"));
  EXPECT_THAT(problem_of(set + "grid: {a: {from: 1, to: 1M, step: 1}}"), HasSubstr("at most 10000 values"));
  EXPECT_THAT(problem_of(set + "grid: {a: {from: x, to: 4, step: 1}}"), HasSubstr("expected a number such as 16"));
  EXPECT_THAT(problem_of(set + "random: {keys: {a: [1]}}"), HasSubstr("random.count: expected the number of points"));
  EXPECT_THAT(problem_of(set + "random: {count: 3}"), HasSubstr("random: keys is missing"));
  EXPECT_THAT(problem_of(set + "random: {count: 3, keys: {a: {from: 1, to: 2, scale: lin}}}"),
              HasSubstr("scale: expected linear or log, not 'lin'"));
  EXPECT_THAT(problem_of(set + "list: {a: 1}"), HasSubstr("list: expected a list of points"));
}

}  // namespace
}  // namespace tablewalk::sweep_file_test
