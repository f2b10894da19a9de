// Parts of the core that concern several cores, or several traces.

#include "cpu/request_port.h"

namespace tablewalk {

void RequestPort::join(Shootdowns& shootdowns, unsigned number) {
  shootdowns_ = &shootdowns;
  number_ = number;
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
  RecordSource& source = *processes_[process];
  return source.has_next() || source.read_batch(warm_ ? ~std::uint64_t{0} : job_.warmup - source.read());
}

/// The trace whose turn is next; the running one if there is no other.
std::size_t RequestPort::next_process() {
  std::size_t next = running_;
  for (std::size_t i = 1; i < processes_.size() && next == running_; ++i) {
    const std::size_t candidate = (running_ + i) % processes_.size();
    if (can_run(candidate)) next = candidate;
  }
  return next;
}

/// Switches to the next trace; false if it must wait until nothing of the running one is in flight. Blocks fetched
/// ahead are fetched again at its next turn.
bool RequestPort::switch_process() {
  const std::size_t next = next_process();
  if (next != running_) {
    if (!drained() || !front_end_idle()) return false;
    forget_blocks();
    on_demand_until_ = 0;
    running_ = next;
    job_.source = processes_[next];
    chained_ = job_.source->chained();
    path_.go_on_from(job_.source->delivered());
    issue_not_before(retirement_.last());
    ++stats_.process_switches;
  }
  slice_end_ = issue_cycle_ + job_.time_slice;
  return true;
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
  for (Side side : {Instructions, Data}) tlb(side).invalidate(invalidation, cycle);
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
    const Cycles handled = cycle + shootdowns_->handler_cycles();
    if (!in_kernel) {
      issue_not_before(retirement_.pass_event(cycle, shootdowns_->handler_cycles(), &CoreCycles::interrupts));
      ++stats_.interrupts;
    }
    shootdowns_->acknowledge(interrupt, handled);
  }
}

}  // namespace tablewalk
