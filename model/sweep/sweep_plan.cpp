#include "sweep/sweep_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "config/key_search.h"
#include "config/printer.h"
#include "sweep/machine_source.h"
#include "sweep/points.h"
#include "system/load_dependences.h"
#include "system/shard_spec.h"
#include "system/waterfall.h"
#include "trace/inline_trace.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

/// What one trace of the file is for one seed.
struct OpenedTrace {
  std::vector<TaskTrace> traces;
  bool says_dependences = false;
};

constexpr std::array<std::pair<const char*, TaskIds SweepPoint::*>, 4> task_members{
    {{"machine", &SweepPoint::machine},
     {"free", &SweepPoint::free},
     {"chained", &SweepPoint::chained},
     {"chained_free", &SweepPoint::chained_free}}};

/// A text if there is one.
ordered_json ids_to_json(const TaskIds& ids) {
  return ids.size() == 1 ? ordered_json(ids.front()) : ordered_json(ids);
}

TaskIds ids_from_json(const ordered_json& json) {
  return json.is_string() ? TaskIds{json.get<std::string>()} : json.get<TaskIds>();
}

class PlanMaker {
 public:
  PlanMaker(const SweepFile& file, const TraceIdentity& identity)
      : file_(file),
        identity_(identity),
        shards_(file.shards.empty() ? 1 : parse_shards_spec(file.shards).count),
        machines_(file) {}

  SweepPlan make(std::uint64_t seed) {
    plan_.seed = seed;
    plan_.figures = file_.figures;
    collect_keys();
    plan_.missing_draws = for_each_choice(file_, seed, [&](const PointChoice& choice) { return take(choice); });
    return std::move(plan_);
  }

 private:
  void collect_keys() {
    const auto add = [&](const std::string& key) {
      const bool known = std::find(plan_.keys.begin(), plan_.keys.end(), key) != plan_.keys.end();
      if (!known && !is_point_key(key)) plan_.keys.push_back(key);
    };
    for (const PointSet& set : file_.sets) {
      for (const KeyValues& values : set.keys) add(values.key);
      for (const std::vector<KeySetting>& item : set.items) {
        for (const KeySetting& setting : item) add(setting.key);
      }
    }
  }

  /// All configs, traces and seeds, or those that the choice sets.
  bool take(const PointChoice& choice) {
    std::vector<KeySetting> configs = file_.configs;
    std::vector<SweepTrace> traces = file_.traces;
    std::vector<KeySetting> seeds = file_.seeds;
    if (seeds.empty()) seeds.push_back({"seed", "", 0});
    for (const KeySetting& setting : choice) {
      if (setting.key == "config") configs = {setting};
      if (setting.key == "trace") traces = {{{plain_text(setting)}, setting.line}};
      if (setting.key == "seed") seeds = {setting};
    }
    bool fresh = false;
    for (const KeySetting& config : configs) {
      for (const KeySetting& seed : seeds) {
        const PointMachine machine = machines_.machine(config, seed, choice);
        for (const SweepTrace& trace : traces) fresh = add_point(machine, config, trace, seed, choice) || fresh;
      }
    }
    return fresh;
  }

  /// The value without the quotes that YAML may need.
  static std::string plain_text(const KeySetting& setting) {
    const std::string& text = setting.value;
    const bool quoted = text.size() > 1 && text.front() == '"' && text.back() == '"';
    return quoted ? text.substr(1, text.size() - 2) : text;
  }

  bool add_point(const PointMachine& machine, const KeySetting& config, const SweepTrace& trace, const KeySetting& seed,
                 const PointChoice& choice) {
    SweepPoint point;
    point.config = config.value.empty() ? "default" : config.value;
    point.trace = trace.label();
    point.seed = seed.value;
    for (const std::string& key : plan_.keys) {
      const ordered_json* value = value_of_key(machine.json, key);
      point.values.push_back(value == nullptr ? "" : table_text(*value));
    }
    if (!satisfies(machine, point)) {
      ++plan_.excluded;
      return false;
    }
    point.problem = machine.problem;
    const OpenedTrace& opened = open(trace, seed.value);
    SweepTask task = task_of(opened, name_of(point, choice));
    task.id = SweepTask::id_of(task.contents(machine.json));
    point.id = task.id;
    if (!known_points_.insert(point.id).second) return false;
    if (plan_.points.size() * shards_ >= most_points_of_sweep) {
      throw InputError(fmt::format("{}: expected at most {} points{}", file_.path, most_points_of_sweep / shards_,
                                   shards_ == 1 ? "" : fmt::format(" of {} shards", shards_)));
    }
    if (point.problem.empty()) add_tasks(point, machine.config, opened, std::move(task));
    plan_.points.push_back(std::move(point));
    return true;
  }

  bool satisfies(const PointMachine& machine, const SweepPoint& point) const {
    for (const SweepCondition& condition : file_.conditions) {
      try {
        if (!condition.expression.holds([&](const std::string& key) { return lookup(machine, point, key); })) {
          return false;
        }
      } catch (const InputError& error) {
        throw InputError(fmt::format("{}: where: {}: {}", place_in(file_, condition.line), condition.expression.text(),
                                     error.what()));
      }
    }
    return !file_.admits || !machine.problem.empty() || file_.admits(machine.config);
  }

  static ExpressionValue lookup(const PointMachine& machine, const SweepPoint& point, const std::string& key) {
    if (key == "trace") return point.trace;
    if (key == "config") return point.config;
    if (key == "seed") return point.seed.empty() ? 0.0 : std::stod(point.seed);
    const ordered_json* value = value_of_key(machine.json, key);
    if (value == nullptr) {
      MachineConfig config = machine.config;
      throw InputError(fmt::format("unknown key '{}'{}; texts are in quotes", key,
                                   did_you_mean(key, all_keys(bind_config(config)))));
    }
    if (value->is_number()) return value->get<double>();
    if (value->is_boolean()) return value->get<bool>();
    if (value->is_string()) return value->get<std::string>();
    throw InputError(fmt::format("'{}' is a list or a group: expected a key with one value", key));
  }

  const OpenedTrace& open(const SweepTrace& trace, const std::string& seed) {
    const std::string key = trace.label() + "\n" + seed;
    const auto known = opened_.find(key);
    if (known != opened_.end()) return known->second;
    try {
      OpenedTrace opened;
      for (const std::string& path : trace.paths) opened.traces.push_back(task_trace(path, seed));
      opened.says_dependences = says_dependences(options_of(opened));
      return opened_.emplace(key, std::move(opened)).first->second;
    } catch (const InputError& error) {
      throw InputError(fmt::format("{}: traces: {}", place_in(file_, trace.line), error.what()));
    }
  }

  TaskTrace task_trace(const std::string& given, const std::string& seed) const {
    if (is_text_argument(given)) return {given, given};
    if (is_generated_argument(given)) {
      const bool has_seed = given.find("seed=") != std::string::npos;
      const std::string path = seed.empty() || has_seed ? given : given + ",seed=" + seed;
      return {path, path};
    }
    const std::string path = path_beside(file_.path, given);
    if (given == "-" || readable_once(path)) {
      throw InputError(fmt::format("{}: each point reads the trace: expected a file, not a pipe", given));
    }
    return {path, identity_(path)};
  }

  static RunOptions options_of(const OpenedTrace& opened) {
    RunOptions options;
    options.trace_path = opened.traces.front().path;
    for (std::size_t i = 1; i < opened.traces.size(); ++i) options.more_traces.push_back(opened.traces[i].path);
    return options;
  }

  SweepTask task_of(const OpenedTrace& opened, std::string name) const {
    SweepTask task;
    task.name = std::move(name);
    task.traces = opened.traces;
    task.warmup = file_.warmup;
    task.limit = file_.limit;
    task.sample = file_.sample;
    task.shards = file_.shards;
    task.check = file_.check;
    return task;
  }

  static std::string name_of(const SweepPoint& point, const PointChoice& choice) {
    std::string name = point.trace;
    if (point.config != "default") name += " config=" + point.config;
    if (!point.seed.empty()) name += " seed=" + point.seed;
    for (const KeySetting& setting : choice) {
      if (!is_point_key(setting.key)) name += fmt::format(" {}={}", setting.key, setting.value);
    }
    return name;
  }

  void add_tasks(SweepPoint& point, const MachineConfig& machine, const OpenedTrace& opened, SweepTask task) {
    task.config = machine;
    const std::string name = task.name;
    point.machine = keep(std::move(task));
    if (!file_.cost || machine.core.free_translation) return;
    point.free = add_ideal(opened, name + " with free translation", with_free_translation(machine));
    if (!asks_for_interval(machine) || opened.says_dependences) return;
    const MachineConfig chained = with_chained_loads(machine);
    point.chained = add_ideal(opened, name + " with chained loads", chained);
    point.chained_free =
        add_ideal(opened, name + " with chained loads and free translation", with_free_translation(chained));
  }

  /// The laws are checked on the machine itself only.
  TaskIds add_ideal(const OpenedTrace& opened, std::string name, const MachineConfig& machine) {
    SweepTask task = task_of(opened, std::move(name));
    task.check = false;
    task.config = machine;
    return keep(std::move(task));
  }

  /// The last shards first: they warm longest.
  TaskIds keep(SweepTask task) {
    const ordered_json config = to_json(task.config);
    const std::string name = task.name;
    TaskIds ids;
    for (std::uint64_t left = shards_; left > 0; --left) {
      if (!file_.shards.empty()) {
        task.shard = left;
        task.name = fmt::format("{}, shard {} of {}", name, left, shards_);
      }
      task.id = SweepTask::id_of(task.contents(config));
      ids.push_back(task.id);
      if (known_tasks_.insert(task.id).second) plan_.tasks.push_back(task);
    }
    return ids;
  }

  const SweepFile& file_;
  const TraceIdentity& identity_;
  std::uint64_t shards_;  ///< simulations of each machine of a point
  MachineSource machines_;
  SweepPlan plan_;
  std::map<std::string, OpenedTrace> opened_;
  std::set<std::string> known_points_;
  std::set<std::string> known_tasks_;
};

}  // namespace

TaskIds SweepPoint::tasks() const {
  TaskIds all;
  for (const TaskIds* ids : {&machine, &free, &chained, &chained_free}) all.insert(all.end(), ids->begin(), ids->end());
  return all;
}

SweepPlan make_plan(const SweepFile& file, std::uint64_t seed, const TraceIdentity& identity) {
  return PlanMaker(file, identity).make(seed);
}

ordered_json plan_to_json(const SweepPlan& plan) {
  ordered_json json = ordered_json::object();
  json["random_seed"] = plan.seed;
  json["keys"] = plan.keys;
  json["figures"] = plan.figures;
  json["excluded"] = plan.excluded;
  json["points"] = ordered_json::array();
  for (const SweepPoint& point : plan.points) {
    ordered_json one = {{"id", point.id},
                        {"trace", point.trace},
                        {"config", point.config},
                        {"seed", point.seed},
                        {"values", point.values}};
    if (!point.problem.empty()) one["problem"] = point.problem;
    for (const auto& [name, ids] : task_members) {
      if (!(point.*ids).empty()) one[name] = ids_to_json(point.*ids);
    }
    json["points"].push_back(std::move(one));
  }
  return json;
}

SweepPlan plan_from_json(const ordered_json& json) {
  SweepPlan plan;
  plan.seed = json.at("random_seed").get<std::uint64_t>();
  plan.keys = json.at("keys").get<std::vector<std::string>>();
  plan.figures = json.at("figures").get<std::vector<std::string>>();
  plan.excluded = json.at("excluded").get<std::uint64_t>();
  for (const ordered_json& one : json.at("points")) {
    SweepPoint point;
    point.id = one.at("id").get<std::string>();
    point.trace = one.at("trace").get<std::string>();
    point.config = one.at("config").get<std::string>();
    point.seed = one.at("seed").get<std::string>();
    point.values = one.at("values").get<std::vector<std::string>>();
    point.problem = one.value("problem", "");
    for (const auto& [name, ids] : task_members) {
      if (one.contains(name)) point.*ids = ids_from_json(one.at(name));
    }
    plan.points.push_back(std::move(point));
  }
  return plan;
}

}  // namespace tablewalk
