#pragma once

#include <cstdint>
#include <string>
#include <tlm>

#include "memory/physical_memory.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// Where a memory is attached to the machine.
struct MemoryPlace {
  const char* name;          ///< for its SystemC name: `dram`, or `walker_dram` for memory read only by walkers
  unsigned ports;            ///< number of its target sockets
  std::uint64_t line_bytes;  ///< of the caches above
  PhysicalMemory& bytes;     ///< the page tables
};

/// Any TLM-2.0 memory in the place of the DRAM model (RunOptions::memory, docs/embedding.md). Implement it beside an
/// sc_module that uses the base protocol; a nanosecond of SystemC's time is a cycle of the core.
///
/// Caches need only the time of a response. If the walkers read entries from it directly (walker_reads: dram, or no
/// caches), it must provide their bytes: the payload is then a MemoryAccess, with transfer_entry().
class ExternalMemory {
 public:
  ExternalMemory() = default;
  virtual ~ExternalMemory() = default;
  ExternalMemory(const ExternalMemory&) = delete;
  ExternalMemory& operator=(const ExternalMemory&) = delete;

  /// The target socket with that number, 0 to ports - 1.
  virtual tlm::tlm_target_socket<64>& cpu_side(unsigned port) = 0;
  /// The warm-up is over.
  virtual void reset_stats() {}
  /// Adds its figures, whose names begin with `name` and a dot.
  virtual void report(const std::string& /*name*/, StatSet& /*figures*/) const {}
};

}  // namespace tablewalk
