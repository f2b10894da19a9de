#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "report/print_options.h"
#include "trace/trace_writer.h"

namespace tablewalk {

/// Shared by the commands that write traces.
void add_trace_level(CLI::App& command, int& level);
void add_print_format(CLI::App& command, std::string& format);

/// A trace that was written, and further counts by name.
struct WrittenReport {
  WrittenTrace trace;
  std::vector<std::pair<std::string, std::uint64_t>> counts;  ///< the same names in all reports; not printed as text
};

/// The report of a command that wrote traces; in JSON an object, or a list for several traces.
std::string written_text(const std::vector<WrittenReport>& reports, OutputFormat format);

}  // namespace tablewalk
