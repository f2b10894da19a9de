#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "associative/lru_order.h"
#include "associative/replacement_kind.h"

namespace tablewalk {

/// How a policy treats repeated touches of the way last touched or filled in its set. Most hits are such, and touches
/// without effect can be skipped.
enum class Repeats : std::uint8_t {
  Count,            ///< each touch counts
  AreOneTouch,      ///< after a touch, further touches of that way have no effect
  AddNothingToFill  ///< nor do they after a fill
};

/// One flag per way of a set: whether it may be the victim. At least one may.
using Candidates = std::vector<std::uint8_t>;

/// The state of a replacement policy for the ways of an array's sets. It does not know the contents: the array fills
/// invalid ways first and requests a victim only from a full set. Each policy is its own class.
class ReplacementPolicy {
 public:
  virtual ~ReplacementPolicy() = default;
  /// The way was hit: called once per hit, except those that repeats() allows skipping.
  virtual void touch(std::uint32_t set, std::uint32_t way) = 0;
  /// The way was filled.
  virtual void filled(std::uint32_t set, std::uint32_t way) = 0;
  /// The victim of a full set; filled() for the same way must follow.
  virtual std::uint32_t victim(std::uint32_t set) = 0;
  /// The same among the candidates; with all ways as candidates, it is victim().
  virtual std::uint32_t victim_among(std::uint32_t set, const Candidates& candidates) = 0;
  virtual Repeats repeats() const { return Repeats::Count; }
};

/// The state of any policy for `sets` sets of `ways` ways. LRU of up to 16 ways is inlined; other policies are called
/// through the interface.
class ReplacementState {
 public:
  ReplacementState(Replacement policy, std::uint32_t sets, std::uint32_t ways, std::uint64_t seed);

  /// Whether it is LRU of up to 16 ways.
  bool is_order() const { return other_ == nullptr; }
  /// As touch(), if so.
  void touch_order(std::uint32_t set, std::uint32_t way) { order_.touch(set, way); }

  void touch(std::uint32_t set, std::uint32_t way) { other_ ? other_->touch(set, way) : order_.touch(set, way); }
  void filled(std::uint32_t set, std::uint32_t way) { other_ ? other_->filled(set, way) : order_.touch(set, way); }
  std::uint32_t victim(std::uint32_t set) { return other_ ? other_->victim(set) : order_.victim(set); }
  std::uint32_t victim_among(std::uint32_t set, const Candidates& candidates) {
    return other_ ? other_->victim_among(set, candidates) : order_.victim_among(set, candidates);
  }
  /// Returns the victim, already marked as filled.
  std::uint32_t replace(std::uint32_t set) {
    if (!other_) return order_.replace(set);
    const std::uint32_t way = other_->victim(set);
    other_->filled(set, way);
    return way;
  }
  /// Of its policy.
  Repeats repeats() const { return repeats_; }

 private:
  LruOrder order_;  ///< unless there is an `other_`
  std::unique_ptr<ReplacementPolicy> other_;
  Repeats repeats_ = Repeats::AddNothingToFill;  ///< of LRU
};

}  // namespace tablewalk
