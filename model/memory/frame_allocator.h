#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/types.h"
#include "config/schema.h"

namespace tablewalk {

/// In which order free physical frames are handed out.
enum class FramePolicy : std::uint8_t {
  Sequential,  ///< ascending addresses, in order of request
  Random,      ///< a seeded pseudo-random permutation of all frames: an aged machine
  Contiguous,  ///< neighbouring virtual pages get neighbouring frames wherever a block of 2 MiB is free
};

template <>
struct EnumNames<FramePolicy> {
  static constexpr std::array names = {std::pair{"sequential", FramePolicy::Sequential},
                                       std::pair{"random", FramePolicy::Random},
                                       std::pair{"contiguous", FramePolicy::Contiguous}};
};

struct FrameAllocatorConfig {
  FramePolicy policy = FramePolicy::Sequential;
  std::uint64_t seed = 1;
};

/// Hands out blocks of physical memory, each aligned to its size rounded up to a power of two. Host memory is
/// proportional to what was handed out, not to the size of the simulated RAM.
/// Throws InputError when simulated memory is exhausted (says how large it is and which key enlarges it).
class FrameAllocator {
 public:
  /// `memory_bytes`: size of the simulated RAM that it hands out, from address `base` on, which is aligned to the
  /// largest block that will be asked for; `frame_bytes`: the smallest page. The first frame is never handed out, so
  /// that a zero pointer is always a defect.
  FrameAllocator(std::uint64_t memory_bytes, std::uint64_t frame_bytes, FrameAllocatorConfig config,
                 PhysicalAddress base = {});
  FrameAllocator(FrameAllocator&&) noexcept;
  ~FrameAllocator();

  /// Memory for a page of `bytes` (a power of two) that will be mapped at `virtual_address` in `space`.
  PhysicalAddress allocate_page(VirtualAddress virtual_address, std::uint64_t bytes, AddressSpaceId space = 0);
  /// Memory for a page table of `bytes`. Tables smaller than a frame share frames with others of their size; tables
  /// larger than a frame are contiguous. All bytes read as zero.
  PhysicalAddress allocate_table(std::uint64_t bytes);
  /// Gives back a block; the next request of that kind and size may receive it again.
  void release_page(PhysicalAddress address, std::uint64_t bytes);
  void release_table(PhysicalAddress address, std::uint64_t bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tablewalk
