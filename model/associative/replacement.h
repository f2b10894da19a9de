#pragma once

#include <cstdint>
#include <memory>

#include "associative/lru_order.h"
#include "associative/replacement_kind.h"

namespace tablewalk {

/// What a replacement policy remembers of the ways of an array's sets. It knows nothing of contents: the array fills
/// invalid ways first and asks for a victim only when a set is full. Each policy is a class of its own.
///
/// `touch` is called for each hit, but a hit of the way that was touched last in its set, with no other way filled
/// since, may be left out: of every policy, repeated touches of a way are one touch.
class ReplacementPolicy {
 public:
  virtual ~ReplacementPolicy() = default;
  /// The way was used.
  virtual void touch(std::uint32_t set, std::uint32_t way) = 0;
  /// The way received new contents.
  virtual void filled(std::uint32_t set, std::uint32_t way) = 0;
  /// Who leaves a full set: filled() with the same way is what comes next.
  virtual std::uint32_t victim(std::uint32_t set) = 0;
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
  /// Whether to touch a way that was just filled changes nothing, as to touch it twice never does.
  bool fill_is_touch() const { return fill_is_touch_; }

 private:
  LruOrder order_;  ///< unless there is an `other_`
  std::unique_ptr<ReplacementPolicy> other_;
  bool fill_is_touch_;
};

}  // namespace tablewalk
