#include "system/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "base/version.h"
#include "config/printer.h"
#include "observe/law_checker.h"
#include "observe/observer_list.h"
#include "observe/walk_attribution.h"
#include "observe/walk_log.h"
#include "system/machine.h"
#include "trace/stoppable_reader.h"
#include "trace/trace_reader.h"

namespace tablewalk {
namespace {

using Clock = std::chrono::steady_clock;

/// Tells of progress a few times a second, and whether the run is to end early.
class Watch {
 public:
  Watch(const RunOptions& options, const RecordSource& source) : options_(options), source_(source) {}

  /// Called at every batch of records; true ends the trace.
  bool operator()() {
    const bool stop = options_.stop != nullptr && *options_.stop;
    stopped_ = stopped_ || stop;
    if (options_.on_progress && Clock::now() >= next_) {
      next_ = Clock::now() + std::chrono::milliseconds(200);
      options_.on_progress({source_.delivered(), share()});
    }
    return stop;
  }
  bool stopped() const { return stopped_; }

 private:
  double share() const {
    if (options_.limit == 0) return source_.progress();
    return static_cast<double>(source_.delivered()) / static_cast<double>(options_.warmup + options_.limit);
  }

  const RunOptions& options_;
  const RecordSource& source_;
  Clock::time_point next_ = Clock::now();
  bool stopped_ = false;
};

/// The RTL walker beside the machine's own; nothing unless the run is a co-simulation.
std::unique_ptr<WalkerShadow> make_shadow(const MachineConfig& config, const RunOptions& options, Machine& machine) {
  if (options.cosim == nullptr) return nullptr;
  Walker* walker = machine.systemc_walker();
  if (walker == nullptr) throw InputError("walker.kind: a co-simulation has the model and rtl/; expected systemc");
  if (config.walker.unlimited) {
    throw InputError("walker.unlimited: hardware has as many slots as it was made with; expected false");
  }
  auto shadow = std::make_unique<WalkerShadow>("rtl_walker", config.walker, config.paging, machine.mode());
  shadow->record_wave(options.wave);
  walker->tap(shadow.get());
  return shadow;
}

/// The wires of the machine's own walker; those of a co-simulation are the shadow's.
void record_wave(const RunOptions& options, Machine& machine) {
  if (options.wave.path.empty() || options.cosim != nullptr) return;
  RtlWalker* walker = machine.rtl_walker();
  if (walker == nullptr) {
    throw InputError(
        "--wave: the machine's walker is the model, which has no wires; expected walker.kind: rtl or foreign");
  }
  walker->record_wave(options.wave);
}

void warn(RunResult& result, const RunOptions& options, const std::string& warning) {
  if (options.on_warning) options.on_warning(warning);
  result.warnings.push_back(printable(warning));
}

/// Hardware for larger pages than the mode has is no fault of the config: compared modes differ in it.
void warn_of_empty_arrays(RunResult& result, const MachineConfig& config, const RunOptions& options) {
  const std::vector<std::string> empty = config.empty_tlb_arrays();
  if (empty.empty()) return;
  const auto mode = make_paging_mode(config.paging.mode, config.paging);
  warn(result, options,
       fmt::format("{}: {} empty: paging mode {} has no pages of {} sizes, only {}", fmt::join(empty, ", "),
                   empty.size() == 1 ? "stays" : "stay", mode->name(), empty.size() == 1 ? "its" : "their",
                   page_sizes_text(*mode)));
}

/// An image may hold what a processor would not have loaded: emulators are less strict.
void warn_of_image(RunResult& result, const RunOptions& options, Machine& machine) {
  if (!options.tables) return;
  const std::string refusal = machine.mode().root_refusal(machine.memory(), machine.kernel().root(0));
  if (!refusal.empty()) warn(result, options, fmt::format("{}: {}", image_name(options.tables->image), refusal));
}

/// From which loads the core takes addresses to come.
std::string name_of_dependences(const TraceDescription& trace, const CoreConfig& core) {
  if (trace.dependences) return "trace";
  return core.dependences == Dependences::Chained ? "chained" : "none";
}

/// What the front end looks ahead: 32 records for each block that it may have fetched.
std::size_t records_ahead(const CoreConfig& core) {
  return std::size_t{32} * core.fetch_queue;
}

/// What the trace's reader found says where it stands; what the machine found stands at the record it had reached.
std::string describe_place(const RunOptions& options, std::uint64_t records, const std::string& what) {
  if (what.compare(0, options.trace_path.size() + 1, options.trace_path + ":") == 0) return what;
  return fmt::format("{}: record {}: {}", options.trace_path, records, what);
}

/// Runs it; what goes wrong gets its place in the trace.
void run_to_end(Machine& machine, const RunOptions& options) {
  try {
    machine.run();
  } catch (const InputError& error) {
    throw InputError(describe_place(options, machine.port().current_record(), error.what()));
  } catch (const LawViolation& violation) {
    throw LawViolation(describe_place(options, machine.port().current_record(), violation.what()));
  }
  if (!machine.port().finished()) throw LawViolation("the machine came to rest with accesses in flight");
}

/// A whole trace that the warm-up has used up.
void refuse_short_trace(const RunOptions& options, std::uint64_t records) {
  if (options.warmup == 0 || options.warmup < records) return;
  throw InputError(fmt::format("{}: it has {} records; expected more than the warm-up of {}", options.trace_path,
                               records, options.warmup));
}

}  // namespace

RunResult run_machine(const MachineConfig& config, const RunOptions& options) {
  return run_machine(config, *open_trace(options.trace_path, options.trace_format), options);
}

RunResult run_machine(const MachineConfig& config, TraceReader& trace, const RunOptions& options) {
  StoppableReader reader(trace, options.stop);
  RecordSource source(reader, options.limit == 0 ? 0 : options.warmup + options.limit, records_ahead(config.core));
  std::optional<WalkLog> walk_log;
  if (!options.walk_log.empty()) walk_log.emplace(options.walk_log, options.warmup != 0);

  RunResult result;
  const std::string dependences = name_of_dependences(trace.description(), config.core);
  warn_of_empty_arrays(result, config, options);
  Machine machine(config, options.construction, options.tables);
  warn_of_image(result, options, machine);
  LawChecker checker(machine.mode(), machine.memory(), machine.kernel());
  WalkObservers observers;
  if (walk_log) observers.add(*walk_log);
  if (options.check) observers.add(checker);
  WalkAttribution attribution;
  if (options.attribute) observers.add(attribution);
  if (!observers.empty()) machine.walker().observe(&observers);

  const std::unique_ptr<WalkerShadow> shadow = make_shadow(config, options, machine);
  record_wave(options, machine);
  Watch watch(options, source);
  RequestPort::Job job;
  job.source = &source;
  job.warmup = options.warmup;
  job.on_warm = [&] {
    machine.reset_stats();
    attribution.reset();
    if (walk_log) walk_log->start_statistics();
  };
  job.on_batch = [&] { return watch(); };
  job.chained = dependences == "chained";
  job.observer = options.check ? &checker : nullptr;
  machine.port().run(std::move(job));
  run_to_end(machine, options);
  if (!watch.stopped() && !reader.stopped()) refuse_short_trace(options, source.delivered());

  if (shadow) *options.cosim = shadow->counts();
  result.version = program_version();
  result.config = to_json(config);
  result.trace = {printable(reader.description().path), reader.description().format,
                  fmt::format("{:016x}", reader.checksum()), source.delivered(), dependences};
  if (options.tables) {
    result.image = {printable(image_name(options.tables->image)), machine.image()->format,
                    fmt::format("{:#x}", options.tables->root_value)};
  }
  if (!reader.description().note.empty()) {
    warn(result, options, fmt::format("{}: {}", options.trace_path, reader.description().note));
  }
  result.partial = watch.stopped() || reader.stopped();
  machine.report(result.stats);
  if (options.attribute) result.attribution = attribution.result();
  if (options.check) {
    checker.check_figures(result.stats);
    result.checked = checker.counts();
  }
  if (walk_log) walk_log->finish();
  return result;
}

}  // namespace tablewalk
