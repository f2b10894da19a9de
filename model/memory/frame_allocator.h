#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/types.h"
#include "config/schema.h"
#include "memory/fragmentation_config.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// The order in which free physical frames are allocated.
enum class FramePolicy : std::uint8_t {
  Sequential,  ///< ascending addresses
  Random,      ///< a seeded pseudo-random permutation of all frames: an aged machine
  Contiguous,  ///< adjacent virtual pages get adjacent frames wherever a block of 2 MiB is free
  Buddy,       ///< the smallest free block that is large enough, the lowest of these; see memory/buddy_blocks.h
};

template <>
struct EnumNames<FramePolicy> {
  static constexpr std::array names = {
      std::pair{"sequential", FramePolicy::Sequential}, std::pair{"random", FramePolicy::Random},
      std::pair{"contiguous", FramePolicy::Contiguous}, std::pair{"buddy", FramePolicy::Buddy}};
};

struct FrameAllocatorConfig {
  FramePolicy policy = FramePolicy::Sequential;
  std::uint64_t seed = 1;
  FragmentationConfig fragmentation = {};  ///< of FramePolicy::Buddy only
};

/// A block of memory that compaction moved: its bytes are now at `to`, and what translates to `from` must be changed.
struct FrameMove {
  PhysicalAddress from;
  PhysicalAddress to;
  std::uint64_t bytes = 0;
  bool page = true;  ///< allocated by allocate_page(); else memory that others use, which is nowhere mapped
};

/// What the page tables of all address spaces in a memory have in common, if the organisation has such a thing.
class CommonTables {
 public:
  virtual ~CommonTables() = default;
};

/// Allocates blocks of physical memory, each aligned to its size rounded up to a power of two. Host memory is
/// proportional to what was allocated, not to the size of the simulated RAM. Throws InputError if simulated memory is
/// exhausted (with its size and the key that enlarges it).
class FrameAllocator {
 public:
  /// `memory_bytes`: size of the simulated RAM to allocate from, starting at `base`, which must be aligned to the
  /// largest block that will be requested; `frame_bytes`: the smallest page. The first frame is never allocated, so
  /// that a zero pointer is always a defect.
  FrameAllocator(std::uint64_t memory_bytes, std::uint64_t frame_bytes, FrameAllocatorConfig config,
                 PhysicalAddress base = {});
  FrameAllocator(FrameAllocator&&) noexcept;
  ~FrameAllocator();

  /// Memory for a page of `bytes` (a power of two) that will be mapped at `virtual_address` in `space`.
  PhysicalAddress allocate_page(VirtualAddress virtual_address, std::uint64_t bytes, AddressSpaceId space = 0);
  /// The same; nothing if there is no such block.
  std::optional<PhysicalAddress> try_allocate_page(VirtualAddress virtual_address, std::uint64_t bytes,
                                                   AddressSpaceId space = 0);
  /// Memory for a page table of `bytes`. Tables smaller than a frame share frames with others of their size; tables
  /// larger than a frame are contiguous. All bytes read as zero.
  PhysicalAddress allocate_table(std::uint64_t bytes);
  /// The same; nothing if a table larger than a frame has no such block.
  std::optional<PhysicalAddress> try_allocate_table(std::uint64_t bytes);
  /// Frees a block; the next request of that kind and size may receive it again.
  void release_page(PhysicalAddress address, std::uint64_t bytes);
  void release_table(PhysicalAddress address, std::uint64_t bytes);
  /// From now on a page of `bytes` is released in parts of `part_bytes`, at least a frame.
  void split_page(PhysicalAddress address, std::uint64_t bytes, std::uint64_t part_bytes);

  /// Compaction, of FramePolicy::Buddy: moves pages until a page of `bytes` can be allocated, and returns what it
  /// moved; nothing at all if that is impossible. Afterwards the moved pages are released at their new addresses. Pages
  /// for which `may_move(address)` is false stay, as tables do. Takes time in proportion to the number of blocks in
  /// use.
  std::optional<std::vector<FrameMove>> compact(
      std::uint64_t bytes, const std::function<bool(PhysicalAddress)>& may_move = [](PhysicalAddress) { return true; });
  std::uint64_t memory_bytes() const;
  PhysicalAddress base() const;
  /// Whoever makes the first tables makes what they have in common, which ends with the last ones.
  std::weak_ptr<CommonTables>& common_tables();

  /// Declares the figures frames.* of FramePolicy::Buddy, in the section that the caller has begun.
  void report(StatSet& figures) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tablewalk
