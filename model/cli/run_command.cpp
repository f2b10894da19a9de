#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>

#include "base/file.h"
#include "base/process_pool.h"
#include "cli/commands.h"
#include "cli/dependence_interval.h"
#include "cli/fault_options.h"
#include "cli/image_options.h"
#include "cli/input_tee.h"
#include "cli/layout_options.h"
#include "cli/options.h"
#include "cli/page_option.h"
#include "cli/sample_option.h"
#include "cli/shards_option.h"
#include "cli/terminal.h"
#include "cli/timeline_options.h"
#include "cli/trace_arguments.h"
#include "cli/wave_file.h"
#include "cli/wave_view.h"
#include "config/loader.h"
#include "report/memory_text.h"
#include "report/print_run.h"
#include "report/result_json.h"
#include "report/segv_text.h"
#include "stats/translation_cost.h"
#include "system/run.h"
#include "system/waterfall.h"
#include "trace/compressed_file.h"

namespace tablewalk {
namespace {

struct RunArguments {
  RunOptions options;
  ConfigSource config;
  std::string mode;
  ImageArguments image;
  FaultArguments faults;
  LayoutArguments layout;
  std::string output_folder;
  std::string format = "text";
  std::string html;
  std::string wave;
  std::string memory_log;
  std::string sample;
  CLI::Option* sample_option = nullptr;
  ShardsOption shards;
  TimelineArguments timeline;
  std::uint64_t wave_from = 0;
  std::uint64_t wave_cycles = 0;
  bool explain = false;
  bool all = false;
  bool no_cost = false;
  std::size_t attribution_rows = Attribution::shown_rows;
};

std::optional<ImageTables> image_tables(const RunArguments& arguments) {
  const ImageArguments& image = arguments.image;
  image.check();
  if (!image.given()) {
    if (!image.root.empty()) throw InputError("--root without --image: expected --image FILE with the page tables");
    return std::nullopt;
  }
  return ImageTables{image.source(), 0, arguments.faults.policy() == FaultPolicy::Count};
}

/// Runs with a wave of its walker. The wave is kept if a law is violated: it shows the cause.
RunResult run_with_wave(const RunArguments& arguments, const MachineConfig& config, ProgressLine& line) {
  WaveFile wave(arguments.wave);
  RunOptions options = arguments.options;
  options.wave = {wave.name_meanwhile(), Cycles(arguments.wave_from)};
  if (arguments.wave_cycles != 0) options.wave.until = options.wave.from + Cycles(arguments.wave_cycles);
  try {
    RunResult result = run_machine(config, options);
    line.clear();
    if (wave.finish_if_written()) {
      write_wave_view(wave.path(), config.walker);
    } else {
      std::cerr << fmt::format("tablewalk: {} is not written: the walker did nothing in those cycles\n", wave.path());
    }
    return result;
  } catch (const LawViolation&) {
    if (wave.finish_if_written()) write_wave_view(wave.path(), config.walker);
    throw;
  }
}

RunResult run_with_progress(const RunArguments& arguments, const MachineConfig& config) {
  ProgressLine line("records");
  RunArguments watched = arguments;
  watched.options.on_progress = [&](const Progress& progress) { line.show(progress.records, progress.share); };
  watched.options.stop = &interrupt_flag();
  if (!arguments.wave.empty()) return run_with_wave(watched, config, line);
  return run_machine(config, watched.options);
}

/// The machine, and in parallel, in another process, the same one with free translation.
RunResult run_with_cost(const RunArguments& arguments, const MachineConfig& config) {
  RunOptions options;  // the same records and tables; all other options apply to the machine itself
  RunArguments real = arguments;
  std::optional<InputTee> tee;
  if (readable_once(arguments.options.trace_path)) {
    tee.emplace(arguments.options.trace_path);
    real.options.trace_path = "-";
  } else if (arguments.image.reads_standard_input()) {
    tee.emplace("-");
  }
  options.trace_path = real.options.trace_path;
  options.more_traces = real.options.more_traces;
  options.trace_format = arguments.options.trace_format;
  options.warmup = arguments.options.warmup;
  options.limit = arguments.options.limit;
  options.sample = arguments.options.sample;
  options.shard = arguments.options.shard;
  options.tables = arguments.options.tables;
  options.regions = arguments.options.regions;
  options.faults = arguments.options.faults;
  options.stop = &interrupt_flag();
  const char* name = "the machine with free translation";
  SideProcess side(name, [&] {
    if (tee) tee->take_second();
    return result_to_json(run_machine(with_free_translation(config), options));
  });
  std::optional<OtherEnd> other_end;
  if (!tee && asks_for_interval(config) && !says_dependences(options)) other_end.emplace(config, options);
  if (tee) tee->leave_second();
  RunResult result = run_with_progress(real, config);
  if (result.partial) {
    leave_cost_out(result, "the run was stopped before the end of the trace");
  } else {
    add_translation_cost(result, result_from_json(side.result(), name));
    if (other_end) other_end->add_to(result);
  }
  return result;
}

/// Two machines read the images, and only standard input is copied for both.
void check_images_for_cost(const RunArguments& arguments) {
  const bool trace_is_pipe = readable_once(arguments.options.trace_path);
  for (const std::string& image : arguments.image.files) {
    if (!readable_once(image) || (image == "-" && !trace_is_pipe)) continue;
    throw InputError(
        fmt::format("--image {}: a pipe can be read only once, and the cost of translation takes two runs: "
                    "expected a file, or --no-cost",
                    image));
  }
}

/// Every shard reads the images.
void check_images_for_shards(const RunArguments& arguments) {
  const auto& files = arguments.image.files;
  const auto pipe = std::find_if(files.begin(), files.end(), readable_once);
  if (pipe == files.end()) return;
  throw InputError(fmt::format("--image {}: each shard reads it: expected a file, not a pipe", *pipe));
}

RunResult simulate_shards(const RunArguments& arguments, const MachineConfig& config) {
  check_images_for_shards(arguments);
  const bool with_cost = !arguments.no_cost && !config.core.free_translation;
  std::optional<RunResult> result = arguments.shards.run(config, arguments.options, with_cost);
  if (!result) throw Difference("interrupted: not all shards were simulated, so there is no result");
  if (!with_cost) leave_cost_out(*result, arguments.no_cost ? "--no-cost" : "core.free_translation is true");
  return std::move(*result);
}

RunResult simulate(const RunArguments& arguments, const MachineConfig& config) {
  if (arguments.shards.of_all()) return simulate_shards(arguments, config);
  if (!arguments.no_cost && !config.core.free_translation) {
    check_images_for_cost(arguments);
    return run_with_cost(arguments, config);
  }
  RunResult result = run_with_progress(arguments, config);
  leave_cost_out(result, arguments.no_cost ? "--no-cost" : "core.free_translation is true");
  return result;
}

/// What the program may access, and what happens if it does anything else.
void set_protection(RunArguments& arguments, const MachineConfig& config) {
  RunOptions& options = arguments.options;
  options.faults = arguments.faults.policy();
  const bool on_demand = !config.os.prefault && !options.tables;
  const char* needs_it = arguments.layout.given() ? "--map and --maps" : nullptr;
  if (needs_it == nullptr && !options.tables) needs_it = arguments.faults.given();
  if (needs_it != nullptr && !on_demand) {
    throw InputError(
        options.tables
            ? fmt::format("{} with --image: the image's tables say what is mapped; expected one of them", needs_it)
            : fmt::format("{}: the kernel maps every page before it is touched; expected demand paging (--set "
                          "os.prefault=false)",
                          needs_it));
  }
  const auto mode = make_paging_mode(config.paging.mode, config.paging);
  options.regions = arguments.layout.regions(mode->page_bytes());
  options.on_refused = [](const RefusedRun& run) {
    if (run.regions == nullptr) return;
    const PageFault& fault = run.refused.fault;
    RefusedAccess access;
    access.va = fault.va;
    access.bytes = fault.bytes;
    access.access = fault.access;
    access.instruction = fault.instruction;
    access.record = fault.record == 0 ? 0 : fault.record - 1;
    access.asid = fault.asid;
    access.trace = run.trace;
    std::cerr << segv_text({run.mode, run.memory, run.root}, *run.regions, run.refused.violation, access);
  };
}

void check_wave_options(const RunArguments& arguments) {
  const char* given = arguments.wave_from != 0 ? "--wave-from" : arguments.wave_cycles != 0 ? "--wave-cycles" : nullptr;
  if (arguments.wave.empty() && given != nullptr) {
    throw InputError(fmt::format("{} without --wave: expected --wave FILE too", given));
  }
}

/// The file for the memory over time.
const std::string& checked_memory_log(const RunArguments& arguments, const MachineConfig& config) {
  if (arguments.options.tables || config.os.prefault || config.os.timeline.interval_cycles == Cycles(0)) {
    throw InputError(
        "--memory-log: nobody looks at the memory; expected os.prefault: false and os.timeline.interval_cycles");
  }
  if (arguments.memory_log == "-" && arguments.options.walk_log == "-") {
    throw InputError("--memory-log - and --walk-log -: two files in one; expected another name for one of them");
  }
  return arguments.memory_log;
}

void check_page_options(RunArguments& arguments, OutputFormat format) {
  RunOptions& options = arguments.options;
  if (options.details && arguments.output_folder.empty() && format != OutputFormat::Json && arguments.html.empty()) {
    throw InputError("--details without a JSON result: expected -o FOLDER, --format json or --html FILE too");
  }
  check_page_path(arguments.html, "--html");
  if (arguments.html.empty()) return;
  options.details = true;
  options.attribute = true;
}

/// An output must not overwrite an input.
void check_outputs(const RunArguments& arguments) {
  const std::array<std::pair<const char*, std::string>, 5> outputs{{{"--walk-log", arguments.options.walk_log},
                                                                    {"--wave", arguments.wave},
                                                                    {"--timeline", arguments.timeline.path},
                                                                    {"--memory-log", arguments.memory_log},
                                                                    {"--html", arguments.html}}};
  for (const auto& [option, output] : outputs) {
    if (output.empty()) continue;
    refuse_to_replace(arguments.options.trace_path, output, option);
    for (const std::string& image : arguments.image.files) refuse_to_replace(image, output, option);
    if (!arguments.config.name.empty()) refuse_to_replace(arguments.config.name, output, option);
  }
}

void run(RunArguments& arguments) {
  PrintOptions printing = print_options(arguments.format);
  printing.explain = arguments.explain;
  printing.all = arguments.all;
  printing.attribution_rows = arguments.attribution_rows;
  if (arguments.attribution_rows != Attribution::shown_rows && !arguments.options.attribute) {
    throw InputError("--attribute-rows without --attribute: expected both");
  }
  if (!arguments.mode.empty()) {
    make_paging_mode(arguments.mode);  // reports an unknown mode
    arguments.config.overrides.push_back("paging.mode=" + arguments.mode);
  }
  if (arguments.sample_option->count() != 0) arguments.options.sample = parse_sample_spec(arguments.sample);
  arguments.shards.check(arguments.options);
  arguments.options.tables = image_tables(arguments);
  const RunOptions asked = arguments.options;
  check_wave_options(arguments);
  arguments.options.timeline = arguments.timeline.options();
  check_page_options(arguments, printing.format);
  check_outputs(arguments);
  const auto config = load_config<MachineConfig>(arguments.config);
  set_protection(arguments, config);
  std::optional<CompressedFile> memory_log;
  if (!arguments.memory_log.empty()) memory_log.emplace(checked_memory_log(arguments, config));
  if (arguments.options.tables) {
    arguments.options.tables->root_value = root_before_run(arguments.image, config.paging.mode);
  }
  // Before the run, so that no long run is lost to a folder that cannot be created.
  if (!arguments.output_folder.empty()) create_folder(arguments.output_folder);

  arguments.options.on_warning = [](const std::string& warning) { print_warning(warning); };
  RunResult result = simulate(arguments, config);
  if (arguments.shards.of_one()) ShardsOption::identify(result, arguments.options);
  std::vector<PageResult> page;
  if (!arguments.html.empty()) {
    const std::string& machine = arguments.config.name;
    page.push_back(page_result(LabelledResult{machine.empty() ? "default" : machine, result}));
    if (!asked.attribute) result.attribution.reset();
    if (!asked.details) result.details = nullptr;
  }
  if (!arguments.output_folder.empty()) {
    write_text_file(arguments.output_folder + "/result.json", result_to_json(result, printing.attribution_rows));
  }
  if (memory_log) {
    memory_log->write(memory_csv(result.memory));
    memory_log->finish();
  }
  // If a log is on standard output, the report goes to standard error.
  const bool output_taken = arguments.options.walk_log == "-" || arguments.memory_log == "-";
  print_run(result, printing, output_taken ? std::cerr : std::cout);
  if (!page.empty()) write_page(arguments.html, std::move(page), page_title(arguments.options.trace_path));
}

}  // namespace

void add_run_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("run", "Run one trace on one machine");
  const auto arguments = std::make_shared<RunArguments>();
  RunOptions& options = arguments->options;
  add_traces(*command, options,
             "Trace file, `-` for standard input; several for several cores, or to take turns on one");
  command->add_option("-c,--config", arguments->config.name, "Machine: a preset's name or a YAML file");
  command->add_option("--set", arguments->config.overrides, "KEY=VALUE: set one key of the machine")
      ->allow_extra_args(false);
  command->add_option("-m,--mode", arguments->mode, "Page-table organisation: short for --set paging.mode=MODE");
  add_image_options(*command, arguments->image);
  add_fault_options(*command, arguments->faults);
  add_layout_options(*command, arguments->layout);
  add_trace_format(*command, options.trace_format);
  add_whole(*command, "--warmup", options.warmup, "Records simulated before the statistics start");
  add_whole(*command, "--limit", options.limit, "Records simulated after that; 0 is all");
  arguments->sample_option = add_sample_option(*command, arguments->sample);
  arguments->shards.add_to(*command);
  command->add_option("-o,--output", arguments->output_folder, "Folder to write result.json to");
  command->add_option("--format", arguments->format, "text, json or csv")->capture_default_str();
  command->add_option(
      "--walk-log", options.walk_log,
      "File to write one row per page-table walk to; .gz, .xz, .zst and .bz2 compress; - is standard output");
  command->add_option(
      "--memory-log", arguments->memory_log,
      "CSV file of the memory over time, one row per os.timeline.interval_cycles; compressed and - as above");
  command->add_option("--wave", arguments->wave, "FST file of the RTL walker's signals");
  add_whole(*command, "--wave-from", arguments->wave_from, "First cycle of the wave");
  add_whole(*command, "--wave-cycles", arguments->wave_cycles, "Number of cycles in the wave; 0 is all");
  add_timeline_options(*command, arguments->timeline);
  add_html_option(*command, arguments->html);
  command->add_flag("--details", options.details,
                    "Keep walks, intervals and page tables in result.json, for the pages of `tablewalk report`");
  command->add_flag("--check", options.check, "Check the laws of the model while running");
  command->add_flag("--attribute", options.attribute,
                    "Print what causes the walks: by region of the address space, part of the walk, and instruction");
  add_whole(*command, "--attribute-rows", arguments->attribution_rows, "Rows of each list; 0 is all");
  command->add_flag("--explain", arguments->explain, "Print a line of explanation under each key figure");
  command->add_flag("--all", arguments->all, "Print a row for each figure, also for those that are 0");
  command->add_flag("--no-cost", arguments->no_cost,
                    "Do not measure the cost of translation (a second run, with free translation, in parallel)");
  command->footer(
      "Examples:\n"
      "  tablewalk run traces/sort.twt\n"
      "  tablewalk run traces/sort.twt -c skylake --set paging.mode=flat48 --explain\n"
      "  tablewalk run traces/sort.twt --warmup 100000 --limit 1000000 -o results --walk-log walks.csv\n"
      "  tablewalk run traces/sort.twt -c skylake --html page.html\n"
      "  tablewalk run traces/sort.twt --limit 20000 --timeline sort.pftrace.gz\n"
      "  tablewalk run mine.txt --mode sv39 --image pages.bin.zst --root 0x8000100000083824 --check\n"
      "  tablewalk run traces/sort.twt --limit 1000 -c example-walker --wave walker.fst\n"
      "  valgrind --tool=lackey --trace-mem=yes ls 2>&1 | tablewalk run - --format json");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace tablewalk
