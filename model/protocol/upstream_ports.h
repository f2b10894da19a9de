#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "protocol/inbox.h"
#include "protocol/timed_module.h"

namespace tablewalk {

/// Requests that have arrived at several ports and were not taken yet. They are taken oldest first; of those that
/// became visible in one cycle, the lowest port's.
template <class Message>
class Arrivals {
 public:
  explicit Arrivals(unsigned ports) : inboxes_(ports) {}

  Inbox<Message>& at(unsigned port) { return inboxes_[port]; }
  const Inbox<Message>& at(unsigned port) const { return inboxes_[port]; }

  /// The port whose first arrival has been visible longest; -1 if none is visible in `cycle`.
  int oldest(Cycles cycle) const {
    int oldest = -1;
    Cycles since = Cycles::never();
    for (std::size_t port = 0; port < inboxes_.size(); ++port) {
      const Cycles visible = inboxes_[port].next_visible();
      if (visible > cycle || visible >= since) continue;
      oldest = static_cast<int>(port);
      since = visible;
    }
    return oldest;
  }
  /// The first cycle in which a request is visible; never if there is none.
  Cycles next_visible() const {
    Cycles next = Cycles::never();
    for (const auto& inbox : inboxes_) next = std::min(next, inbox.next_visible());
    return next;
  }

 private:
  std::vector<Inbox<Message>> inboxes_;
};

/// The target ports of a module, one for each neighbour above, each with the requests that have arrived and were not
/// taken yet.
template <class Port, class Message>
class UpstreamPorts {
 public:
  /// Makes `count` ports named after `name`; inside the owner's constructor, as SystemC wants it.
  template <class Owner>
  UpstreamPorts(const char* name, Owner& owner, unsigned count) : arrivals_(count) {
    for (unsigned index = 0; index < count; ++index) {
      ports_.push_back(std::make_unique<Port>(sc_core::sc_gen_unique_name(name), owner, index));
    }
  }

  Port& port(unsigned index) { return *ports_[index]; }
  Inbox<Message*>& arrivals(unsigned port) { return arrivals_.at(port); }
  int oldest_arrival(Cycles cycle) const { return arrivals_.oldest(cycle); }
  Cycles next_visible() const { return arrivals_.next_visible(); }

 private:
  std::vector<std::unique_ptr<Port>> ports_;
  Arrivals<Message*> arrivals_;
};

}  // namespace tablewalk
