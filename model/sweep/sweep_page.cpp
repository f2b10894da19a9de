#include "sweep/sweep_page.h"

#include <fmt/format.h>

#include <map>

#include "base/error.h"
#include "base/text.h"
#include "base/version.h"
#include "report/page.h"
#include "report/result_json.h"
#include "sweep/figure_choice.h"
#include "sweep/sweep.h"
#include "sweep/sweep_table.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

/// A column for each figure that some point has.
class FigureColumns {
 public:
  explicit FigureColumns(const std::vector<std::string>& patterns) : choice_(patterns) {}

  ordered_json values_of(const RunResult& result) {
    ordered_json values = ordered_json::array();
    for (const StatSet::Figure& figure : result.stats.figures()) {
      if (!choice_.takes(figure)) continue;
      const auto [column, is_new] = columns_.try_emplace(figure.name, columns_.size());
      if (is_new) {
        ordered_json meaning = {{"name", figure.name}};
        meaning.update(meaning_of_figure(figure));
        meanings_.push_back(std::move(meaning));
      }
      while (values.size() <= column->second) values.push_back(nullptr);
      values[column->second] = figure_value(figure);
    }
    return values;
  }
  const ordered_json& meanings() const {
    choice_.refuse_unused();
    return meanings_;
  }

 private:
  FigureChoice choice_;
  std::map<std::string, std::size_t> columns_;
  ordered_json meanings_ = ordered_json::array();
};

/// Of a point that is not done: why it never will be, or nothing.
std::string problem_of(const SweepPoint& point, const SweepStore& store) {
  if (!point.problem.empty()) return point.problem;
  for (const std::string& task : point.tasks()) {
    if (store.header(task)) continue;
    const std::string message = store.failure(task);
    if (!message.empty()) return message;
  }
  return "";
}

struct PointData {
  ordered_json figures = ordered_json::array();
  ordered_json changes = ordered_json::array();
};

ordered_json counts_of(const SweepPlan& plan, const SweepStore& store) {
  const SweepCounts counts = state_of(plan, store).counts;
  return {{"points", counts.points},   {"done", counts.done},       {"failed", counts.failed},
          {"seconds", counts.seconds}, {"excluded", plan.excluded}, {"random_seed", plan.seed}};
}

/// Without the plan, which the page has as points.
ordered_json manifest_of(const SweepStore& store) {
  ordered_json manifest = store.read_manifest();
  manifest.erase("plan");
  return manifest;
}

ordered_json points_of(const SweepPlan& plan, const SweepStore& store, const std::map<std::string, PointData>& done) {
  ordered_json rows = ordered_json::array();
  for (const SweepPoint& point : plan.points) {
    const auto data = done.find(point.id);
    const bool is_done = data != done.end();
    const std::string problem = is_done ? "" : problem_of(point, store);
    const char* state = is_done ? "done" : problem.empty() ? "to do" : "failed";
    rows.push_back(
        ordered_json::array({point.id, point.trace, point.config, point.seed, state, printable(problem, true),
                             point.values, is_done ? data->second.figures : ordered_json::array(),
                             is_done ? data->second.changes : ordered_json::array()}));
  }
  return {{"columns", {"id", "trace", "config", "seed", "state", "problem", "values", "figures", "changes"}},
          {"rows", std::move(rows)}};
}

}  // namespace

ordered_json sweep_page_json(const SweepPlan& plan, const SweepStore& store, const std::vector<std::string>& figures) {
  FigureColumns columns(figures);
  std::map<std::string, PointData> done;
  ordered_json config = ordered_json::object();
  for_each_result(plan, store, [&](const SweepPoint& point, const RunResult& result) {
    if (done.empty()) config = result.config;
    done[point.id] = {columns.values_of(result), ordered_json::diff(config, result.config)};
  });
  ordered_json json = ordered_json::object();
  json["schema"] = "tablewalk.sweep-page/1";
  json["version"] = program_version();
  json["folder"] = printable(store.folder());
  json["keys"] = plan.keys;
  json["counts"] = counts_of(plan, store);
  json["figures"] = columns.meanings();
  json["config"] = std::move(config);
  json["points"] = points_of(plan, store, done);
  json["manifest"] = manifest_of(store);
  json["tune"] = nullptr;
  return json;
}

ordered_json tuned_json(const std::vector<TunedMachine>& machines) {
  const bool walkers = have_walkers(machines);
  ordered_json rows = ordered_json::array();
  for (const TunedMachine& one : machines) {
    rows.push_back(ordered_json::array({one.config, one.seed, one.values, one.points, one.size.entries, one.size.bits,
                                        one.cost_cycles, one.cycles, one.cost_share(), one.on_front}));
    if (!walkers) continue;
    rows.back().push_back(one.walker ? ordered_json(one.walker->cells) : ordered_json());
    rows.back().push_back(one.walker ? ordered_json(one.walker->depth) : ordered_json());
  }
  ordered_json columns = {"config", "seed",        "values", "points",     "entries",
                          "bits",   "cost_cycles", "cycles", "cost_share", "on_front"};
  if (walkers) columns.insert(columns.end(), {"cells", "depth"});
  return {{"machines", {{"columns", std::move(columns)}, {"rows", std::move(rows)}}}};
}

std::string sweep_page_html(const ordered_json& data) {
  const std::string folder = data.at("folder").get<std::string>();
  std::string html = filled_page(sweep_page_template(), "tablewalk: " + folder, data);
  if (html.size() > most_page_bytes) {
    throw InputError(fmt::format(
        "{} points with {} figures make a page of {} bytes: expected at most {}; choose fewer figures (sweep collect "
        "--figures)",
        data.at("points").at("rows").size(), data.at("figures").size(), html.size(), most_page_bytes));
  }
  return html;
}

}  // namespace tablewalk
