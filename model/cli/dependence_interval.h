#pragma once

#include <optional>

#include "base/process_pool.h"
#include "stats/result.h"
#include "system/machine_config.h"
#include "system/run.h"

namespace tablewalk {

/// Whether the trace says from which loads addresses come. Opens it; throws InputError.
bool says_dependences(const RunOptions& options);

/// Whether what translation costs is asked for at both ends, if the trace does not say it: `core.dependences: both`. On
/// a blocking core they are the same.
bool asks_for_interval(const MachineConfig& config);

/// The machine of the other end: each load waits for the one before it.
MachineConfig with_chained_loads(MachineConfig config);

/// The other end, the machine in which each load waits for the one before it, with and without free translation, in
/// processes of their own beside the machine itself.
class OtherEnd {
 public:
  OtherEnd(const MachineConfig& config, const RunOptions& options);
  /// Waits for both, and adds what they say. Throws what a run throws.
  void add_to(RunResult& result);

 private:
  SideProcess machine_;
  SideProcess free_;
};

}  // namespace tablewalk
