#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/page_option.h"
#include "cli/sweep_progress.h"
#include "report/result_json.h"
#include "sweep/folder_lock.h"
#include "sweep/local_engine.h"
#include "sweep/slurm_engine.h"
#include "sweep/sweep.h"
#include "sweep/sweep_page.h"
#include "sweep/sweep_table.h"

namespace tablewalk {
namespace {

struct SweepArguments {
  SweepOptions options;
  std::string engine = "local";
  SlurmOptions slurm;
  std::uint64_t chunk_seconds = 60;
  std::string other_program;
  std::string html;
  std::optional<unsigned> jobs;
  bool stop_at_failure = false;
  bool plan_only = false;
};

OtherProgram other_program(const std::string& name) {
  if (name.empty()) return OtherProgram::Refuse;
  if (name == "keep") return OtherProgram::Keep;
  if (name == "redo") return OtherProgram::Redo;
  throw InputError(
      fmt::format("--other-program {}: expected keep or redo{}", name, did_you_mean(name, {"keep", "redo"})));
}

std::unique_ptr<Engine> make_engine(const SweepArguments& arguments) {
  if (arguments.jobs && *arguments.jobs == 0) throw InputError("--jobs 0: expected at least 1");
  if (arguments.engine == "local") {
    return std::make_unique<LocalEngine>(arguments.jobs.value_or(std::max(1U, std::thread::hardware_concurrency())));
  }
  if (arguments.engine == "slurm") {
    SlurmOptions options = arguments.slurm;
    options.jobs = arguments.jobs.value_or(1);
    options.chunk_seconds = static_cast<double>(arguments.chunk_seconds);
    return std::make_unique<SlurmEngine>(std::move(options));
  }
  throw InputError(fmt::format("--engine {}: expected local or slurm{}", arguments.engine,
                               did_you_mean(arguments.engine, {"local", "slurm"})));
}

void print_plan(const SweepArguments& arguments) {
  const SweepPlan plan = plan_of_file(arguments.options);
  std::cout << fmt::format("{} points, {} simulations, {} points excluded, random seed {}\n", plan.points.size(),
                           plan.tasks.size(), plan.excluded, plan.seed);
  for (const SweepTask& task : plan.tasks) std::cout << task.id << "  " << printable(task.name) << '\n';
  for (const SweepPoint& point : plan.points) {
    if (!point.problem.empty()) std::cout << "no machine: " << printable(point.problem) << '\n';
  }
}

void sweep(const SweepArguments& arguments) {
  if (arguments.options.file.empty()) {
    throw InputError(
        "SWEEP.yaml is missing: expected a sweep file, or status, collect or result; see `tablewalk sweep --help`");
  }
  if (arguments.plan_only && !arguments.html.empty()) {
    throw InputError("--html with --plan: expected one of them, because --plan runs nothing");
  }
  if (arguments.plan_only) return print_plan(arguments);
  if (arguments.options.folder.empty()) throw InputError("-o is missing: expected a folder for the results (-o DIR)");
  check_html_option(arguments.html, arguments.options.file, {});
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is reported like a full disk
  const std::unique_ptr<Engine> engine = make_engine(arguments);
  SweepProgress progress(!arguments.stop_at_failure);
  const SweepReport report = run_sweep(arguments.options, *engine, progress.watch());
  progress.end();
  const SweepCounts& counts = report.state.counts;
  std::cout << fmt::format("{}/tidy.csv: {} of {} points, {} of them new; {} simulations\n", arguments.options.folder,
                           counts.done, counts.points, counts.done - std::min(counts.done, report.done_before),
                           report.simulated);
  if (!arguments.html.empty()) {
    const SweepStore store(arguments.options.folder);
    const SweepPlan plan = stored_plan(store);
    write_text_file(arguments.html, sweep_page_html(sweep_page_json(plan, store, plan.figures)));
  }
  report_unfinished(report);
}

void show_status(const std::string& folder) {
  const SweepStore store(folder);
  const SweepPlan plan = stored_plan(store);
  const SweepState state = state_of(plan, store);
  const SweepCounts& counts = state.counts;
  const std::string holder = FolderLock::holder(folder);
  std::cout << fmt::format("points      {}\n", counts.points) << fmt::format("done        {}\n", counts.done)
            << fmt::format("failed      {}\n", counts.failed)
            << fmt::format("to do       {}\n", counts.points - counts.done - counts.failed)
            << fmt::format("simulated   {:.1f} s\n", counts.seconds)
            << fmt::format("in use by   {}\n", holder.empty() ? "no sweep" : holder);
  if (!state.failed.empty()) std::cout << "failed:" << printable(failures_text(state.failed), true) << '\n';
}

void show_result(const std::string& folder, const std::string& id) {
  const SweepStore store(folder);
  const SweepPlan plan = stored_plan(store);
  std::vector<std::string> ids;
  for (const SweepPoint& point : plan.points) {
    ids.push_back(point.id);
    if (point.id != id) continue;
    for (const std::string& task : point.tasks()) {
      if (!store.header(task)) throw InputError(fmt::format("{}: point {} is not done", folder, id));
    }
    if (!point.problem.empty()) throw InputError(fmt::format("{}: point {} failed: {}", folder, id, point.problem));
    std::cout << result_to_json(result_of_point(point, store));
    return;
  }
  throw InputError(fmt::format("{}: has no point '{}': expected one of the column `point` of tidy.csv{}", folder, id,
                               did_you_mean(id, ids)));
}

struct CollectArguments {
  std::string folder;
  std::string output;
  std::string html;
  std::vector<std::string> figures;
};

void collect(const CollectArguments& arguments) {
  const SweepStore store(arguments.folder);
  const SweepPlan plan = stored_plan(store);
  const std::vector<std::string>& figures = arguments.figures.empty() ? plan.figures : arguments.figures;
  check_page_path(arguments.html, "--html");
  if (!arguments.html.empty()) {
    write_text_file(arguments.html, sweep_page_html(sweep_page_json(plan, store, figures)));
    if (arguments.output.empty()) return;
  }
  const std::string table = tidy_csv(plan, store, figures);
  if (arguments.output.empty()) {
    std::cout << table;
  } else {
    write_text_file(arguments.output, table);
  }
}

/// What each task of a Slurm array runs.
void add_worker_command(CLI::App& sweep_command) {
  struct Worker {
    std::string folder;
    std::string chunks;
    unsigned jobs = 1;
  };
  CLI::App* command = sweep_command.add_subcommand("worker", "Run one chunk of a sweep, in a task of a Slurm array");
  command->group("");  // not in --help
  const auto worker = std::make_shared<Worker>();
  command->add_option("DIR", worker->folder, "Folder of the sweep")->required();
  command->add_option("CHUNKS", worker->chunks, "Folder of the chunks")->required();
  add_whole(*command, "-j,--jobs", worker->jobs, "Simulations in parallel");
  command->callback([worker] {
    const char* number = std::getenv("SLURM_ARRAY_TASK_ID");
    if (number == nullptr) throw InputError("sweep worker: expected SLURM_ARRAY_TASK_ID: Slurm starts it");
    std::signal(SIGXFSZ, SIG_IGN);
    run_chunk(SweepStore(worker->folder), worker->chunks, parse_whole("SLURM_ARRAY_TASK_ID", number, 1 << 20),
              worker->jobs);
  });
}

void add_status_command(CLI::App& sweep_command) {
  CLI::App* command = sweep_command.add_subcommand("status", "Print what is done in a sweep's folder");
  const auto folder = std::make_shared<std::string>();
  command->add_option("DIR", *folder, "Folder of the sweep")->required()->type_name("");
  command->footer("Example:\n  tablewalk sweep status results");
  command->callback([folder] { show_status(*folder); });
}

void add_result_command(CLI::App& sweep_command) {
  CLI::App* command = sweep_command.add_subcommand("result", "Print the whole result.json of one point");
  const auto names = std::make_shared<std::pair<std::string, std::string>>();
  command->add_option("DIR", names->first, "Folder of the sweep")->required()->type_name("");
  command->add_option("POINT", names->second, "Point, as in the table")->required()->type_name("");
  command->footer("Example:\n  tablewalk sweep result results 098b54462d7fb645 > result.json");
  command->callback([names] { show_result(names->first, names->second); });
}

void add_collect_command(CLI::App& sweep_command) {
  CLI::App* command =
      sweep_command.add_subcommand("collect", "Print the table of a sweep's folder, without simulation");
  const auto arguments = std::make_shared<CollectArguments>();
  command->add_option("DIR", arguments->folder, "Folder of the sweep")->required()->type_name("");
  command->add_option("-o,--output", arguments->output, "File to write instead of standard output");
  command->add_option("--html", arguments->html,
                      "File for a page with the points as charts and tables, for any browser, offline; without -o no "
                      "table is printed");
  command
      ->add_option("--figures", arguments->figures,
                   "Figure, or a prefix such as walker.*, instead of those of the sweep file; '*' is all")
      ->allow_extra_args(false);
  command->footer(
      "Examples:\n"
      "  tablewalk sweep collect results --figures 'dtlb.*' --figures core.cycles\n"
      "  tablewalk sweep collect results -o all.csv --figures '*'\n"
      "  tablewalk sweep collect results --html results.html");
  command->callback([arguments] { collect(*arguments); });
}

}  // namespace

void add_sweep_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("sweep", "Run many machines, traces and seeds, and collect one table");
  const auto arguments = std::make_shared<SweepArguments>();
  SweepOptions& options = arguments->options;
  const auto take_file = [&options](const std::string& file) {
    const std::string near = nearest_name(file, {"status", "collect", "result"});
    if (!near.empty() && file.find('.') == std::string::npos) {
      throw InputError(fmt::format("sweep: unknown command '{}' (did you mean '{}'?)", file, near));
    }
    options.file = file;
  };
  command->add_option_function<std::string>("SWEEP.yaml", take_file, "What to run (docs/sweeps.md)")->type_name("");
  command->add_option("-o,--output", options.folder, "Folder of the results; a sweep that was interrupted goes on");
  add_whole(*command, "-j,--jobs", arguments->jobs,
            "Simulations in parallel (of each Slurm task); default: one per processor (1)");
  add_whole(*command, "--seed", options.seed, "Seed of random points, instead of the file's");
  command->add_flag("--resume", "Go on with what is in the folder: the default");
  command->add_flag("--stop-at-failure,!--keep-going", arguments->stop_at_failure,
                    "Start no further point after one has failed; default: --keep-going");
  command->add_flag("--wait", options.wait, "Wait for another sweep in the folder, instead of an error");
  command->add_option("--other-program", arguments->other_program,
                      "keep or redo results of another build of tablewalk, instead of an error");
  command->add_option("--html", arguments->html,
                      "File for a page with the points as charts and tables, for any browser, offline");
  command->add_flag("--plan", arguments->plan_only, "Print the simulations instead of running them");
  command->add_option("--engine", arguments->engine, "local or slurm")->capture_default_str();
  add_whole(*command, "--chunk-seconds", arguments->chunk_seconds, "Measured simulation time in each Slurm task");
  add_whole(*command, "--retries", arguments->slurm.retries, "Times that a simulation lost by Slurm is started again");
  command->add_option("--sbatch", arguments->slurm.options, "Option for sbatch, such as --sbatch=--partition=long")
      ->allow_extra_args(false);
  add_worker_command(*command);
  add_status_command(*command);
  add_collect_command(*command);
  add_result_command(*command);
  command->footer(
      "Examples:\n"
      "  tablewalk sweep tlbs.yaml --plan\n"
      "  tablewalk sweep tlbs.yaml -o results -j 8\n"
      "  tablewalk sweep tlbs.yaml -o results --engine slurm --sbatch=--partition=long\n"
      "  tablewalk sweep status results\n"
      "  tablewalk sweep collect results --figures 'walker.*' -o walkers.csv\n"
      "A sweep file:\n"
      "  config: skylake\n"
      "  traces: [traces/sort.twt, traces/git.twt]\n"
      "  limit: 1M\n"
      "  where: stlb.arrays.0.entries >= 8 * walker.walkers\n"
      "  points:\n"
      "    - grid:\n"
      "        stlb.arrays.0.entries: {from: 384, to: 3072, times: 2}\n"
      "        walker.walkers: [1, 2, 4]");
  command->callback([command, arguments] {
    if (!command->get_subcommands().empty()) return;
    arguments->options.other_program = other_program(arguments->other_program);
    sweep(*arguments);
  });
}

}  // namespace tablewalk
