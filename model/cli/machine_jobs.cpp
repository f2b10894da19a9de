#include "cli/machine_jobs.h"

#include <algorithm>
#include <set>

#include "base/process_pool.h"
#include "cli/terminal.h"
#include "config/printer.h"
#include "report/result_json.h"

namespace tablewalk {

namespace {

/// Prints each warning once: machines that read one trace give the same warnings about it.
void print_warnings(const std::vector<std::optional<RunResult>>& results) {
  std::set<std::string> printed;
  for (const std::optional<RunResult>& result : results) {
    if (!result) continue;
    for (const std::string& warning : result->warnings) {
      if (printed.insert(warning).second) print_warning(warning);
    }
  }
}

}  // namespace

std::size_t MachineJobs::add(const std::string& label, const MachineConfig& config, bool ideal) {
  const std::string key = to_json(config).dump() + (ideal ? "ideal" : "");
  const auto same = std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& job) { return job.key == key; });
  if (same != jobs_.end()) return static_cast<std::size_t>(same - jobs_.begin());
  jobs_.push_back({label, config, ideal, key});
  return jobs_.size() - 1;
}

RunResult MachineJobs::run_job(const Job& job) const {
  RunOptions options = options_;
  options.stop = &interrupt_flag();
  if (job.ideal) {
    options.check = false;
    options.walk_log.clear();
    options.attribute = false;
    options.details = false;
  }
  return run_machine(job.config, options);
}

std::vector<std::optional<RunResult>> MachineJobs::run(unsigned jobs) {
  ProgressLine line("of " + std::to_string(jobs_.size()) + " machines");
  PoolOptions pool;
  pool.jobs = jobs;
  pool.stop = &interrupt_flag();
  pool.on_finished = [&](std::size_t finished) {
    line.show(finished, static_cast<double>(finished) / static_cast<double>(jobs_.size()));
  };
  line.show(0, 0);
  const std::vector<std::string> texts = run_in_processes(
      jobs_.size(), [&](std::size_t number) { return result_to_json(run_job(jobs_[number]), attribution_rows_); },
      [&](std::size_t number) { return jobs_[number].label; }, pool);
  std::vector<std::optional<RunResult>> results(jobs_.size());
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    if (!texts[i].empty()) results[i] = result_from_json(texts[i], jobs_[i].label);
  }
  line.clear();
  print_warnings(results);
  return results;
}

}  // namespace tablewalk
