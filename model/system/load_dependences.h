#pragma once

#include "system/machine_config.h"
#include "system/run.h"

namespace tablewalk {

/// Whether the trace records which loads addresses depend on. Opens it; throws InputError.
bool says_dependences(const RunOptions& options);

/// Whether the cost of translation is to be measured at both ends if the trace does not record dependences
/// (`core.dependences: both`). On a blocking core both ends are equal.
bool asks_for_interval(const MachineConfig& config);

/// The machine at the other end: each load waits for the previous one.
MachineConfig with_chained_loads(MachineConfig config);

}  // namespace tablewalk
