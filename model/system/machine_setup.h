#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "memory/memory_image.h"

namespace tablewalk {

/// The order in which a machine's modules are built: no result depends on it, which a test checks.
enum class ConstructionOrder : std::uint8_t { CoreFirst, MemoryFirst };

/// Existing page tables: a memory image and the root register's value.
struct ImageTables {
  ImageSource image;
  std::uint64_t root_value = 0;
  bool skip_faults = false;  ///< faulting accesses are skipped; else the first one ends the run
};

class ExternalMemory;
struct MemoryPlace;

/// Makes a memory in the place of the DRAM model (links/external_memory.h).
using MakeMemory = std::function<std::unique_ptr<ExternalMemory>(const MemoryPlace&)>;

}  // namespace tablewalk
