#pragma once

#include "sweep/engine.h"

namespace tablewalk {

struct SlurmOptions {
  double chunk_seconds = 60;         ///< of measured simulation time in each array task
  unsigned retries = 3;              ///< of a task that ended without a result
  unsigned jobs = 1;                 ///< processes in parallel in each array task
  std::vector<std::string> options;  ///< further options of sbatch
  double poll_seconds = 1;
};

/// Job arrays of Slurm. Each array task runs a chunk of tasks by `tablewalk sweep worker` and puts their results into
/// the store, which all nodes must see. What a lost node or task leaves undone is submitted again.
class SlurmEngine : public Engine {
 public:
  explicit SlurmEngine(SlurmOptions options) : options_(std::move(options)) {}
  EngineOutcome run(const TaskList& tasks, const SweepStore& store, const EngineWatch& watch) override;

 private:
  SlurmOptions options_;
};

/// One array task: runs chunk number `chunk` of a folder of chunks. Throws InputError if results cannot be stored.
void run_chunk(const SweepStore& store, const std::string& chunks, std::size_t chunk, unsigned jobs);

}  // namespace tablewalk
