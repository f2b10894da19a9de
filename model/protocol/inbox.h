#pragma once

#include <cstddef>
#include <vector>

#include "base/types.h"

namespace tablewalk {

/// Messages on a registered link that are not visible yet, or not taken yet: ordered by the cycle in which they become
/// visible, and by arrival among equals. Reuses its storage.
template <class Message>
class Inbox {
 public:
  void push(Cycles visible, const Message& message) {
    if (head_ == items_.size()) {
      items_.clear();
      head_ = 0;
    } else if (head_ > compact_at) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    std::size_t place = items_.size();
    items_.push_back({visible, message});
    while (place > head_ && items_[place - 1].visible > visible) {
      items_[place] = items_[place - 1];
      --place;
    }
    items_[place] = {visible, message};
  }

  bool empty() const { return head_ == items_.size(); }
  std::size_t size() const { return items_.size() - head_; }
  /// When the first message is or becomes visible; never if there is none.
  Cycles next_visible() const { return empty() ? Cycles::never() : items_[head_].visible; }
  bool due(Cycles now) const { return next_visible() <= now; }
  Message& front() { return items_[head_].message; }
  const Message& front() const { return items_[head_].message; }
  void pop() { ++head_; }
  template <class Visit>
  void for_each(Visit visit) {
    for (std::size_t place = head_; place < items_.size(); ++place) visit(items_[place].message);
  }

 private:
  struct Item {
    Cycles visible;
    Message message;
  };
  static constexpr std::size_t compact_at = 64;

  std::vector<Item> items_;
  std::size_t head_ = 0;
};

}  // namespace tablewalk
