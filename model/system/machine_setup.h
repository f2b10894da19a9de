#pragma once

#include <cstdint>

#include "memory/memory_image.h"

namespace tablewalk {

/// The order in which a machine's modules are made: no result depends on it, and a test holds us to that.
enum class ConstructionOrder : std::uint8_t { CoreFirst, MemoryFirst };

/// Page tables that are there already: a memory image, and the register that points to their root.
struct ImageTables {
  ImageSource image;
  std::uint64_t root_value = 0;
  bool skip_faults = false;  ///< accesses that fault are passed over; else the first one ends the run
};

}  // namespace tablewalk
