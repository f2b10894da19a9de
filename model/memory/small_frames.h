#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/types.h"
#include "memory/frame_allocator.h"

namespace tablewalk {

/// The allocation order of single frames: one class per FramePolicy. Addresses are in frames. Large blocks are cut from
/// the top of memory; `ceiling` is the frame where they begin, and frames from there on are not allocated.
class SmallFrames {
 public:
  virtual ~SmallFrames() = default;

  /// A frame for the page number `virtual_page` (address divided by the frame size) of `space`.
  virtual std::optional<std::uint64_t> take_for_page(std::uint64_t virtual_page, AddressSpaceId space,
                                                     std::uint64_t ceiling) = 0;
  /// A frame for page tables.
  virtual std::optional<std::uint64_t> take_for_table(std::uint64_t ceiling) = 0;
  virtual void give_back(std::uint64_t frame) = 0;
  /// One above the highest frame ever taken: large blocks may begin there.
  virtual std::uint64_t high_water() const = 0;
};

/// The policy's order over frames 1 .. `frames`-1.
std::unique_ptr<SmallFrames> make_small_frames(const FrameAllocatorConfig& config, std::uint64_t frames);

}  // namespace tablewalk
