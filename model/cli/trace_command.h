#pragma once

#include <CLI/CLI.hpp>

namespace tablewalk {

/// Adds `tablewalk trace info|convert|generate|capture`. A command runs while `app` parses; it throws InputError and
/// writes its result to standard output.
void add_trace_commands(CLI::App& app);

}  // namespace tablewalk
