#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "system/run.h"
#include "trace/trace_formats.h"

namespace tablewalk {

/// Adds the positional argument for one trace or several.
inline void add_traces(CLI::App& command, RunOptions& options, const std::string& help) {
  const auto take = [&options](const std::vector<std::string>& paths) {
    options.trace_path = paths.front();
    options.more_traces.assign(paths.begin() + 1, paths.end());
  };
  command.add_option_function<std::vector<std::string>>("TRACE", take, help)->required()->type_name("");
}

/// Adds `--trace-format`.
inline void add_trace_format(CLI::App& command, std::string& format) {
  const std::string help = "format of the trace: auto (by content), " + list_of_trace_formats();
  command.add_option("--trace-format", format, help)->capture_default_str();
}

}  // namespace tablewalk
