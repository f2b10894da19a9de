#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"
#include "base/process_pool.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/trace_arguments.h"
#include "cli/wave_file.h"
#include "cli/wave_view.h"
#include "config/loader.h"
#include "observe/walker_shadow.h"
#include "report/print_options.h"
#include "report/result_json.h"
#include "report/traces_text.h"
#include "system/run.h"

namespace tablewalk {
namespace {

/// Cycles before a difference that the wave file shows.
constexpr std::uint64_t wave_cycles = 2000;

struct CosimArguments {
  RunOptions options;
  ConfigSource config;
  std::string format = "text";
  std::string wave;
  std::optional<std::uint64_t> wave_from;
};

/// The summary of what was compared, if nothing differed.
std::string text_of(const RunResult& result, const CosimCounts& counts, OutputFormat format) {
  const std::array<std::pair<const char*, std::uint64_t>, 7> rows = {{{"walks", counts.walks},
                                                                      {"entry_reads", counts.entry_reads},
                                                                      {"entry_updates", counts.entry_updates},
                                                                      {"answers", counts.answers},
                                                                      {"invalidations", counts.invalidations},
                                                                      {"cycles_compared", counts.cycles},
                                                                      {"rtl_clocked_cycles", counts.clocked_cycles}}};
  if (format == OutputFormat::Json) {
    nlohmann::ordered_json json = {{"trace", result.trace.path},
                                   {"records", result.trace.records},
                                   {"partial", result.partial},
                                   {"differences", 0}};
    for (const auto& [name, count] : rows) json[name] = count;
    return readable_json(json);
  }
  if (format == OutputFormat::Csv) {
    std::string text = "name,count\n";
    for (const auto& [name, count] : rows) text += fmt::format("{},{}\n", name, count);
    return text;
  }
  std::string text = traces_text(result);
  if (result.partial) text += "interrupted\n";
  text += "no difference between the SystemC walker and the RTL walker\n\n";
  for (const auto& [name, count] : rows) {
    std::string words = name;
    std::replace(words.begin(), words.end(), '_', ' ');
    text += fmt::format("{:<18}{:>15}\n", words, with_thousands(count));
  }
  return text;
}

/// The result of a co-simulation: the report, and the first difference, if any.
struct Outcome {
  std::optional<Cycles> difference;
  std::string text;
  std::string no_wave;  ///< why no wave was written; empty if one was, or none was requested
};

/// Once per process: SystemC elaborates only once.
Outcome simulate(const CosimArguments& arguments, const MachineConfig& config, const WaveWindow& wave = {}) {
  CosimCounts counts;
  RunOptions options = arguments.options;
  options.cosim = &counts;
  options.wave = wave;
  options.stop = &interrupt_flag();
  ProgressLine line("records");
  options.on_progress = [&](const Progress& progress) { line.show(progress.records, progress.share); };
  try {
    const RunResult result = run_machine(config, options);
    for (const std::string& warning : result.warnings) print_warning(warning);
    return {std::nullopt, text_of(result, counts, parse_output_format(arguments.format)), {}};
  } catch (const WalkersDiffer& difference) {
    return {difference.cycle(), difference.what(), {}};
  }
}

/// The same in its own process, so that another simulation can follow.
Outcome simulate_apart(const CosimArguments& arguments, const MachineConfig& config) {
  const auto work = [&](std::size_t) {
    const Outcome outcome = simulate(arguments, config);
    return (outcome.difference ? std::to_string(outcome.difference->count()) : "") + "\n" + outcome.text;
  };
  const auto name = [](std::size_t) { return std::string("the co-simulation"); };
  const std::string told = run_in_processes(1, work, name, {}).front();
  const std::size_t end = told.find('\n');
  Outcome outcome{std::nullopt, told.substr(end + 1), {}};
  if (end != 0) outcome.difference = Cycles(std::stoull(told));
  return outcome;
}

/// Without a difference, and if the first requested wave cycle was not reached, there is nothing to show.
std::string why_no_wave(const CosimArguments& arguments) {
  if (!arguments.wave_from) return "no difference; --wave-from CYCLE writes it anyway";
  return fmt::format("the run ended before cycle {}", *arguments.wave_from);
}

void check_wave_options(const CosimArguments& arguments) {
  if (arguments.wave.empty() && arguments.wave_from)
    throw InputError("--wave-from without --wave: expected --wave FILE too");
  if (!arguments.wave.empty() && !arguments.wave_from && readable_once(arguments.options.trace_path)) {
    throw InputError("--wave: a pipe cannot be run twice; expected a trace file, or --wave-from");
  }
}

/// The cycle of a difference is unknown until it is found, so the run is repeated with a wave.
Outcome simulate_with_wave(const CosimArguments& arguments, const MachineConfig& config) {
  WaveFile wave(arguments.wave);
  Outcome outcome;
  if (arguments.wave_from) {
    outcome = simulate(arguments, config, {wave.name_meanwhile(), Cycles(*arguments.wave_from)});
  } else {
    outcome = simulate_apart(arguments, config);
    if (outcome.difference) {
      const std::uint64_t cycle = outcome.difference->count();
      simulate(arguments, config, {wave.name_meanwhile(), Cycles(cycle > wave_cycles ? cycle - wave_cycles : 0)});
    }
  }
  if (wave.finish_if_written()) {
    write_wave_view(wave.path(), config.walker);
  } else {
    outcome.no_wave = why_no_wave(arguments);
  }
  return outcome;
}

void cosimulate(const CosimArguments& arguments) {
  const auto config = load_config<MachineConfig>(arguments.config);
  parse_output_format(arguments.format);
  check_wave_options(arguments);
  const Outcome outcome = arguments.wave.empty() ? simulate(arguments, config) : simulate_with_wave(arguments, config);
  std::cout << outcome.text << std::flush;
  if (!outcome.no_wave.empty()) {
    std::cerr << fmt::format("tablewalk: {} is not written: {}\n", arguments.wave, outcome.no_wave);
  }
  if (outcome.difference) {
    throw Difference(fmt::format("the walkers differ in cycle {}", outcome.difference->count()));
  }
}

}  // namespace

void add_cosim_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("cosim", "Compare the SystemC and the RTL walker cycle by cycle on a trace");
  const auto arguments = std::make_shared<CosimArguments>();
  RunOptions& options = arguments->options;
  add_traces(*command, options, "Trace file, `-` for standard input; several for several cores");
  command->add_option("-c,--config", arguments->config.name, "Machine: a preset's name or a YAML file");
  command->add_option("--set", arguments->config.overrides, "KEY=VALUE: set one key of the machine")
      ->allow_extra_args(false);
  add_trace_format(*command, options.trace_format);
  add_whole(*command, "--warmup", options.warmup, "Records before --limit starts counting; they are compared too");
  add_whole(*command, "--limit", options.limit, "Records simulated after that; 0 is all");
  command->add_option("--format", arguments->format, "text, json or csv: how the counts are printed")
      ->capture_default_str();
  command->add_option("--wave", arguments->wave, "FST file of the RTL's wires before a difference");
  add_whole(*command, "--wave-from", arguments->wave_from,
            "Write the wave from this cycle on, even without a difference");
  command->footer(
      "Exit code 1 if the walkers differ; the report shows both side by side.\n"
      "Examples:\n"
      "  tablewalk cosim traces/sort.twt -c skylake\n"
      "  tablewalk cosim traces/sort.twt --set paging.mode=sv39 --set walker.walkers=8 --limit 100000\n"
      "  tablewalk cosim traces/sort.twt --limit 1000 --wave-from 0 --wave walker.fst");
  command->callback([arguments] { cosimulate(*arguments); });
}

}  // namespace tablewalk
