#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "associative/tag_array.h"

namespace tablewalk {

/// The miss-status registers of a TLB or a cache: for each page or line that is being fetched, who waits for it. The
/// busy ones stand together, so that a search looks at no others; a search compares tags, eight at once. `Key`
/// has a value() of 64 bits, by which keys mostly differ.
template <class Key, class Waiting>
class MissRegisters {
 public:
  explicit MissRegisters(std::size_t count)
      : tags_(1, static_cast<std::uint32_t>(count)), keys_(count), waiting_(count) {}

  /// Who waits for `key`; nullptr if it is not being fetched. Valid until the next release().
  Waiting* find(const Key& key) {
    const std::uint32_t place = place_of(key);
    return place == keys_.size() ? nullptr : &waiting_[place];
  }
  bool has(const Key& key) const { return place_of(key) != keys_.size(); }
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
    if (place != busy_) {
      put(place, keys_[busy_]);
      waiting_[place] = waiting_[busy_];
    }
    tags_.clear(0, busy_);
    return waited;
  }

 private:
  std::uint32_t place_of(const Key& key) const {
    return tags_.find_below(busy_, 0, key.value(), [&](std::uint32_t place) { return keys_[place] == key; });
  }
  void put(std::uint32_t place, const Key& key) {
    tags_.set(0, place, key.value());
    keys_[place] = key;
  }

  TagArray tags_;
  std::vector<Key> keys_;
  std::vector<Waiting> waiting_;
  std::uint32_t busy_ = 0;
};

}  // namespace tablewalk
