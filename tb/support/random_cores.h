#pragma once

#include "support/random_machine.h"
#include "support/temporary_folder.h"
#include "system/run.h"

namespace tablewalk::test {

/// Makes it a machine of 2 to `most` cores with random sharing and random delays between them.
void add_cores(Dice& dice, MachineConfig& config, unsigned most);

/// As many traces as the machine needs, sometimes more, so that some are time-sliced: each a separate process, or one
/// trace of several threads in one process.
void write_traces(Dice& dice, const MachineConfig& config, std::size_t records, const TemporaryFolder& folder,
                  RunOptions& options);

}  // namespace tablewalk::test
