#include "memory/frame_allocator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "memory/buddy_blocks.h"
#include "memory/layered_blocks.h"

namespace tablewalk {
namespace {

std::uint64_t round_up_to_power_of_two(std::uint64_t value) {
  return is_power_of_two(value) ? value : std::uint64_t{1} << (log2_floor(value) + 1);
}

/// Host memory is then up to 270 MB for each terabyte.
constexpr std::uint64_t most_fragmented = std::uint64_t{4} << 40;

}  // namespace

/// Tables smaller than a frame are pieces of frames.
struct FrameAllocator::State {
  std::uint64_t memory_bytes;
  std::uint64_t frame_bytes;
  PhysicalAddress base;  ///< of frame 0
  std::unique_ptr<FrameBlocks> blocks;
  BuddyBlocks* buddy = nullptr;                       ///< `blocks`, if they are that
  std::array<std::vector<std::uint64_t>, 64> pieces;  ///< free small tables, by log2 of their size
  std::weak_ptr<CommonTables> common_tables;

  [[noreturn]] void throw_exhausted(std::uint64_t bytes) const {
    throw InputError(fmt::format(
        "simulated memory of {} has no room for another block of {}: expected a larger memory.bytes, or smaller pages",
        format_byte_size({memory_bytes}), format_byte_size({bytes})));
  }

  PhysicalAddress address_of(std::uint64_t frame) const { return base + frame * frame_bytes; }
  PhysicalAddress address_of(std::optional<std::uint64_t> frame, std::uint64_t bytes) const {
    if (!frame) throw_exhausted(bytes);
    return address_of(*frame);
  }
  std::uint64_t frame_of(PhysicalAddress address) const { return (address - base) / frame_bytes; }
  /// Of a block of `bytes`, which is at least a frame.
  unsigned order_of(std::uint64_t bytes) const { return log2_floor(bytes / frame_bytes); }

  PhysicalAddress take_piece(std::uint64_t bytes) {
    std::vector<std::uint64_t>& free = pieces[log2_floor(bytes)];
    if (free.empty()) {
      const std::uint64_t frame = address_of(blocks->take_for_table(), frame_bytes).value();
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
  if (config.policy == FramePolicy::Buddy) {
    if (config.fragmentation.share > 0 && memory_bytes > most_fragmented) {
      throw InputError(
          fmt::format("simulated memory of {} is too large to be fragmented: expected memory.bytes of at "
                      "most {}",
                      format_byte_size({memory_bytes}), format_byte_size({most_fragmented})));
    }
    auto buddy = std::make_unique<BuddyBlocks>(frames, frame_bytes, config.fragmentation, config.seed);
    state_->buddy = buddy.get();
    state_->blocks = std::move(buddy);
  } else {
    state_->blocks = std::make_unique<LayeredBlocks>(config, frames);
  }
}

FrameAllocator::FrameAllocator(FrameAllocator&&) noexcept = default;
FrameAllocator::~FrameAllocator() = default;

PhysicalAddress FrameAllocator::allocate_page(VirtualAddress virtual_address, std::uint64_t bytes,
                                              AddressSpaceId space) {
  const std::optional<PhysicalAddress> page = try_allocate_page(virtual_address, bytes, space);
  if (!page) state_->throw_exhausted(std::max(bytes, state_->frame_bytes));
  return *page;
}

std::optional<PhysicalAddress> FrameAllocator::try_allocate_page(VirtualAddress virtual_address, std::uint64_t bytes,
                                                                 AddressSpaceId space) {
  const std::optional<std::uint64_t> frame =
      bytes > state_->frame_bytes ? state_->blocks->take_block(state_->order_of(bytes), false)
                                  : state_->blocks->take_for_page(virtual_address.value() / state_->frame_bytes, space);
  if (!frame) return std::nullopt;
  return state_->address_of(*frame);
}

PhysicalAddress FrameAllocator::allocate_table(std::uint64_t bytes) {
  const std::uint64_t block = round_up_to_power_of_two(bytes);
  if (block < state_->frame_bytes) return state_->take_piece(block);
  if (block == state_->frame_bytes) return state_->address_of(state_->blocks->take_for_table(), block);
  return state_->address_of(state_->blocks->take_block(state_->order_of(block), true), block);
}

std::optional<PhysicalAddress> FrameAllocator::try_allocate_table(std::uint64_t bytes) {
  const std::uint64_t block = round_up_to_power_of_two(bytes);
  if (block <= state_->frame_bytes) return allocate_table(bytes);
  const std::optional<std::uint64_t> frame = state_->blocks->take_block(state_->order_of(block), true);
  if (!frame) return std::nullopt;
  return state_->address_of(*frame);
}

void FrameAllocator::release_page(PhysicalAddress address, std::uint64_t bytes) {
  state_->blocks->give_back(state_->frame_of(address), state_->order_of(std::max(bytes, state_->frame_bytes)));
}

void FrameAllocator::split_page(PhysicalAddress address, std::uint64_t bytes, std::uint64_t part_bytes) {
  state_->blocks->split(state_->frame_of(address), state_->order_of(bytes), state_->order_of(part_bytes));
}

void FrameAllocator::release_table(PhysicalAddress address, std::uint64_t bytes) {
  const std::uint64_t block = round_up_to_power_of_two(bytes);
  if (block < state_->frame_bytes) {
    state_->pieces[log2_floor(block)].push_back(address.value());
  } else {
    release_page(address, block);
  }
}

std::optional<std::vector<FrameMove>> FrameAllocator::compact(std::uint64_t bytes,
                                                              const std::function<bool(PhysicalAddress)>& may_move) {
  if (state_->buddy == nullptr) return std::nullopt;
  const unsigned order = state_->order_of(std::max(bytes, state_->frame_bytes));
  const auto moved =
      state_->buddy->compact(order, [&](std::uint64_t frame) { return may_move(state_->address_of(frame)); });
  if (!moved) return std::nullopt;
  std::vector<FrameMove> moves;
  for (const BuddyBlocks::Move& move : *moved) {
    moves.push_back(
        {state_->address_of(move.from), state_->address_of(move.to), state_->frame_bytes << move.order, move.page});
  }
  return moves;
}

std::uint64_t FrameAllocator::memory_bytes() const {
  return state_->memory_bytes;
}

PhysicalAddress FrameAllocator::base() const {
  return state_->base;
}

std::weak_ptr<CommonTables>& FrameAllocator::common_tables() {
  return state_->common_tables;
}

void FrameAllocator::report(StatSet& figures) const {
  if (state_->buddy != nullptr) state_->buddy->report(figures);
}

}  // namespace tablewalk
