#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "memory/image_coverage.h"
#include "memory/physical_memory.h"

namespace tablewalk {

/// `--image-map OFFSET:SIZE@ADDRESS`: where bytes of a raw image belong.
struct ImageMap {
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t bytes = 0;
  PhysicalAddress address;
};

/// One file of an image.
struct ImagePiece {
  std::string path;                     ///< `-` is standard input
  std::optional<PhysicalAddress> base;  ///< of its first byte: it is raw memory
};

/// A machine's physical memory in files, plain or compressed (gzip, xz, zstd, bzip2). image_formats.h has the formats.
struct ImageSource {
  std::string path;
  std::string format = "auto";          ///< a format's name; `auto`: recognised by content
  std::optional<PhysicalAddress> base;  ///< of a raw image's first byte; 0 if left out
  std::vector<ImageMap> maps;           ///< which parts of a raw image are where, instead of `base`
  std::vector<ImagePiece> more;         ///< further files of the same memory
};

/// What the processor's registers held, as the image says.
struct ImageRegisters {
  std::string source;      ///< where in the image: `QEMU note of processor 0`
  std::uint64_t root = 0;  ///< CR3
  std::string mode;        ///< name of the paging mode that the registers choose; empty if they do not say
};

/// What a loaded image held.
struct MemoryImage {
  std::string path;         ///< its files, as image_name() says them
  std::string format;       ///< its name; of several files' formats `raw+elf`
  std::uint64_t bytes = 0;  ///< of memory in the files, zeros included
  PhysicalAddress first;    ///< lowest and highest byte
  PhysicalAddress last;
  ImageCoverage coverage;
  std::optional<ImageRegisters> registers;
  std::string architecture;  ///< `x86`, `arm64` or `riscv` where the image says

  /// `PATH covers 0x1000-0x9fbff`: for messages about what is outside.
  std::string coverage_text() const;
  /// Why tables of `mode_name` are not what the image's registers or architecture say; empty if nothing speaks against.
  std::string mode_doubt(const std::string& mode_name) const;
};

/// Its files: `dump`, or `low, high`.
std::string image_name(const ImageSource& source);

/// Names that `--image-format` takes: auto, and every format that is read.
std::vector<std::string> image_format_names();

/// Reads the files into `memory`, page by page; pages of zeros cost nothing. Throws InputError: a file that is missing,
/// empty, truncated or inconsistent (and at which byte); in a format that is not read, or is unknown: nothing is taken
/// for raw memory unless it is said or the file begins with a page of zeros; pieces that overlap; a base that is not
/// aligned.
MemoryImage load_memory_image(const ImageSource& source, PhysicalMemory& memory);

/// The same without the bytes: format and registers, of the first file alone.
MemoryImage look_at_memory_image(const ImageSource& source);

}  // namespace tablewalk
