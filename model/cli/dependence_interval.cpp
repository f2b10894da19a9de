#include "cli/dependence_interval.h"

#include <algorithm>

#include "report/result_json.h"
#include "stats/translation_cost.h"
#include "system/waterfall.h"

namespace tablewalk {
namespace {

const char* const name_of_machine = "the machine with core.dependences: chained";
const char* const name_of_free = "the machine with core.dependences: chained and free translation";

}  // namespace

MachineConfig with_chained_loads(MachineConfig config) {
  config.core.dependences = Dependences::Chained;
  return config;
}

bool says_dependences(const RunOptions& options) {
  const auto says = [&](const std::string& path) {
    return open_trace(path, options.trace_format)->description().dependences;
  };
  return says(options.trace_path) && std::all_of(options.more_traces.begin(), options.more_traces.end(), says);
}

bool asks_for_interval(const MachineConfig& config) {
  return config.core.dependences == Dependences::Both && !config.core.blocking && !config.core.free_translation;
}

OtherEnd::OtherEnd(const MachineConfig& config, const RunOptions& options)
    : machine_(name_of_machine, [=] { return result_to_json(run_machine(with_chained_loads(config), options)); }),
      free_(name_of_free,
            [=] { return result_to_json(run_machine(with_free_translation(with_chained_loads(config)), options)); }) {}

void OtherEnd::add_to(RunResult& result) {
  const RunResult machine = result_from_json(machine_.result(), name_of_machine);
  add_chained_cost(result, machine, result_from_json(free_.result(), name_of_free));
}

}  // namespace tablewalk
