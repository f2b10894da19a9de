#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tablewalk {

/// The miss-status registers of a TLB or a cache: for each page or line that is being fetched, who waits for it. The
/// busy ones stand together, so that a search looks at no others.
template <class Key, class Waiting>
class MissRegisters {
 public:
  explicit MissRegisters(std::size_t count) : keys_(count), waiting_(count) {}

  /// Who waits for `key`; nullptr if it is not being fetched. Valid until the next release().
  Waiting* find(const Key& key) {
    for (std::size_t place = 0; place < busy_; ++place) {
      if (keys_[place] == key) return &waiting_[place];
    }
    return nullptr;
  }
  bool has(const Key& key) const {
    return std::find(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(busy_), key) !=
           keys_.begin() + static_cast<std::ptrdiff_t>(busy_);
  }
  bool full() const { return busy_ == keys_.size(); }
  /// Takes a free register for `key`, with nobody waiting; there is one, and `key` has none.
  Waiting& take(const Key& key) {
    keys_[busy_] = key;
    return waiting_[busy_++] = Waiting{};
  }
  /// Frees the register of `key`, which has one, and gives who waited.
  Waiting release(const Key& key) {
    std::size_t place = 0;
    while (!(keys_[place] == key)) ++place;
    const Waiting waited = waiting_[place];
    --busy_;
    keys_[place] = keys_[busy_];
    waiting_[place] = waiting_[busy_];
    return waited;
  }

 private:
  std::vector<Key> keys_;
  std::vector<Waiting> waiting_;
  std::size_t busy_ = 0;
};

}  // namespace tablewalk
