#pragma once

#include <memory>
#include <vector>

#include "links/timed_module.h"
#include "protocol/inbox.h"

namespace tablewalk {

/// The target ports of a module, one per upstream neighbour, and the requests that have arrived and were not taken yet.
/// They are taken oldest first; among those that became visible in the same cycle, the lowest port first.
template <class Port, class Message>
class UpstreamPorts {
 public:
  UpstreamPorts() = default;
  /// Makes `count` ports named after `name`; inside the owner's constructor, as SystemC requires.
  template <class Owner>
  UpstreamPorts(const char* name, Owner& owner, unsigned count) {
    for (unsigned index = 0; index < count; ++index) add<Port>(name, owner);
  }
  /// Makes the next port, of a subclass of Port.
  template <class Made, class Owner>
  void add(const char* name, Owner& owner) {
    const auto index = static_cast<unsigned>(ports_.size());
    ports_.push_back(std::make_unique<Made>(sc_core::sc_gen_unique_name(name), owner, index));
  }

  Port& port(unsigned index) { return *ports_[index]; }
  Inbox<Message*>& arrivals() { return arrivals_; }
  const Inbox<Message*>& arrivals() const { return arrivals_; }

 private:
  std::vector<std::unique_ptr<Port>> ports_;
  Inbox<Message*> arrivals_;
};

}  // namespace tablewalk
