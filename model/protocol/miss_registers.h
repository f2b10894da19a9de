#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "associative/tag_array.h"

namespace tablewalk {

/// The miss-status registers (MSHRs) of a TLB or a cache: for each page or line being fetched, the requests that wait
/// for it. A search compares eight tags at once and skips registers that were never used. `Key` has a 64-bit value(),
/// which should differ for most keys.
template <class Key, class Waiting>
class MissRegisters {
 public:
  explicit MissRegisters(std::size_t count)
      : tags_(1, static_cast<std::uint32_t>(count)), keys_(count), waiting_(count), free_(count) {
    for (std::size_t i = 0; i < count; ++i) free_[i] = static_cast<std::uint32_t>(count - 1 - i);
  }

  /// The requests waiting for `key`; nullptr if it is not being fetched. Valid until released.
  Waiting* find(const Key& key) { return const_cast<Waiting*>(std::as_const(*this).find(key)); }
  const Waiting* find(const Key& key) const {
    const std::uint32_t place = place_of(key);
    return place == keys_.size() ? nullptr : &waiting_[place];
  }
  bool has(const Key& key) const { return find(key) != nullptr; }
  bool full() const { return free_.empty(); }
  std::size_t free_count() const { return free_.size(); }
  /// Allocates a register for `key` and its waiting requests; there must be a free one, and none for `key`. Returns its
  /// number.
  std::uint32_t take(const Key& key, const Waiting& waiting) {
    const std::uint32_t place = free_.back();
    free_.pop_back();
    used_ = std::max(used_, place + 1);
    tags_.set(0, place, key.value());
    keys_[place] = key;
    waiting_[place] = waiting;
    return place;
  }
  /// Frees the register of that number and returns the waiting requests.
  Waiting release(std::uint32_t number) {
    tags_.clear(0, number);
    free_.push_back(number);
    return waiting_[number];
  }
  /// The number of the register of `key`, which must exist.
  std::uint32_t number_of(const Key& key) const { return place_of(key); }

 private:
  std::uint32_t place_of(const Key& key) const {
    return tags_.find_below(used_, 0, key.value(), [&](std::uint32_t place) { return keys_[place] == key; });
  }

  TagArray tags_;
  std::vector<Key> keys_;
  std::vector<Waiting> waiting_;
  std::vector<std::uint32_t> free_;  ///< the next one is last
  std::uint32_t used_ = 0;           ///< registers from this one on were never used
};

}  // namespace tablewalk
