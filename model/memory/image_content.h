#pragma once

#include <cstdint>
#include <string_view>

#include "memory/image_file.h"
#include "memory/memory_image.h"

namespace tablewalk {

/// Where the readers of the formats put what they find.
class ImageContent {
 public:
  /// `memory`: nullptr if only headers are wanted.
  ImageContent(MemoryImage& image, PhysicalMemory* memory) : image_(image), memory_(memory) {}

  /// Whether the memory's bytes are wanted; if not, readers end after the headers.
  bool wants_bytes() const { return memory_ != nullptr; }
  MemoryImage& image() { return image_; }

  /// Notes that the image covers `bytes` bytes from `first` up. Throws InputError that names the byte `at` of the file:
  /// memory that an earlier range or file covers, or that is beyond the 64-bit address space.
  void cover(const ImageFile& file, std::uint64_t at, std::uint64_t first, std::uint64_t bytes, ImageHolds what);
  /// Writes to memory that was covered; any alignment.
  void write(std::uint64_t address, std::string_view bytes);
  /// Whether the memory holds these bytes.
  bool holds(std::uint64_t address, std::string_view bytes) const;

 private:
  MemoryImage& image_;
  PhysicalMemory* memory_;
};

}  // namespace tablewalk
