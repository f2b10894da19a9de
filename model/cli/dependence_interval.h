#pragma once

#include "base/process_pool.h"
#include "stats/result.h"
#include "system/load_dependences.h"
#include "system/machine_config.h"
#include "system/run.h"

namespace tablewalk {

/// The other end, the machine in which each load waits for the previous one, with and without free translation. Both
/// run in separate processes, in parallel with the machine itself.
class OtherEnd {
 public:
  OtherEnd(const MachineConfig& config, const RunOptions& options);
  /// Waits for both and adds their figures. Throws what a run throws.
  void add_to(RunResult& result);

 private:
  SideProcess machine_;
  SideProcess free_;
};

}  // namespace tablewalk
