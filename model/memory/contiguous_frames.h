#pragma once

#include <bitset>
#include <unordered_map>
#include <vector>

#include "memory/small_frames.h"

namespace tablewalk {

/// Adjacent virtual pages in adjacent frames: the first page touched in an aligned region of 512 virtual pages (2 MiB
/// of 4 KiB pages) reserves an aligned block of 512 frames, in which every page of the region has its place. Blocks are
/// reserved from the bottom up; page tables have their own blocks. If no block is left, frames that were reserved but
/// never used are taken from the oldest block that has one.
class ContiguousFrames : public SmallFrames {
 public:
  explicit ContiguousFrames(std::uint64_t frames);

  std::optional<std::uint64_t> take_for_page(std::uint64_t virtual_page, AddressSpaceId space,
                                             std::uint64_t ceiling) override;
  std::optional<std::uint64_t> take_for_table(std::uint64_t ceiling) override;
  void give_back(std::uint64_t frame) override;
  std::uint64_t high_water() const override;

 private:
  static constexpr std::uint64_t block_frames = 512;

  struct Region {
    std::uint64_t number;
    AddressSpaceId space;
    friend bool operator==(Region a, Region b) { return a.number == b.number && a.space == b.space; }
  };
  struct RegionHash {
    std::size_t operator()(Region region) const noexcept {
      return std::hash<std::uint64_t>{}(region.number * 0x9E3779B97F4A7C15u + region.space);
    }
  };
  /// The frames of a block that are in use; frames beyond memory count as used.
  using Block = std::bitset<block_frames>;

  std::optional<std::uint64_t> reserve_block(std::uint64_t ceiling);
  std::uint64_t use(std::uint64_t block, std::uint64_t frame_in_block);
  std::optional<std::uint64_t> take_first_unused(std::uint64_t block);
  std::optional<std::uint64_t> take_from_any_block();

  std::uint64_t frames_;
  std::vector<Block> blocks_;  ///< reserved so far; block b has the frames from b * block_frames on
  std::unordered_map<Region, std::uint64_t, RegionHash> block_of_region_;
  std::optional<std::uint64_t> table_block_;
  std::uint64_t oldest_with_unused_ = 0;  ///< all blocks below are full
};

}  // namespace tablewalk
