#include "support/child_run.h"

#include <sys/resource.h>

#include "base/process_pool.h"
#include "report/result_json.h"

namespace tablewalk::test {

std::vector<RunResult> run_in_children(const std::vector<MachineRun>& runs) {
  const auto work = [&](std::size_t number) {
    return result_to_json(run_machine(runs[number].config, runs[number].options));
  };
  const auto name = [](std::size_t number) { return "machine " + std::to_string(number); };
  std::vector<RunResult> results;
  for (const std::string& text : run_in_processes(runs.size(), work, name, {})) {
    results.push_back(result_from_json(text, "a child process"));
  }
  return results;
}

RunResult run_in_child(const MachineConfig& config, const RunOptions& options) {
  return run_in_children({{config, options}}).front();
}

std::uint64_t peak_kib_in_child(const MachineConfig& config, const RunOptions& options) {
  const auto work = [&](std::size_t) {
    run_machine(config, options);
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return std::to_string(usage.ru_maxrss);
  };
  return std::stoull(run_in_processes(1, work, [](std::size_t) { return "the machine"; }, {}).front());
}

std::string text_without_config(RunResult result) {
  result.config = nullptr;
  return result_to_json(result);
}

std::uint64_t count_of(const RunResult& result, const std::string& name) {
  return result.stats.at(name).count;
}

}  // namespace tablewalk::test
