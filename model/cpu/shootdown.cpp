#include "cpu/shootdown.h"

#include "cpu/request_port.h"

namespace tablewalk {

unsigned Shootdowns::start(const ShootdownInterrupt& interrupt, Cycles cycle) {
  const Invalidation& invalidation = interrupt.invalidation;
  const unsigned initiator = interrupt.initiator;
  std::uint64_t targets = invalidation.covered().space ? cores_of_[invalidation.asid] : ~std::uint64_t{0};
  targets &= ~bit(initiator);
  unsigned interrupted = 0;
  for (unsigned core = 0; core < cores_.size(); ++core) {
    if ((targets & bit(core)) == 0) continue;
    cores_[core]->receive_interrupt(interrupt, cycle + config_.interrupt_cycles);
    ++interrupted;
  }
  return interrupted;
}

void Shootdowns::acknowledge(const ShootdownInterrupt& interrupt, Cycles handled) {
  cores_[interrupt.initiator]->receive_acknowledgement(handled + config_.acknowledge_cycles);
}

}  // namespace tablewalk
