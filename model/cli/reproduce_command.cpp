#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <thread>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "report/print_options.h"
#include "validate/reproduction.h"

namespace tablewalk {
namespace {

struct ReproduceArguments {
  std::vector<std::string> papers;
  ReproductionChoice choice{"traces/large", false};
  bool list = false;
  std::uint32_t jobs = std::max(1u, std::thread::hardware_concurrency());
  std::string format = "text";
};

void reproduce(const ReproduceArguments& arguments) {
  const OutputFormat format = parse_output_format(arguments.format);
  if (arguments.list && !arguments.papers.empty()) {
    throw InputError("--list shows all papers: expected no name with it");
  }
  if (arguments.list) {
    std::cout << papers_text();
    return;
  }
  if (arguments.jobs == 0) throw InputError("--jobs 0: expected at least 1");
  const std::vector<ReproducedPaper> papers =
      measure_reproductions(find_reproductions(arguments.papers, arguments.choice), arguments.jobs);
  std::cout << (format == OutputFormat::Text   ? reproduction_text(papers)
                : format == OutputFormat::Json ? reproduction_json(papers)
                                               : reproduction_csv(papers));
}

}  // namespace

void add_reproduce_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("reproduce", "Measure what papers published, and print both numbers");
  const auto arguments = std::make_shared<ReproduceArguments>();
  command->add_option("PAPER", arguments->papers, "Papers by name; all if left out (see --list)");
  command->add_flag("--list", arguments->list, "List the papers");
  command->add_flag("--short", arguments->choice.short_form, "Only the first 200,000 records of each trace");
  command->add_option("--traces", arguments->choice.traces, "Folder of the traces with large footprints")
      ->type_name("FOLDER")
      ->capture_default_str();
  add_whole(*command, "-j,--jobs", arguments->jobs, "Machines simulated in parallel");
  command->add_option("--format", arguments->format, "text, json or csv")->capture_default_str();
  command->footer(
      "A number agrees if it is within the margin of the published one; else it has the same shape if it goes in the\n"
      "same direction. The workloads are not the papers': docs/reproduced.md says what that means.\n"
      "Examples:\n"
      "  tablewalk reproduce --list\n"
      "  tablewalk reproduce park22\n"
      "  tablewalk reproduce --format csv");
  command->callback([arguments] { reproduce(*arguments); });
}

}  // namespace tablewalk
