// Handling of trace events and of the end of the warm-up; the core drains first.

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
  const bool switches = fence_->switch_to.has_value();
  if (switches) enter_address_space(*fence_->switch_to);
  if (fence_->invalidation) {
    kernel_.before_invalidation(*fence_->invalidation);
    forget(*fence_->invalidation, issue_cycle_);
    if (one_of_several() && fence_->on_all_cores) start_shootdown({*fence_->invalidation, number_}, issue_cycle_);
    forget_horizon();
  }
  ++(switches ? stats_.switches : stats_.invalidations);
  issue_not_before(switches ? retirement_.pass_event(issue_cycle_, switch_cycles_, &CoreCycles::switching)
                            : retirement_.pass_event(issue_cycle_, invalidate_cycles_, &CoreCycles::invalidation));
  if (acknowledgements_awaited_ != 0) return false;
  end_fence();
  return true;
}

/// Lets younger accesses start.
void RequestPort::end_fence() {
  fence_.reset();
  path_.go_on_from(held_ ? record_being_started() : job_.source->delivered());
  known_page_ = ~std::uint64_t{0};
}

void RequestPort::enter_address_space(AddressSpaceId asid) {
  if (one_of_several()) {
    if (root_ && !mode_.has_asids()) shootdowns_->leave(number_, asid_);  // its TLBs are flushed
    shootdowns_->enter(number_, asid);
  }
  asid_ = asid;
  root_ = kernel_.root(asid);
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

}  // namespace tablewalk
