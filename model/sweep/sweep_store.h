#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "stats/result.h"
#include "sweep/program_identity.h"
#include "sweep/sweep_task.h"

namespace tablewalk {

/// How long a simulation took.
struct TaskTime {
  double seconds = 0;            ///< wall time
  double processor_seconds = 0;  ///< of its process
};

/// The first line of a task's file.
struct TaskHeader {
  ProgramIdentity program;
  std::string host;
  TaskTime time;
};

/// The folder of a sweep:
///     manifest.json   the plan, the program, the traces
///     runs/ID.run     a line of JSON (TaskHeader), then the `result.json` of that task, compressed by
///                     zstd; present means whole
///     failed/ID.json  the message of a task that failed
///     tidy.csv        the table
class SweepStore {
 public:
  explicit SweepStore(std::string folder) : folder_(std::move(folder)) {}

  /// Creates what is missing. Throws InputError.
  void create() const;
  /// Removes what interrupted writes left. Needs the lock.
  void clean() const;
  const std::string& folder() const { return folder_; }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  /// The header of a task's result if it is there.
  std::optional<TaskHeader> header(const std::string& id) const;
  void put(const SweepTask& task, const RunResult& result, const TaskTime& time) const;
  /// Throws InputError, after removing the file, if it is damaged.
  RunResult get(const std::string& id) const;
  void remove(const std::string& id) const;

  void put_failure(const SweepTask& task, const std::string& message) const;
  void clear_failure(const std::string& id) const;
  /// The message; empty if there is none.
  std::string failure(const std::string& id) const;

  void write_manifest(const nlohmann::ordered_json& manifest) const;
  /// Null if there is none. Throws InputError if it is unreadable.
  nlohmann::ordered_json read_manifest() const;

 private:
  std::string run_path(const std::string& id) const { return path("runs/" + id + ".run"); }
  std::string failure_path(const std::string& id) const { return path("failed/" + id + ".json"); }

  std::string folder_;
};

}  // namespace tablewalk
