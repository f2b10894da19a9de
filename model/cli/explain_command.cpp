#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/compare_points.h"
#include "cli/load_point.h"
#include "cli/machine_jobs.h"
#include "cli/options.h"
#include "cli/page_option.h"
#include "cli/terminal.h"
#include "cli/trace_arguments.h"
#include "report/print_explain.h"
#include "stats/translation_cost.h"
#include "system/waterfall.h"

namespace tablewalk {
namespace {

struct ExplainArguments {
  RunOptions options;
  std::vector<std::string> configs;
  std::vector<std::string> overrides;
  std::vector<std::string> vary;
  std::string format = "text";
  std::string html;
  std::size_t rows = 8;  ///< of each attribution list
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
};

/// A machine's steps from free translation, and their job numbers.
struct PlannedMachine {
  std::string label;
  std::vector<WaterfallStep> steps;
  std::vector<std::size_t> jobs;
};

std::vector<PlannedMachine> plan(const std::vector<ComparePoint>& points, MachineJobs& jobs) {
  std::vector<PlannedMachine> machines;
  for (const ComparePoint& point : points) {
    PlannedMachine machine{point.label, waterfall_of(load_point(point)), {}};
    for (const WaterfallStep& step : machine.steps) {
      const bool ideal = &step != &machine.steps.back();
      machine.jobs.push_back(jobs.add(point.label + ", " + step.name, step.config, ideal));
    }
    machines.push_back(std::move(machine));
  }
  return machines;
}

/// Empty if one of its machines was not finished because of Ctrl-C.
std::optional<ExplainedMachine> collect(const PlannedMachine& planned,
                                        const std::vector<std::optional<RunResult>>& results) {
  ExplainedMachine machine{planned.label, {}, {}};
  for (std::size_t i = 0; i < planned.steps.size(); ++i) {
    const std::optional<RunResult>& result = results[planned.jobs[i]];
    if (!result || result->partial) return std::nullopt;
    machine.steps.push_back({planned.steps[i].name, planned.steps[i].adds, result->stats.at("core.cycles").count});
    machine.result = *result;
  }
  add_translation_cost(machine.result, *results[planned.jobs.front()]);
  return machine;
}

void explain(const ExplainArguments& arguments) {
  PrintOptions printing = print_options(arguments.format);
  printing.attribution_rows = arguments.rows;
  if (readable_once(arguments.options.trace_path)) {
    throw InputError(fmt::format("{}: explain reads the trace once per machine: expected a file, not a pipe",
                                 arguments.options.trace_path));
  }
  if (arguments.jobs == 0) throw InputError("--jobs 0: expected at least 1");
  RunOptions options = arguments.options;
  options.attribute = true;
  options.details = !arguments.html.empty();
  check_html_option(arguments.html, options.trace_path, arguments.configs);
  MachineJobs jobs(options, arguments.rows);
  const auto points = compare_points(arguments.configs, arguments.overrides, arguments.vary);
  const std::vector<PlannedMachine> planned = plan(points, jobs);
  check_page_machines(arguments.html, planned.size());
  const std::vector<std::optional<RunResult>> results = jobs.run(arguments.jobs);
  std::vector<ExplainedMachine> machines;
  for (const PlannedMachine& one : planned) {
    if (auto machine = collect(one, results)) machines.push_back(std::move(*machine));
  }
  if (machines.size() < planned.size()) {
    std::cerr << "tablewalk: interrupted: " << planned.size() - machines.size() << " of " << planned.size()
              << " machines were not explained\n";
  }
  print_explain(machines, printing, std::cout);
  if (!arguments.html.empty() && !machines.empty()) {
    write_page(arguments.html, name_machines(page_results(machines), points), page_title(options.trace_path));
  }
}

}  // namespace

void add_explain_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("explain", "What address translation costs a trace, and which part of the machine costs it");
  const auto arguments = std::make_shared<ExplainArguments>();
  RunOptions& options = arguments->options;
  const auto add_list = [command](const char* name, std::vector<std::string>& values, const char* help) {
    command->add_option(name, values, help)->allow_extra_args(false);
  };
  add_traces(*command, options, "Trace file; several for several cores, or to take turns on one");
  add_list("-c,--config", arguments->configs, "Machine: a preset's name or a YAML file; may be given several times");
  add_list("--set", arguments->overrides, "KEY=VALUE: set one key of every machine");
  add_list("--vary", arguments->vary, "KEY=V1,V2,... (KEY=V1;V2 if values hold commas): one machine per value");
  add_trace_format(*command, options.trace_format);
  add_whole(*command, "--warmup", options.warmup, "Records simulated before the statistics start");
  add_whole(*command, "--limit", options.limit, "Records simulated after that; 0 is all");
  command->add_flag("--check", options.check, "Check the laws of the model while running");
  command->add_option("--format", arguments->format, "text, json or csv")->capture_default_str();
  add_html_option(*command, arguments->html);
  add_whole(*command, "--rows", arguments->rows, "Rows of each list of what causes the walks; 0 is all");
  add_whole(*command, "-j,--jobs", arguments->jobs, "Machines simulated in parallel; default: one per processor");
  command->footer(
      "The trace runs on the machine with free translation, and then with the parts of translation added one by one;\n"
      "each difference is the cost of that part, and they add up to the cost of translation. Below it: what causes\n"
      "the machine's walks, by region of the address space, page-table level and instruction.\n"
      "Examples:\n"
      "  tablewalk explain traces/python3.twt -c skylake\n"
      "  tablewalk explain traces/python3.twt -c skylake -c cva6\n"
      "  tablewalk explain traces/python3.twt -c skylake --html page.html\n"
      "  tablewalk explain traces/cc1.twt -c skylake --vary walker.walkers=1,2,4 --format csv");
  command->callback([arguments] { explain(*arguments); });
}

}  // namespace tablewalk
