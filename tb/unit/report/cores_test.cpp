// How the figures of several cores are shown.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/error.h"
#include "report/cores_text.h"
#include "report/figures.h"
#include "report/print_compare.h"
#include "report/print_run.h"
#include "report/result_json.h"
#include "stats/core_name.h"
#include "unit/report/example_result.h"
#include "unit/report/printed.h"

namespace tablewalk::cores_test {
namespace {

using test::run_text;
using testing::HasSubstr;
using testing::Not;

/// The report of a core; `scale` makes several different ones.
StatSet core_figures(std::uint64_t scale, bool private_stlb) {
  StatSet stats;
  stats.count("core.instructions", 1000, "instructions", "");
  stats.count("core.cycles", 4000 * scale, "cycles", "");
  stats.count("core.translation_stall_cycles", 1000, "cycles", "");
  stats.count("core.memory_stall_cycles", 500, "cycles", "");
  stats.ratio("core.cycles_per_instruction", 4000 * scale, 1000, "cycles", "");
  stats.count("dtlb.misses", 25 * scale, "lookups", "").explain("lookups that missed").key();
  stats.per_kilo_instruction("dtlb.mpki", 25 * scale, "misses", "");
  if (private_stlb) stats.count("stlb.misses", 7 * scale, "lookups", "");
  Histogram latency;
  latency.add(30 * scale);
  stats.distribution("walker.latency_cycles", latency, "cycles", "latency");
  if (private_stlb) stats.count("walker.walks", 6 * scale, "walks", "");
  return stats;
}

RunResult result_of_cores(unsigned cores, bool private_stlb) {
  RunResult result;
  result.version = "0.1.0";
  result.config = {{"seed", 1}};
  result.trace = {"traces/sort.twt", "twt", "0123456789abcdef", 1234567, "trace"};
  std::vector<StatSet> sets;
  for (unsigned core = 0; core < cores; ++core) sets.push_back(core_figures(core + 1, private_stlb));
  for (const StatSet& set : sets) result.stats.merge(set);
  for (unsigned core = 0; core < cores; ++core) result.stats.merge(sets[core].prefixed(core_prefix(core)));
  return result;
}

TEST(CoresText, HasARowForEachCore) {
  EXPECT_EQ(cores_text(result_of_cores(2, true).stats, 2),
            "  core  cycles  instructions   CPI  dtlb MPKI  stlb misses  walks   memory  translation\n"
            "  0      4,000         1,000  4.00      25.00            7      6  12.50 %      25.00 %\n"
            "  1      8,000         1,000  8.00      50.00           14     12   6.25 %      12.50 %\n");
}

TEST(CoresText, WhatTheCoresShareHasNoColumn) {
  const std::string text = cores_text(result_of_cores(2, false).stats, 2);
  EXPECT_THAT(text, HasSubstr("dtlb MPKI   memory"));
  EXPECT_THAT(text, Not(HasSubstr("stlb")));
  EXPECT_THAT(text, Not(HasSubstr("walks")));
}

TEST(CoresText, CoresStandInTheOrderOfTheirNumbers) {
  const std::string text = cores_text(result_of_cores(11, true).stats, 0);
  EXPECT_LT(text.find("\n2 "), text.find("\n10 "));
}

TEST(CoresText, OneCoreHasNone) {
  EXPECT_EQ(cores_text(example_result().stats, 2), "");
}

TEST(PrintRun, CoresAreATableBehindTheSumsAndNowhereElse) {
  const RunResult result = result_of_cores(3, true);
  RunResult sums = result;
  sums.stats = without_single_cores(result.stats);
  EXPECT_EQ(sums.stats.at("core.cycles").count, 24000U);
  EXPECT_EQ(run_text(result), run_text(sums) +
                                  "\nPer core (memory, translation: shares of its cycles stalled for these)\n" +
                                  cores_text(result.stats, 2));
  EXPECT_THAT(run_text(result), Not(HasSubstr("core0")));
}

TEST(PrintRun, EveryFigureOfACoreIsInCsvAndJson) {
  PrintOptions options;
  options.format = OutputFormat::Csv;
  EXPECT_THAT(run_text(result_of_cores(3, true), options), HasSubstr("\ncore2.dtlb.misses,75,lookups\n"));
  options.format = OutputFormat::Json;
  const std::string text = run_text(result_of_cores(3, true), options);
  EXPECT_THAT(text, HasSubstr("\"core2.cycles\": 12000"));
  EXPECT_EQ(run_text(result_from_json(text, "r.json"), options), text);
  options.format = OutputFormat::Text;
  EXPECT_EQ(run_text(result_from_json(text, "r.json")), run_text(result_of_cores(3, true)));
}

TEST(ResultJson, FiguresThatWereReadCannotBeMerged) {
  const RunResult result = result_of_cores(2, true);
  StatSet read = result_from_json(result_to_json(result), "r.json").stats;
  EXPECT_THROW(read.merge(result.stats), LawViolation);
  EXPECT_NO_THROW(read.merge(result.stats.prefixed("core9.")));
}

TEST(PrintCompare, ASingleCoresFiguresCanBeSelected) {
  PrintOptions options;
  options.stats = {"core1.dtlb.*"};
  options.explain = true;
  std::ostringstream out;
  print_compare({{"two", result_of_cores(2, true)}, {"three", result_of_cores(3, true)}}, options, out);
  EXPECT_THAT(out.str(), HasSubstr("core1.dtlb.misses"));
  EXPECT_THAT(out.str(), HasSubstr("of core 1: lookups that missed"));
}

TEST(ExplanationOf, ASingleCoresFigureSaysWhoseItIs) {
  const StatSet stats = result_of_cores(2, true).stats;
  EXPECT_EQ(explanation_of(stats.at("dtlb.misses")), "lookups that missed");
  EXPECT_EQ(explanation_of(stats.at("core1.dtlb.misses")), "of core 1: lookups that missed");
  EXPECT_EQ(explanation_of(stats.at("core1.cycles")), "");
}

TEST(PrintCompare, KeyFiguresAreThoseOfAllCores) {
  std::ostringstream out;
  print_compare({{"two", result_of_cores(2, true)}, {"three", result_of_cores(3, true)}}, {}, out);
  EXPECT_THAT(out.str(), HasSubstr("dtlb.misses"));
  EXPECT_THAT(out.str(), Not(HasSubstr("core1.dtlb.misses")));
  EXPECT_THAT(out.str(), Not(HasSubstr("core.cycles")));
}

}  // namespace
}  // namespace tablewalk::cores_test
