// Handling of trace events and of the end of the warm-up; the core drains first.

#include <algorithm>

#include "cpu/request_port.h"

namespace tablewalk {

/// Executes an event; false if it must wait for an older access, or because the core must not run ahead.
bool RequestPort::pass_fence() {
  if (acknowledgements_awaited_ != 0 || kernel_run_.running || !drained()) return false;
  issue_not_before(retirement_.last());
  if (must_be_on_time(issue_cycle_)) {
    wake_at(issue_cycle_);
    return false;
  }
  if (record_.fence->to_user) {
    write_root(*record_.fence->to_user);
    end_fence();
    return true;
  }
  if (spaces_.changes_root(false)) {  // events are the kernel's
    write_root(false);
    if (must_be_on_time(issue_cycle_)) {
      wake_at(issue_cycle_);
      return false;
    }
  }
  const bool switches = record_.fence->switch_to.has_value();
  const bool flushed = switches && enter_address_space(*record_.fence->switch_to);
  if (record_.fence->invalidation) {
    kernel_.before_invalidation(*record_.fence->invalidation);
    if (!flushed) forget(*record_.fence->invalidation, issue_cycle_);
    if (one_of_several() && record_.fence->on_all_cores)
      start_shootdown({*record_.fence->invalidation, number_}, issue_cycle_);
    forget_horizon();
  }
  ++(switches ? stats_.switches : stats_.invalidations);
  issue_not_before(switches ? retirement_.pass_event(issue_cycle_,
                                                     switch_cycles_ + (flushed ? invalidate_cycles_ : Cycles(0)),
                                                     &CoreCycles::switching)
                            : retirement_.pass_event(issue_cycle_, invalidate_cycles_, &CoreCycles::invalidation));
  if (acknowledgements_awaited_ != 0) return false;
  end_fence();
  return true;
}

/// Lets younger accesses start.
void RequestPort::end_fence() {
  record_.fence.reset();
  path_.go_on_from(record_.held ? record_being_started() : job_.source->delivered());
  known_page_ = ~std::uint64_t{0};
}

/// True if translations had to be removed because of what happened to the address space, or to its id, meanwhile.
bool RequestPort::enter_address_space(AddressSpaceId asid) {
  SpacePresence* presence = one_of_several() ? &shootdowns_->presence() : nullptr;
  if (presence != nullptr && root_ && !mode_.has_asids()) presence->leave(number_, asid_);  // its TLBs are flushed
  const SpaceIds::Entered entered = spaces_.enter(asid);
  if (entered.evicted && presence != nullptr) presence->leave(number_, *entered.evicted);
  if (entered.flush == SpaceIds::Flush::All && presence != nullptr) presence->leave_all(number_);
  const bool missed = presence != nullptr && presence->enter(number_, asid);
  asid_ = asid;
  change_mode(spaces_.user_mode());
  stats_.ids_recycled += entered.evicted ? 1 : 0;
  stats_.id_rollovers += entered.rollover ? 1 : 0;
  stats_.id_flushes += entered.flush != SpaceIds::Flush::None ? 1 : 0;
  stats_.lazy_flushes += missed ? 1 : 0;
  if (entered.flush == SpaceIds::Flush::All) {
    forget({Invalidation::Scope::All, {}, 0, true}, issue_cycle_);
  } else if (missed || entered.flush == SpaceIds::Flush::Id) {
    forget({Invalidation::Scope::AddressSpace, {}, asid, true}, issue_cycle_);
  } else {
    return false;
  }
  return true;
}

/// The core continues in that mode, with the mode's root and id.
void RequestPort::change_mode(bool user) {
  spaces_.set_mode(user);
  root_ = kernel_.root_for(asid_, user);
  id_ = spaces_.id();
  if (spaces_.isolated()) path_.stay_in_mode(user);
}

/// Page-table isolation: an entry to the kernel, or an exit, with everything older retired.
void RequestPort::write_root(bool user) {
  change_mode(user);
  ++stats_.root_writes;
  if (spaces_.root_writes_flush()) forget({Invalidation::Scope::AllNotGlobal, {}, 0, true}, issue_cycle_);
  retirement_.pass_kernel(issue_cycle_, spaces_.root_cycles(), KernelPart::Roots);
  issue_not_before(retirement_.last());
  forget_horizon();
}

bool RequestPort::drained() {
  while (in_flight() != 0) {
    if (!retire_oldest()) return false;
  }
  return true;
}

/// The warm-up is over and nothing is in flight: the statistics start here. False if other cores are not warm yet.
bool RequestPort::warm() {
  issue_not_before(retirement_.last());
  if (one_of_several()) return wait_for_others_to_warm();
  warm_ = true;
  if (job_.on_warm) job_.on_warm();
  return true;
}

/// True at once, or when the whole machine has drained. Behind such a stop the core continues with the next record as
/// after an event.
[[gnu::noinline]] bool RequestPort::pass_stop() {
  RecordSource& source = *job_.source;
  if (job_.stops->passes(source)) return true;
  if (!drained() || !front_end_idle()) return false;
  // Prefetches and lines being written back are still on their way through the caches.
  const Cycles active = clockwork().next_activity();
  if (active != Cycles::never()) {
    wake_at(std::max(active, now() + Cycles(1)));
    return false;
  }
  issue_not_before(retirement_.last());
  const std::optional<bool> only_user = spaces_.isolated() ? std::optional(spaces_.user_mode()) : std::nullopt;
  job_.stops->drained(source, {root_.has_value(), asid_, id_, only_user});
  has_fetches_ = has_fetches_ || job_.stops->saw_fetches();
  forget_blocks();
  path_.go_on_from(source.delivered());
  prefetched_line_ = ~std::uint64_t{0};
  return true;
}

}  // namespace tablewalk
