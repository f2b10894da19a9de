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

/// Runs each in a process of its own, since SystemC elaborates only once per process, and gives the results in order.
/// Throws what a run threw; a process that dies gives a LawViolation.
std::vector<RunResult> run_in_children(const std::vector<MachineRun>& runs);
RunResult run_in_child(const MachineConfig& config, const RunOptions& options);

/// The most memory that the process of such a run has held, KiB.
std::uint64_t peak_kib_in_child(const MachineConfig& config, const RunOptions& options);

/// The text of `result.json` without the config: what must be the same where a setting must not matter.
std::string text_without_config(RunResult result);

/// A figure of a result that is a whole number.
std::uint64_t count_of(const RunResult& result, const std::string& name);

}  // namespace tablewalk::test
