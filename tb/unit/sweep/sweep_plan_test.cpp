#include "sweep/sweep_plan.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "config/printer.h"

namespace tablewalk::sweep_plan_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string head = "config: skylake\ntraces: 'text:R 0x1000; R 0x2000'\n";

SweepPlan plan_of(const std::string& text, std::uint64_t seed = 1) {
  return make_plan(parse_sweep_file("s.yaml", text), seed, [](const std::string& path) { return path; });
}

std::string problem_of(const std::string& text) {
  try {
    plan_of(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

std::vector<std::string> column(const SweepPlan& plan, std::size_t key) {
  std::vector<std::string> values;
  for (const SweepPoint& point : plan.points) values.push_back(point.values.at(key));
  return values;
}

TEST(SweepPlan, PointsHaveTheResolvedValuesOfTheirKeys) {
  const SweepPlan plan = plan_of(head +
                                 "points:\n  - grid: {os.page_bytes: [4K, 2M]}\n  - list: [{walker.walkers: 4}]\n"
                                 "  - list: [{walker.walk_caches: []}]\n");
  EXPECT_THAT(plan.keys, ElementsAre("os.page_bytes", "walker.walkers", "walker.walk_caches"));
  EXPECT_THAT(column(plan, 0), ElementsAre("4096", "2097152", "0", "0"));
  EXPECT_THAT(column(plan, 1), ElementsAre("2", "2", "4", "2"));
  EXPECT_EQ(plan.points.back().values.back(), "[]");
  EXPECT_EQ(plan.points.front().config, "skylake");
}

TEST(SweepPlan, PointsShareTheMachineWithFreeTranslation) {
  const SweepPlan plan = plan_of(head + "set: {core.dependences: none}\npoints: [grid: {walker.walkers: [1, 2, 4]}]");
  EXPECT_EQ(plan.points.size(), 3U);
  EXPECT_EQ(plan.tasks.size(), 4U);
  EXPECT_EQ(plan.points[0].free, plan.points[2].free);
  EXPECT_THAT(plan_of(head + "cost: false\npoints: [grid: {walker.walkers: [1, 2, 4]}]").tasks.size(), 3U);
}

TEST(SweepPlan, TracesWithoutDependencesAreRunAtBothEnds) {
  const SweepPlan plan = plan_of(head);
  ASSERT_EQ(plan.points.size(), 1U);
  EXPECT_EQ(plan.points[0].tasks().size(), 4U);
}

TEST(SweepPlan, EqualMachinesAreOnePoint) {
  EXPECT_EQ(
      plan_of(head + "points: [grid: {walker.walkers: [2, 1]}, one_at_a_time: {walker.walkers: [1]}]").points.size(),
      2U);
}

TEST(SweepPlan, ConfigsTracesAndSeedsAreCombined) {
  const SweepPlan plan = plan_of(
      "config: [skylake, cva6]\ntraces: ['text:R 0x1000', 'generated:zipf,count=10']\nseeds: [1, 2]\ncost: false\n");
  EXPECT_EQ(plan.points.size(), 8U);
  std::set<std::string> paths;
  for (const SweepTask& task : plan.tasks) paths.insert(task.traces.front().path);
  EXPECT_THAT(paths, ElementsAre("generated:zipf,count=10,seed=1", "generated:zipf,count=10,seed=2", "text:R 0x1000"));
  EXPECT_EQ(plan.tasks.back().config.os.frame_seed, 2U);
}

TEST(SweepPlan, APointMaySetConfigTraceAndSeedItself) {
  const SweepPlan plan =
      plan_of(head + "cost: false\npoints: [list: [{config: cva6, trace: 'text:R 0x5000', seed: 3}]]");
  ASSERT_EQ(plan.points.size(), 1U);
  EXPECT_EQ(plan.points[0].config, "cva6");
  EXPECT_EQ(plan.points[0].trace, "text:R 0x5000");
  EXPECT_EQ(plan.points[0].seed, "3");
  EXPECT_THAT(plan.keys, IsEmpty());
}

TEST(SweepPlan, ConditionsExcludePoints) {
  const SweepPlan plan = plan_of(head +
                                 "where: [walker.walkers * 16 <= dtlb.arrays.0.entries, trace != 'x']\n"
                                 "points: [grid: {walker.walkers: [1, 2, 4], dtlb.arrays.0.entries: [16, 64]}]");
  EXPECT_EQ(plan.excluded, 2U);
  EXPECT_THAT(column(plan, 0), ElementsAre("1", "1", "2", "4"));
}

TEST(SweepPlan, AnIdNamesEverythingThatDeterminesTheResult) {
  std::set<std::string> ids;
  for (const std::string& text : {head, head + "limit: 1", head + "sample: windows=5", head + "shards: 1",
                                  head + "warmup: 1", head + "check: true", head + "set: {os.frame_seed: 9}",
                                  std::string("config: skylake\ntraces: 'text:R 0x1000; R 0x3000'\n")}) {
    ids.insert(plan_of(text).points.at(0).id);
  }
  EXPECT_EQ(ids.size(), 8U);
  EXPECT_EQ(plan_of(head).points[0].id, plan_of(head + "points: [grid: {walker.walkers: [2]}]").points[0].id);
}

TEST(SweepPlan, MachinesThatCannotBeAreTheirPointsProblem) {
  const SweepPlan plan = plan_of(head + "points: [grid: {dtlb.arrays.0.ways: [4, 5]}]");
  ASSERT_EQ(plan.points.size(), 2U);
  EXPECT_EQ(plan.points[0].problem, "");
  EXPECT_THAT(plan.points[1].problem, HasSubstr("dtlb.arrays.0.ways=5: dtlb.arrays.0"));
  EXPECT_THAT(plan.points[1].tasks(), IsEmpty());
}

TEST(SweepPlan, EachShardIsATaskAndThoseOfFreeTranslationAreShared) {
  const SweepPlan plan = plan_of(head + "shards: 3,warm=7\npoints: [grid: {walker.walkers: [1, 2]}]");
  ASSERT_EQ(plan.points.size(), 2U);
  EXPECT_EQ(plan.tasks.size(), 3U * (2 + 1 + 2 + 1)) << "machines, free translation, and both with chained loads";
  EXPECT_EQ(plan.points[0].free, plan.points[1].free);
  std::set<std::string> ids;
  for (const SweepTask& task : plan.tasks) {
    ids.insert(task.id);
    EXPECT_THAT(task.name, testing::EndsWith(fmt::format(", shard {} of 3", task.shard)));
    EXPECT_EQ(task.shards, "3,warm=7");
  }
  EXPECT_EQ(ids.size(), plan.tasks.size());
  EXPECT_EQ(plan.tasks.front().shard, 3U) << "the last one warms longest";
  for (const SweepPoint& point : plan.points) {
    EXPECT_EQ(point.tasks().size(), 3U * 4);
    EXPECT_EQ(ids.count(point.id), 0U) << "the point is all of its shards";
  }
  EXPECT_EQ(plan_to_json(plan_from_json(plan_to_json(plan))), plan_to_json(plan));
}

TEST(SweepPlan, ShardsCountAsPoints) {
  const std::string points = "points: [grid: {dtlb.arrays.0.ways: [5], core.window: {from: 1, to: 20, step: 1}}]";
  EXPECT_THAT(problem_of(head + "shards: 10000\n" + points),
              HasSubstr("s.yaml: expected at most 10 points of 10000 shards"));
  EXPECT_EQ(problem_of(head + "shards: 5000\n" + points), "none");
}

TEST(SweepPlan, TasksSurviveJson) {
  const SweepPlan plan = plan_of(head + "limit: 5\nwarmup: 1\nshards: 2\ncheck: true\nset: {os.page_bytes: 2M}\n");
  for (const SweepTask& task : plan.tasks) {
    const SweepTask copy = task_from_json(task_to_json(task));
    EXPECT_EQ(SweepTask::id_of(copy.contents(to_json(copy.config))), task.id);
    EXPECT_EQ(copy.traces.at(0).path, task.traces.at(0).path);
    EXPECT_EQ(copy.name, task.name);
  }
}

TEST(SweepPlan, PlansSurviveJson) {
  const SweepPlan plan = plan_of(head + "figures: x\npoints: [grid: {dtlb.arrays.0.ways: [4, 5]}]", 77);
  EXPECT_EQ(plan_to_json(plan_from_json(plan_to_json(plan))), plan_to_json(plan));
  EXPECT_EQ(plan_to_json(plan).at("random_seed"), 77);
}

TEST(SweepPlanError, EachIsOneLineWithPlaceExpectationAndNearestName) {
  EXPECT_THAT(problem_of(head + "points:\n  - grid:\n      walker.walker: [1]"),
              testing::AllOf(HasSubstr("s.yaml:5: walker.walker: unknown key"), HasSubstr("'walker.walkers'")));
  EXPECT_THAT(problem_of(head + "points:\n  - grid:\n      walker.walkers: [1, two]"),
              HasSubstr("s.yaml:5: walker.walkers: expected a whole number, at most"));
  EXPECT_THAT(problem_of(head + "set: {walker.kind: rtll}"), HasSubstr("s.yaml:3: walker.kind: expected one of"));
  EXPECT_THAT(problem_of(head + "set: {dtlb.arrays.0.ways: 5}"), HasSubstr("s.yaml:3: dtlb.arrays.0"));
  EXPECT_THAT(problem_of("config: skylak\ntraces: 'text:R 1'"),
              testing::AllOf(HasSubstr("s.yaml:1: config: 'skylak'"), HasSubstr("did you mean 'skylake'?")));
  EXPECT_THAT(problem_of(head + "where: walker.walkrs > 1"),
              testing::AllOf(HasSubstr("s.yaml:3: where: walker.walkrs > 1: unknown key 'walker.walkrs'"),
                             HasSubstr("did you mean 'walker.walkers'?")));
  EXPECT_THAT(problem_of(head + "where: walker > 1"), HasSubstr("is a list or a group"));
  EXPECT_THAT(problem_of("traces:\n  - 'text:R 0x1000'\n  - nofile.twt"),
              HasSubstr("s.yaml:3: traces: nofile.twt: cannot"));
  EXPECT_THAT(problem_of("traces: 'text:R 1'"), HasSubstr("s.yaml:1: traces: text:R 1:1: expected 'R|W|X|M 0xADDRESS"));
  EXPECT_THAT(problem_of("traces: '-'"), HasSubstr("expected a file, not a pipe"));
}

}  // namespace
}  // namespace tablewalk::sweep_plan_test
