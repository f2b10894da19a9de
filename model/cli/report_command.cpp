#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/page_option.h"
#include "report/result_json.h"

namespace tablewalk {
namespace {

struct ReportArguments {
  std::vector<std::string> results;
  std::vector<std::string> labels;
  std::string output;
  std::string title;
};

/// `results/a` of `results/a/result.json`, `a` of `a.json`.
std::string label_of(const std::string& path) {
  const auto ends_with = [&](const std::string& end) {
    return path.size() > end.size() && path.compare(path.size() - end.size(), end.size(), end) == 0;
  };
  for (const std::string end : {"/result.json", ".json"}) {
    if (ends_with(end)) return printable(path.substr(0, path.size() - end.size()));
  }
  return printable(path);
}

std::vector<PageResult> read_results(const ReportArguments& arguments) {
  std::vector<PageResult> results;
  for (std::size_t i = 0; i < arguments.results.size(); ++i) {
    const std::string& path = arguments.results[i];
    const std::string label = i < arguments.labels.size() ? arguments.labels[i] : label_of(path);
    auto read = page_results_from_json(read_text_file(path, most_result_bytes), path, label);
    std::move(read.begin(), read.end(), std::back_inserter(results));
  }
  return results;
}

void report(const ReportArguments& arguments) {
  check_page_path(arguments.output, "--output");
  if (arguments.labels.size() > arguments.results.size()) {
    throw InputError(fmt::format("--label: {} labels for {} results: expected at most one each",
                                 arguments.labels.size(), arguments.results.size()));
  }
  for (const std::string& path : arguments.results) refuse_to_replace(path, arguments.output, "--output");
  std::vector<PageResult> results = read_results(arguments);
  const std::size_t count = results.size();
  const std::string title =
      arguments.title.empty() ? page_title(results.front().result.at("trace").value("path", "")) : arguments.title;
  write_page(arguments.output, std::move(results), title);
  std::cout << fmt::format("{}: a page of {} result{}\n", printable(arguments.output), count, count == 1 ? "" : "s");
}

}  // namespace

void add_report_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("report", "Results as one page for a browser, with all pictures");
  const auto arguments = std::make_shared<ReportArguments>();
  command
      ->add_option("RESULT", arguments->results,
                   "result.json of `run -o`, or the output of run, compare or explain with --format json")
      ->required();
  command->add_option("-o,--output", arguments->output, "File to write the page to")->required();
  command->add_option("--title", arguments->title, "Title of the page; default: the trace");
  command->add_option("--label", arguments->labels, "Name of a result, in the order of the results")
      ->allow_extra_args(false);
  command->footer(
      "The page is one file that opens without a network. Results of `run --details` also have their walks, "
      "intervals,\n"
      "address space and page tables in it; `run`, `compare` and `explain` write such a page at once with --html.\n"
      "Examples:\n"
      "  tablewalk run traces/sort.twt -c skylake --details -o results\n"
      "  tablewalk report results/result.json -o page.html\n"
      "  tablewalk report a/result.json b/result.json --label 'four levels' --label flat -o page.html\n"
      "  tablewalk compare traces/sort.twt --vary paging.mode=flat48,x86-64 --html page.html\n"
      "  tablewalk explain traces/python3.twt -c skylake --html page.html");
  command->callback([arguments] { report(*arguments); });
}

}  // namespace tablewalk
