// A core whose process waits in the kernel runs another one meanwhile.

#include <algorithm>

#include "cpu/request_port.h"

namespace tablewalk {

/// When the first of the parked processes can go on.
Cycles RequestPort::next_wake() const {
  Cycles first = Cycles::never();
  for (const auto& parked : parked_) {
    if (parked) first = std::min(first, parked->wakes());
  }
  return first;
}

/// The parked process that wakes first.
std::size_t RequestPort::first_to_wake() const {
  std::size_t first = running_;
  for (std::size_t number = 0; number < parked_.size(); ++number) {
    if (!parked_[number]) continue;
    if (first == running_ || parked_[number]->wakes() < parked_[first]->wakes()) first = number;
  }
  return first;
}

/// Leaves the kernel's work that is waiting, and turns to another process; false if there is none that can run. A wait
/// for a page is short, so it is left only for a process whose own wait is over, which may be the one that has the
/// page.
bool RequestPort::park(Cycles cycle) {
  const KernelPart waits_in = kind_of(kernel_run_.task).part;
  const bool waits = waits_in == KernelPart::Device || waits_in == KernelPart::Lock;
  const std::uint32_t alone = repeated_ == nullptr ? 0 : 1;
  if (!job_.run_while_waiting || !warm_ || !waits || kernel_run_.outstanding != 0 || in_flight() != alone ||
      faults_waiting_ != 0 || cycle < kernel_run_.accounted || !front_end_idle()) {
    return false;
  }
  const bool woken = next_wake() <= cycle;
  if (waits_in == KernelPart::Lock && !woken) return false;
  const std::size_t next = woken ? first_to_wake() : next_process(cycle);
  if (next == running_) return false;
  auto parked = std::make_unique<ParkedProcess>(path_);
  parked->is_barrier = barrier_ != no_barrier;
  parked->asid = asid_;
  parked->user_mode = spaces_.user_mode();
  parked->record = record_;
  record_.left = 0;
  record_.fence.reset();
  record_.held.reset();
  parked->on_demand_until = on_demand_until_;
  enter_task(kernel_run_.task, cycle);
  parked->run = std::exchange(kernel_run_, {});
  parked->repeated = std::exchange(repeated_, nullptr);
  if (parked->repeated != nullptr) {
    parked->access = oldest();
    ++first_;
    loads_.clear();  // also of what has been opened behind it, whose place another access gets
    stores_.clear();
  }
  barrier_ = no_barrier;
  if (parked_.size() < queue_->size()) parked_.resize(queue_->size());
  parked_[running_] = std::move(parked);
  if (spaces_.isolated()) change_mode(false);
  issue_not_before(cycle);
  ++stats_.waits_used;
  turn_to(next);
  wake_at(cycle + Cycles(1));
  return true;
}

/// The core runs that process from now on, with nothing in flight.
void RequestPort::turn_to(std::size_t next) {
  forget_blocks();
  on_demand_until_ = 0;
  if (!is_parked(running_)) queue_->release(running_);
  running_ = next;
  stats_.migrations += queue_->take(next, number_) ? 1 : 0;
  job_.source = &queue_->source(next);
  chained_ = job_.source->chained();
  path_.go_on_from(job_.source->delivered());
  issue_not_before(retirement_.last());
  ++stats_.process_switches;
  if (is_parked(next)) resume(issue_cycle_);
  slice_end_ = std::min(issue_cycle_ + job_.time_slice, next_wake());
}

/// Goes on with the kernel's work for the process, in its address space.
void RequestPort::resume(Cycles cycle) {
  const std::unique_ptr<ParkedProcess> its = std::move(parked_[running_]);
  if (spaces_.changes_root(false)) write_root(false);
  if (its->asid != asid_) {
    spaces_.set_mode(its->user_mode);
    const bool flushed = enter_address_space(its->asid);
    if (!flushed && !mode_.has_asids()) forget({Invalidation::Scope::AllNotGlobal, {}, 0, true}, cycle);
    ++stats_.switches;
    retirement_.pass_event(issue_cycle_, switch_cycles_ + (flushed ? invalidate_cycles_ : Cycles(0)),
                           &CoreCycles::switching);
  } else {
    change_mode(its->user_mode);
    retirement_.pass_event(issue_cycle_, Cycles(0), &CoreCycles::issue);
  }
  issue_not_before(retirement_.last());
  record_ = its->record;
  path_ = its->path;
  on_demand_until_ = its->on_demand_until;
  kernel_run_ = std::move(its->run);
  kernel_run_.accounted = retirement_.last();
  kernel_run_.busy_until = std::max(kernel_run_.busy_until, retirement_.last());
  if (its->repeated != nullptr) {
    InFlight& access = take_place();
    const std::uint64_t instruction = access.instruction;
    access = its->access;
    access.instruction = instruction;
    repeated_ = its->repeated;
    repeated_->tag = slot_of(access);
    repeated_->asid = id_;  // the address space may have got another one meanwhile
    if (its->is_barrier) barrier_ = end_ - 1;
  }
  wake_at(std::max(kernel_run_.busy_until, now() + Cycles(1)));
  forget_horizon();
}

}  // namespace tablewalk
