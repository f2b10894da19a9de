// Accesses whose address depends on a load.

#include <algorithm>

#include "cpu/request_port.h"

namespace tablewalk {

/// Enters a data access into the load buffer, the store buffer, or both; determines what must retire first, and the
/// load that its address depends on.
void RequestPort::enter_buffers(const Record& record) {
  const bool loads = record_.kind != RecordKind::Store;
  if (loads) loads_.enter(end_);
  if (record_.kind != RecordKind::Load) stores_.enter(end_);
  if (buffers_limit_) limit_by_buffers();
  const std::uint64_t distance = chained_ ? 1 : record.distance;
  record_.operand = distance == 0 ? AccessParts{} : loads_.newest(distance + (loads ? 1 : 0));
}

/// Needed only if a buffer is smaller than the window: otherwise the window limits first.
void RequestPort::limit_by_buffers() {
  record_.must_retire = 0;
  if (record_.kind != RecordKind::Store) record_.must_retire = loads_.newest(buffers_[0] + 1).end;
  if (record_.kind != RecordKind::Load)
    record_.must_retire = std::max(record_.must_retire, stores_.newest(buffers_[1] + 1).end);
}

/// An access that enters the window in `at`, in that place, waits for its operand, the load of these parts; false if
/// the data have arrived by then.
bool RequestPort::await_operand(InFlight& access, std::uint64_t place, const AccessParts& load, Cycles at) {
  const std::uint32_t slot = slot_of(access);
  Operand& operand = operands_[slot];
  operand.parts = load;
  operand.ready = at;
  const bool known = !follow_operand(slot);
  if (known && operand.ready == at) return false;
  operand.record = job_.source->delivered();
  operand.fetched = record_.fetched;
  access.pending = 1;
  access.unissued = true;
  // Pages are mapped in program order, whatever the timing, so that frames do not depend on the machine.
  kernel_.before_walk(asid_, access.address, access_of(access));
  waits_for_page_ = false;
  if (known) ready_.push({operand.ready, place});
  return true;
}

/// Collects the arrival cycles of the operand's parts that are known; true if the access now waits for another part.
bool RequestPort::follow_operand(std::uint32_t slot) {
  Operand& operand = operands_[slot];
  for (; operand.parts.first < operand.parts.end; ++operand.parts.first) {
    if (operand.parts.first < first_) continue;  // retired, so its data arrived before this access entered
    InFlight& part = ring_[operand.parts.first & mask_];
    if (part.pending != 0) {
      operand.next = part.waiting;
      part.waiting = slot;
      return true;
    }
    operand.ready = std::max(operand.ready, part.times.done);
  }
  return false;
}

/// The data have arrived, in times.done: waiting accesses without another operand part get their cycle.
void RequestPort::release_waiting(InFlight& access) {
  std::uint32_t slot = access.waiting;
  access.waiting = no_slot;
  while (slot != no_slot) {
    const std::uint32_t next = operands_[slot].next;
    if (!follow_operand(slot)) ready_.push({operands_[slot].ready, first_ + ((slot - first_) & mask_)});
    slot = next;
  }
}

/// Issues the first access whose operand has arrived; false if the core must not run ahead to its cycle.
bool RequestPort::issue_ready(Cycles cycle) {
  const Cycles at = std::max(ready_.front().at, cycle);  // later if a fault was being handled meanwhile
  if (at > cycle && !may_run_ahead_to(at)) {
    wake_at(at);
    return false;
  }
  local_ = at;
  const auto slot = static_cast<std::uint32_t>(ready_.front().part & mask_);
  ready_.pop();
  InFlight& access = ring_[slot];
  access.pending = 0;
  access.unissued = false;
  access.times.issued = at;
  if (!translate(access, Data, at)) note_miss(access, operands_[slot].fetched, operands_[slot].record);
  check_complete(access);
  if (access.pending == 0 && (faults_waiting_ != 0 || !interrupts_.empty())) {
    // A younger fault may be handled, or an interrupt taken, as soon as this access has its data.
    wake_at(access.times.done);
    forget_horizon();
  }
  return true;
}

}  // namespace tablewalk
