#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/types.h"

namespace tablewalk {

/// What an image says about a byte of physical memory.
enum class ImageHolds : std::uint8_t {
  Bytes,    ///< the image has it
  LeftOut,  ///< the format omits zeros, and omitted this
  Nothing,  ///< outside the image's coverage
};

/// The physical memory covered by an image, by byte.
class ImageCoverage {
 public:
  /// `first` to `last`, inclusive, must be free or already be of the same kind.
  void add(std::uint64_t first, std::uint64_t last, ImageHolds what);
  /// Nothing if no part of that range was added; else the first address that was.
  std::optional<std::uint64_t> taken(std::uint64_t first, std::uint64_t last) const;
  /// Everything that was not added was omitted by the format, and is zero.
  void leave_out_the_rest() { rest_ = ImageHolds::LeftOut; }

  ImageHolds at(PhysicalAddress address) const;
  bool empty() const { return ranges_.empty(); }
  /// Lowest and highest byte added.
  PhysicalAddress first() const;
  PhysicalAddress last() const;
  /// `0x1000-0x9fbff, 0x100000-0x7ffffff and 3 more`.
  std::string text() const;

 private:
  struct Range {
    std::uint64_t last;
    ImageHolds what;
  };
  std::map<std::uint64_t, Range> ranges_;  ///< by first byte; adjacent ranges of one kind are merged
  ImageHolds rest_ = ImageHolds::Nothing;
};

}  // namespace tablewalk
