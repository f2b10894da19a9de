#include "sweep/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "base/error.h"
#include "base/file.h"
#include "sweep/durable_file.h"
#include "sweep/folder_lock.h"
#include "sweep/points.h"
#include "sweep/sweep_table.h"
#include "sweep/trace_checksums.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

/// Small enough to be typed again.
std::uint64_t new_seed() {
  return std::random_device()() % 1000000;
}

class Sweep {
 public:
  Sweep(const SweepOptions& options, const EngineWatch& watch)
      : options_(options),
        watch_(watch),
        store_(options.folder),
        file_(options.given ? *options.given : read_sweep_file(options.file)) {}

  SweepReport run(Engine& engine) {
    const ordered_json seen = store_.read_manifest();
    make_plan_for(seen);  // a wrong file must not create a folder
    store_.create();
    const FolderLock lock(options_.folder, options_.wait);
    if (!lock.taken_over().empty()) {
      watch_.message(
          fmt::format("{}: the sweep of {} has ended without finishing; going on", options_.folder, lock.taken_over()));
    }
    store_.clean();
    const ordered_json manifest = store_.read_manifest();
    if (manifest != seen) make_plan_for(manifest);
    SweepReport report;
    TaskList missing = missing_tasks();
    report.done_before = state_of(plan_, store_).counts.done;
    tell_plan(manifest, report.done_before);
    write_manifest();
    report.simulated = missing.size();
    watch_.start(missing.size());
    if (!missing.empty()) report.outcome = engine.run(missing, store_, watch_);
    if (!report.outcome.store_problem.empty()) fail_store(report);
    write_durable_file(store_.path("tidy.csv"), tidy_csv(plan_, store_, plan_.figures));
    report.state = state_of(plan_, store_);
    return report;
  }

  SweepPlan plan_alone() {
    make_plan_for(nullptr);
    return std::move(plan_);
  }

 private:
  /// The seed of a sweep without one is drawn once and kept in its folder.
  void make_plan_for(const ordered_json& manifest) {
    std::optional<std::uint64_t> seed = options_.seed ? options_.seed : file_.random_seed;
    if (!seed && manifest.is_object()) seed = manifest.at("plan").value("random_seed", std::uint64_t{0});
    if (!seed) seed = drawn_seed_ ? *drawn_seed_ : new_seed();
    drawn_seed_ = seed;
    traces_ = TraceChecksums(manifest.is_object() ? manifest.value("trace_files", ordered_json()) : ordered_json());
    plan_ = make_plan(file_, *seed, [this](const std::string& path) { return traces_.of(path); });
    if (plan_.points.empty()) {
      throw InputError(fmt::format("{}: has no points: its conditions exclude all {}", file_.path, plan_.excluded));
    }
  }

  /// Those without a result of this program.
  TaskList missing_tasks() const {
    TaskList missing;
    std::size_t others = 0;
    std::string other;
    for (const SweepTask& task : plan_.tasks) {
      const std::optional<TaskHeader> header = store_.header(task.id);
      const bool is_others = header && header->program.checksum != this_program().checksum;
      if (is_others) {
        ++others;
        other = header->program.text();
      }
      if (!header || (is_others && options_.other_program == OtherProgram::Redo)) missing.push_back(&task);
    }
    if (others != 0 && options_.other_program == OtherProgram::Refuse) {
      throw InputError(
          fmt::format("{}: {} of its results are of another build ({}): expected that build, another folder, or "
                      "--other-program keep or redo",
                      options_.folder, others, other));
    }
    if (options_.other_program == OtherProgram::Redo) {
      for (const SweepTask* task : missing) store_.remove(task->id);
    }
    return missing;
  }

  void tell_plan(const ordered_json& manifest, std::size_t done) const {
    if (draws_points(file_)) {
      watch_.message(fmt::format("random points of seed {}: the same with --seed {}", plan_.seed, plan_.seed));
    }
    if (plan_.missing_draws != 0) {
      watch_.message(fmt::format("{} random points are missing: {} draws in a row gave no new machine",
                                 plan_.missing_draws, most_draws_in_vain));
    }
    if (plan_.excluded != 0) watch_.message(fmt::format("{} points are excluded by conditions", plan_.excluded));
    if (!manifest.is_object()) return;
    const ordered_json plan = plan_to_json(plan_);
    if (manifest.at("plan") == plan) {
      if (done != 0) watch_.message(fmt::format("{} of {} points are done already", done, plan_.points.size()));
      return;
    }
    const std::size_t before = manifest.at("plan").at("points").size();
    watch_.message(
        fmt::format("the sweep has changed since its last run in {}: it had {} points and has {}; {} of these are "
                    "done already",
                    options_.folder, before, plan_.points.size(), done));
  }

  void write_manifest() const {
    ordered_json manifest = ordered_json::object();
    manifest["schema"] = "tablewalk.sweep/1";
    manifest["program"] = program_to_json(this_program());
    manifest["file"] = {{"path", file_.path}, {"checksum", checksum_text(file_.text)}, {"text", file_.text}};
    manifest["trace_files"] = traces_.to_json();
    manifest["plan"] = plan_to_json(plan_);
    store_.write_manifest(manifest);
  }

  [[noreturn]] void fail_store(const SweepReport& report) const {
    const std::size_t done = state_of(plan_, store_).counts.done;
    throw InputError(fmt::format("{}: {} of {} points are done; the same command goes on from there",
                                 report.outcome.store_problem, done, plan_.points.size()));
  }

  const SweepOptions& options_;
  const EngineWatch& watch_;
  SweepStore store_;
  SweepFile file_;
  SweepPlan plan_;
  TraceChecksums traces_;
  std::optional<std::uint64_t> drawn_seed_;
};

std::string point_name(const SweepPlan& plan, const SweepPoint& point) {
  std::string name = point.trace;
  if (point.config != "default") name += " config=" + point.config;
  if (!point.seed.empty()) name += " seed=" + point.seed;
  for (std::size_t i = 0; i < plan.keys.size(); ++i) name += fmt::format(" {}={}", plan.keys[i], point.values[i]);
  return name;
}

}  // namespace

SweepState state_of(const SweepPlan& plan, const SweepStore& store) {
  SweepState state;
  state.counts.points = plan.points.size();
  std::map<std::string, std::optional<TaskHeader>> headers;
  for (const SweepPoint& point : plan.points) {
    std::string problem = point.problem;
    bool done = problem.empty();
    for (const std::string& task : point.tasks()) {
      const auto [header, fresh] = headers.try_emplace(task);
      if (fresh) header->second = store.header(task);
      if (fresh && header->second) state.counts.seconds += header->second->time.seconds;
      if (header->second) continue;
      done = false;
      if (problem.empty()) problem = store.failure(task);
    }
    if (done) ++state.counts.done;
    if (problem.empty()) continue;
    ++state.counts.failed;
    state.failed.push_back({point_name(plan, point), problem});
  }
  return state;
}

SweepPlan stored_plan(const SweepStore& store) {
  const ordered_json manifest = store.read_manifest();
  if (!manifest.is_object()) {
    throw InputError(fmt::format("{}: is not the folder of a sweep: expected manifest.json in it", store.folder()));
  }
  try {
    return plan_from_json(manifest.at("plan"));
  } catch (const nlohmann::json::exception& error) {
    throw InputError(
        fmt::format("{}: expected the manifest of a sweep: {}", store.path("manifest.json"), error.what()));
  }
}

SweepPlan plan_of_file(const SweepOptions& options) {
  return Sweep(options, {}).plan_alone();
}

SweepReport run_sweep(const SweepOptions& options, Engine& engine, const EngineWatch& watch) {
  return Sweep(options, watch).run(engine);
}

}  // namespace tablewalk
