#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/compare_points.h"
#include "report/page.h"

namespace tablewalk {

/// Adds `--html FILE`.
CLI::Option* add_html_option(CLI::App& command, std::string& path);

/// Before a long run: throws InputError if the page cannot be written there. `option`: for the message.
void check_page_path(const std::string& path, const std::string& option);

/// The same for `--html`, which must not replace the trace or a config.
void check_html_option(const std::string& path, const std::string& trace, const std::vector<std::string>& configs);

/// The same if it would have too many machines.
void check_page_machines(const std::string& path, std::size_t machines);

/// Gives each result, known by the label of its point, the name that it has where no heading says what varies.
std::vector<PageResult> name_machines(std::vector<PageResult> results, const std::vector<ComparePoint>& points);

/// Writes the page, whole or not at all. Throws InputError.
void write_page(const std::string& path, std::vector<PageResult> results, const std::string& title);

/// The title of a page about one trace.
std::string page_title(const std::string& trace_path);

}  // namespace tablewalk
