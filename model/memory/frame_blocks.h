#pragma once

#include <cstdint>
#include <optional>

#include "base/types.h"

namespace tablewalk {

/// The free frames of a memory, in blocks of 2^`order` frames that are aligned to their size. Addresses are in frames.
class FrameBlocks {
 public:
  virtual ~FrameBlocks() = default;

  /// A frame for the page number `virtual_page` (address divided by the frame size) of `space`.
  virtual std::optional<std::uint64_t> take_for_page(std::uint64_t virtual_page, AddressSpaceId space) = 0;
  /// A frame for page tables.
  virtual std::optional<std::uint64_t> take_for_table() = 0;
  /// A block for a large page or for a large table; `order` is not 0.
  virtual std::optional<std::uint64_t> take_block(unsigned order, bool for_table) = 0;
  /// A block that was taken is free again.
  virtual void give_back(std::uint64_t first, unsigned order) = 0;
  /// From now on a block that was taken is given back in parts of 2^`part_order` frames.
  virtual void split(std::uint64_t /*first*/, unsigned /*order*/, unsigned /*part_order*/) {}
};

}  // namespace tablewalk
