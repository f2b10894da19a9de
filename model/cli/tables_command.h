#pragma once

#include <CLI/CLI.hpp>

namespace tablewalk {

/// Adds `tablewalk tables`: the size of each page-table organisation for a trace or for given ranges. The command runs
/// while `app` parses; it throws InputError and writes its result to standard output.
void add_tables_commands(CLI::App& app);

}  // namespace tablewalk
