#pragma once

#include <string>
#include <vector>

#include "system/run.h"

namespace tablewalk::test {

/// One machine on one trace.
struct MachineRun {
  MachineConfig config;
  RunOptions options;
};

/// Runs each in its own process, since SystemC elaborates only once per process, and returns the results in order.
/// Rethrows what a run threw; a process that dies gives a LawViolation.
std::vector<RunResult> run_in_children(const std::vector<MachineRun>& runs);
RunResult run_in_child(const MachineConfig& config, const RunOptions& options);

/// Peak memory of the process of such a run, KiB.
std::uint64_t peak_kib_in_child(const MachineConfig& config, const RunOptions& options);

/// The text of `result.json` without the config: must be identical where a setting must not matter.
std::string text_without_config(RunResult result);

/// A whole-number figure of a result.
std::uint64_t count_of(const RunResult& result, const std::string& name);

}  // namespace tablewalk::test
