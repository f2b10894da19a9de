#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tablewalk {

/// One line about wrong usage: what CLI11 says, and the nearest right command or option.
std::string usage_problem(const CLI::App& app, const CLI::ParseError& error);

}  // namespace tablewalk
