#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tablewalk {

/// The manual page of a command, in the man macros of troff, from the same tables as its --help. `date`: 2026-11-28.
std::string man_page(const CLI::App& command, const std::string& date);

/// `tablewalk-trace-info`: the name of its page.
std::string man_name(const CLI::App& command);

/// Adds the hidden command that writes the pages of all commands to a folder; `cmake --install` uses it.
void add_man_command(CLI::App& app);

}  // namespace tablewalk
