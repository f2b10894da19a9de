#pragma once

#include <optional>
#include <string>
#include <vector>

#include "system/run.h"

namespace tablewalk {

/// Machines that are to run one trace, each in a process of its own (SystemC elaborates once per process). Machines
/// that are equal run once, however often they are asked for.
class MachineJobs {
 public:
  /// `options`: what is said of paths, limits and checks; progress and stop are the jobs' own.
  /// `attribution_rows`: of each list of who causes the walks, most; 0 is all.
  explicit MachineJobs(RunOptions options, std::size_t attribution_rows = Attribution::shown_rows)
      : options_(std::move(options)), attribution_rows_(attribution_rows) {}

  /// Gives the number of the job. `label`: for messages; `ideal`: the machine is an idealisation, on which laws are not
  /// checked and of which nothing but its figures is kept.
  std::size_t add(const std::string& label, const MachineConfig& config, bool ideal);

  /// Runs them all, `jobs` at a time, in the order in which they were added. What Ctrl-C kept from starting is missing.
  /// Throws what a run throws.
  std::vector<std::optional<RunResult>> run(unsigned jobs);

  std::size_t size() const { return jobs_.size(); }

 private:
  struct Job {
    std::string label;
    MachineConfig config;
    bool ideal = false;
    std::string key;  ///< equal for equal machines
  };
  RunResult run_job(const Job& job) const;

  RunOptions options_;
  std::size_t attribution_rows_;
  std::vector<Job> jobs_;
};

}  // namespace tablewalk
