#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tablewalk {

/// A usage error in one line: CLI11's message and the nearest valid command or option.
std::string usage_problem(const CLI::App& app, const CLI::ParseError& error);

/// The arguments in the order CLI11 expects (last one first), with `help COMMAND` rewritten to `COMMAND --help` and
/// `version` to `--version`. Throws InputError for help about an unknown command.
std::vector<std::string> usual_arguments(const CLI::App& app, std::vector<std::string> arguments);

}  // namespace tablewalk
