#pragma once

#include <cstdint>
#include <string_view>

#include "memory/image_file.h"
#include "memory/memory_image.h"

namespace tablewalk {

/// Receives what the format readers find.
class ImageContent {
 public:
  /// `memory`: nullptr if only headers are needed.
  ImageContent(MemoryImage& image, PhysicalMemory* memory) : image_(image), memory_(memory) {}

  /// Whether the memory's bytes are needed; if not, readers stop after the headers.
  bool wants_bytes() const { return memory_ != nullptr; }
  MemoryImage& image() { return image_; }

  /// Records that the image covers `bytes` bytes from `first` up. Throws InputError with the byte `at` of the file:
  /// memory already covered by an earlier range or file, or beyond the 64-bit address space.
  void cover(const ImageFile& file, std::uint64_t at, std::uint64_t first, std::uint64_t bytes, ImageHolds what);
  /// Writes to covered memory; any alignment.
  void write(std::uint64_t address, std::string_view bytes);
  /// Whether the memory has these bytes.
  bool holds(std::uint64_t address, std::string_view bytes) const;

 private:
  MemoryImage& image_;
  PhysicalMemory* memory_;
};

}  // namespace tablewalk
