#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "memory/image_coverage.h"
#include "memory/physical_memory.h"

namespace tablewalk {

/// `--image-map OFFSET:SIZE@ADDRESS`: the placement of a part of a raw image.
struct ImageMap {
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t bytes = 0;
  PhysicalAddress address;
};

/// One file of an image.
struct ImagePiece {
  std::string path;                     ///< `-` is standard input
  std::optional<PhysicalAddress> base;  ///< of its first byte; marks it as raw memory
};

/// A machine's physical memory in files, plain or compressed (gzip, xz, zstd, bzip2). image_formats.h has the formats.
struct ImageSource {
  std::string path;
  std::string format = "auto";          ///< a format's name; `auto`: recognised by content
  std::optional<PhysicalAddress> base;  ///< of a raw image's first byte; 0 if left out
  std::vector<ImageMap> maps;           ///< placement of parts of a raw image, instead of `base`
  std::vector<ImagePiece> more;         ///< further files of the same memory
};

/// The processor registers saved in the image.
struct ImageRegisters {
  std::string source;      ///< place in the image: `QEMU note of processor 0`
  std::uint64_t root = 0;  ///< CR3
  std::string mode;        ///< the paging mode selected by the registers; empty if unknown
};

/// Information about a loaded image.
struct MemoryImage {
  std::string path;         ///< its files, as from image_name()
  std::string format;       ///< its name; for several files `raw+elf`
  std::uint64_t bytes = 0;  ///< of memory in the files, including zeros
  PhysicalAddress first;    ///< lowest and highest byte
  PhysicalAddress last;
  ImageCoverage coverage;
  std::optional<ImageRegisters> registers;
  std::string architecture;  ///< `x86`, `arm64` or `riscv` if the image has it

  /// `PATH covers 0x1000-0x9fbff`: for messages about addresses outside.
  std::string coverage_text() const;
  /// Why the image's registers or architecture contradict tables of `mode_name`; empty if they do not.
  std::string mode_doubt(const std::string& mode_name) const;
};

/// Its files: `dump`, or `low, high`.
std::string image_name(const ImageSource& source);

/// The names accepted by `--image-format`: auto, and every supported format.
std::vector<std::string> image_format_names();

/// Reads the files into `memory`, page by page; pages of zeros take no host memory. Throws InputError: a file that is
/// missing, empty, truncated or inconsistent (and at which byte); an unsupported or unknown format (a file is taken as
/// raw memory only if requested or if it begins with a page of zeros); overlapping pieces; an unaligned base.
MemoryImage load_memory_image(const ImageSource& source, PhysicalMemory& memory);

/// The same without the bytes: format and registers, of the first file only.
MemoryImage look_at_memory_image(const ImageSource& source);

}  // namespace tablewalk
