#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "config/schema.h"

namespace tablewalk {

/// Who leaves when a set is full.
enum class Replacement : std::uint8_t {
  Lru,       ///< the least recently used
  TreePlru,  ///< the leaf that a binary tree of "not this side" bits points to; any number of ways
  Fifo,      ///< the one that came first
  Random,    ///< any, from a seeded generator
  Srrip,     ///< static re-reference interval prediction, 2 bits (Jaleel et al., ISCA 2010)
};

template <>
struct EnumNames<Replacement> {
  static constexpr std::array names = {std::pair{"lru", Replacement::Lru},
                                       std::pair{"tree_plru", Replacement::TreePlru},
                                       std::pair{"fifo", Replacement::Fifo}, std::pair{"random", Replacement::Random},
                                       std::pair{"srrip", Replacement::Srrip}};
};

/// What a replacement policy remembers of `sets` sets of `ways` ways. It knows nothing of contents: the array that uses
/// it fills invalid ways first and asks for a victim only when a set is full.
class ReplacementState {
 public:
  ReplacementState(Replacement policy, std::uint32_t sets, std::uint32_t ways, std::uint64_t seed);

  /// The way was used.
  void touch(std::uint32_t set, std::uint32_t way) {
    if (!orders_.empty()) {
      if ((orders_[set] & 15) != way) move_to_front(orders_[set], way);
    } else if (policy_ == Replacement::Lru) {
      stamps_[std::size_t{set} * ways_ + way] = ++clock_;
    } else {
      touch_other(set, way);
    }
  }
  /// The way received new contents.
  void filled(std::uint32_t set, std::uint32_t way);
  /// Who leaves a full set.
  std::uint32_t victim(std::uint32_t set);

 private:
  static constexpr std::uint32_t most_ordered_ways = 16;
  static void move_to_front(std::uint64_t& order, std::uint64_t way);
  void touch_other(std::uint32_t set, std::uint32_t way);
  void point_tree_away_from(std::uint32_t set, std::uint32_t way);
  std::uint32_t oldest(std::uint32_t set) const;
  std::uint32_t follow_tree(std::uint32_t set) const;
  std::uint32_t distant(std::uint32_t set);

  Replacement policy_;
  std::uint32_t ways_;
  std::uint32_t tree_leaves_ = 1;  ///< ways rounded up to a power of two
  std::uint64_t clock_ = 0;        ///< LRU: time of use; FIFO: time of arrival
  std::uint64_t random_;
  std::vector<std::uint64_t> stamps_;  ///< FIFO, and LRU of more than 16 ways: one for each way
  std::vector<std::uint64_t> orders_;  ///< LRU: the ways of a set, four bits each, the most recent one lowest
  std::vector<std::uint8_t> bits_;     ///< tree-PLRU: one for each inner node; SRRIP: a prediction for each way
};

}  // namespace tablewalk
