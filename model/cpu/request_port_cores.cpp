// Parts of the core that concern several cores, or several traces.

#include <algorithm>

#include "cpu/request_port.h"

namespace tablewalk {

void RequestPort::join(Shootdowns& shootdowns, unsigned number) {
  shootdowns_ = &shootdowns;
  number_ = number;
  probe_->id = TranslationId(number, translations_begun_);
  shootdowns.add(*this);
  take_last_seat(Phase::Middle);
}

/// Pages are mapped in the order of simulated time across the cores, so an access that may map one must not run ahead.
bool RequestPort::may_start_early(VirtualAddress address) {
  if (!one_of_several()) return true;
  if (pages_on_demand_) return false;  // another core may take the page away
  const std::uint64_t page = address.value() >> neighbours_.page_shift;
  KnownPage& known = mapped_pages_[page % mapped_pages_.size()];
  if (known.number == page && known.asid == asid_) return true;
  if (!kernel_.is_mapped(asid_, address)) return false;
  known = {page, asid_};
  return true;
}

/// The core is drained at the end of its warm-up; true when all cores are.
bool RequestPort::wait_for_others_to_warm() {
  if (issue_cycle_ > now()) {
    wake_at(issue_cycle_);
    return false;
  }
  if (!reported_warm_) {
    reported_warm_ = true;
    job_.on_warm();
  }
  return warm_;
}

void RequestPort::start_measuring(Cycles cycle) {
  warm_ = true;
  issue_not_before(cycle);
  retirement_.pause_until(cycle);
  wake_at(cycle);
}

/// Whether the trace has a record that may run now: before all cores are warm, only warm-up records are read. The end
/// of a trace is only known by reading; without this check an empty turn would discard another trace's prefetched
/// blocks.
bool RequestPort::can_run(std::size_t process) {
  RecordSource& source = queue_->source(process);
  return source.has_next() || source.read_batch(warm_ ? ~std::uint64_t{0} : job_.warmup - source.read());
}

/// The trace whose turn is next in cycle `at`: one whose wait in the kernel is over, else in turn; the running one if
/// there is no other.
std::size_t RequestPort::next_process(Cycles at) {
  if (next_wake() <= at) return first_to_wake();
  std::size_t next = running_;
  for (std::size_t i = 1; i < queue_->size() && next == running_; ++i) {
    const std::size_t candidate = (running_ + i) % queue_->size();
    if (queue_->is_free(candidate) && can_run(candidate)) next = candidate;
  }
  return next;
}

/// Switches to the next trace; false if it must wait until nothing of the running one is in flight. Blocks fetched
/// ahead are fetched again at its next turn. `ended`: the running one has nothing left to run.
bool RequestPort::switch_process(bool ended) {
  std::size_t next = next_process(issue_cycle_);
  if (ended && next == running_) next = first_to_wake();
  if (next == running_) {
    slice_end_ = std::min(issue_cycle_ + job_.time_slice, next_wake());
    return true;
  }
  if (!drained() || !front_end_idle()) return false;
  issue_not_before(retirement_.last());
  if ((queue_->shared() || is_parked(next)) && issue_cycle_ > now()) {
    wake_at(issue_cycle_);
    return false;
  }
  turn_to(next);
  return !kernel_run_.running;
}

void RequestPort::receive_interrupt(const ShootdownInterrupt& interrupt, Cycles visible) {
  interrupts_.push(visible, interrupt, interrupt.initiator);
  wake_at(visible);
}

void RequestPort::receive_acknowledgement(Cycles visible) {
  acknowledgements_.push(visible, true);
  wake_at(visible);
}

void RequestPort::forget(const Invalidation& invalidation, Cycles cycle) {
  spaces_.translate(invalidation, [&](const Invalidation& its) {
    for (Side side : {Instructions, Data}) tlb(side).invalidate(its, cycle);
  });
  invalidated_at_ = cycle;
  if (pages_on_demand_) ready_pages_.fill({});
}

void RequestPort::start_shootdown(const ShootdownInterrupt& interrupt, Cycles cycle) {
  acknowledgements_awaited_ = shootdowns_->start(interrupt, cycle);
  if (acknowledgements_awaited_ != 0) ++stats_.shootdowns;
}

/// The last acknowledgement lets an event of the trace, or the kernel's work, proceed.
void RequestPort::take_acknowledgements(Cycles cycle) {
  while (acknowledgements_.due(cycle)) {
    acknowledgements_.pop();
    if (--acknowledgements_awaited_ != 0) continue;
    if (!kernel_run_.running) {
      const Cycles waited = cycle > retirement_.last() ? cycle - retirement_.last() : Cycles(0);
      issue_not_before(retirement_.pass_event(retirement_.last(), waited, &CoreCycles::shootdown_wait));
      end_fence();
    }
  }
}

/// An interrupt is taken between two accesses, when everything started has retired. A core that is in its kernel, or
/// has finished, only applies the invalidation. One page is invalidated per cycle.
void RequestPort::take_interrupts(Cycles cycle) {
  if (shootdowns_->broadcasts()) return take_broadcasts(cycle);
  while (interrupts_.due(cycle)) {
    const bool in_kernel = acknowledgements_awaited_ != 0 || kernel_run_.running || finished_;
    if (!in_kernel) {
      if (!drained()) return;
      if (retirement_.last() > cycle) return wake_at(retirement_.last());
    }
    if (!may_invalidate(cycle)) return;
    ShootdownInterrupt& next = interrupts_.front();
    forget(next.invalidation, cycle);
    next.invalidation.va = next.invalidation.va + next.stride;
    if (--next.pages != 0) return wake_at(cycle + Cycles(1));
    const ShootdownInterrupt interrupt = next;
    interrupts_.pop();
    Cycles handled = cycle + shootdowns_->handler_cycles();
    if (!in_kernel) {
      handled = handled + pass_interrupt(cycle);
      ++stats_.interrupts;
    }
    shootdowns_->acknowledge(interrupt, handled);
  }
}

/// Accounts for the handler; returns the cycles of the entry to an isolated kernel before it.
Cycles RequestPort::pass_interrupt(Cycles cycle) {
  const bool isolated = spaces_.changes_root(false);
  const Cycles entry = isolated ? spaces_.root_cycles() : Cycles(0);
  if (isolated) retirement_.pass_kernel(cycle, entry, KernelPart::Roots);
  retirement_.pass_event(cycle + entry, shootdowns_->handler_cycles(), &CoreCycles::interrupts);
  if (isolated) {
    retirement_.pass_kernel(retirement_.last(), entry, KernelPart::Roots);
    stats_.root_writes += 2;
    if (spaces_.root_writes_flush()) forget({Invalidation::Scope::AllNotGlobal, {}, 0, true}, cycle);
  }
  issue_not_before(retirement_.last());
  return entry;
}

/// The hardware applies an invalidation of another core at once, one page per cycle. It is complete when the accesses
/// that had their translation before have their data.
void RequestPort::take_broadcasts(Cycles cycle) {
  while (interrupts_.due(cycle)) {
    if (!may_invalidate(cycle)) break;
    ShootdownInterrupt& next = interrupts_.front();
    forget(next.invalidation, cycle);
    next.invalidation.va = next.invalidation.va + next.stride;
    if (--next.pages != 0) {
      wake_at(cycle + Cycles(1));
      break;
    }
    broadcasts_.push_back({next, end_, end_block_});
    ++stats_.broadcasts;
    interrupts_.pop();
  }
  const auto acknowledged = [&](const AppliedBroadcast& broadcast) {
    const bool complete = has_data_of_all(broadcast, cycle);
    if (complete) shootdowns_->acknowledge(broadcast.interrupt, cycle);
    return complete;
  };
  broadcasts_.erase(std::remove_if(broadcasts_.begin(), broadcasts_.end(), acknowledged), broadcasts_.end());
}

/// An access without a translation needs none of the old ones. A core that waits for others must not let them wait.
bool RequestPort::has_data_of_all(const AppliedBroadcast& broadcast, Cycles cycle) {
  if (acknowledgements_awaited_ != 0 || kernel_run_.running || finished_) return true;
  const auto complete = [&](const InFlight& access) {
    if (access.faulted != nullptr || access.unissued) return true;
    if (access.pending == 0 && access.times.done > cycle) wake_at(access.times.done);
    return access.pending == 0 && access.times.done <= cycle;
  };
  for (std::uint64_t number = first_; number < broadcast.end; ++number) {
    if (!complete(ring_[number & mask_])) return false;
  }
  for (std::uint64_t number = first_block_; number < broadcast.end_block; ++number) {
    if (!complete(block(number))) return false;
  }
  return true;
}

}  // namespace tablewalk
