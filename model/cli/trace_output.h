#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "report/print_options.h"
#include "trace/trace_writer.h"

namespace tablewalk {

/// What the commands that write traces have in common.
void add_trace_level(CLI::App& command, int& level);
void add_print_format(CLI::App& command, std::string& format);

/// A trace that was written, and more counts of it, by their names.
struct WrittenReport {
  WrittenTrace trace;
  std::vector<std::pair<std::string, std::uint64_t>> counts;  ///< the same names for all; not in text
};

/// What such a command says of the traces it wrote; in JSON, one object or, of several, a list.
std::string written_text(const std::vector<WrittenReport>& reports, OutputFormat format);

}  // namespace tablewalk
