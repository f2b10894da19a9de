#include "sweep/sweep_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "report/figures.h"
#include "report/sample_text.h"
#include "stats/shards.h"
#include "stats/translation_cost.h"
#include "sweep/figure_choice.h"

namespace tablewalk {
namespace {

/// Keeps the results that neighbouring points share.
class ResultCache {
 public:
  explicit ResultCache(const SweepStore& store) : store_(store) {}

  const RunResult& get(const std::string& id) {
    const auto known = results_.find(id);
    if (known != results_.end()) return known->second;
    if (results_.size() == most_results) results_.clear();
    return results_.emplace(id, store_.get(id)).first->second;
  }

 private:
  static constexpr std::size_t most_results = 64;
  const SweepStore& store_;
  std::map<std::string, RunResult> results_;
};

/// Of one shard, or of a trace that is not split (0).
RunResult compose_part(const SweepPoint& point, std::size_t part, const SweepStore& store, ResultCache& cache) {
  RunResult result = store.get(point.machine[part]);
  if (point.free.empty()) {
    leave_cost_out(result, "the sweep does not measure it");
    return result;
  }
  add_translation_cost(result, cache.get(point.free[part]));
  if (!point.chained.empty()) {
    const RunResult chained = cache.get(point.chained[part]);
    add_chained_cost(result, chained, cache.get(point.chained_free[part]));
  }
  return result;
}

RunResult compose(const SweepPoint& point, const SweepStore& store, ResultCache& cache) {
  std::vector<RunResult> shards;
  for (std::size_t part = 0; part < point.machine.size(); ++part) {
    shards.push_back(compose_part(point, part, store, cache));
  }
  if (!shards.front().shards) return std::move(shards.front());
  return merge_shards(std::move(shards), point.machine);
}

}  // namespace

RunResult result_of_point(const SweepPoint& point, const SweepStore& store) {
  ResultCache cache(store);
  return compose(point, store, cache);
}

void for_each_result(const SweepPlan& plan, const SweepStore& store,
                     const std::function<void(const SweepPoint&, const RunResult&)>& take) {
  ResultCache cache(store);
  for (const SweepPoint& point : plan.points) {
    const std::vector<std::string> tasks = point.tasks();
    const bool done = !tasks.empty() && std::all_of(tasks.begin(), tasks.end(), [&](const std::string& id) {
      return store.header(id).has_value();
    });
    if (done) take(point, compose(point, store, cache));
  }
}

std::string tidy_csv(const SweepPlan& plan, const SweepStore& store, const std::vector<std::string>& figures) {
  std::string rows;
  bool sampled = false;  // all of a sweep are, or none
  FigureChoice choice(figures);
  for_each_result(plan, store, [&](const SweepPoint& point, const RunResult& result) {
    sampled = result.sample.has_value();
    std::string head =
        fmt::format("{},{},{},{}", point.id, csv_field(point.trace), csv_field(point.config), point.seed);
    for (const std::string& value : point.values) head += "," + csv_field(value);
    for (const StatSet::Figure& figure : result.stats.figures()) {
      if (!choice.takes(figure)) continue;
      rows +=
          fmt::format("{},{},{},{}", head, csv_field(figure.name), exact_figure_text(figure), csv_field(figure.unit));
      rows += sampled ? "," + interval_fields(figure, *result.sample) + "\n" : "\n";
    }
  });
  choice.refuse_unused();
  std::string names = "point,trace,config,seed";
  for (const std::string& key : plan.keys) names += "," + csv_field(key);
  return names + ",figure,value,unit" + (sampled ? ",low,high\n" : "\n") + rows;
}

}  // namespace tablewalk
