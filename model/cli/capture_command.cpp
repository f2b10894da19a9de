#include "cli/capture_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/trace_output.h"
#include "report/print_options.h"
#include "trace/capture.h"

namespace tablewalk {
namespace {

constexpr double usual_share_decoded = 0.95;

/// Prints how many load addresses have a known dependence, over all traces.
void print_addresses(const CaptureConfig& config, const CaptureResult& result, OutputFormat format) {
  if (!result.dependences) {
    if (config.dependences) {
      fmt::print(stderr, "note: address dependences are decoded on x86-64 only: the traces do not record them\n");
    }
    return;
  }
  DependenceCounts all;
  for (const CapturedTrace& trace : result.traces) all += trace.addresses;
  const auto percent = [](std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  };
  const std::string summary = fmt::format(
      "addresses of the {} loads: {:.2f} % depend on an earlier load, {:.2f} % on none, {:.2f} % are unknown "
      "(taken as none)\n",
      with_thousands(all.loads), percent(all.from_loads, all.loads), percent(all.from_none(), all.loads),
      percent(all.unknown_loads, all.loads));
  if (format == OutputFormat::Text) std::fwrite(summary.data(), 1, summary.size(), stderr);
  const std::uint64_t decoded = all.instructions - all.unknown_instructions;
  if (static_cast<double>(decoded) < usual_share_decoded * static_cast<double>(all.instructions)) {
    fmt::print(
        stderr,
        "note: only {:.1f} % of the instructions could be decoded; the others are assumed to change no register\n",
        percent(decoded, all.instructions));
  }
}

std::vector<WrittenReport> reports_of(const CaptureResult& result) {
  std::vector<WrittenReport> reports;
  for (const CapturedTrace& trace : result.traces) {
    const WrittenTrace& written = trace;
    reports.push_back({written, {}});
    if (!result.dependences) continue;
    const DependenceCounts& addresses = trace.addresses;
    reports.back().counts = {{"loads", addresses.loads},
                             {"loads_from_loads", addresses.from_loads},
                             {"loads_from_none", addresses.from_none()},
                             {"loads_unknown", addresses.unknown_loads},
                             {"instructions", addresses.instructions},
                             {"instructions_unknown", addresses.unknown_instructions}};
  }
  return reports;
}

/// Standard output belongs to the traced program.
void print_notes(const CaptureConfig& config, const CaptureResult& result) {
  if (result.threads.size() > 1 && config.threads == CapturedThreads::Mixed) {
    fmt::print(stderr,
               "note: {} threads are in the trace, in the order in which Valgrind ran them; --threads apart writes a "
               "trace per thread, --threads marked marks each record's thread in the trace\n",
               result.threads.size());
  }
  if (result.processes > 1) {
    fmt::print(stderr, "note: {} processes, numbered as they started: process N is address space N-1\n",
               result.processes);
  }
  for (const unsigned process : result.without_layout) {
    const std::string which = result.processes > 1 ? fmt::format("process {}", process) : "the program";
    fmt::print(stderr, "note: {} ended before its regions could be read: its trace has no layout\n", which);
  }
  for (const unsigned process : result.empty) {
    fmt::print(stderr, "note: process {} has no accesses left, so no trace was written\n", process);
  }
  if (result.interrupted) {
    fmt::print(stderr, "note: interrupted: {} where {} was ended\n",
               result.traces.size() > 1 ? "the traces end" : "the trace ends", printable(config.command.front()));
  } else if (!result.fatal_access.empty()) {
    fmt::print(stderr, "note: {} ended by SIGSEGV: {}; Lackey does not print this access\n",
               printable(config.command.front()), result.fatal_access);
  } else if (result.exit_status != 0) {
    fmt::print(stderr, "note: {} ended with exit status {}\n", printable(config.command.front()), result.exit_status);
  }
}

void run_capture(const CaptureConfig& config, OutputFormat format) {
  const CaptureResult result = [&] {
    ProgressLine line("records");
    const double wanted = static_cast<double>(config.skip + config.limit);
    const bool known = config.limit != 0 && config.children == CapturedChildren::Silent;
    const auto show = [&](std::uint64_t records) {
      line.update(records, known ? static_cast<double>(records) / wanted : -1.0);
    };
    return capture_trace(config, show, &interrupt_flag());
  }();
  const std::string text = written_text(reports_of(result), format);
  std::fwrite(text.data(), 1, text.size(), stderr);
  print_addresses(config, result, format);
  print_notes(config, result);
}

/// Maps an option's keyword to its value.
template <class Value>
Value value_of(const std::string& option, const std::string& given,
               const std::vector<std::pair<std::string, Value>>& words) {
  std::vector<std::string> names;
  for (const auto& [name, value] : words) {
    if (name == given) return value;
    names.push_back(name);
  }
  throw InputError(
      fmt::format("{} {}: expected {}{}", option, given, words_with_or(names), did_you_mean(given, names)));
}

struct Options {
  CaptureConfig config;
  std::string format = "text";
  std::string threads = "mixed";
  std::string children = "silent";
  bool no_dependences = false;
  bool no_layout = false;
};

void run(Options& options) {
  const OutputFormat format = parse_output_format(options.format);
  if (options.config.output == "-") {
    throw InputError(
        "trace capture: -o -: standard output belongs to the program: expected a name ending in .twt or .txt");
  }
  options.config.threads = value_of<CapturedThreads>(
      "--threads", options.threads,
      {{"mixed", CapturedThreads::Mixed}, {"apart", CapturedThreads::Apart}, {"marked", CapturedThreads::Marked}});
  options.config.children = value_of<CapturedChildren>(
      "--children", options.children, {{"silent", CapturedChildren::Silent}, {"apart", CapturedChildren::Apart}});
  options.config.dependences = !options.no_dependences;
  options.config.layout = !options.no_layout;
  run_capture(options.config, format);
}

}  // namespace

void add_capture_command(CLI::App& trace) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = trace.add_subcommand("capture", "run a program under Valgrind's Lackey and record its accesses");
  command->add_option("-o,--output", options->config.output, "file name ending in .twt or .txt")->required();
  add_whole(*command, "--skip", options->config.skip, "accesses of each process to skip first")->capture_default_str();
  add_whole(*command, "--limit", options->config.limit,
            "maximum accesses to record per process (a single process is then ended); 0 is all")
      ->capture_default_str();
  command
      ->add_option("--threads", options->threads,
                   "mixed: one trace, in the order in which Valgrind ran the threads; apart: one per thread, "
                   "OUTPUT.threadN.twt; marked: one trace, with 'thread N' before the records of each thread")
      ->capture_default_str();
  command
      ->add_option("--children", options->children,
                   "silent: only the started process is traced; apart: a trace per process, OUTPUT.processN.twt, "
                   "in address space N-1; until the end the logs take about 14 bytes per access in TMPDIR")
      ->capture_default_str();
  command->add_flag("--no-dependences", options->no_dependences,
                    "do not record which loads the addresses depend on (found by decoding the instructions)");
  command->add_flag("--no-layout", options->no_layout,
                    "do not record the regions of the address space and how they change");
  add_trace_level(*command, options->config.level);
  add_print_format(*command, options->format);
  command->add_option("PROGRAM", options->config.command, "the program and its arguments, after --")->required();
  command->footer(
      "Examples:\n  tablewalk trace capture -o ls.twt -- ls -l /usr\n"
      "  tablewalk trace capture -o sort.twt --skip 1000000 --limit 4000000 -- sort words.txt\n"
      "  tablewalk trace capture -o xz.twt --threads apart -- xz -T2 -k big.tar\n"
      "  tablewalk trace capture -o cores.twt --threads marked -- xz -T4 -k big.tar\n"
      "  tablewalk trace capture -o make.twt --children apart -- make\n\n"
      "With --children silent, forked processes are not traced, and executed programs run outside Valgrind.\n"
      "Ctrl-C and SIGTERM end the program and keep the traces of what it did so far. The program's own input\n"
      "and output are untouched, so the summary goes to standard error. Expect about a million accesses per second.");
  command->callback([options] { run(*options); });
}

}  // namespace tablewalk
