#pragma once

#include <optional>
#include <string>
#include <vector>

#include "system/run.h"

namespace tablewalk {

/// Machines that run the same trace, each in its own process (SystemC elaborates once per process). Equal machines run
/// only once, however often they are added.
class MachineJobs {
 public:
  /// `options`: paths, limits and checks; progress and stop are set by the jobs. `attribution_rows`: maximum rows of
  /// each attribution list; 0 is all.
  explicit MachineJobs(RunOptions options, std::size_t attribution_rows = Attribution::shown_rows)
      : options_(std::move(options)), attribution_rows_(attribution_rows) {}

  /// Returns the number of the job. `label`: for messages; `ideal`: an idealised machine, on which the laws are not
  /// checked and of which only the figures are kept.
  std::size_t add(const std::string& label, const MachineConfig& config, bool ideal);

  /// Runs them all, `jobs` at a time, in the order in which they were added. Jobs not started because of Ctrl-C are
  /// empty. Throws what a run throws.
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
