#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tablewalk {

/// The commands below a command that `--help` shows.
std::vector<const CLI::App*> shown_commands(const CLI::App& command);
/// Its options (with dashes) or its positional arguments that `--help` shows.
std::vector<const CLI::Option*> shown_options(const CLI::App& command);
std::vector<const CLI::Option*> shown_arguments(const CLI::App& command);
/// `-c` and `--config`.
std::vector<std::string> spellings(const CLI::Option& option);
/// Whether a value follows it: it is not a flag.
bool takes_value(const CLI::Option& option);
/// `tablewalk trace info`.
std::string path_of(const CLI::App& command);

}  // namespace tablewalk
