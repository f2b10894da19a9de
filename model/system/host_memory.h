#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "system/machine_config.h"

namespace tablewalk {

/// What one array of a machine takes of the host's memory.
struct HostMemoryNeed {
  std::string key;  ///< the config key that sets its size
  std::uint64_t bytes = 0;
};

/// Of all TLB arrays, caches and walk caches of the machine: they are allocated whole. What grows with the program,
/// its page tables above all, is not among them.
std::vector<HostMemoryNeed> host_memory_of(const MachineConfig& config);

/// Throws InputError if the host cannot hold the machine; the message names the largest part.
void require_host_memory(const MachineConfig& config);

}  // namespace tablewalk
