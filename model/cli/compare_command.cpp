#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <thread>

#include "base/error.h"
#include "base/process_pool.h"
#include "cli/commands.h"
#include "cli/compare_points.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "report/print_compare.h"
#include "report/result_json.h"
#include "system/run.h"

namespace tablewalk {
namespace {

struct CompareArguments {
  RunOptions options;
  std::vector<std::string> configs;
  std::vector<std::string> overrides;
  std::vector<std::string> vary;
  std::vector<std::string> stats;
  std::string format = "text";
  bool explain = false;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
};

/// The machine of a point. A problem with a varied value is one of --vary, whatever the loader took it for.
MachineConfig load_point(const ComparePoint& point) {
  try {
    return load_config<MachineConfig>(point.config);
  } catch (const InputError& error) {
    const std::string text = error.what();
    const auto& overrides = point.config.overrides;
    const bool varied =
        std::any_of(overrides.end() - static_cast<std::ptrdiff_t>(point.varied), overrides.end(),
                    [&](const std::string& setting) { return text.rfind("--set " + setting + ":", 0) == 0; });
    throw InputError(varied ? "--vary" + text.substr(std::string("--set").size()) : text);
  }
}

/// Runs every point in a process of its own; leaves out those that Ctrl-C kept from starting.
std::vector<LabelledResult> run_points(const std::vector<ComparePoint>& points, CompareArguments& arguments) {
  std::vector<MachineConfig> machines;
  for (const ComparePoint& point : points) machines.push_back(load_point(point));

  ProgressLine line("of " + std::to_string(points.size()) + " machines");
  PoolOptions pool;
  pool.jobs = arguments.jobs;
  pool.stop = &interrupt_flag();
  pool.on_finished = [&](std::size_t finished) {
    line.show(finished, static_cast<double>(finished) / static_cast<double>(points.size()));
  };
  arguments.options.stop = &interrupt_flag();
  line.show(0, 0);
  const std::vector<std::string> texts = run_in_processes(
      points.size(),
      [&](std::size_t number) { return result_to_json(run_machine(machines[number], arguments.options)); },
      [&](std::size_t number) { return points[number].label; }, pool);
  std::vector<LabelledResult> results;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!texts[i].empty()) results.push_back({points[i].label, result_from_json(texts[i], points[i].label)});
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
  if (arguments.options.trace_path == "-") {
    throw InputError("compare reads the trace once for each machine: expected a file, not standard input");
  }
  if (arguments.jobs == 0) throw InputError("--jobs 0: expected at least 1");
  const auto points = compare_points(arguments.configs, arguments.overrides, arguments.vary);
  print_compare(run_points(points, arguments), printing, std::cout);
}

}  // namespace

void add_compare_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("compare", "Run one trace on several machines, side by side");
  const auto arguments = std::make_shared<CompareArguments>();
  RunOptions& options = arguments->options;
  const auto add_list = [command](const char* name, std::vector<std::string>& values, const char* help) {
    command->add_option(name, values, help)->allow_extra_args(false);
  };
  command->add_option("TRACE", options.trace_path, "Trace file")->required();
  add_list("-c,--config", arguments->configs, "Machine: a preset's name or a YAML file; may be given several times");
  add_list("--set", arguments->overrides, "KEY=VALUE: set one key of every machine");
  add_list("--vary", arguments->vary, "KEY=V1,V2,... (KEY=V1;V2 if values hold commas): a machine for each value");
  add_list("--stats", arguments->stats, "Statistic to print, or a prefix such as walker.*, instead of the key figures");
  command->add_option("--trace-format", options.trace_format, "Format of the trace; detected if left out");
  add_whole(*command, "--warmup", options.warmup, "Records simulated before the statistics start");
  add_whole(*command, "--limit", options.limit, "Records simulated after that; 0 is all");
  command->add_flag("--check", options.check, "Hold the laws of the model while running");
  command->add_flag("--explain", arguments->explain, "A line of explanation under each figure");
  command->add_option("--format", arguments->format, "text, json or csv")->capture_default_str();
  add_whole(*command, "-j,--jobs", arguments->jobs, "Machines simulated at a time; default: one per processor");
  command->footer(
      "Examples:\n"
      "  tablewalk compare traces/sort.twt --vary paging.mode=flat48,x86-64,x86-64-la57\n"
      "  tablewalk compare traces/sort.twt -c skylake -c cva6 --set os.prefault=false\n"
      "  tablewalk compare traces/sort.twt --vary 'paging.mode=radix:9,9,9,9/12@8;x86-64' --stats 'walker.*'");
  command->callback([arguments] { compare(*arguments); });
}

}  // namespace tablewalk
