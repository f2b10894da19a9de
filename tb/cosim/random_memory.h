#pragma once

#include "links/access_link.h"
#include "links/timed_module.h"
#include "support/dice.h"

namespace tablewalk::test {

/// A memory that responds to a walker after random latencies, in any order, several responses per cycle.
class RandomMemory final : public TimedModule {
 public:
  RandomMemory(sc_core::sc_module_name name, PhysicalMemory& bytes, std::uint64_t seed)
      : TimedModule(name),
        port("port", *this, 0),
        bytes_(bytes),
        dice_(seed),
        longest_(dice_.pick<std::uint64_t>({1, 3, 10, 40, 150})),
        together_(dice_.pick<std::uint64_t>({1, 1, 4, 16})) {}

  bool receive_access(unsigned, MemoryAccess& access, Cycles& cycle) {
    arrivals_.push(cycle, &access);
    wake_at(cycle);
    return false;
  }

  AccessTargetPort<RandomMemory> port;

 private:
  void on_cycle() override {
    while (arrivals_.due(now())) {
      MemoryAccess& access = *arrivals_.front();
      arrivals_.pop();
      access.transfer_entry(bytes_);
      const std::uint64_t answered = now().count() + dice_.between(1, longest_);
      port.respond(access, Cycles((answered + together_ - 1) / together_ * together_));
    }
  }

  PhysicalMemory& bytes_;
  Dice dice_;
  std::uint64_t longest_;   ///< cycles
  std::uint64_t together_;  ///< responses come in multiples of this many cycles
  Inbox<MemoryAccess*> arrivals_;
};

}  // namespace tablewalk::test
