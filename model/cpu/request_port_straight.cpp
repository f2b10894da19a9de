// Fast path for accesses that start back to back, limited only by the issue width. Conditions common to all of them are
// checked once; anything that must wait, or is unusual, is left to issue().

#include <algorithm>

#include "cpu/request_port.h"

namespace tablewalk {

/// Starts accesses from the next record on, and fetches the blocks that are due between them, up to the first one that
/// needs issue(). False if the core must not run ahead to the next block.
bool RequestPort::start_straight(Cycles cycle) {
  const bool unusual = record_.left != 0 || record_.fence || !root_ || repeated_ != nullptr || barrier_ != no_barrier ||
                       observes_ || spaces_.isolated();
  if (unusual || (gap_ != 0 && !has_fetches_)) return true;
  const AccessFilter accesses(asid_);
  while (start_run(accesses, cycle)) {
    if (block_is_next(accesses) && !fetch_block(cycle)) return false;
  }
  return true;
}

/// Starts accesses in blocks that the core has reached, and the first one of the next block. True if there may be more
/// after that, or after the fetch of a block.
inline bool RequestPort::start_run(const AccessFilter& accesses, Cycles cycle) {
  // Without fetches, a buffer is likely full while the oldest access has an outstanding response: then nothing can
  // start.
  if (!has_fetches_ && in_flight() >= std::min(buffers_[0], buffers_[1]) && oldest().pending != 0) return false;
  const RecordSource& source = *job_.source;
  const Record* record = source.peek();
  if (record == nullptr) return false;
  const Record* const end = record + std::min<std::uint64_t>(source.end() - record, room_in_window());
  if (record == end) return false;
  const Record* const follow_until = first_not_to_follow(record, end);
  Run run{cycle, undisturbed_until(cycle)};
  for (; record != end; ++record) {
    if (issue_cycle_ >= run.until) return block_is_next(accesses);
    if (!accesses.passes(*record)) return false;
    if (record->kind == RecordKind::Fetch) {
      if (record >= follow_until) return start_block(*record, cycle);
      start_following(*record);
    } else if (!start_data(*record, run)) {
      return false;
    }
  }
  return end != source.end();
}

/// How many accesses certainly have room in the window: each takes a place, and is of the next instruction at most.
inline std::uint64_t RequestPort::room_in_window() {
  const auto room = [&] {
    const std::uint64_t end = window_end();
    return std::min(std::uint64_t{capacity_} - in_flight(), end - std::min(end, instruction_ + 1));
  };
  if (const std::uint64_t certain = room(); certain != 0) return certain;
  retire_done_by(issue_cycle_);
  return room();
}

/// Whether the front end fetches a block before the core does anything else.
inline bool RequestPort::block_is_next(const AccessFilter& accesses) const {
  if (fetch_at_ > issue_cycle_ || !(ready_.empty() || fetch_at_ < ready_.front().at)) return false;
  // What next_part() would do first must not matter to the front end.
  const Record* record = job_.source->peek();
  return issue_cycle_ < slice_end_ && record != nullptr && accesses.passes(*record) &&
         path_.reached() > job_.source->delivered();
}

/// The first of the records from `next` on that may not follow in blocks that the core has reached.
inline const Record* RequestPort::first_not_to_follow(const Record* next, const Record* end) const {
  const std::uint64_t until = follows_until();
  const std::uint64_t delivered = job_.source->delivered();
  return next + (until <= delivered ? 0 : std::min(until - delivered, static_cast<std::uint64_t>(end - next)));
}

/// Until when no other event can come before an access, as long as the horizon is known.
inline Cycles RequestPort::undisturbed_until(Cycles cycle) {
  const Cycles horizon = horizon_known_ ? horizon_ : look_ahead();
  const Cycles ready = ready_.empty() ? Cycles::never() : ready_.front().at;
  return std::min({slice_end_, fetch_at_, ready, std::max(horizon, cycle + Cycles(1))});
}

/// Starts an instruction in a block that the core has reached, so that its bytes have arrived.
inline void RequestPort::start_following(const Record& record) {
  const Cycles at = issue_cycle_;
  ++instruction_;
  ++stats_.instructions;
  record_.fetched = record.address;
  take_place().times = {at, at, at, at, at};
  count_start(record, at);
}

/// Starts the first instruction of a block that has arrived; false, without starting it, if it has not, or if issue()
/// must decide.
inline bool RequestPort::start_block(const Record& record, Cycles cycle) {
  const Cycles at = issue_cycle_;
  if (pages_on_demand_ || !has_fetches_ || !is_in_first_block(record)) return false;
  const AccessTimes& fetched = block(first_block_).times;
  if (one_of_several() && at > cycle && !may_start_early(record.address)) return false;
  if (fetched.done > at) return false;
  ++instruction_;
  ++stats_.instructions;
  record_.fetched = record.address;
  AccessTimes& times = take_place().times;
  times = {at, at, at, at, at};
  if (fetched.done == at) times = fetched;  // this block determined the issue cycle
  count_start(record, at);
  ++first_block_;
  look_for_block(at);
  return true;
}

/// Whether the next record's instruction begins the oldest block, which has been fetched, and is in no other one.
inline bool RequestPort::is_in_first_block(const Record& record) const {
  const std::uint64_t number = job_.source->delivered();
  if (first_block_ == end_block_ || number < on_demand_until_) return false;
  const InFlight& first = block(first_block_);
  if (first.record != number + 1 || first.address != record.address) return false;
  if (first.pending != 0 || first.faulted != nullptr) return false;
  if (first_block_ + 1 != end_block_) return block(first_block_ + 1).record > number + 1;
  return (!next_block_ || next_block_->record > number) && path_.reached() > number;
}

/// Starts a data access; false, without starting it, if it must wait or crosses a page.
inline bool RequestPort::start_data(const Record& record, Run& run) {
  const Cycles at = issue_cycle_;
  const bool in_line = within_block(record.address, record.size, neighbours_.line_shift);
  const bool in_page = in_line && neighbours_.line_shift <= neighbours_.page_shift;
  if (!in_page && !within_block(record.address, record.size, neighbours_.page_shift)) return false;
  if (one_of_several() && at > run.cycle && !may_start_early(record.address)) return false;
  if (pages_on_demand_ && !starts_without_fault(record)) return false;
  if (!operand_is_there(record, at)) return false;
  const bool loads = record.kind != RecordKind::Store;
  const bool stores = record.kind != RecordKind::Load;
  if ((loads && !has_room(loads_, at)) || (stores && !has_room(stores_, at))) return false;
  if (!has_fetches_) {
    ++instruction_;
    ++stats_.instructions;
  }
  if (loads) loads_.enter_free(end_);
  if (stores) stores_.enter_free(end_);
  InFlight& access = take_place();
  count_start(record, at);
  const Access wanted{stores ? AccessKind::Store : AccessKind::Load, record.privilege == Privilege::User};
  if (!access_at_once(access, wanted, record, in_line, at)) {
    run.until = undisturbed_until(run.cycle);  // it has sent a request
  }
  return true;
}

/// As translate() and translated() for an access whose data are in one line, or not. True if it hits in the first-level
/// TLB and cache: such an access needs no description.
inline bool RequestPort::access_at_once(InFlight& access, Access wanted, const Record& record, bool in_line,
                                        Cycles at) {
  ++stats_.translations_requested;
  Cycles answered = at;
  const Translation* found = observed_ ? nullptr : dtlb_side.look_up(record.address, id_, wanted, answered);
  if (found == nullptr) {
    access.times.issued = at;
    describe(access, record);
    if (!request_translation(access, at)) note_miss(access, record_.fetched, job_.source->delivered());
    return false;
  }
  ++stats_.translations_answered;
  const Cycles done = answered + neighbours_.cache_hit_latency[Data];
  access.times = {at, answered, answered, done, done};
  const PhysicalAddress address = found->physical(record.address);
  const bool write = wanted.kind == AccessKind::Store;
  Cycles data = at;
  if (in_line && neighbours_.cache_at_once[Data] && dcache_side.look_up(address, write, data)) return true;
  describe(access, record);
  if (in_line) {
    send_access(access, address, record.size, at);
  } else {
    access_lines(access, address, at);
  }
  return false;
}

/// What a data access is, for all that handle its misses.
inline void RequestPort::describe(InFlight& access, const Record& record) {
  access.address = record.address;
  access.size = record.size;
  access.kind = record.kind;
  access.user = record.privilege == Privilege::User;
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

/// Whether the load or store buffer has a free entry, after everything has retired that is done by that cycle.
inline bool RequestPort::has_room(RecentAccesses& buffer, Cycles at) {
  if (buffer.has_room(first_)) return true;
  retire_done_by(at);
  return buffer.has_room(first_);
}

/// Retires everything that can by that cycle: more than must, so that it is seldom called.
void RequestPort::retire_done_by(Cycles at) {
  std::uint64_t first = first_;
  for (; first != end_; ++first) {
    const InFlight& access = ring_[first & mask_];
    if (access.pending != 0 || access.times.done > at) break;
    retirement_.retire(access.times);
  }
  first_ = first;
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
