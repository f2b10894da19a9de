#pragma once

#include <cstddef>
#include <vector>

#include "base/types.h"

namespace tablewalk {

/// Messages on registered links that are not visible yet, or not taken yet: ordered by the cycle in which they become
/// visible, of equals by the port they came through, then by arrival. A ring that reuses its storage.
template <class Message>
class Inbox {
 public:
  void push(Cycles visible, const Message& message, unsigned port = 0) {
    if (count_ == ring_.size()) grow();
    std::size_t place = first_ + count_++;
    while (place != first_ && comes_after(item(place - 1), visible, port)) {
      item(place) = item(place - 1);
      --place;
    }
    item(place) = {visible, message, port};
    next_ = item(first_).visible;
  }

  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  /// When the first message is or becomes visible; never if there is none.
  Cycles next_visible() const { return next_; }
  bool due(Cycles now) const { return next_ <= now; }
  Message& front() { return item(first_).message; }
  const Message& front() const { return ring_[first_ & mask_].message; }
  unsigned front_port() const { return ring_[first_ & mask_].port; }
  void pop() {
    ++first_;
    next_ = --count_ == 0 ? Cycles::never() : item(first_).visible;
  }
  template <class Visit>
  void for_each(Visit visit) {
    for (std::size_t place = first_; place != first_ + count_; ++place) visit(item(place).message);
  }

 private:
  struct Item {
    Cycles visible;
    Message message;
    unsigned port = 0;
  };

  static bool comes_after(const Item& item, Cycles visible, unsigned port) {
    return item.visible > visible || (item.visible == visible && item.port > port);
  }
  Item& item(std::size_t place) { return ring_[place & mask_]; }
  void grow() {
    std::vector<Item> larger(ring_.empty() ? 4 : 2 * ring_.size());
    for (std::size_t i = 0; i < count_; ++i) larger[i] = item(first_ + i);
    ring_.swap(larger);
    mask_ = ring_.size() - 1;
    first_ = 0;
  }

  std::vector<Item> ring_;  // of a power of two
  std::size_t mask_ = 0;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  Cycles next_ = Cycles::never();
};

}  // namespace tablewalk
