#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <iostream>
#include <memory>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/page_option.h"
#include "cli/sweep_progress.h"
#include "report/text_table.h"
#include "sweep/local_engine.h"
#include "sweep/sweep_page.h"
#include "sweep/tuning.h"

namespace tablewalk {
namespace {

struct TuneArguments {
  TuningOptions tuning;
  SweepOptions sweep;
  std::string csv;
  std::string html;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
};

void print_front(const SweepPlan& plan, const std::vector<TunedMachine>& machines) {
  // The number tells which machine is meant where the columns continue below.
  std::vector<std::string> header = {"machine"};
  header.insert(header.end(), plan.keys.begin(), plan.keys.end());
  header.insert(header.end(), {"TLB entries", "TLB bits"});
  const bool walkers = have_walkers(machines);
  if (walkers) header.insert(header.end(), {"walker cells", "walker depth"});
  header.insert(header.end(), {"cost cycles", "cost of all"});
  TextTable table(header, 0);
  std::size_t shown = 0;
  for (const TunedMachine& machine : machines) {
    if (!machine.on_front) continue;
    std::vector<std::string> cells = {std::to_string(++shown)};
    cells.insert(cells.end(), machine.values.begin(), machine.values.end());
    cells.insert(cells.end(), {with_thousands(machine.size.entries), with_thousands(machine.size.bits)});
    if (walkers) {
      const WalkerArea area = machine.walker.value_or(WalkerArea{});
      cells.insert(cells.end(), {with_thousands(area.cells), with_thousands(area.depth)});
    }
    cells.insert(cells.end(), {(machine.cost_cycles < 0 ? "-" : "") +
                                   with_thousands(static_cast<std::uint64_t>(std::abs(machine.cost_cycles))),
                               fmt::format("{:.2f} %", 100 * machine.cost_share())});
    table.add_row(std::move(cells));
  }
  std::cout << fmt::format("{} of {} machines: fewer TLB bits{} cost more cycles\n\n", shown, machines.size(),
                           walkers ? " or walker cells" : "")
            << table.text();
}

void tune(const TuneArguments& arguments) {
  if (arguments.tuning.budget == 0) throw InputError("--budget is missing: expected the most TLB entries of a machine");
  if (arguments.jobs == 0) throw InputError("--jobs 0: expected at least 1");
  check_html_option(arguments.html, arguments.tuning.config, arguments.tuning.traces);
  check_html_option(arguments.html, arguments.tuning.space, {});
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is reported like a full disk
  SweepOptions options = arguments.sweep;
  options.given = tuning_sweep(arguments.tuning);
  LocalEngine engine(arguments.jobs);
  SweepProgress progress(true);
  const SweepReport report = run_sweep(options, engine, progress.watch());
  progress.end();
  const SweepStore store(options.folder);
  const SweepPlan plan = stored_plan(store);
  const std::vector<TunedMachine> machines = tuned_machines(plan, store);
  write_text_file(arguments.csv.empty() ? store.path("tune.csv") : arguments.csv, tuning_csv(plan, machines));
  if (!arguments.html.empty()) {
    nlohmann::ordered_json page = sweep_page_json(plan, store, {});
    page["tune"] = tuned_json(machines);
    write_text_file(arguments.html, sweep_page_html(page));
  }
  print_front(plan, machines);
  report_unfinished(report);
}

}  // namespace

void add_tune_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("tune", "Find the TLBs with the fewest bits for each cost of translation");
  const auto arguments = std::make_shared<TuneArguments>();
  TuningOptions& tuning = arguments->tuning;
  command->add_option("TRACE", tuning.traces, "Trace file; several: their costs are added")->required()->type_name("");
  add_whole(*command, "--budget", tuning.budget, "Most entries of all TLBs of a machine together");
  command->add_option("-c,--config", tuning.config, "Machine: a preset's name or a YAML file");
  command->add_option("--space", tuning.space,
                      "Sweep file with the keys to vary (docs/sweeps.md), without traces; default: the first array of "
                      "each TLB, from a quarter to four times its entries");
  command->add_option("-o,--output", arguments->sweep.folder, "Folder of the results and of tune.csv")->required();
  command->add_option("--csv", arguments->csv, "File for the table of all machines, instead of DIR/tune.csv");
  command->add_option("--html", arguments->html,
                      "File for a page with the front and all points, for any browser, offline");
  add_whole(*command, "--cells", tuning.cells, "Most cells of the RTL walkers of a machine (walker.kind: rtl)");
  add_whole(*command, "--depth", tuning.depth, "Most cells on the longest path of an RTL walker");
  add_whole(*command, "--warmup", tuning.warmup, "Records simulated before the statistics start");
  add_whole(*command, "--limit", tuning.limit, "Records simulated after that; 0 is all");
  add_whole(*command, "-j,--jobs", arguments->jobs, "Simulations in parallel; default: one per processor");
  command->footer(
      "Examples:\n"
      "  tablewalk tune traces/sort.twt traces/git.twt -c skylake --budget 2048 --limit 100K -o tuned\n"
      "  tablewalk tune traces/sort.twt --space space.yaml --budget 512 -o tuned --csv front.csv");
  command->callback([arguments] { tune(*arguments); });
}

}  // namespace tablewalk
