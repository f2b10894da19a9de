#pragma once

#include <CLI/CLI.hpp>

namespace tablewalk {

/// Adds `capture` to the command `tablewalk trace`. It runs while `trace` parses, and throws InputError.
void add_capture_command(CLI::App& trace);

}  // namespace tablewalk
