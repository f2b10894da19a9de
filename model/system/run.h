#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "observe/cosim_counts.h"
#include "observe/timeline.h"
#include "observe/translation_list.h"
#include "os/access_refused.h"
#include "stats/result.h"
#include "system/machine_config.h"
#include "system/machine_setup.h"
#include "system/sample_spec.h"
#include "system/shard_spec.h"
#include "trace/trace_reader.h"
#include "walker/wave_window.h"

namespace tablewalk {

/// The progress of a run.
struct Progress {
  std::uint64_t records = 0;  ///< simulated so far, warm-up included
  double share = -1;          ///< of the trace, 0 to 1; negative if unknown
};

/// An access that the program had no right to, and the state of the machine.
struct RefusedRun {
  const AccessRefused& refused;
  const Regions* regions;  ///< of its process; nullptr if they are not known
  const PagingMode& mode;
  const PhysicalMemory& memory;
  PhysicalAddress root;
  std::string trace;
};

struct RunOptions {
  std::string trace_path;                            ///< `-` is standard input
  std::vector<std::string> more_traces;              ///< further traces, each a separate process
  std::string trace_format = "auto";                 ///< a format's name, or `auto`: detected from content
  std::uint64_t warmup = 0;                          ///< records of each trace before the statistics start
  std::uint64_t limit = 0;                           ///< records of each trace after the warm-up; 0 is all
  std::optional<SampleSpec> sample;                  ///< estimate the figures from windows of the trace
  std::optional<ShardSpec> shard;                    ///< only that part of the trace
  std::string walk_log;                              ///< file for one row per walk; empty: none
  std::optional<ImageTables> tables;                 ///< page tables of a memory image, instead of the kernel's own
  bool check = false;                                ///< check the laws while running
  bool attribute = false;                            ///< attribute walks to their causes, after the warm-up
  bool details = false;                              ///< collect what a page shows beyond the figures
  std::function<void(const Progress&)> on_progress;  ///< called a few times a second; may be empty
  /// Called with each warning of the result when it is known; may be empty.
  std::function<void(const std::string&)> on_warning;
  const std::atomic<bool>* stop = nullptr;  ///< once true, the run ends and its result is marked partial

  /// Makes the memory in the place of the DRAM model, whose config then has no effect; empty: the DRAM model.
  MakeMemory memory;

  std::optional<Regions> regions;          ///< the only ones of every process, with demand paging; none: all addresses
  FaultPolicy faults = FaultPolicy::Stop;  ///< on accesses that the program has no right to
  /// Called with the access that ends the run, while the machine is as it was then; may be empty.
  std::function<void(const RefusedRun&)> on_refused;

  TranslationList* follow = nullptr;  ///< lists the translations; nullptr: none

  WaveWindow wave;           ///< of the RTL walker's signals
  TimelineOptions timeline;  ///< of what the modules do

  /// Makes the run a co-simulation: an RTL walker gets all inputs of the SystemC walker and is compared with it in
  /// every cycle. Receives the counts at the end.
  CosimCounts* cosim = nullptr;

  /// Order in which the machine's modules are built: for the test that it changes no result.
  ConstructionOrder construction = ConstructionOrder::CoreFirst;
};

/// Builds the machine, runs the traces and returns the statistics. Once per process: SystemC elaborates only once.
/// Throws InputError (trace, config, output path), LawViolation, and WalkersDiffer from a co-simulation.
RunResult run_machine(const MachineConfig& config, const RunOptions& options);
/// The same for an open or synthetic trace; the options' path and format are ignored.
RunResult run_machine(const MachineConfig& config, TraceReader& trace, const RunOptions& options);

}  // namespace tablewalk
