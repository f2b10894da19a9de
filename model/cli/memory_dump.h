#pragma once

#include <cstdint>
#include <string>

#include "memory/memory_image.h"
#include "memory/physical_memory.h"

namespace tablewalk {

/// A range of physical memory to be shown.
struct DumpRange {
  PhysicalAddress first;
  std::uint64_t bytes = 0;
};

/// Parses the argument of `--dump`, `PA:SIZE`. Throws InputError that names the option.
DumpRange parse_dump(const std::string& spec);

/// The bytes of the range, 16 per line after the address of the first. `image`: where the memory is from, or nullptr;
/// what it does not hold is shown as `--`.
std::string memory_dump(const PhysicalMemory& memory, const DumpRange& range, const MemoryImage* image);

}  // namespace tablewalk
