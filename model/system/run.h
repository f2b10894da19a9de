#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "observe/cosim_counts.h"
#include "stats/result.h"
#include "system/machine_config.h"
#include "system/machine_setup.h"
#include "trace/trace_reader.h"
#include "walker/wave_window.h"

namespace tablewalk {

/// How far a run has come.
struct Progress {
  std::uint64_t records = 0;  ///< simulated so far, warm-up included
  double share = -1;          ///< of the trace, 0 to 1; negative when it cannot be known
};

struct RunOptions {
  std::string trace_path;                            ///< `-` is standard input
  std::vector<std::string> more_traces;              ///< further ones: each is a process of its own
  std::string trace_format = "auto";                 ///< a format's name, or `auto`: detected from content
  std::uint64_t warmup = 0;                          ///< records of each trace before the statistics start
  std::uint64_t limit = 0;                           ///< records of each trace after the warm-up; 0 is all
  std::string walk_log;                              ///< file that gets one row per walk; empty is none
  std::optional<ImageTables> tables;                 ///< page tables of a memory image, instead of the kernel's own
  bool check = false;                                ///< hold the laws while running
  bool attribute = false;                            ///< find out who causes the walks, after the warm-up
  std::function<void(const Progress&)> on_progress;  ///< called a few times a second; may be empty
  /// Called with each warning of the result when it is known; may be empty.
  std::function<void(const std::string&)> on_warning;
  const std::atomic<bool>* stop = nullptr;  ///< once true, the run ends with what it has, marked partial

  WaveWindow wave;  ///< of the RTL walker's wires

  /// Makes the run a co-simulation: an RTL walker gets all that the SystemC walker gets, and is compared with it in
  /// every cycle. Gets the counts at the end.
  CosimCounts* cosim = nullptr;

  /// In which order the machine's modules are made: for the test that it changes no result.
  ConstructionOrder construction = ConstructionOrder::CoreFirst;
};

/// Builds the machine, runs the traces and gives the statistics. Once per process: SystemC elaborates only once.
/// Throws InputError (trace, config, output path), LawViolation, and WalkersDiffer from a co-simulation.
RunResult run_machine(const MachineConfig& config, const RunOptions& options);
/// The same for a trace that is open already, or that no file holds; the options' path and format are not looked at.
RunResult run_machine(const MachineConfig& config, TraceReader& trace, const RunOptions& options);

}  // namespace tablewalk
