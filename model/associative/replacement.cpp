#include "associative/replacement.h"

#include <algorithm>

#include "base/types.h"

namespace tablewalk {
namespace {

constexpr std::uint8_t srrip_distant = 3;
constexpr std::uint8_t srrip_inserted = 2;

std::uint32_t next_power_of_two(std::uint32_t value) {
  std::uint32_t power = 1;
  while (power < value) power *= 2;
  return power;
}

/// xorshift64*: small, fast, and the same on every platform.
std::uint64_t next_random(std::uint64_t& state) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545F4914F6CDD1DULL;
}

}  // namespace

ReplacementState::ReplacementState(Replacement policy, std::uint32_t sets, std::uint32_t ways, std::uint64_t seed)
    : policy_(policy), ways_(ways), random_(seed * 0x9E3779B97F4A7C15ULL | 1) {
  switch (policy_) {
    case Replacement::Lru:
      if (ways <= most_ordered_ways) {
        orders_.resize(sets, 0xFEDCBA9876543210ULL);
        break;
      }
      stamps_.resize(std::size_t{sets} * ways);
      break;
    case Replacement::Fifo:
      stamps_.resize(std::size_t{sets} * ways);
      break;
    case Replacement::TreePlru:
      tree_leaves_ = next_power_of_two(ways);
      bits_.resize(std::size_t{sets} * tree_leaves_);
      break;
    case Replacement::Srrip:
      bits_.resize(std::size_t{sets} * ways, srrip_distant);
      break;
    case Replacement::Random:
      break;
  }
}

/// Moves the four bits that name the way to the lowest place, and those below it one place up.
void ReplacementState::move_to_front(std::uint64_t& order, std::uint64_t way) {
  constexpr std::uint64_t ones = 0x1111111111111111ULL;
  // The lowest zero digit of the difference is where the way stands; the carries of this test only reach digits above.
  const std::uint64_t difference = order ^ way * ones;
  const std::uint64_t zero_digits = (difference - ones) & ~difference & ones << 3;
  const auto place = static_cast<unsigned>(__builtin_ctzll(zero_digits)) - 3;
  const std::uint64_t below = low_bits(place);
  const std::uint64_t above = ~low_bits(place + 4);
  order = (order & above) | (order & below) << 4 | way;
}

void ReplacementState::touch_other(std::uint32_t set, std::uint32_t way) {
  if (policy_ == Replacement::TreePlru) point_tree_away_from(set, way);
  if (policy_ == Replacement::Srrip) bits_[std::size_t{set} * ways_ + way] = 0;
}

void ReplacementState::filled(std::uint32_t set, std::uint32_t way) {
  if (policy_ == Replacement::Fifo) {
    stamps_[std::size_t{set} * ways_ + way] = ++clock_;
  } else if (policy_ == Replacement::Srrip) {
    bits_[std::size_t{set} * ways_ + way] = srrip_inserted;
  } else {
    touch(set, way);
  }
}

std::uint32_t ReplacementState::victim(std::uint32_t set) {
  switch (policy_) {
    case Replacement::TreePlru:
      return follow_tree(set);
    case Replacement::Random:
      return static_cast<std::uint32_t>((next_random(random_) >> 32) * ways_ >> 32);
    case Replacement::Srrip:
      return distant(set);
    case Replacement::Lru:
      if (!orders_.empty()) return orders_[set] >> 4 * (ways_ - 1) & 15;
      break;
    case Replacement::Fifo:
      break;
  }
  return oldest(set);
}

std::uint32_t ReplacementState::oldest(std::uint32_t set) const {
  const auto first = stamps_.begin() + static_cast<std::ptrdiff_t>(std::size_t{set} * ways_);
  return static_cast<std::uint32_t>(std::min_element(first, first + ways_) - first);
}

// The tree of a set is stored as a heap: node 1 is the root, node i has children 2i and 2i+1, leaf w is node
// tree_leaves_ + w. A bit of 1 sends the victim search to the right. Leaves beyond the last way are never entered.

void ReplacementState::point_tree_away_from(std::uint32_t set, std::uint32_t way) {
  std::uint8_t* tree = &bits_[std::size_t{set} * tree_leaves_];
  for (std::uint32_t node = tree_leaves_ + way; node > 1; node /= 2) tree[node / 2] = node % 2 == 0 ? 1 : 0;
}

std::uint32_t ReplacementState::follow_tree(std::uint32_t set) const {
  const std::uint8_t* tree = &bits_[std::size_t{set} * tree_leaves_];
  std::uint32_t node = 1;
  for (std::uint32_t span = tree_leaves_; span > 1; span /= 2) {
    const std::uint32_t right = 2 * node + 1;
    const std::uint32_t first_way_on_the_right = right * (span / 2) - tree_leaves_;
    node = tree[node] != 0 && first_way_on_the_right < ways_ ? right : 2 * node;
  }
  return node - tree_leaves_;
}

std::uint32_t ReplacementState::distant(std::uint32_t set) {
  std::uint8_t* predictions = &bits_[std::size_t{set} * ways_];
  const std::uint8_t farthest = *std::max_element(predictions, predictions + ways_);
  const std::uint8_t ageing = static_cast<std::uint8_t>(srrip_distant - farthest);
  for (std::uint32_t way = 0; way < ways_; ++way)
    predictions[way] = static_cast<std::uint8_t>(predictions[way] + ageing);
  return static_cast<std::uint32_t>(std::find(predictions, predictions + ways_, srrip_distant) - predictions);
}

}  // namespace tablewalk
