#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/types.h"

namespace tablewalk {

/// Messages on registered links that are not visible or not taken yet, ordered by the cycle in which they become
/// visible, then by port, then by arrival. A ring that reuses its storage.
template <class Message>
class Inbox {
 public:
  /// Ports are numbered below this; cycles are below 2^56.
  static constexpr unsigned most_ports = 256;

  void push(Cycles visible, const Message& message, unsigned port = 0) {
    const std::uint64_t key = visible.count() * most_ports + port;
    if (end_ - first_ > mask_) grow();
    if (key < newest_) return insert(key, message);
    if (empty()) next_ = visible;
    newest_ = key;
    ring_[end_++ & mask_] = {key, message};
  }

  bool empty() const { return first_ == end_; }
  std::size_t size() const { return end_ - first_; }
  /// When the first message becomes or became visible; never if there is none.
  Cycles next_visible() const { return next_; }
  bool due(Cycles now) const { return next_ <= now; }
  Message& front() { return ring_[first_ & mask_].message; }
  const Message& front() const { return ring_[first_ & mask_].message; }
  unsigned front_port() const { return ring_[first_ & mask_].key % most_ports; }
  void pop() {
    ++first_;
    next_ = empty() ? Cycles::never() : Cycles(ring_[first_ & mask_].key / most_ports);
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t place = first_; place != end_; ++place) visit(ring_[place & mask_].message);
  }
  template <class Visit>
  void for_each(Visit visit) {
    for (std::size_t place = first_; place != end_; ++place) visit(ring_[place & mask_].message);
  }

 private:
  struct Item {
    std::uint64_t key = 0;  ///< cycle and port
    Message message;
  };

  /// Inserts before later messages.
  [[gnu::noinline]] void insert(std::uint64_t key, const Message& message) {
    std::size_t place = end_++;
    for (; place != first_ && ring_[(place - 1) & mask_].key > key; --place) {
      ring_[place & mask_] = ring_[(place - 1) & mask_];
    }
    ring_[place & mask_] = {key, message};
    newest_ = ring_[(end_ - 1) & mask_].key;
    next_ = Cycles(ring_[first_ & mask_].key / most_ports);
  }
  [[gnu::noinline]] void grow() {
    std::vector<Item> larger(2 * ring_.size());
    for (std::size_t place = first_; place != end_; ++place) larger[place - first_] = ring_[place & mask_];
    ring_.swap(larger);
    mask_ = ring_.size() - 1;
    end_ -= first_;
    first_ = 0;
  }

  std::vector<Item> ring_ = std::vector<Item>(4);  // size is a power of two
  std::size_t mask_ = 3;
  std::size_t first_ = 0;
  std::size_t end_ = 0;
  std::uint64_t newest_ = 0;  ///< upper bound of the last message's key; its exact key if there is one
  Cycles next_ = Cycles::never();
};

}  // namespace tablewalk
