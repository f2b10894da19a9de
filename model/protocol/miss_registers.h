#pragma once

#include <cstdint>
#include <vector>

#include "associative/tag_array.h"

namespace tablewalk {

/// The miss-status registers of a TLB or a cache: for each page or line that is being fetched, who waits for it. The
/// busy ones stand together, so that a search looks at no others. Keys are compared by `==`, and hashed by `value()`.
template <class Key, class Waiting>
class MissRegisters {
 public:
  explicit MissRegisters(std::uint32_t count) : tags_(1, count), keys_(count), waiting_(count) {}

  /// Who waits for `key`; nullptr if it is not being fetched. Valid until the next release().
  Waiting* find(const Key& key) {
    const std::uint32_t place = place_of(key);
    return place == keys_.size() ? nullptr : &waiting_[place];
  }
  bool full() const { return busy_ == keys_.size(); }
  /// Takes a free register for `key`, with nobody waiting; there is one, and `key` has none.
  Waiting& take(const Key& key) {
    put(busy_, key);
    return waiting_[busy_++] = Waiting{};
  }
  /// Frees the register of `key`, which has one, and gives who waited.
  Waiting release(const Key& key) {
    const std::uint32_t place = place_of(key);
    const Waiting waited = waiting_[place];
    --busy_;
    put(place, keys_[busy_]);
    waiting_[place] = waiting_[busy_];
    tags_.clear(0, busy_);
    return waited;
  }

 private:
  std::uint32_t place_of(const Key& key) const {
    const std::uint32_t first = tags_.first_below(busy_, 0, key.value());
    if (first == keys_.size() || keys_[first] == key) return first;
    return tags_.find(0, key.value(), [&](std::uint32_t place) { return keys_[place] == key; });
  }
  void put(std::uint32_t place, const Key& key) {
    keys_[place] = key;
    tags_.set(0, place, key.value());
  }

  TagArray tags_;
  std::vector<Key> keys_;
  std::vector<Waiting> waiting_;
  std::uint32_t busy_ = 0;
};

}  // namespace tablewalk
