#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"
#include "memory/physical_memory.h"

namespace tablewalk {

/// How the bytes of a machine's physical memory stand in a file, plain or compressed:
///
///     pages  records of a little-endian 64-bit physical address and the 4096 bytes there; addresses are multiples of
///            4096 and ascend; pages that are left out hold zeros
///     raw    memory from a base address up, in whole pages of 4 KiB
enum class ImageFormat : std::uint8_t { Pages, Raw };
const char* to_string(ImageFormat format);
std::vector<std::string> image_format_names();

struct ImageSource {
  std::string path;             ///< `-` is standard input, if the format is given
  std::string format = "auto";  ///< `pages`, `raw`, or `auto`: told from content
  PhysicalAddress base;         ///< of a raw image's first byte
};

/// What a loaded image held.
struct MemoryImage {
  ImageFormat format = ImageFormat::Pages;
  std::uint64_t bytes = 0;  ///< of memory in the file, zeros included
  PhysicalAddress first;    ///< lowest and highest byte
  PhysicalAddress last;
};

/// Reads the file through a window, page by page, into `memory`; pages of zeros cost nothing. Throws InputError: a file
/// that is missing, empty, cut in the middle of a page, or neither of the two formats; addresses that are not aligned
/// or do not ascend (and at which byte); a base that is not aligned.
MemoryImage load_memory_image(const ImageSource& source, PhysicalMemory& memory);

}  // namespace tablewalk
