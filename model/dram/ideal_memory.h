#pragma once

#include "links/access_link.h"
#include "links/timed_module.h"
#include "links/upstream_ports.h"
#include "memory/physical_memory.h"

namespace tablewalk {

/// An idealisation (walker_memory: ideal): a memory that completes every entry read and update in the next cycle, any
/// number in parallel. It reports `l1` as the memory that served an entry.
class IdealMemory : public TimedModule {
 public:
  /// `ports`: number of upstream neighbours.
  IdealMemory(sc_core::sc_module_name name, PhysicalMemory& memory, unsigned ports = 1)
      : TimedModule(name), memory_(memory), cpu_side_("cpu_side", *this, ports) {}

  tlm::tlm_target_socket<64>& cpu_side(unsigned port = 0) { return cpu_side_.port(port).socket; }

  // Called by the port.
  bool receive_access(unsigned port, MemoryAccess& access, Cycles& cycle) {
    cpu_side_.arrivals().push(cycle, &access, port);
    wake_at(cycle);
    return false;
  }

 private:
  void on_cycle() override {
    Inbox<MemoryAccess*>& arrivals = cpu_side_.arrivals();
    while (arrivals.due(now())) {
      MemoryAccess& access = *arrivals.front();
      const unsigned port = arrivals.front_port();
      arrivals.pop();
      access.info.served_by = ServedBy::L1;
      if (access.wants_entry()) access.transfer_entry(memory_);
      cpu_side_.port(port).respond(access, now() + Cycles(1));
    }
    if (!arrivals.empty()) wake_at(arrivals.next_visible());
  }

  PhysicalMemory& memory_;
  UpstreamPorts<AccessTargetPort<IdealMemory>, MemoryAccess> cpu_side_;
};

}  // namespace tablewalk
