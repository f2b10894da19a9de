#include "system/load_dependences.h"

#include <algorithm>

#include "trace/trace_reader.h"

namespace tablewalk {

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

}  // namespace tablewalk
