#include "memory/layered_blocks.h"

namespace tablewalk {

LayeredBlocks::LayeredBlocks(const FrameAllocatorConfig& config, std::uint64_t frames)
    : small_(make_small_frames(config, frames)), ceiling_(frames) {}

std::optional<std::uint64_t> LayeredBlocks::take_for_page(std::uint64_t virtual_page, AddressSpaceId space) {
  const std::optional<std::uint64_t> frame = small_->take_for_page(virtual_page, space, ceiling_);
  return frame ? frame : gaps_.take(0);
}

std::optional<std::uint64_t> LayeredBlocks::take_for_table() {
  const std::optional<std::uint64_t> frame = small_->take_for_table(ceiling_);
  return frame ? frame : gaps_.take(0);
}

std::optional<std::uint64_t> LayeredBlocks::take_block(unsigned order, bool /*for_table*/) {
  const std::uint64_t frames = std::uint64_t{1} << order;
  const std::optional<std::uint64_t> first = gaps_.take(order);
  if (first) return first;
  const std::uint64_t candidate = ceiling_ < frames ? 0 : (ceiling_ - frames) & ~(frames - 1);
  if (candidate < small_->high_water() || candidate == 0) return std::nullopt;
  gaps_.add(candidate + frames, ceiling_);
  ceiling_ = candidate;
  return candidate;
}

/// A single frame above the ceiling was taken from the gaps when memory ran short.
void LayeredBlocks::give_back(std::uint64_t first, unsigned order) {
  if (order > 0 || first >= ceiling_) {
    gaps_.give_back(first, order);
  } else {
    small_->give_back(first);
  }
}

}  // namespace tablewalk
