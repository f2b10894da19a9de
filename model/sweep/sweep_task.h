#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "stats/result.h"
#include "system/machine_config.h"

namespace tablewalk {

/// A trace of a task: where it is, and what it contains.
struct TaskTrace {
  std::string path;      ///< as open_trace() takes it
  std::string identity;  ///< checksum of the file, or the path itself if that describes the records
};

/// One simulation of a sweep: one machine on one trace (or one for each core). Points share tasks: those that differ
/// only in their TLBs have the same machine with free translation.
struct SweepTask {
  std::string id;    ///< 16 hexadecimal digits; equal for equal simulations
  std::string name;  ///< for messages
  MachineConfig config;
  std::vector<TaskTrace> traces;
  std::uint64_t warmup = 0;
  std::uint64_t limit = 0;
  std::string sample;       ///< as parse_sample_spec() takes it; empty: the whole run
  std::string shards;       ///< as parse_shards_spec() takes it; empty: the trace is not split
  std::uint64_t shard = 0;  ///< the part to simulate, from 1; 0: all, which no single task does
  bool check = false;

  /// Everything that determines the result, and its checksum.
  nlohmann::ordered_json contents(const nlohmann::ordered_json& config_json) const;
  static std::string id_of(const nlohmann::ordered_json& contents);
};

/// For other processes.
nlohmann::ordered_json task_to_json(const SweepTask& task);
SweepTask task_from_json(const nlohmann::ordered_json& json);

/// Simulates it; once per process. `partial` if interrupted. Throws what a run throws.
RunResult run_task(const SweepTask& task);

/// 16 hexadecimal digits.
std::string checksum_text(const std::string& text);

}  // namespace tablewalk
