#pragma once

#include <functional>
#include <map>
#include <utility>

#include "links/timed_module.h"

namespace tablewalk {

/// Performs a test's actions in the middle of the given cycles, as a core acts.
class Script final : public TimedModule {
 public:
  explicit Script(sc_core::sc_module_name name) : TimedModule(name, Phase::Middle) {}

  /// Called before the simulation starts.
  void at(std::uint64_t cycle, std::function<void()> action) {
    actions_.emplace(cycle, std::move(action));
    wake_at(Cycles(cycle));
  }

 private:
  void on_cycle() override {
    while (!actions_.empty() && actions_.begin()->first <= now().count()) {
      actions_.begin()->second();
      actions_.erase(actions_.begin());
    }
    if (!actions_.empty()) wake_at(Cycles(actions_.begin()->first));
  }

  std::multimap<std::uint64_t, std::function<void()>> actions_;
};

}  // namespace tablewalk
