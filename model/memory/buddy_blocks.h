#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "memory/fragmentation_config.h"
#include "memory/frame_blocks.h"
#include "memory/permutation.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// The binary buddy system (Knowlton, CACM 1965), as Linux allocates frames: a request takes the smallest free block
/// that is large enough, of these the one with the lowest address, and splits it into halves down to its size, keeping
/// the lowest. A block given back is merged with its buddy, the other half of the same larger block, as often as that
/// is free.
///
/// Some blocks of 2 MiB may hold a frame that others use (FragmentationConfig). Memory is then opened only as far as
/// requests need it, 1 GiB at a time from the bottom, so that host memory follows what is used.
class BuddyBlocks final : public FrameBlocks {
 public:
  /// What compaction did: a block of 2^`order` frames was moved.
  struct Move {
    std::uint64_t from;
    std::uint64_t to;
    unsigned order;
    bool page;  ///< a page; else memory that others use
  };

  /// `frame_bytes` gives the orders of 2 MiB and 1 GiB. Frame 0 is never allocated.
  BuddyBlocks(std::uint64_t frames, std::uint64_t frame_bytes, const FragmentationConfig& fragmentation,
              std::uint64_t seed);

  std::optional<std::uint64_t> take_for_page(std::uint64_t virtual_page, AddressSpaceId space) override;
  std::optional<std::uint64_t> take_for_table() override;
  std::optional<std::uint64_t> take_block(unsigned order, bool for_table) override;
  /// Throws LawViolation unless this block was taken and not given back since.
  void give_back(std::uint64_t first, unsigned order) override;
  void split(std::uint64_t first, unsigned order, unsigned part_order) override;

  /// Makes a block of 2^`order` frames free: moves what is in the aligned block with the fewest frames in use, of these
  /// the lowest, to free frames elsewhere. Nothing is moved if such a block is free. Returns nothing, and moves
  /// nothing, if that is impossible: tables and some of the memory that others use do not move, nor do pages of which
  /// `may_move(first frame)` is false.
  std::optional<std::vector<Move>> compact(unsigned order, const std::function<bool(std::uint64_t)>& may_move);

  /// Free blocks by order, as if all of memory were open. Larger blocks than 1 GiB count as so many of that size.
  std::vector<std::uint64_t> free_blocks() const;
  /// Declares the figures frames.*.
  void report(StatSet& figures) const;

 private:
  enum class Owner : std::uint8_t { Page, Table, Others, OthersFixed };
  struct Taken {
    std::uint8_t order;
    Owner owner;
  };
  /// A frame that others use from the beginning.
  struct Fragment {
    std::uint64_t frame;
    bool movable;
  };
  static constexpr unsigned orders = 64;

  std::optional<std::uint64_t> take(unsigned order, Owner owner);
  std::optional<std::uint64_t> take_open(unsigned order);
  std::optional<Fragment> fragment_in(std::uint64_t block) const;
  void open_next();
  void add_free(std::uint64_t first, unsigned order);
  template <class Visit>
  static void for_each_block(std::uint64_t first, std::uint64_t end, Visit visit);
  template <class Visit>
  void for_each_free_run(std::uint64_t from, std::uint64_t end, Visit visit) const;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> regions_by_cost(unsigned order) const;
  std::map<std::uint64_t, unsigned> extract_free(std::uint64_t first, std::uint64_t end);
  std::optional<std::vector<Move>> empty(std::uint64_t first, unsigned order,
                                         const std::function<bool(std::uint64_t)>& may_move);

  std::uint64_t frames_;
  std::uint64_t frame_bytes_;
  unsigned block_order_;     ///< of 2 MiB
  unsigned largest_order_;   ///< of 1 GiB
  std::uint64_t fragments_;  ///< blocks of 2 MiB with a frame in use from the beginning
  std::uint64_t unmovable_;  ///< of these, with a frame that does not move
  std::uint64_t seed_;
  Permutation fragment_rank_;  ///< of the blocks of 2 MiB: those with the lowest are fragmented

  std::uint64_t opened_ = 0;  ///< frames from here on are in none of the sets
  std::array<std::set<std::uint64_t>, orders> free_;
  std::unordered_map<std::uint64_t, Taken> taken_;  ///< by first frame
};

}  // namespace tablewalk
