#include "memory/contiguous_frames.h"

#include <algorithm>

namespace tablewalk {

/// Block 0 lacks its first frame, so it is used for tables and every region's block is complete.
ContiguousFrames::ContiguousFrames(std::uint64_t frames) : frames_(frames), table_block_(reserve_block(frames)) {}

std::optional<std::uint64_t> ContiguousFrames::take_for_page(std::uint64_t virtual_page, AddressSpaceId space,
                                                             std::uint64_t ceiling) {
  const Region region{virtual_page / block_frames, space};
  auto place = block_of_region_.find(region);
  if (place == block_of_region_.end()) {
    const std::optional<std::uint64_t> block = reserve_block(ceiling);
    if (!block) return take_from_any_block();
    place = block_of_region_.emplace(region, *block).first;
  }
  const std::uint64_t frame_in_block = virtual_page % block_frames;
  if (!blocks_[place->second].test(frame_in_block)) return use(place->second, frame_in_block);
  return take_for_table(ceiling);  // its place was given to another page when memory ran short
}

std::optional<std::uint64_t> ContiguousFrames::take_for_table(std::uint64_t ceiling) {
  if (!table_block_ || blocks_[*table_block_].all()) {
    const std::optional<std::uint64_t> block = reserve_block(ceiling);
    if (!block) return take_from_any_block();
    table_block_ = block;
  }
  return take_first_unused(*table_block_);
}

void ContiguousFrames::give_back(std::uint64_t frame) {
  const std::uint64_t block = frame / block_frames;
  blocks_[block].reset(frame % block_frames);
  oldest_with_unused_ = std::min(oldest_with_unused_, block);
}

std::uint64_t ContiguousFrames::high_water() const {
  return std::min<std::uint64_t>(frames_, blocks_.size() * block_frames);
}

/// The lowest unreserved block, if it is entirely below the large blocks. The last block of memory may be incomplete.
std::optional<std::uint64_t> ContiguousFrames::reserve_block(std::uint64_t ceiling) {
  const std::uint64_t block = blocks_.size();
  const std::uint64_t first = block * block_frames;
  const std::uint64_t end = std::min(first + block_frames, frames_);
  if (first >= ceiling || end > ceiling) return std::nullopt;
  blocks_.emplace_back();
  for (std::uint64_t frame = end; frame < first + block_frames; ++frame) blocks_[block].set(frame - first);
  if (block == 0) blocks_[0].set(0);  // frame 0 is never allocated
  return block;
}

std::uint64_t ContiguousFrames::use(std::uint64_t block, std::uint64_t frame_in_block) {
  blocks_[block].set(frame_in_block);
  return block * block_frames + frame_in_block;
}

std::optional<std::uint64_t> ContiguousFrames::take_first_unused(std::uint64_t block) {
  if (blocks_[block].all()) return std::nullopt;
  std::uint64_t frame_in_block = 0;
  while (blocks_[block].test(frame_in_block)) ++frame_in_block;
  return use(block, frame_in_block);
}

std::optional<std::uint64_t> ContiguousFrames::take_from_any_block() {
  while (oldest_with_unused_ < blocks_.size() && blocks_[oldest_with_unused_].all()) ++oldest_with_unused_;
  if (oldest_with_unused_ == blocks_.size()) return std::nullopt;
  return take_first_unused(oldest_with_unused_);
}

}  // namespace tablewalk
