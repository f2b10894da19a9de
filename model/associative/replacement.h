#pragma once

#include <cstdint>
#include <memory>

#include "associative/lru_order.h"
#include "associative/replacement_kind.h"

namespace tablewalk {

/// What a policy makes of touches of the way that was touched or filled last in its set. Most hits are such, and what
/// changes nothing need not be done.
enum class Repeats : std::uint8_t {
  Count,            ///< each touch counts
  AreOneTouch,      ///< after a touch, further ones of that way change nothing
  AddNothingToFill  ///< nor do they after a fill
};

/// What a replacement policy remembers of the ways of an array's sets. It knows nothing of contents: the array fills
/// invalid ways first and asks for a victim only when a set is full. Each policy is a class of its own.
class ReplacementPolicy {
 public:
  virtual ~ReplacementPolicy() = default;
  /// The way was hit: called once for each hit, but for those that repeats() allows to leave out.
  virtual void touch(std::uint32_t set, std::uint32_t way) = 0;
  /// The way received new contents.
  virtual void filled(std::uint32_t set, std::uint32_t way) = 0;
  /// Who leaves a full set: filled() with the same way is what comes next.
  virtual std::uint32_t victim(std::uint32_t set) = 0;
  virtual Repeats repeats() const { return Repeats::Count; }
};

/// The state of any policy for `sets` sets of `ways` ways. LRU as most arrays have it is inlined; the other policies
/// are called through the interface.
class ReplacementState {
 public:
  ReplacementState(Replacement policy, std::uint32_t sets, std::uint32_t ways, std::uint64_t seed);

  void touch(std::uint32_t set, std::uint32_t way) { other_ ? other_->touch(set, way) : order_.touch(set, way); }
  void filled(std::uint32_t set, std::uint32_t way) { other_ ? other_->filled(set, way) : order_.touch(set, way); }
  std::uint32_t victim(std::uint32_t set) { return other_ ? other_->victim(set) : order_.victim(set); }
  /// The victim, filled.
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
