#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/types.h"

namespace tablewalk {

/// Whether an image says what a byte of physical memory holds.
enum class ImageHolds : std::uint8_t {
  Bytes,    ///< its bytes are there
  LeftOut,  ///< the format leaves out zeros, and left this out
  Nothing,  ///< outside of what the image covers
};

/// Which physical memory an image covers, by byte.
class ImageCoverage {
 public:
  /// `first` to `last`, both included, must be free or hold the same already.
  void add(std::uint64_t first, std::uint64_t last, ImageHolds what);
  /// Whether nothing was added anywhere in that range; else the first address that was.
  std::optional<std::uint64_t> taken(std::uint64_t first, std::uint64_t last) const;
  /// Everything that was not added is left out, and holds zeros.
  void leave_out_the_rest() { rest_ = ImageHolds::LeftOut; }

  ImageHolds at(PhysicalAddress address) const;
  bool empty() const { return ranges_.empty(); }
  /// Lowest and highest byte that was added.
  PhysicalAddress first() const;
  PhysicalAddress last() const;
  /// `0x1000-0x9fbff, 0x100000-0x7ffffff and 3 more`.
  std::string text() const;

 private:
  struct Range {
    std::uint64_t last;
    ImageHolds what;
  };
  std::map<std::uint64_t, Range> ranges_;  ///< by first byte; neighbours that hold the same are one
  ImageHolds rest_ = ImageHolds::Nothing;
};

}  // namespace tablewalk
