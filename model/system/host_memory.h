#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "system/machine_config.h"

namespace tablewalk {

/// Host memory of one array of a machine.
struct HostMemoryNeed {
  std::string key;  ///< the config key that determines its size
  std::uint64_t bytes = 0;
};

/// For all TLB arrays, caches and walk caches of the machine, which are allocated in full. What grows with the program,
/// mainly its page tables, is not included.
std::vector<HostMemoryNeed> host_memory_of(const MachineConfig& config);

/// Throws InputError if the host does not have enough memory; the message names the largest part.
void require_host_memory(const MachineConfig& config);

}  // namespace tablewalk
