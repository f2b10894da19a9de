#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/compare_points.h"
#include "cli/dependence_interval.h"
#include "cli/load_point.h"
#include "cli/machine_jobs.h"
#include "cli/options.h"
#include "cli/page_option.h"
#include "cli/terminal.h"
#include "cli/trace_arguments.h"
#include "report/print_compare.h"
#include "stats/translation_cost.h"
#include "system/waterfall.h"

namespace tablewalk {
namespace {

struct CompareArguments {
  RunOptions options;
  std::vector<std::string> configs;
  std::vector<std::string> overrides;
  std::vector<std::string> vary;
  std::vector<std::string> stats;
  std::string format = "text";
  std::string html;
  bool explain = false;
  bool no_cost = false;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
};

/// Job numbers of one compared machine: itself, with free translation, and both again with chained loads if the cost of
/// translation is an interval.
struct PointJobs {
  std::size_t machine = 0;
  std::optional<std::size_t> free;
  std::optional<std::size_t> chained;
  std::optional<std::size_t> chained_free;
};

std::vector<PointJobs> add_jobs(const std::vector<ComparePoint>& points, const CompareArguments& arguments,
                                MachineJobs& jobs) {
  std::vector<PointJobs> numbers;
  std::optional<bool> trace_says;
  for (const ComparePoint& point : points) {
    const MachineConfig machine = load_point(point);
    PointJobs& point_jobs = numbers.emplace_back();
    point_jobs.machine = jobs.add(point.label, machine, false);
    if (arguments.no_cost || machine.core.free_translation) continue;
    const std::string with_free = " with free translation";
    point_jobs.free = jobs.add(point.label + with_free, with_free_translation(machine), true);
    if (!asks_for_interval(machine)) continue;
    if (!trace_says) trace_says = says_dependences(arguments.options);
    if (*trace_says) continue;
    const MachineConfig chained = with_chained_loads(machine);
    const std::string label = point.label + " with chained loads";
    point_jobs.chained = jobs.add(label, chained, true);
    point_jobs.chained_free = jobs.add(label + " and" + with_free, with_free_translation(chained), true);
  }
  return numbers;
}

void add_other_end(RunResult& result, const PointJobs& numbers, const std::vector<std::optional<RunResult>>& ran) {
  if (!numbers.chained || !ran[*numbers.chained] || !ran[*numbers.chained_free]) return;
  add_chained_cost(result, *ran[*numbers.chained], *ran[*numbers.chained_free]);
}

/// Leaves out the machines not started because of Ctrl-C.
std::vector<LabelledResult> run_points(const std::vector<ComparePoint>& points, const CompareArguments& arguments) {
  MachineJobs jobs(arguments.options);
  const std::vector<PointJobs> numbers = add_jobs(points, arguments, jobs);
  const std::vector<std::optional<RunResult>> ran = jobs.run(arguments.jobs);
  std::vector<LabelledResult> results;
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::optional<RunResult> result = ran[numbers[i].machine];
    if (!result) continue;
    if (!numbers[i].free) {
      leave_cost_out(*result, arguments.no_cost ? "--no-cost" : "core.free_translation is true");
    } else if (ran[*numbers[i].free]) {
      add_translation_cost(*result, *ran[*numbers[i].free]);
      add_other_end(*result, numbers[i], ran);
    } else {
      leave_cost_out(*result, "the comparison was interrupted");
    }
    results.push_back({points[i].label, std::move(*result)});
  }
  if (results.size() < points.size()) {
    std::cerr << "tablewalk: interrupted: " << points.size() - results.size() << " of " << points.size()
              << " machines were not simulated\n";
  }
  return results;
}

void compare(CompareArguments& arguments) {
  PrintOptions printing = print_options(arguments.format);
  printing.stats = arguments.stats;
  printing.explain = arguments.explain;
  if (readable_once(arguments.options.trace_path)) {
    throw InputError(fmt::format("{}: compare reads the trace once per machine: expected a file, not a pipe",
                                 arguments.options.trace_path));
  }
  if (arguments.jobs == 0) throw InputError("--jobs 0: expected at least 1");
  check_html_option(arguments.html, arguments.options.trace_path, arguments.configs);
  arguments.options.details = arguments.options.attribute = !arguments.html.empty();
  const auto points = compare_points(arguments.configs, arguments.overrides, arguments.vary);
  check_page_machines(arguments.html, points.size());
  std::vector<LabelledResult> results = run_points(points, arguments);
  std::vector<PageResult> page;
  if (!arguments.html.empty()) page = name_machines(page_results(results), points);
  for (LabelledResult& one : results) {
    one.result.attribution.reset();  // only the page has them
    one.result.details = nullptr;
  }
  print_compare(results, printing, std::cout);
  if (!page.empty()) write_page(arguments.html, page, page_title(arguments.options.trace_path));
}

}  // namespace

void add_compare_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("compare", "Run one trace on several machines, side by side");
  const auto arguments = std::make_shared<CompareArguments>();
  RunOptions& options = arguments->options;
  const auto add_list = [command](const char* name, std::vector<std::string>& values, const char* help) {
    command->add_option(name, values, help)->allow_extra_args(false);
  };
  add_traces(*command, options, "Trace file; several for several cores, or to take turns on one");
  add_list("-c,--config", arguments->configs, "Machine: a preset's name or a YAML file; may be given several times");
  add_list("--set", arguments->overrides, "KEY=VALUE: set one key of every machine");
  add_list("--vary", arguments->vary, "KEY=V1,V2,... (KEY=V1;V2 if values hold commas): one machine per value");
  add_list("--stats", arguments->stats, "Statistic to print, or a prefix such as walker.*, instead of the key figures");
  add_trace_format(*command, options.trace_format);
  add_whole(*command, "--warmup", options.warmup, "Records simulated before the statistics start");
  add_whole(*command, "--limit", options.limit, "Records simulated after that; 0 is all");
  command->add_flag("--check", options.check, "Check the laws of the model while running");
  command->add_flag("--explain", arguments->explain, "Print a line of explanation under each figure");
  command->add_option("--format", arguments->format, "text, json or csv")->capture_default_str();
  add_html_option(*command, arguments->html);
  command->add_flag("--no-cost", arguments->no_cost,
                    "Do not measure the cost of translation (a second run of each machine, with free translation)");
  add_whole(*command, "-j,--jobs", arguments->jobs, "Machines simulated in parallel; default: one per processor");
  command->footer(
      "Examples:\n"
      "  tablewalk compare traces/sort.twt --vary paging.mode=flat48,x86-64,x86-64-la57\n"
      "  tablewalk compare traces/sort.twt --vary walker.walkers=1,2,4 --html page.html\n"
      "  tablewalk compare traces/sort.twt -c skylake -c cva6 --set os.prefault=false\n"
      "  tablewalk compare traces/sort.twt --vary paging.mode=radix:9,9,9,9/12@8,x86-64 --stats 'walker.*'");
  command->callback([arguments] { compare(*arguments); });
}

}  // namespace tablewalk
