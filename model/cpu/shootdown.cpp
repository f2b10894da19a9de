#include "cpu/shootdown.h"

#include "cpu/request_port.h"

namespace tablewalk {

unsigned Shootdowns::start(const ShootdownInterrupt& interrupt, Cycles cycle) {
  const std::uint64_t targets = presence_.targets(interrupt.invalidation, interrupt.initiator);
  const Cycles visible = cycle + (broadcasts() ? Cycles(config_.broadcast_issue_cycles.count() * interrupt.pages) +
                                                     config_.broadcast_cycles
                                               : config_.interrupt_cycles);
  unsigned reached = 0;
  for (unsigned core = 0; core < cores_.size(); ++core) {
    if ((targets >> core & 1) == 0) continue;
    cores_[core]->receive_interrupt(interrupt, visible);
    ++reached;
  }
  return reached;
}

void Shootdowns::acknowledge(const ShootdownInterrupt& interrupt, Cycles handled) {
  const Cycles back = broadcasts() ? config_.broadcast_sync_cycles : config_.acknowledge_cycles;
  cores_[interrupt.initiator]->receive_acknowledgement(handled + back);
}

}  // namespace tablewalk
