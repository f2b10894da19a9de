#include "system/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/units.h"
#include "base/version.h"
#include "config/printer.h"
#include "observe/law_checker.h"
#include "observe/observer_list.h"
#include "observe/run_details.h"
#include "observe/walk_attribution.h"
#include "observe/walk_log.h"
#include "observe/walker_shadow.h"
#include "system/attach_timeline.h"
#include "system/machine.h"
#include "system/partial_run.h"
#include "system/streams.h"

namespace tablewalk {
namespace {

using Clock = std::chrono::steady_clock;

/// Reports progress a few times a second and checks whether the run must stop.
class Watch {
 public:
  Watch(const RunOptions& options, const Streams& streams) : options_(options), streams_(streams) {}

  /// Called for every batch of records; true ends the trace.
  bool operator()() {
    const bool stop = options_.stop != nullptr && *options_.stop;
    stopped_ = stopped_ || stop;
    if (options_.on_progress && Clock::now() >= next_) {
      next_ = Clock::now() + std::chrono::milliseconds(200);
      options_.on_progress({streams_.delivered(), streams_.progress()});
    }
    return stop;
  }
  bool stopped() const { return stopped_; }

 private:
  const RunOptions& options_;
  const Streams& streams_;
  Clock::time_point next_ = Clock::now();
  bool stopped_ = false;
};

/// An RTL walker beside each of the machine's own; none unless the run is a co-simulation. A wave covers the first.
std::vector<std::unique_ptr<WalkerShadow>> make_shadows(const MachineConfig& config, const RunOptions& options,
                                                        Machine& machine) {
  std::vector<std::unique_ptr<WalkerShadow>> shadows;
  if (options.cosim == nullptr) return shadows;
  if (config.walker.unlimited) {
    throw InputError("walker.unlimited: hardware has a fixed number of slots; expected false");
  }
  if (config.coalesces()) {
    throw InputError(
        "coalesce: the RTL walker reads single entries, without their line; expected 1 in every TLB array");
  }
  if (config.prefetches()) {
    throw InputError("prefetch.kind: the RTL walker gives all walks the same priority; expected none in every TLB");
  }
  for (PageWalker* its : machine.walkers()) {
    auto* walker = dynamic_cast<SystemCWalker*>(its);
    if (walker == nullptr)
      throw InputError("walker.kind: a co-simulation compares the SystemC model with rtl/; expected systemc");
    const std::string name = shadows.empty() ? "rtl_walker" : fmt::format("rtl_walker{}", shadows.size());
    shadows.push_back(std::make_unique<WalkerShadow>(name.c_str(), config.walker, config.paging, machine.mode()));
    if (shadows.size() == 1) shadows.back()->record_wave(options.wave);
    walker->tap(shadows.back().get());
  }
  return shadows;
}

/// Records the machine's own walker; in a co-simulation the shadow is recorded instead.
void record_wave(const RunOptions& options, Machine& machine) {
  if (options.wave.path.empty() || options.cosim != nullptr) return;
  RtlWalker* walker = machine.rtl_walker();
  if (walker == nullptr) {
    throw InputError(
        "--wave: the machine's walker is the SystemC model, which has no signals; expected walker.kind: rtl or "
        "foreign");
  }
  walker->record_wave(options.wave);
}

void warn(RunResult& result, const RunOptions& options, const std::string& warning) {
  if (options.on_warning) options.on_warning(warning);
  result.warnings.push_back(printable(warning));
}

/// Arrays for page sizes that the mode lacks are not an error: compared modes differ in their sizes.
void warn_of_empty_arrays(RunResult& result, const MachineConfig& config, const RunOptions& options) {
  const std::vector<std::string> empty = config.empty_tlb_arrays();
  if (empty.empty()) return;
  const auto mode = make_paging_mode(config.paging.mode, config.paging);
  warn(result, options,
       fmt::format("{}: {} empty: paging mode {} has no pages of {} sizes, only {}", fmt::join(empty, ", "),
                   empty.size() == 1 ? "stays" : "stay", mode->name(), empty.size() == 1 ? "its" : "their",
                   page_sizes_text(*mode)));
}

/// An image may have contents that a processor would refuse to load: emulators are less strict.
void warn_of_image(RunResult& result, const RunOptions& options, Machine& machine) {
  if (!options.tables) return;
  const std::string refusal = machine.mode().root_refusal(machine.memory(), machine.kernel().root(0));
  if (!refusal.empty()) warn(result, options, fmt::format("{}: {}", image_name(options.tables->image), refusal));
}

/// Adds the position in the trace: the reader's errors already have one; the machine's get the current record.
std::string describe_place(const Streams& streams, const RequestPort& core, const std::string& what) {
  const std::string& path = streams.path_of(core.source());
  if (what.compare(0, path.size() + 1, path + ":") == 0) return what;
  return fmt::format("{}: record {}: {}", path, core.current_record(), what);
}

/// The core that was acting when an error occurred, else the first.
const RequestPort& acting_core(Machine& machine) {
  for (unsigned core = 0; core < machine.cores(); ++core) {
    if (machine.port(core).is_acting()) return machine.port(core);
  }
  return machine.port();
}

/// Runs the machine; errors get their position in the trace.
void run_to_end(Machine& machine, const Streams& streams, const RunOptions& options) {
  try {
    machine.run();
  } catch (const AccessRefused& refused) {
    const RequestPort& core = acting_core(machine);
    const AddressSpaceId asid = refused.fault.asid;
    const std::string& trace = streams.path_of(core.source());
    if (options.on_refused) {
      options.on_refused({refused, machine.demand_kernel()->known_regions(asid), machine.mode(), machine.memory(),
                          machine.kernel().root(asid), trace});
    }
    throw InputError(describe_place(streams, core, refused.what()));
  } catch (const InputError& error) {
    throw InputError(describe_place(streams, acting_core(machine), error.what()));
  } catch (const LawViolation& violation) {
    throw LawViolation(describe_place(streams, acting_core(machine), violation.what()));
  }
  for (unsigned core = 0; core < machine.cores(); ++core) {
    if (!machine.port(core).finished()) throw LawViolation("the machine stopped with accesses in flight");
  }
}

/// Starts the statistics when all cores are warm and drained.
class WarmUp {
 public:
  WarmUp(Machine& machine, std::function<void()> on_warm) : machine_(machine), on_warm_(std::move(on_warm)) {}

  /// One core is warm.
  void core_is_warm() {
    if (++warm_ != machine_.cores()) return;
    machine_.reset_stats();
    on_warm_();
    if (machine_.cores() > 1) machine_.start_measuring();
  }

 private:
  Machine& machine_;
  std::function<void()> on_warm_;
  unsigned warm_ = 0;
};

/// The uses of pages in the whole run, for optimal replacement: the trace is read once beforehand.
std::unique_ptr<FutureUses> future_of(const MachineConfig& config, const RunOptions& options) {
  const OsConfig& os = config.os;
  if (os.prefault || os.resident_limit.bytes == 0 || !needs_future(os.replacement)) return nullptr;
  const bool one_file = config.cores == 1 && options.more_traces.empty() && !readable_once(options.trace_path);
  if (!one_file) {
    throw InputError("os.replacement.policy: optimal reads the trace twice; expected one core and one trace in a file");
  }
  const std::shared_ptr<const PagingMode> mode = make_paging_mode(config.paging.mode, config.paging);
  auto future = std::make_unique<FutureUses>();
  const std::unique_ptr<TraceReader> trace = open_trace(options.trace_path, options.trace_format);
  const std::uint64_t page_bytes = os.mapped_page_bytes(mode->page_bytes());
  if (options.limit == 0) {
    future->add(*trace, page_bytes);
  } else {
    future->add(*trace, page_bytes, options.warmup + options.limit);
  }
  return future;
}

/// What the programs may access.
void prepare_kernel(Machine& machine, const RunOptions& options, const Streams& streams) {
  DemandKernel* kernel = machine.demand_kernel();
  if (kernel == nullptr) return;
  kernel->set_violations(options.faults);
  if (options.regions) kernel->set_regions(*options.regions);
  for (const LayoutChange& region : streams.fixed_layout()) kernel->begin_layout(region);
  for (const LayoutChange& region : streams.fixed_layout()) kernel->fix_layout(region.asid);
}

/// What the cores run: one list for all of them, or one of each.
std::vector<std::unique_ptr<RunQueue>> make_queues(const MachineConfig& config, Streams& streams) {
  std::vector<std::unique_ptr<RunQueue>> queues;
  if (config.os.scheduler == SchedulerKind::Balance) {
    queues.push_back(std::make_unique<RunQueue>(streams.all(), 0, 1, config.cores > 1));
    return queues;
  }
  for (unsigned core = 0; core < config.cores; ++core) {
    queues.push_back(std::make_unique<RunQueue>(streams.of_core(core), core, config.cores));
  }
  return queues;
}

/// Assigns the streams to the cores.
void start_cores(Machine& machine, const MachineConfig& config, const std::vector<std::unique_ptr<RunQueue>>& queues,
                 std::size_t processes, const RequestPort::Job& common) {
  for (unsigned core = 0; core < machine.cores(); ++core) {
    RequestPort::Job job = common;
    const bool one_list = config.os.scheduler == SchedulerKind::Balance;
    job.queue = one_list ? queues.front().get() : queues[core].get();
    job.first = one_list ? core : 0;
    job.time_slice = config.os.time_slice_cycles;
    job.run_while_waiting = config.os.run_while_waiting;
    job.processes = static_cast<AddressSpaceId>(processes);
    machine.port(core).run(std::move(job));
  }
}

/// What was run, on which machine.
void describe_inputs(RunResult& result, const MachineConfig& config, const RunOptions& options, const Streams& streams,
                     const Machine& machine) {
  result.version = program_version();
  result.config = to_json(config);
  result.more_traces = streams.summaries();
  result.trace = result.more_traces.front();
  result.more_traces.erase(result.more_traces.begin());
  if (options.tables) {
    result.image = {printable(image_name(options.tables->image)), machine.image()->format,
                    fmt::format("{:#x}", options.tables->root_value)};
  }
}

void finish(Timeline& timeline, RunResult& result, const RunOptions& options) {
  timeline.finish();
  if (!timeline.cut_at()) return;
  warn(result, options,
       fmt::format("{}: ends in cycle {}, where it had {} (--timeline-size)", options.timeline.path,
                   timeline.cut_at()->count(), humane_byte_size(options.timeline.most_bytes)));
}

/// The figures of the whole run and whether they obey the laws, or the estimates of the figures.
void add_figures(Machine& machine, Streams& streams, PartialRun* partial, LawChecker& checker, RunResult& result,
                 const RunOptions& options) {
  if (partial != nullptr) return partial->add_figures(machine, streams, options, result);
  streams.close();  // frees memory for the report
  machine.report(result.stats);
  if (options.check) {
    checker.check_figures(result.stats);
    result.checked = checker.counts();
  }
  if (machine.demand_kernel() != nullptr) result.memory = machine.demand_kernel()->memory_samples();
}

RunResult run_streams(const MachineConfig& config, Streams& streams, const RunOptions& options) {
  std::optional<WalkLog> walk_log;
  if (!options.walk_log.empty()) walk_log.emplace(options.walk_log, options.warmup != 0);

  RunResult result;
  warn_of_empty_arrays(result, config, options);
  Machine machine(config, options.construction, options.tables, streams.processes(), future_of(config, options),
                  options.memory);
  warn_of_image(result, options, machine);
  prepare_kernel(machine, options, streams);
  LawChecker checker(machine.mode(), machine.memory(), machine.kernel(), machine.segments(), config.cores);
  WalkObservers observers;
  if (walk_log) observers.add(*walk_log);
  if (options.check) observers.add(checker);
  if (options.follow != nullptr) observers.add(*options.follow);
  WalkAttribution attribution;
  if (options.attribute) observers.add(attribution);
  std::optional<RunDetails> details;
  if (options.details) observers.add(details.emplace(machine.mode(), config.dram, config.memory.line_bytes));
  for (PageWalker* walker : machine.walkers()) walker->observe(observers);
  std::optional<AttachedTimeline> attached;
  if (!options.timeline.path.empty()) attached.emplace(options.timeline, machine, observers);
  Timeline* timeline = attached ? &attached->timeline() : nullptr;

  const std::vector<std::unique_ptr<WalkerShadow>> shadows = make_shadows(config, options, machine);
  record_wave(options, machine);
  Watch watch(options, streams);
  WarmUp warm_up(machine, [&] {
    attribution.reset();
    if (details) details->reset();
    if (walk_log) walk_log->start_statistics();
    if (timeline != nullptr) timeline->start_statistics(Clockwork::of_simulation().now());
  });
  RequestPort::Job job;
  job.warmup = options.warmup;
  job.on_warm = [&] { warm_up.core_is_warm(); };
  job.on_batch = [&] { return watch(); };
  TranslationObservers translation_observers;
  if (options.check) translation_observers.add(checker);
  if (options.follow != nullptr) translation_observers.add(*options.follow);
  if (details) translation_observers.add(*details);
  if (timeline != nullptr) translation_observers.add(*timeline);
  if (!translation_observers.empty()) job.observer = &translation_observers;
  const std::vector<std::unique_ptr<RunQueue>> queues = make_queues(config, streams);
  const auto partial = PartialRun::make(config, options, machine, streams, job);
  start_cores(machine, config, queues, streams.processes(), job);
  run_to_end(machine, streams, options);
  if (!watch.stopped() && !streams.stopped()) streams.refuse_short(options.warmup);

  for (const auto& shadow : shadows) options.cosim->add(shadow->counts());
  describe_inputs(result, config, options, streams, machine);
  for (const std::string& note : streams.notes()) warn(result, options, note);
  result.partial = watch.stopped() || streams.stopped();
  add_figures(machine, streams, partial.get(), checker, result, options);
  if (options.attribute) result.attribution = attribution.result();
  if (details) result.details = details->result(machine.memory(), machine.kernel());
  if (walk_log) walk_log->finish();
  if (timeline != nullptr) finish(*timeline, result, options);
  return result;
}

}  // namespace

RunResult run_machine(const MachineConfig& config, const RunOptions& options) {
  PartialRun::check(config, options);
  Streams streams(config, options);
  return run_streams(config, streams, options);
}

RunResult run_machine(const MachineConfig& config, TraceReader& trace, const RunOptions& options) {
  PartialRun::check(config, options);
  Streams streams(config, trace, options);
  return run_streams(config, streams, options);
}

}  // namespace tablewalk
