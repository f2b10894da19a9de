#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tablewalk {

/// --sample, whose value may be left out.
CLI::Option* add_sample_option(CLI::App& command, std::string& spec);

}  // namespace tablewalk
