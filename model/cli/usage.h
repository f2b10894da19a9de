#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tablewalk {

/// One line about wrong usage: what CLI11 says, and the nearest right command or option.
std::string usage_problem(const CLI::App& app, const CLI::ParseError& error);

/// The arguments as CLI11 takes them, the last one first, after `help COMMAND` has become `COMMAND --help` and
/// `version`
/// `--version`. Throws InputError for help about what is no command.
std::vector<std::string> usual_arguments(const CLI::App& app, std::vector<std::string> arguments);

}  // namespace tablewalk
