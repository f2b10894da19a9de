#include "memory/frame_allocator.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "memory/block_pool.h"
#include "memory/small_frames.h"

namespace tablewalk {
namespace {

std::uint64_t round_up_to_power_of_two(std::uint64_t value) {
  return is_power_of_two(value) ? value : std::uint64_t{1} << (log2_floor(value) + 1);
}

}  // namespace

/// Single frames follow the policy's order; larger blocks are cut from the top of memory downwards, and alignment gaps
/// between them are kept for smaller ones. Tables smaller than a frame are pieces of frames.
struct FrameAllocator::State {
  std::uint64_t memory_bytes;
  std::uint64_t frame_bytes;
  PhysicalAddress base;  ///< of frame 0
  std::unique_ptr<SmallFrames> small;
  BlockPool gaps;                                     ///< free blocks between and among the large ones
  std::uint64_t ceiling;                              ///< first frame of the large blocks
  std::array<std::vector<std::uint64_t>, 64> pieces;  ///< free small tables, by log2 of their size

  [[noreturn]] void throw_exhausted(std::uint64_t bytes) const {
    throw InputError(fmt::format(
        "simulated memory of {} has no room for another block of {}: expected a larger memory.bytes, or smaller pages",
        format_byte_size({memory_bytes}), format_byte_size({bytes})));
  }

  PhysicalAddress address_of(std::optional<std::uint64_t> frame) const {
    if (!frame) throw_exhausted(frame_bytes);
    return base + *frame * frame_bytes;
  }
  std::uint64_t frame_of(PhysicalAddress address) const { return (address - base) / frame_bytes; }

  PhysicalAddress take_large(std::uint64_t bytes) {
    const unsigned order = log2_floor(bytes / frame_bytes);
    const std::uint64_t frames = std::uint64_t{1} << order;
    std::optional<std::uint64_t> first = gaps.take(order);
    if (!first) {
      const std::uint64_t candidate = ceiling < frames ? 0 : (ceiling - frames) & ~(frames - 1);
      if (candidate < small->high_water() || candidate == 0) throw_exhausted(bytes);
      gaps.add(candidate + frames, ceiling);
      ceiling = candidate;
      first = candidate;
    }
    return address_of(first);
  }

  std::optional<std::uint64_t> take_frame_for_table() {
    const std::optional<std::uint64_t> frame = small->take_for_table(ceiling);
    return frame ? frame : gaps.take(0);
  }

  PhysicalAddress take_piece(std::uint64_t bytes) {
    std::vector<std::uint64_t>& free = pieces[log2_floor(bytes)];
    if (free.empty()) {
      const std::uint64_t frame = address_of(take_frame_for_table()).value();
      for (std::uint64_t offset = frame_bytes; offset != 0; offset -= bytes) free.push_back(frame + offset - bytes);
    }
    const std::uint64_t piece = free.back();
    free.pop_back();
    return PhysicalAddress(piece);
  }
};

FrameAllocator::FrameAllocator(std::uint64_t memory_bytes, std::uint64_t frame_bytes, FrameAllocatorConfig config,
                               PhysicalAddress base)
    : state_(std::make_unique<State>()) {
  const std::uint64_t frames = memory_bytes / frame_bytes;
  if (frames < 2) {
    throw InputError(fmt::format("simulated memory of {} is too small: expected at least two frames of {}",
                                 format_byte_size({memory_bytes}), format_byte_size({frame_bytes})));
  }
  state_->memory_bytes = memory_bytes;
  state_->frame_bytes = frame_bytes;
  state_->base = base;
  state_->small = make_small_frames(config, frames);
  state_->ceiling = frames;
}

FrameAllocator::FrameAllocator(FrameAllocator&&) noexcept = default;
FrameAllocator::~FrameAllocator() = default;

PhysicalAddress FrameAllocator::allocate_page(VirtualAddress virtual_address, std::uint64_t bytes,
                                              AddressSpaceId space) {
  if (bytes > state_->frame_bytes) return state_->take_large(bytes);
  const std::uint64_t virtual_page = virtual_address.value() / state_->frame_bytes;
  const std::optional<std::uint64_t> frame = state_->small->take_for_page(virtual_page, space, state_->ceiling);
  return state_->address_of(frame ? frame : state_->gaps.take(0));
}

PhysicalAddress FrameAllocator::allocate_table(std::uint64_t bytes) {
  const std::uint64_t block = round_up_to_power_of_two(bytes);
  if (block > state_->frame_bytes) return state_->take_large(block);
  if (block < state_->frame_bytes) return state_->take_piece(block);
  return state_->address_of(state_->take_frame_for_table());
}

void FrameAllocator::release_page(PhysicalAddress address, std::uint64_t bytes) {
  const std::uint64_t frame = state_->frame_of(address);
  if (bytes > state_->frame_bytes) {
    state_->gaps.give_back(frame, log2_floor(bytes / state_->frame_bytes));
  } else if (frame >= state_->ceiling) {
    state_->gaps.give_back(frame, 0);  // it was taken from there when memory ran short
  } else {
    state_->small->give_back(frame);
  }
}

void FrameAllocator::release_table(PhysicalAddress address, std::uint64_t bytes) {
  const std::uint64_t block = round_up_to_power_of_two(bytes);
  if (block < state_->frame_bytes) {
    state_->pieces[log2_floor(block)].push_back(address.value());
  } else {
    release_page(address, block);
  }
}

}  // namespace tablewalk
