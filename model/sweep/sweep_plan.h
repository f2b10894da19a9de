#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "sweep/sweep_file.h"
#include "sweep/sweep_task.h"

namespace tablewalk {

/// One simulation, or one for each shard of the trace.
using TaskIds = std::vector<std::string>;

/// One point: the keys that distinguish it, and the tasks that its figures come from.
struct SweepPoint {
  std::string id;                   ///< of its machine's task, or, with shards, of all of them
  std::vector<std::string> values;  ///< of the plan's keys; empty if the machine lacks the key
  std::string config;
  std::string trace;
  std::string seed;
  std::string problem;  ///< why there is no such machine; then it has no tasks
  TaskIds machine;
  TaskIds free;     ///< the same with free translation; empty: the cost is not measured
  TaskIds chained;  ///< both with chained loads; empty: the cost is not an interval
  TaskIds chained_free;

  TaskIds tasks() const;
};

/// What a sweep file asks for.
struct SweepPlan {
  std::vector<std::string> keys;  ///< all that are varied, in the order of the file
  std::vector<std::string> figures;
  std::vector<SweepPoint> points;
  std::vector<SweepTask> tasks;     ///< each once
  std::uint64_t seed = 0;           ///< of random points
  std::uint64_t excluded = 0;       ///< points that a condition excludes
  std::uint64_t missing_draws = 0;  ///< random points for which no machine was found
};

/// Gives the contents' checksum of a trace file.
using TraceIdentity = std::function<std::string(const std::string& path)>;

/// Throws InputError with file and line.
SweepPlan make_plan(const SweepFile& file, std::uint64_t seed, const TraceIdentity& identity);

/// The plan without its tasks' machines.
nlohmann::ordered_json plan_to_json(const SweepPlan& plan);
SweepPlan plan_from_json(const nlohmann::ordered_json& json);

}  // namespace tablewalk
