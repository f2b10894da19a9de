#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sweep/engine.h"
#include "sweep/sweep_plan.h"

namespace tablewalk {

/// What to do with results that another build of the program made.
enum class OtherProgram : std::uint8_t { Refuse, Keep, Redo };

struct SweepOptions {
  std::string file;
  std::optional<SweepFile> given;  ///< instead of `file`
  std::string folder;
  std::optional<std::uint64_t> seed;  ///< of random points, instead of the file's
  bool wait = false;                  ///< for another sweep in the folder
  OtherProgram other_program = OtherProgram::Refuse;
};

/// The state of a sweep's points.
struct SweepCounts {
  std::size_t points = 0;
  std::size_t done = 0;
  std::size_t failed = 0;
  double seconds = 0;  ///< of the simulations done
};

/// A point that failed.
struct FailedPoint {
  std::string name;
  std::string message;
};

struct SweepState {
  SweepCounts counts;
  std::vector<FailedPoint> failed;
};

/// The state of a sweep's folder.
SweepState state_of(const SweepPlan& plan, const SweepStore& store);

/// The plan in a sweep's folder. Throws InputError if there is none.
SweepPlan stored_plan(const SweepStore& store);

struct SweepReport {
  SweepState state;
  std::size_t done_before = 0;  ///< points
  std::size_t simulated = 0;    ///< tasks that were to be done
  EngineOutcome outcome;
};

/// Checks the file and makes its plan, without a folder.
SweepPlan plan_of_file(const SweepOptions& options);

/// Does what is missing in the folder, and writes `tidy.csv`. Throws InputError.
SweepReport run_sweep(const SweepOptions& options, Engine& engine, const EngineWatch& watch);

}  // namespace tablewalk
