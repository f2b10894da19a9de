// The figures of several cores: summed, and under per-core names.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "stats/core_name.h"
#include "stats/stat_set.h"

namespace tablewalk::merge_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<std::string> names_of(const StatSet& stats) {
  std::vector<std::string> names;
  for (const StatSet::Figure& figure : stats.figures()) names.push_back(figure.name);
  return names;
}

/// A set of counts, each 1.
StatSet ones(const std::vector<std::string>& names) {
  StatSet stats;
  for (const std::string& name : names) stats.count(name, 1, "things", "");
  return stats;
}

void expect_equal(const StatSet& a, const StatSet& b) {
  ASSERT_EQ(names_of(a), names_of(b));
  for (std::size_t i = 0; i < a.figures().size(); ++i) {
    const StatSet::Figure& one = a.figures()[i];
    const StatSet::Figure& other = b.figures()[i];
    ASSERT_EQ(one.whole, other.whole) << one.name;
    ASSERT_EQ(one.value(), other.value()) << one.name;  // the same double: both come from the same counts
    ASSERT_EQ(one.unit, other.unit) << one.name;
    ASSERT_EQ(one.meaning, other.meaning) << one.name;
  }
  ASSERT_EQ(a.distributions().size(), b.distributions().size());
  for (std::size_t i = 0; i < a.distributions().size(); ++i) {
    const auto& buckets = a.distributions()[i].buckets;
    const auto& others = b.distributions()[i].buckets;
    ASSERT_EQ(a.distributions()[i].name, b.distributions()[i].name);
    ASSERT_EQ(buckets.size(), others.size());
    for (std::size_t k = 0; k < buckets.size(); ++k) {
      ASSERT_EQ(buckets[k].low, others[k].low);
      ASSERT_EQ(buckets[k].high, others[k].high);
      ASSERT_EQ(buckets[k].count, others[k].count);
    }
  }
}

TEST(Merge, RatiosAreThoseOfTheSums) {
  StatSet first, second;
  first.ratio("dtlb.miss_share", 1, 2, "share", "");
  second.ratio("dtlb.miss_share", 0, 6, "share", "");
  first.merge(second);
  EXPECT_EQ(first.at("dtlb.miss_share").real, 0.125);  // the mean of the two is 0.25
  StatSet idle;
  idle.ratio("dtlb.miss_share", 0, 0, "share", "");
  first.merge(idle);
  EXPECT_EQ(first.at("dtlb.miss_share").real, 0.125);
}

TEST(Merge, FiguresPerKiloInstructionAreOfAllInstructions) {
  const auto core = [](std::uint64_t misses, std::uint64_t instructions) {
    StatSet stats;
    stats.count("core.instructions", instructions, "instructions", "");
    stats.per_kilo_instruction("dtlb.mpki", misses, "misses", "");
    return stats;
  };
  StatSet stats = core(5, 1000);
  stats.merge(core(1, 3000));
  EXPECT_EQ(stats.at("core.instructions").count, 4000U);
  EXPECT_EQ(stats.at("dtlb.mpki").real, 1.5);
}

TEST(Merge, DifferencesAddBothSidesAndMayChangeTheirSign) {
  StatSet first, second;
  first.difference("cost", 10, 30, "cycles", "");
  first.ratio_of_difference("share", 10, 30, 10, "share", "");
  EXPECT_EQ(first.at("cost").value(), -20);
  EXPECT_EQ(first.at("share").value(), -2);
  second.difference("cost", 100, 75, "cycles", "");
  second.ratio_of_difference("share", 100, 75, 10, "share", "");
  first.merge(second);
  EXPECT_EQ(first.at("cost").value(), 5);
  EXPECT_EQ(first.at("share").value(), 0.25);
}

TEST(Merge, OfTheLargestOnesTheLargerStays) {
  StatSet first, second;
  first.largest("depth", 7, "cells", "");
  second.largest("depth", 9, "cells", "");
  StatSet other_way = second;
  other_way.merge(first);
  first.merge(second);
  EXPECT_EQ(first.at("depth").count, 9U);
  EXPECT_EQ(other_way.at("depth").count, 9U);
}

TEST(Merge, DistributionsAreThoseOfAllValues) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20; ++round) {
    StatSet merged;
    Histogram all;
    const std::uint64_t cores = 1 + random() % 5;
    for (std::uint64_t core = 0; core < cores; ++core) {
      Histogram values;
      for (std::uint64_t i = random() % 300; i > 0; --i) values.add(random() >> (64 - random() % 30 - 1));
      all.add(values);
      StatSet own;
      own.distribution("walker.latency_cycles", values, "cycles", "latency");
      merged.merge(own);
    }
    StatSet expected;
    expected.distribution("walker.latency_cycles", all, "cycles", "latency");
    expect_equal(merged, expected);
  }
}

TEST(Merge, AHistogramIsThatOfItsBucketsAndExtent) {
  Histogram values;
  for (const std::uint64_t value : {3U, 3U, 16383U, 16384U, 900000U, 900001U}) values.add(value);
  const Histogram again(values.nonempty_buckets(), values.extent());
  EXPECT_EQ(again.count(), 6U);
  EXPECT_EQ(again.mean(), values.mean());
  EXPECT_EQ(again.max(), 900001U);
  EXPECT_EQ(again.percentile(99), values.percentile(99));
  EXPECT_EQ(Histogram({}, {0, 0}).percentile(50), 0U);
}

TEST(Merge, AFigureOfOneSetOnlyIsTheSum) {
  StatSet stats = ones({"a.x"});
  stats.merge(ones({"a.x", "b.x"}));
  EXPECT_EQ(stats.at("a.x").count, 2U);
  EXPECT_EQ(stats.at("b.x").count, 1U);
  StatSet empty;
  empty.merge(stats);
  expect_equal(empty, stats);
  stats.merge(StatSet{});
  expect_equal(empty, stats);
}

TEST(Merge, UnknownFiguresGoBeforeTheNextKnownOneOrToTheEnd) {
  StatSet stats = ones({"a", "b", "e"});
  stats.merge(ones({"0", "a", "c", "d", "e", "f"}));
  EXPECT_THAT(names_of(stats), ElementsAre("0", "a", "b", "c", "d", "e", "f"));
  for (const std::string& name : names_of(stats)) EXPECT_EQ(stats.at(name).name, name);
  stats.merge(ones({"x", "y"}));
  EXPECT_THAT(names_of(stats), ElementsAre("0", "a", "b", "c", "d", "e", "f", "x", "y"));
}

TEST(Merge, ACountThatIsZeroKeepsItsPlace) {
  const auto core = [](std::uint64_t level1, std::uint64_t level2, std::uint64_t level3) {
    StatSet stats;
    stats.count("memory", level1 + level2 + level3, "cycles", "");
    stats.count_if_any("level1", level1, "cycles", "");
    stats.count_if_any("level2", level2, "cycles", "");
    stats.count_if_any("level3", level3, "cycles", "");
    return stats;
  };
  StatSet stats = core(0, 0, 5);
  EXPECT_THAT(names_of(stats), ElementsAre("memory", "level3"));
  EXPECT_EQ(stats.find("level1"), nullptr);
  EXPECT_THROW(stats.count("level1", 1, "", ""), LawViolation);
  stats.merge(core(0, 0, 0));
  EXPECT_THAT(names_of(stats), ElementsAre("memory", "level3"));
  stats.merge(core(0, 4, 0));
  stats.merge(core(3, 0, 0));
  EXPECT_THAT(names_of(stats), ElementsAre("memory", "level1", "level2", "level3"));
  EXPECT_EQ(stats.at("level2").count, 4U);
  EXPECT_THAT(names_of(core(0, 4, 0).prefixed("core1.")), ElementsAre("core1.memory", "core1.level2"));
}

/// The report of a core with these counts.
StatSet report_of(const std::vector<std::uint64_t>& counts, const Histogram& values) {
  StatSet stats;
  stats.count("core.instructions", counts[0], "instructions", "");
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::string name = "m" + std::to_string(i);
    stats.count_if_any(name + ".any", counts[i], "things", "");
    if (i % 3 == 0) stats.count(name + ".things", counts[i], "things", "");
    if (i % 4 == 1) stats.per_kilo_instruction(name + ".mpki", counts[i], "things", "");
    if (i % 4 == 2) stats.ratio(name + ".share", counts[i], counts[i - 1], "share", "");
    if (i % 4 == 3) stats.difference(name + ".cost", counts[i], counts[i - 1], "cycles", "");
    if (i % 7 == 0) stats.distribution(name + ".latency", values, "cycles", "latency");
  }
  return stats;
}

TEST(Merge, RandomSetsBecomeWhatOneModuleWithAllCountsReports) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::uint64_t> sums(20);
    Histogram all;
    StatSet merged;
    for (std::uint64_t core = 0; core < 4; ++core) {
      std::vector<std::uint64_t> counts(sums.size());
      for (std::size_t i = 0; i < counts.size(); ++i) sums[i] += counts[i] = random() % 3 == 0 ? random() % 1000 : 0;
      Histogram values;
      values.add(random() % 40000);
      all.add(values);
      merged.merge(report_of(counts, values));
    }
    expect_equal(merged, report_of(sums, all));
  }
}

TEST(Merge, WhatHasNoPartsCannotBeAdded) {
  const auto merge = [](const StatSet& a, const StatSet& b) {
    StatSet sum = a;
    sum.merge(b);
  };
  StatSet real;
  real.real("a.b", 0.5, "share", "");
  EXPECT_THAT([&] { merge(real, real); },
              ThrowsMessage<LawViolation>("statistic 'a.b' cannot be added to its namesake: it has no parts "
                                          "to add"));
  StatSet count, cycles, ratio, kilo, read;
  count.count("a.b", 1, "things", "");
  cycles.count("a.b", 1, "cycles", "");
  ratio.ratio("a.b", 1, 2, "things", "");
  kilo.count("core.instructions", 1, "", "");
  kilo.per_kilo_instruction("a.b", 1, "things", "");
  read.add(StatSet::Figure{"a.b", "things", "", true, 1});
  EXPECT_NO_THROW(merge(count, count));
  EXPECT_THAT([&] { merge(count, cycles); }, ThrowsMessage<LawViolation>(HasSubstr("units or kinds differ")));
  EXPECT_THROW(merge(count, ratio), LawViolation);
  EXPECT_THROW(merge(ratio, kilo), LawViolation);
  EXPECT_THROW(merge(count, read), LawViolation);
  EXPECT_THROW(merge(read, read), LawViolation);
  StatSet distribution;
  distribution.add(StatSet::Distribution{"d", "", "", {{1, 1, 1}}, {}});
  distribution.count("a.b", 1, "things", "");
  EXPECT_THAT([&] { merge(distribution, distribution); },
              ThrowsMessage<LawViolation>(HasSubstr("'d' cannot be added to its namesake: it was read")));
  EXPECT_NO_THROW(merge(real, cycles.prefixed("core0.")));  // no namesake
}

TEST(Merge, ANameThatIsDeclaredAfterwardsIsADefect) {
  StatSet stats = ones({"a.x"});
  stats.merge(ones({"a.x", "b.x"}));
  EXPECT_THROW(stats.count("b.x", 1, "things", ""), LawViolation);
}

TEST(Prefixed, NamesLoseTheWordCoreAndKeepTheRest) {
  StatSet stats;
  stats.count("core.cycles", 3, "cycles", "length");
  stats.count("dtlb.misses", 4, "lookups", "missed");
  stats.count("cores", 5, "", "");
  Histogram values;
  values.add(6);
  stats.distribution("walker.latency_cycles", values, "cycles", "latency");
  const StatSet own = stats.prefixed("core12.");
  EXPECT_THAT(names_of(own),
              ElementsAre("core12.cycles", "core12.dtlb.misses", "core12.cores", "core12.walker.latency_cycles.mean",
                          "core12.walker.latency_cycles.p50", "core12.walker.latency_cycles.p95",
                          "core12.walker.latency_cycles.p99", "core12.walker.latency_cycles.max"));
  EXPECT_EQ(own.distributions().at(0).name, "core12.walker.latency_cycles");
  EXPECT_EQ(own.at("core12.cycles").count, 3U);
  EXPECT_EQ(own.at("core12.dtlb.misses").meaning, "missed");
  StatSet twice = own;
  twice.merge(own);
  EXPECT_EQ(twice.at("core12.cycles").count, 6U);
  EXPECT_EQ(twice.distributions().at(0).buckets.at(0).count, 2U);
}

TEST(Prefixed, AnEmptyPrefixChangesNothing) {
  const StatSet stats = ones({"core.cycles", "cycles", "dtlb.misses"});
  expect_equal(stats.prefixed(""), stats);
}

TEST(Prefixed, TwoNamesThatBecomeOneAreADefect) {
  EXPECT_THROW(ones({"core.x", "x"}).prefixed("core0."), LawViolation);
}

TEST(CoreName, IsSplitIntoNumberAndRest) {
  EXPECT_EQ(core_name("core3.dtlb.misses")->core, 3U);
  EXPECT_EQ(core_name("core3.dtlb.misses")->rest, "dtlb.misses");
  EXPECT_EQ(core_name("core63.cycles")->core, 63U);
  EXPECT_EQ(core_name("core63.cycles")->rest, "cycles");
  for (const char* name : {"core.cycles", "core3", "core", "cores.x", "core3x.y", "dtlb.misses", "core-1.x", ""}) {
    EXPECT_FALSE(core_name(name)) << name;
  }
}

TEST(CoreName, CoresWithFiguresOfTheirOwnAreFound) {
  EXPECT_TRUE(cores_of(ones({"core.cycles"})).empty());
  EXPECT_THAT(cores_of(ones({"core.cycles", "core10.cycles", "core2.cycles", "core2.dtlb.misses"})),
              ElementsAre(2, 10));
}

TEST(Merge, SumsAreThoseOfBothSetsEachOnce) {
  StatSet one;
  one.adds_up("a", {"b", "c"});
  one.count("a", 2, "", "");
  StatSet other = one;
  other.adds_up("a", {"d"});
  one.merge(other);
  ASSERT_EQ(one.sums().size(), 2u);
  EXPECT_EQ(one.sums()[1].parts, std::vector<std::string>{"d"});
  const StatSet prefixed = one.prefixed("core3.");
  EXPECT_EQ(prefixed.sums()[0].whole, "core3.a");
  EXPECT_EQ(prefixed.sums()[0].parts, (std::vector<std::string>{"core3.b", "core3.c"}));
}

TEST(Merge, KeepsSections) {
  StatSet figures;
  figures.begin(Section::Core);
  figures.count("core.a", 1, "", "");
  figures.count("core.b", 1, "", "").in(Section::Program);
  figures.merge(figures.prefixed("core0."));
  EXPECT_EQ(figures.at("core0.a").section, Section::Core);
  EXPECT_EQ(figures.at("core0.b").section, Section::Program);
}

TEST(Sections, AreFoundByTheirTitles) {
  for (unsigned i = 0; i < section_count; ++i) {
    const auto section = static_cast<Section>(i);
    EXPECT_EQ(section_of_title(text_of(section).title), section);
  }
  EXPECT_EQ(section_of_title("no such"), Section::Other);
}

}  // namespace
}  // namespace tablewalk::merge_test
