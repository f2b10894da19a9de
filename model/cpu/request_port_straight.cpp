// Fast path for accesses that start back to back, limited only by the issue width. Conditions common to all of them are
// checked once; anything that must wait, or is unusual, is left to issue().

#include <algorithm>

#include "cpu/request_port.h"

namespace tablewalk {

/// Starts accesses from the next record on, up to the first one that needs issue().
void RequestPort::start_straight(Cycles cycle) {
  const bool unusual = record_.left != 0 || record_.fence || !root_ || repeated_ != nullptr || barrier_ != no_barrier ||
                       observes_ || spaces_.isolated();
  if (unusual || (gap_ != 0 && !has_fetches_)) return;
  // While the oldest access has an outstanding response, its buffer is likely full: then nothing can start.
  if (in_flight() >= std::min(buffers_[0], buffers_[1]) && oldest().pending != 0) return;
  const RecordSource& source = *job_.source;
  const Record* record = source.peek();
  if (record == nullptr) return;
  const std::uint64_t follows = follows_until();
  Cycles until = undisturbed_until(cycle);
  for (; record != source.end(); ++record) {
    if (!horizon_known_) until = undisturbed_until(cycle);  // the previous access has sent a request
    if (issue_cycle_ >= until || is_event(record->kind) || record->asid != asid_) return;
    if (record->kind != RecordKind::Fetch) {
      if (!start_data(*record, cycle)) return;
    } else if (source.delivered() >= follows || !start_following(*record)) {
      return;
    }
  }
}

/// Until when no other event can come before an access, as long as the horizon is known.
inline Cycles RequestPort::undisturbed_until(Cycles cycle) {
  const Cycles horizon = horizon_known_ ? horizon_ : look_ahead();
  const Cycles ready = ready_.empty() ? Cycles::never() : ready_.front().at;
  return std::min({slice_end_, fetch_at_, ready, std::max(horizon, cycle + Cycles(1))});
}

/// Starts an instruction in a block that the core has reached, so that its bytes have arrived; false, without starting
/// it, if the window is full.
inline bool RequestPort::start_following(const Record& record) {
  const Cycles at = issue_cycle_;
  if (!make_room_by(at, instruction_ + 1, 0)) return false;
  ++instruction_;
  ++stats_.instructions;
  record_.fetched = record.address;
  take_place().times = {at, at, at, at, at};
  count_start(record, at);
  return true;
}

/// Starts a data access; false, without starting it, if it must wait or crosses a page.
inline bool RequestPort::start_data(const Record& record, Cycles cycle) {
  const Cycles at = issue_cycle_;
  const bool loads = record.kind != RecordKind::Store;
  const bool stores = record.kind != RecordKind::Load;
  const std::uint64_t instruction = instruction_ + (has_fetches_ ? 0 : 1);
  std::uint64_t must_retire = 0;
  if (buffers_limit_) {
    if (loads) must_retire = loads_.newest(buffers_[0]).end;
    if (stores) must_retire = std::max(must_retire, stores_.newest(buffers_[1]).end);
  }
  if (!within_block(record.address, record.size, neighbours_.page_shift)) return false;
  if (at > cycle && !may_start_early(record.address)) return false;
  if (pages_on_demand_ && !starts_without_fault(record)) return false;
  if (!make_room_by(at, instruction, must_retire) || !operand_is_there(record, at)) return false;
  stats_.instructions += instruction - instruction_;
  instruction_ = instruction;
  if (loads) loads_.enter(end_);
  if (stores) stores_.enter(end_);
  InFlight& access = take_place();
  access.address = record.address;
  access.size = record.size;
  access.kind = record.kind;
  access.user = record.privilege == Privilege::User;
  access.times.issued = at;
  count_start(record, at);
  if (!translate(access, at)) note_miss(access, record_.fetched, job_.source->delivered());
  return true;
}

/// Whether the data of the load that the address depends on have arrived by `at`.
inline bool RequestPort::operand_is_there(const Record& record, Cycles at) const {
  const std::uint64_t distance = chained_ ? 1 : record.distance;
  if (distance == 0) return true;
  const AccessParts parts = loads_.newest(distance);
  for (std::uint64_t part = std::max(parts.first, first_); part < parts.end; ++part) {
    const InFlight& load = ring_[part & mask_];
    if (load.pending != 0 || load.times.done > at) return false;
  }
  return true;
}

/// Retires what must, and can by that cycle, for an access of that instruction to enter; false if there is still no
/// room.
inline bool RequestPort::make_room_by(Cycles at, std::uint64_t instruction, std::uint64_t must_retire) {
  while (window_is_full(instruction, must_retire)) {
    if (oldest().times.done > at || !retire_oldest()) return false;
  }
  return true;
}

/// Accounts for the start of the next record's access.
inline void RequestPort::count_start(const Record& record, Cycles at) {
  job_.source->skip(1);
  ++stats_.accesses[static_cast<unsigned>(record.kind)];
  stats_.supervisor_accesses += record.privilege == Privilege::User ? 0 : 1;
  local_ = at;
  count_issue();
}

}  // namespace tablewalk
