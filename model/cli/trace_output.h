#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "report/print_options.h"
#include "trace/trace_writer.h"

namespace tablewalk {

/// What the commands that write traces have in common.
void add_trace_level(CLI::App& command, int& level);
void add_print_format(CLI::App& command, std::string& format);

/// What such a command says of the traces it wrote; in JSON, one object or, of several, a list.
std::string written_text(const std::vector<WrittenTrace>& traces, OutputFormat format);

}  // namespace tablewalk
