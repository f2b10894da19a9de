#include "cli/page_option.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace tablewalk {

CLI::Option* add_html_option(CLI::App& command, std::string& path) {
  return command.add_option("--html", path,
                            "File for a page with all pictures of the result, for any browser, offline");
}

void check_page_path(const std::string& path, const std::string& option) {
  if (path.empty()) return;
  if (path == "-") throw InputError(fmt::format("{} -: expected a file, such as page.html", option));
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
    throw InputError(fmt::format("{} {}: expected a file in an existing folder", option, path));
  }
  if (std::filesystem::is_directory(path, ignored)) {
    throw InputError(fmt::format("{} {}: is a folder; expected a file", option, path));
  }
}

void check_html_option(const std::string& path, const std::string& trace, const std::vector<std::string>& configs) {
  check_page_path(path, "--html");
  for (const std::string& config : configs) refuse_to_replace(config, path, "--html");
  refuse_to_replace(trace, path, "--html");
}

void check_page_machines(const std::string& path, std::size_t machines) {
  if (path.empty() || machines <= most_page_results) return;
  throw InputError(fmt::format("--html {}: {} machines: expected at most {}", path, machines, most_page_results));
}

std::vector<PageResult> name_machines(std::vector<PageResult> results, const std::vector<ComparePoint>& points) {
  for (PageResult& result : results) {
    const auto is_its = [&](const ComparePoint& point) { return point.label == result.label; };
    const auto point = std::find_if(points.begin(), points.end(), is_its);
    if (point != points.end()) result.label = point->name;
  }
  return results;
}

void write_page(const std::string& path, std::vector<PageResult> results, const std::string& title) {
  write_text_file(path, page_html(std::move(results), title));
}

std::string page_title(const std::string& trace_path) {
  return "tablewalk: " + printable(trace_path);
}

}  // namespace tablewalk
