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
  const Record* next = job_.source->peek();
  if (next == nullptr) return true;
  const AccessFilter accesses(asid_, next->privilege);
  StraightRun run = straight_run(next->privilege == Privilege::User, cycle);
  while (start_run(run, accesses)) {
    if (block_is_next(accesses)) {
      if (!fetch_block(cycle)) return false;
    } else if (ready_is_next(accesses) && !issue_ready(cycle)) {
      return false;
    }
  }
  return true;
}

/// What is the same for all accesses of start_straight().
inline StraightRun RequestPort::straight_run(bool user, Cycles cycle) const {
  StraightRun run;
  run.cycle = cycle;
  run.hit_latency = neighbours_.cache_hit_latency[Data];
  run.last_hit = observed_ ? &LastHit::none() : &dtlb_side.last_hit();
  run.loading = LastHit::who_asks(id_, {AccessKind::Load, user});
  run.storing = LastHit::who_asks(id_, {AccessKind::Store, user});
  run.line_bytes = neighbours_.line_shift <= neighbours_.page_shift ? line_bytes() : 0;
  run.data_instruction = has_fetches_ ? 0 : 1;
  run.user = user;
  run.chained = chained_;
  run.careful = one_of_several() || pages_on_demand_;
  return run;
}

/// Starts accesses in blocks that the core has reached, and the first one of the next block. True if there may be more
/// after that, or after the fetch of a block or the issue of an access that is ready.
inline bool RequestPort::start_run(StraightRun& run, const AccessFilter& accesses) {
  // Without fetches, a buffer is likely full while the oldest access has an outstanding response: then nothing can
  // start.
  if (!has_fetches_ && in_flight() >= std::min(buffers_[0], buffers_[1]) && oldest().pending != 0) return false;
  const RecordSource& source = *job_.source;
  const Record* const first = source.peek();
  if (first == nullptr) return false;
  run.until = undisturbed_until(run.cycle);
  if (issue_cycle_ >= run.until) return block_is_next(accesses) || ready_is_next(accesses);
  const Record* const end = first + std::min<std::uint64_t>(source.end() - first, room_in_window());
  if (first == end) return false;
  const std::uint64_t fetches = stats_.accesses[static_cast<unsigned>(RecordKind::Fetch)];
  begin_run(run, *first);
  const StraightRun::End why = start_until(run, end, accesses);
  if (run.record != first) {
    end_run(run, static_cast<std::uint64_t>(run.record - first),
            stats_.accesses[static_cast<unsigned>(RecordKind::Fetch)] - fetches);
  }
  if (why == StraightRun::End::Block) return start_block(*run.record, run.cycle);
  if (why == StraightRun::End::Time) return block_is_next(accesses) || ready_is_next(accesses);
  return why == StraightRun::End::Complete && end != source.end();
}

inline void RequestPort::begin_run(StraightRun& run, const Record& first) {
  run.at = issue_cycle_;
  run.issued_in_cycle = issued_in_cycle_;
  run.instruction = instruction_;
  run.record = run.delivered = &first;
  run.number = end_;
  run.place = &ring_[end_ & mask_];
  run.waiting = run.unanswered = 0;
}

/// Starts the accesses before `end`, or fewer; says why it ends.
inline StraightRun::End RequestPort::start_until(StraightRun& run, const Record* end, const AccessFilter& accesses) {
  const Record* const follow_until = has_fetches_ ? first_not_to_follow(run.record, end) : run.record;
  for (; run.record != end; next_place(run)) {
    const Record& record = *run.record;
    if (run.at >= run.until) return StraightRun::End::Time;
    if (!accesses.passes(record)) return StraightRun::End::Special;
    if (record.kind == RecordKind::Fetch) {
      if (run.record >= follow_until) return StraightRun::End::Block;
      start_following(run);
    } else if (!start_data(run)) {
      return StraightRun::End::Special;
    }
  }
  return StraightRun::End::Complete;
}

/// Moves on to the next record and place.
inline void RequestPort::next_place(StraightRun& run) {
  ++run.record;
  ++run.place;
  ++run.number;
  if (++run.issued_in_cycle == issue_width_) {
    run.at += Cycles(1);
    run.issued_in_cycle = 0;
  }
}

/// What a run has changed. `started`: its accesses, `fetches`: those of instructions.
inline void RequestPort::end_run(const StraightRun& run, std::uint64_t started, std::uint64_t fetches) {
  job_.source->skip(static_cast<std::size_t>(run.record - run.delivered));
  end_ = run.number;
  issue_cycle_ = run.at;
  issued_in_cycle_ = run.issued_in_cycle;
  local_ = (run.place - 1)->times.issued;
  stats_.instructions += run.instruction - instruction_;
  instruction_ = run.instruction;
  stats_.supervisor_accesses += run.user ? 0 : started;
  const std::uint64_t requested = started - fetches - run.waiting;
  stats_.translations_requested += requested;
  stats_.translations_answered += requested - run.unanswered;
}

/// Before its access leaves the core: the record counts as delivered.
inline void RequestPort::deliver(StraightRun& run) {
  job_.source->skip(static_cast<std::size_t>(run.record - run.delivered) + 1);
  run.delivered = run.record + 1;
}

/// How many accesses certainly have room in the window, in adjacent places of the ring: each takes a place, and is of
/// the next instruction at most.
inline std::uint64_t RequestPort::room_in_window() {
  const auto room = [&] {
    const std::uint64_t end = window_end();
    return std::min(
        {std::uint64_t{capacity_} - in_flight(), end - std::min(end, instruction_ + 1), ring_size_ - (end_ & mask_)});
  };
  if (const std::uint64_t certain = room(); certain != 0) return certain;
  retire_done_by(issue_cycle_);
  return room();
}

/// Whether the front end fetches a block before the core does anything else.
inline bool RequestPort::block_is_next(const AccessFilter& accesses) const {
  if (fetch_at_ > issue_cycle_ || !(ready_.empty() || fetch_at_ < ready_.front().at)) return false;
  return no_event_is_next(accesses);
}

/// Whether an access whose operand has arrived issues before the core does anything else.
inline bool RequestPort::ready_is_next(const AccessFilter& accesses) const {
  if (ready_.empty() || ready_.front().at > issue_cycle_ || fetch_at_ < ready_.front().at) return false;
  return no_event_is_next(accesses);
}

/// Whether what next_part() would do first does not matter to what comes before the next access.
inline bool RequestPort::no_event_is_next(const AccessFilter& accesses) const {
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

/// Takes the place for the next access.
inline InFlight& RequestPort::take_place(const StraightRun& run) {
  InFlight& access = *run.place;
  access.instruction = run.instruction;
  access.waiting = no_slot;
  access.pending = 0;
  ++stats_.accesses[static_cast<unsigned>(run.record->kind)];
  return access;
}

/// Starts an instruction in a block that the core has reached, so that its bytes have arrived.
inline void RequestPort::start_following(StraightRun& run) {
  const Cycles at = run.at;
  ++run.instruction;
  record_.fetched = run.record->address;
  take_place(run).times = {at, at, at, at, at};
}

/// Starts the first instruction of a block that has arrived; false, without starting it, if it has not, or if issue()
/// must decide.
inline bool RequestPort::start_block(const Record& record, Cycles cycle) {
  const Cycles at = issue_cycle_;
  if (pages_on_demand_ || !has_fetches_ || !is_in_first_block()) return false;
  const AccessTimes& fetched = block(first_block_).times;
  if (one_of_several() && at > cycle && !may_start_early(record.address)) return false;
  if (fetched.done > at) return false;
  ++instruction_;
  ++stats_.instructions;
  record_.fetched = record.address;
  count_straddle(block(first_block_).address);
  AccessTimes& times = take_place().times;
  times = {at, at, at, at, at};
  if (fetched.done == at) times = fetched;  // this block determined the issue cycle
  count_start(record, at);
  ++first_block_;
  look_for_block(at);
  return true;
}

/// Whether the next record's instruction begins in the oldest block, or crosses into it from one that the core has
/// reached, and is in no other one; the block has been fetched.
inline bool RequestPort::is_in_first_block() const {
  const std::uint64_t number = job_.source->delivered();
  if (first_block_ == end_block_ || number < on_demand_until_) return false;
  const InFlight& first = block(first_block_);
  if (first.record != number + 1) return false;
  if (first.pending != 0 || first.faulted != nullptr) return false;
  if (first_block_ + 1 != end_block_) return block(first_block_ + 1).record > number + 1;
  return (!next_block_ || next_block_->record > number) && path_.reached() > number;
}

/// Starts a data access; false, without starting it, if it must wait or crosses a page.
inline bool RequestPort::start_data(StraightRun& run) {
  const Record& record = *run.record;
  const bool in_line = (record.address.value() ^ (record.address.value() + record.size - 1)) < run.line_bytes;
  if (!in_line && !within_block(record.address, record.size, neighbours_.page_shift)) return false;
  if (run.careful && !may_start(record, run)) return false;
  const bool depends = (record.distance | static_cast<unsigned>(run.chained)) != 0;
  const bool waits = depends && !operand_is_there(record, run.at);
  const bool loads = record.kind != RecordKind::Store;
  const bool stores = record.kind != RecordKind::Load;
  if ((loads && !has_room(run, loads_)) || (stores && !has_room(run, stores_))) return false;
  if (loads) loads_.enter_free(run.number);
  if (stores) stores_.enter_free(run.number);
  run.instruction += run.data_instruction;
  InFlight& access = take_place(run);
  const AtOnce how = waits ? AtOnce::Waits : access_at_once(run, access, stores, in_line);
  if (how != AtOnce::Hits) leave_core(run, access, how);
  return true;
}

/// What seldom keeps a data access from starting.
inline bool RequestPort::may_start(const Record& record, const StraightRun& run) {
  if (one_of_several() && run.at > run.cycle && !may_start_early(record.address)) return false;
  return !pages_on_demand_ || starts_without_fault(record);
}

/// As translate() and translated() for an access whose data are in one line, or not. If it hits in the first-level TLB
/// and cache, it needs no description.
inline RequestPort::AtOnce RequestPort::access_at_once(const StraightRun& run, InFlight& access, bool stores,
                                                       bool in_line) {
  const VirtualAddress va = run.record->address;
  Cycles answered = run.at;
  if (run.last_hit->serves(va, stores ? run.storing : run.loading)) {
    physical_ = run.last_hit->use(va, answered);
  } else {
    const Access wanted{stores ? AccessKind::Store : AccessKind::Load, run.user};
    const Translation* found = observed_ ? nullptr : dtlb_side.look_up_in_target(va, id_, wanted, answered);
    if (found == nullptr) return AtOnce::NoTranslation;
    physical_ = found->physical(va);
  }
  const Cycles done = answered + run.hit_latency;
  access.times = {run.at, answered, answered, done, done};
  return in_line && dcache_side.look_up(physical_, stores) ? AtOnce::Hits : AtOnce::NoData;
}

/// The rest of the start of a data access that waits for its operand or sends a request.
inline void RequestPort::leave_core(StraightRun& run, InFlight& access, AtOnce how) {
  const Record& record = *run.record;
  const bool waited_for_page = waits_for_page_;
  deliver(run);
  describe(access, record);
  if (how == AtOnce::Waits) {
    ++run.waiting;
    access.times.issued = run.at;
    const std::uint64_t newer = record.kind == RecordKind::Store ? 0 : 1;  // the load itself
    await_operand(access, run.number, loads_.newest((chained_ ? 1 : record.distance) + newer), run.at);
  } else if (how == AtOnce::NoTranslation) {
    ++run.unanswered;
    access.times.issued = run.at;
    if (!request_translation(access, run.at)) note_miss(access, record_.fetched, job_.source->delivered());
  } else if (within_block(record.address, record.size, neighbours_.line_shift)) {
    send_access(access, physical_, record.size, run.at);
  } else {
    access_lines(access, physical_, run.at);
  }
  // The run ends if the page of the next fetch block may have been mapped.
  run.until = waited_for_page && !waits_for_page_ ? run.at : undisturbed_until(run.cycle);
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
inline bool RequestPort::has_room(StraightRun& run, RecentAccesses& buffer) {
  if (buffer.has_room(first_)) return true;
  end_ = run.number;
  retire_done_by(run.at);
  return buffer.has_room(first_);
}

/// Retires the oldest access if all its responses have arrived.
bool RequestPort::retire_oldest() {
  const InFlight& access = oldest();
  if (access.pending != 0) return false;
  retirement_.retire(access.times);
  ++first_;
  return true;
}

/// Retires everything that can by that cycle: more than must, so that it is seldom called.
void RequestPort::retire_done_by(Cycles at) {
  while (first_ != end_) {
    const std::uint64_t place = first_ & mask_;
    const std::uint64_t adjacent = std::min(end_ - first_, ring_size_ - place);
    const std::uint64_t retired = retire_some(&ring_[place], adjacent, at);
    first_ += retired;
    if (retired != adjacent) return;
  }
}

/// Retires the oldest of these accesses that are done by that cycle; returns how many.
inline std::uint64_t RequestPort::retire_some(const InFlight* accesses, std::uint64_t count, Cycles at) {
  const InFlight* const end = accesses + count;
  const InFlight* access = accesses;
  Retirement retirement = retirement_;
  for (; access != end; ++access) {
    if (access->pending != 0 || access->times.done > at) break;
    retirement.retire(access->times);
  }
  retirement_ = retirement;
  return static_cast<std::uint64_t>(access - accesses);
}

/// Accounts for the start of the next record's access, an instruction.
inline void RequestPort::count_start(const Record& record, Cycles at) {
  job_.source->skip(1);
  ++stats_.accesses[static_cast<unsigned>(record.kind)];
  stats_.supervisor_accesses += record.privilege == Privilege::User ? 0 : 1;
  local_ = at;
  count_issue();
}

}  // namespace tablewalk
