#include "associative/replacement.h"

#include <algorithm>
#include <vector>

namespace tablewalk {
namespace {

/// The first of the candidates that no other one is better than.
template <class IsBetter>
std::uint32_t best_among(const Candidates& candidates, IsBetter is_better) {
  std::uint32_t best = 0;
  while (candidates[best] == 0) ++best;
  for (std::uint32_t way = best + 1; way < candidates.size(); ++way) {
    if (candidates[way] != 0 && is_better(way, best)) best = way;
  }
  return best;
}

/// A timestamp per way: that of its last mark.
class Stamps {
 public:
  Stamps(std::uint32_t sets, std::uint32_t ways) : ways_(ways), stamps_(std::size_t{sets} * ways) {}
  void mark(std::uint32_t set, std::uint32_t way) { stamps_[std::size_t{set} * ways_ + way] = ++clock_; }
  std::uint64_t of(std::uint32_t set, std::uint32_t way) const { return stamps_[std::size_t{set} * ways_ + way]; }
  std::uint32_t oldest(std::uint32_t set) const {
    const auto first = stamps_.begin() + static_cast<std::ptrdiff_t>(std::size_t{set} * ways_);
    return static_cast<std::uint32_t>(std::min_element(first, first + ways_) - first);
  }
  std::uint32_t oldest_among(std::uint32_t set, const Candidates& candidates) const {
    return best_among(candidates, [&](std::uint32_t a, std::uint32_t b) { return of(set, a) < of(set, b); });
  }

 private:
  std::uint32_t ways_;
  std::uint64_t clock_ = 0;
  std::vector<std::uint64_t> stamps_;
};

/// LRU of more ways than LruOrder supports.
class WideLru final : public ReplacementPolicy {
 public:
  WideLru(std::uint32_t sets, std::uint32_t ways) : used_(sets, ways) {}
  void touch(std::uint32_t set, std::uint32_t way) override { used_.mark(set, way); }
  void filled(std::uint32_t set, std::uint32_t way) override { used_.mark(set, way); }
  std::uint32_t victim(std::uint32_t set) override { return used_.oldest(set); }
  std::uint32_t victim_among(std::uint32_t set, const Candidates& candidates) override {
    return used_.oldest_among(set, candidates);
  }
  Repeats repeats() const override { return Repeats::AddNothingToFill; }

 private:
  Stamps used_;
};

class Fifo final : public ReplacementPolicy {
 public:
  Fifo(std::uint32_t sets, std::uint32_t ways) : came_(sets, ways) {}
  void touch(std::uint32_t, std::uint32_t) override {}
  void filled(std::uint32_t set, std::uint32_t way) override { came_.mark(set, way); }
  std::uint32_t victim(std::uint32_t set) override { return came_.oldest(set); }
  std::uint32_t victim_among(std::uint32_t set, const Candidates& candidates) override {
    return came_.oldest_among(set, candidates);
  }
  Repeats repeats() const override { return Repeats::AddNothingToFill; }

 private:
  Stamps came_;
};

std::uint32_t next_power_of_two(std::uint32_t value) {
  std::uint32_t power = 1;
  while (power < value) power *= 2;
  return power;
}

/// The tree of a set is stored as a heap: node 1 is the root, node i has children 2i and 2i+1, leaf w is node
/// leaves_ + w. A bit of 1 sends the victim search to the right. Leaves beyond the last way are never entered.
class TreePlru final : public ReplacementPolicy {
 public:
  TreePlru(std::uint32_t sets, std::uint32_t ways)
      : ways_(ways), leaves_(next_power_of_two(ways)), bits_(std::size_t{sets} * leaves_) {}

  void touch(std::uint32_t set, std::uint32_t way) override {
    std::uint8_t* tree = &bits_[std::size_t{set} * leaves_];
    for (std::uint32_t node = leaves_ + way; node > 1; node /= 2) tree[node / 2] = node % 2 == 0 ? 1 : 0;
  }
  void filled(std::uint32_t set, std::uint32_t way) override { touch(set, way); }
  std::uint32_t victim(std::uint32_t set) override {
    const std::uint8_t* tree = &bits_[std::size_t{set} * leaves_];
    std::uint32_t node = 1;
    for (std::uint32_t span = leaves_; span > 1; span /= 2) {
      const std::uint32_t right = 2 * node + 1;
      const std::uint32_t first_way_on_the_right = right * (span / 2) - leaves_;
      node = tree[node] != 0 && first_way_on_the_right < ways_ ? right : 2 * node;
    }
    return node - leaves_;
  }
  /// A side without candidates is not entered, whatever its bit.
  std::uint32_t victim_among(std::uint32_t set, const Candidates& candidates) override {
    const std::uint8_t* tree = &bits_[std::size_t{set} * leaves_];
    std::uint32_t node = 1;
    for (std::uint32_t span = leaves_ / 2; span != 0; span /= 2) {
      const auto has_candidate = [&](std::uint32_t side) {
        const std::uint32_t first = side * span - leaves_;
        const std::uint32_t last = std::min(first + span, ways_);
        for (std::uint32_t way = first; way < last; ++way) {
          if (candidates[way] != 0) return true;
        }
        return false;
      };
      const std::uint32_t wanted = 2 * node + (tree[node] != 0 ? 1 : 0);
      node = has_candidate(wanted) ? wanted : wanted ^ 1;
    }
    return node - leaves_;
  }
  Repeats repeats() const override { return Repeats::AddNothingToFill; }

 private:
  std::uint32_t ways_;
  std::uint32_t leaves_;  ///< ways rounded up to a power of two
  std::vector<std::uint8_t> bits_;
};

class RandomChoice final : public ReplacementPolicy {
 public:
  RandomChoice(std::uint32_t ways, std::uint64_t seed) : ways_(ways), state_(seed * 0x9E3779B97F4A7C15ULL | 1) {}
  void touch(std::uint32_t, std::uint32_t) override {}
  void filled(std::uint32_t, std::uint32_t) override {}
  std::uint32_t victim(std::uint32_t) override { return draw(ways_); }
  std::uint32_t victim_among(std::uint32_t, const Candidates& candidates) override {
    const auto count = std::count_if(candidates.begin(), candidates.end(), [](std::uint8_t flag) { return flag != 0; });
    std::uint32_t left = draw(static_cast<std::uint32_t>(count));
    std::uint32_t way = 0;
    while (candidates[way] == 0 || left-- != 0) ++way;
    return way;
  }
  Repeats repeats() const override { return Repeats::AddNothingToFill; }

 private:
  /// A number below `count`.
  std::uint32_t draw(std::uint32_t count) { return static_cast<std::uint32_t>((next() >> 32) * count >> 32); }
  /// xorshift64*: small, fast, and the same on every platform.
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1DULL;
  }

  std::uint32_t ways_;
  std::uint64_t state_;
};

/// Use counts of the ways since their fill.
class Lfu final : public ReplacementPolicy {
 public:
  Lfu(std::uint32_t sets, std::uint32_t ways) : ways_(ways), used_(sets, ways), uses_(std::size_t{sets} * ways) {}
  void touch(std::uint32_t set, std::uint32_t way) override {
    ++uses_of(set, way);
    used_.mark(set, way);
  }
  void filled(std::uint32_t set, std::uint32_t way) override {
    uses_of(set, way) = 0;
    used_.mark(set, way);
  }
  std::uint32_t victim(std::uint32_t set) override {
    std::uint32_t least = 0;
    for (std::uint32_t way = 1; way < ways_; ++way) {
      if (is_before(set, way, least)) least = way;
    }
    return least;
  }
  std::uint32_t victim_among(std::uint32_t set, const Candidates& candidates) override {
    return best_among(candidates, [&](std::uint32_t a, std::uint32_t b) { return is_before(set, a, b); });
  }

 private:
  /// Whether way `a` is used less often than `b`, or as often but less recently.
  bool is_before(std::uint32_t set, std::uint32_t a, std::uint32_t b) {
    if (uses_of(set, a) != uses_of(set, b)) return uses_of(set, a) < uses_of(set, b);
    return used_.of(set, a) < used_.of(set, b);
  }
  std::uint64_t& uses_of(std::uint32_t set, std::uint32_t way) { return uses_[std::size_t{set} * ways_ + way]; }

  std::uint32_t ways_;
  Stamps used_;
  std::vector<std::uint64_t> uses_;
};

/// A prediction per way, from 0 (re-used soon) to 3 (distant).
class Srrip final : public ReplacementPolicy {
 public:
  Srrip(std::uint32_t sets, std::uint32_t ways) : ways_(ways), predictions_(std::size_t{sets} * ways, distant) {}

  void touch(std::uint32_t set, std::uint32_t way) override { of(set)[way] = 0; }
  void filled(std::uint32_t set, std::uint32_t way) override { of(set)[way] = inserted; }
  std::uint32_t victim(std::uint32_t set) override {
    std::uint8_t* predictions = of(set);
    const std::uint8_t farthest = *std::max_element(predictions, predictions + ways_);
    const auto ageing = static_cast<std::uint8_t>(distant - farthest);
    for (std::uint32_t way = 0; way < ways_; ++way)
      predictions[way] = static_cast<std::uint8_t>(predictions[way] + ageing);
    return static_cast<std::uint32_t>(std::find(predictions, predictions + ways_, distant) - predictions);
  }
  /// Ages all ways until a candidate is distant; those that were distant before stay so.
  std::uint32_t victim_among(std::uint32_t set, const Candidates& candidates) override {
    std::uint8_t* predictions = of(set);
    const std::uint32_t chosen =
        best_among(candidates, [&](std::uint32_t a, std::uint32_t b) { return predictions[a] > predictions[b]; });
    const int ageing = distant - predictions[chosen];
    for (std::uint32_t way = 0; way < ways_; ++way)
      predictions[way] = static_cast<std::uint8_t>(std::min<int>(distant, predictions[way] + ageing));
    return chosen;
  }
  Repeats repeats() const override { return Repeats::AreOneTouch; }

 private:
  static constexpr std::uint8_t distant = 3;
  static constexpr std::uint8_t inserted = 2;
  std::uint8_t* of(std::uint32_t set) { return &predictions_[std::size_t{set} * ways_]; }

  std::uint32_t ways_;
  std::vector<std::uint8_t> predictions_;
};

/// nullptr for the policy that LruOrder implements.
std::unique_ptr<ReplacementPolicy> make_policy(Replacement policy, std::uint32_t sets, std::uint32_t ways,
                                               std::uint64_t seed) {
  switch (policy) {
    case Replacement::Lru:
      if (ways > LruOrder::most_ways) return std::make_unique<WideLru>(sets, ways);
      break;
    case Replacement::Fifo:
      return std::make_unique<Fifo>(sets, ways);
    case Replacement::TreePlru:
      return std::make_unique<TreePlru>(sets, ways);
    case Replacement::Random:
      return std::make_unique<RandomChoice>(ways, seed);
    case Replacement::Lfu:
      return std::make_unique<Lfu>(sets, ways);
    case Replacement::Srrip:
      return std::make_unique<Srrip>(sets, ways);
  }
  return nullptr;
}

}  // namespace

ReplacementState::ReplacementState(Replacement policy, std::uint32_t sets, std::uint32_t ways, std::uint64_t seed)
    : other_(make_policy(policy, sets, ways, seed)) {
  if (other_) {
    repeats_ = other_->repeats();
  } else {
    order_ = LruOrder(sets, ways);
  }
}

}  // namespace tablewalk
