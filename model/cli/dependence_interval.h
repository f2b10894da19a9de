#pragma once

#include <optional>

#include "base/process_pool.h"
#include "stats/result.h"
#include "system/machine_config.h"
#include "system/run.h"

namespace tablewalk {

/// Whether what translation costs is an interval: the trace does not say from which loads addresses come, and both ends
/// are asked for (`core.dependences: both`). On a blocking core they are the same.
bool has_interval(const MachineConfig& config, const RunOptions& options);

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
