// The kernel at work on a core: faults, and the steps that the kernel decided on.

#include <algorithm>

#include "cpu/request_port.h"

namespace tablewalk {

/// Faults are precise: a fault is handled when everything older has retired. If the kernel takes pages away, nothing
/// younger may be outstanding either, because a frame gets another page.
bool RequestPort::fault_may_be_handled(Cycles cycle) {
  if (faults_waiting_ == 0 || repeated_ != nullptr || kernel_run_.running) return false;
  while (oldest().faulted == nullptr) {
    if (oldest().pending != 0) return false;
    if (oldest().times.done > cycle) {
      wake_at(oldest().times.done);
      return false;
    }
    retire_oldest();
  }
  if (!pages_on_demand_) return true;
  for (std::uint64_t part = first_ + 1; part != end_; ++part) {
    const InFlight& younger = ring_[part & mask_];
    if (younger.pending != 0 && younger.faulted == nullptr && !younger.unissued) return false;
  }
  return front_end_idle();
}

/// The handler runs on this core, so nothing issues until it has ended and the access is repeated.
void RequestPort::handle_fault_of_oldest(Cycles cycle) {
  while (fault_may_be_handled(cycle)) {
    TranslationRequest& request = *oldest().faulted;
    oldest().faulted = nullptr;
    --faults_waiting_;
    record_of_fault_ = oldest().record;
    kernel_run_.work.clear();
    const bool enters = begin_entry();
    kernel_.handle_fault({request.space, request.va, request.access, request.answer.fault, context(), cycle,
                          oldest().size, request.instruction, record_of_fault_},
                         kernel_run_.work);
    record_of_fault_ = 0;
    if (kernel_run_.work.done() && kernel_run_.work.then == KernelWork::Then::Skip) {
      pass_over(request, cycle);
      continue;  // the next fault may be due as well
    }
    kernel_run_.owes_exit = enters;
    ++stats_.faults;
    repeated_ = &request;
    if (!pages_on_demand_) job_.observer->fault_handled(request, cycle);
    retirement_.fault(oldest().times.tlb_hit_until, cycle);
    enter_kernel(cycle);
  }
}

/// The first step of the work is the entry to an isolated kernel, if the core is not in it.
bool RequestPort::begin_entry() {
  if (!spaces_.changes_root(false)) return false;
  kernel_run_.work.compute(spaces_.root_cycles(), KernelTask::WriteRoot);
  return true;
}

/// A write of the root register within the work.
void RequestPort::note_root_write(Cycles cycle) {
  ++stats_.root_writes;
  if (!spaces_.root_writes_flush()) return;
  forget({Invalidation::Scope::AllNotGlobal, {}, 0, true}, cycle);
  forget_horizon();
}

/// Everything older has retired; the steps are in kernel_run_.work.
void RequestPort::enter_kernel(Cycles cycle) {
  kernel_run_.begin(cycle);
  if (kernel_run_.owes_exit) note_root_write(cycle);
  if (pages_on_demand_) drop_fetched_blocks();
  run_kernel(cycle);
}

/// Accounts for the cycles up to `cycle`, for the task that the core was at, and continues with `next`.
void RequestPort::enter_task(KernelTask next, Cycles cycle) {
  KernelRun& run = kernel_run_;
  retirement_.pass_kernel(run.accounted, cycle - run.accounted, kind_of(run.task).part);
  if (observed_ && cycle != run.accounted) {
    job_.observer->kernel_worked(repeated_, {run.task, run.accounted, cycle});
  }
  run.accounted = cycle;
  run.task = next;
}

/// Executes steps until one must wait.
void RequestPort::run_kernel(Cycles cycle) {
  KernelRun& run = kernel_run_;
  while (acknowledgements_awaited_ == 0) {
    if (run.busy_until > cycle) return park(cycle) ? void() : wake_at(run.busy_until);
    if (run.work.done()) {
      if (run.outstanding != 0) return;
      if (std::exchange(run.owes_exit, false)) {
        run.work.compute(spaces_.root_cycles(), KernelTask::WriteRoot);
        note_root_write(cycle);
        continue;
      }
      if (run.accounted == cycle && run.began == cycle) {  // the shortest stay in the kernel is one cycle
        run.busy_until = cycle + Cycles(1);
        continue;
      }
      return leave_kernel(cycle);
    }
    if (!execute_step(run.work.current(), cycle)) return;
  }
}

/// False if it must wait for a response, which wakes the core. Accesses in a row overlap; other steps wait for them.
bool RequestPort::execute_step(KernelStep& step, Cycles cycle) {
  KernelRun& run = kernel_run_;
  switch (step.kind) {
    case KernelStep::Kind::Read:
    case KernelStep::Kind::Write:
    case KernelStep::Kind::Copy:
      return access_lines_of_kernel(step, cycle);
    default:
      break;
  }
  if (run.outstanding != 0) return false;
  switch (step.kind) {
    case KernelStep::Kind::Compute:
    case KernelStep::Kind::WaitUntil:
      enter_task(step.task, cycle);
      run.busy_until = step.kind == KernelStep::Kind::Compute ? cycle + step.cycles : step.cycles;
      break;
    case KernelStep::Kind::Invalidate:
      return invalidate_for_kernel(step, cycle);
    default: {
      const KernelStep committed = step;
      run.finish_step();
      const bool repaired = kernel_.commit(committed, context(), cycle, run.work);
      if (repaired && repeated_ != nullptr) job_.observer->fault_handled(*repeated_, cycle);
      return true;
    }
  }
  run.finish_step();
  return true;
}

/// Accesses the next line of the step; false if too many accesses are outstanding.
bool RequestPort::access_lines_of_kernel(KernelStep& step, Cycles cycle) {
  KernelRun& run = kernel_run_;
  if (run.outstanding >= capacity_) return false;
  enter_task(step.task, cycle);
  const bool copies = step.kind == KernelStep::Kind::Copy;
  const bool reads = step.kind == KernelStep::Kind::Read || (copies && !run.copied_from);
  const PhysicalAddress address = (copies && reads ? step.from : step.address) + run.bytes_done;
  const std::uint64_t in_line = line_bytes() - (address.value() & (line_bytes() - 1));
  const std::uint64_t size = std::min(in_line, step.bytes - run.bytes_done);
  access_probe_->prepare(address, static_cast<unsigned>(size), !reads);
  access_probe_->info.tag = kernel_tag;
  if (!send_probe(Data, cycle)) ++run.outstanding;
  run.busy_until = cycle + Cycles(1);
  if (copies) run.copied_from = reads;
  if (!copies || !reads) run.bytes_done += size;
  if (run.bytes_done == step.bytes) run.finish_step();
  return true;
}

/// Invalidates the step's next page on this core, and after the last one begins the shootdown.
bool RequestPort::invalidate_for_kernel(const KernelStep& step, Cycles cycle) {
  KernelRun& run = kernel_run_;
  if (!may_invalidate(cycle)) return false;
  enter_task(step.task, cycle);
  Invalidation invalidation = spaces_.meaning_of(step.invalidation);
  invalidation.va = invalidation.va + run.pages_done * step.stride;
  forget(invalidation, cycle);
  forget_horizon();
  run.busy_until = cycle + std::max(invalidate_cycles_, Cycles(1));
  if (++run.pages_done != step.pages) return true;
  if (step.everywhere && one_of_several()) {
    start_shootdown({spaces_.meaning_of(step.invalidation), number_, step.pages, step.stride}, cycle);
    if (acknowledgements_awaited_ != 0) enter_task(KernelTask::AwaitShootdown, cycle);
  }
  run.finish_step();
  return true;
}

void RequestPort::leave_kernel(Cycles cycle) {
  KernelRun& run = kernel_run_;
  enter_task(KernelTask::Handle, cycle);
  run.running = false;
  issue_not_before(cycle);
  forget_horizon();
  if (repeated_ == nullptr) return path_.go_on_from(job_.source->delivered());  // after a system call
  TranslationRequest& request = *std::exchange(repeated_, nullptr);
  if (run.work.then == KernelWork::Then::Kill) end_process();
  if (run.work.then != KernelWork::Then::Repeat) return pass_over(request, cycle);
  repeat_faulted(request, cycle);
}

/// Makes the system call that is due; false if it must wait for older accesses, or until the kernel has ended it.
bool RequestPort::make_call() {
  const LayoutChange call = *job_.source->change_due();
  if (call.record == 0 || call.by_other_thread) {
    if (call.record == 0) kernel_.begin_layout(call);  // it was there before the trace
    job_.source->pass_change();
    return true;
  }
  if (kernel_run_.running || !drained() || !front_end_idle()) return false;
  issue_not_before(retirement_.last());
  if (issue_cycle_ > now()) {
    wake_at(issue_cycle_);
    return false;
  }
  job_.source->pass_change();
  ++stats_.calls;
  kernel_run_.work.clear();
  retirement_.pass_event(issue_cycle_, Cycles(0), &CoreCycles::issue);
  kernel_run_.owes_exit = begin_entry();
  kernel_.handle_call(call, context(), issue_cycle_, kernel_run_.work);
  enter_kernel(issue_cycle_);
  return false;
}

/// The access ends with its fault: without a translation and without a memory access.
void RequestPort::pass_over(TranslationRequest& request, Cycles cycle) {
  InFlight& access = ring_[request.tag];
  --access.pending;
  access.times.translated = access.times.cache_hit_until = access.times.done = cycle;
  check_complete(access);
  ++stats_.faulted_accesses;
  if (fetches_ahead() && access.kind == RecordKind::Fetch) pass_over_block();
  request.account(request.cycles.fault, cycle);
  end_translation(request, cycle);
}

void RequestPort::repeat_faulted(TranslationRequest& request, Cycles cycle) {
  job_.observer->access_repeats(request, cycle);
  request.account(request.cycles.fault, cycle);
  after_fault_ = &request;
  Cycles visible = cycle;
  const Side side = side_of(ring_[request.tag].kind);
  if (!tlb(side).request(request, visible)) return;
  end_fault();
  request.account(request.cycles.tlb_lookup, visible);
  InFlight& access = ring_[request.tag];
  --access.pending;
  translated(access, side, request.answer.translation, visible, cycle);
  check_complete(access);
  end_translation(request, visible);
}

/// The running trace ends here.
void RequestPort::end_process() {
  job_.source->stop();
  loads_.clear();  // of what has been opened behind the last access, and never starts
  stores_.clear();
  record_.left = 0;
  record_.held.reset();
  record_.fence.reset();
}

/// Whether no other invalidation was made in this cycle: a hardware walker takes one per cycle.
bool RequestPort::may_invalidate(Cycles cycle) {
  if (invalidated_at_ != cycle) return true;
  wake_at(cycle + Cycles(1));
  return false;
}

/// Blocks fetched ahead may lie in a page that the kernel takes away: they are fetched again. The core itself fetches
/// the rest of an instruction that it has begun.
void RequestPort::drop_fetched_blocks() {
  if (!fetches_ahead()) return;
  forget_blocks();
  on_demand_until_ = record_.left != 0 && record_.kind == RecordKind::Fetch ? job_.source->delivered() : 0;
  path_.go_on_from(record_.held ? record_being_started() : job_.source->delivered());
}

/// The kernel lets an access that would fault enter only alone, so that it handles faults in program order and no
/// access in flight uses a page that it takes away.
bool RequestPort::may_enter_window() {
  enters_alone_ = !page_is_ready(record_.address, record_.kind, record_.user);
  if (!enters_alone_) return true;
  if (!drained() || !front_end_idle()) return false;
  issue_not_before(retirement_.last());
  return true;
}

bool RequestPort::page_is_ready(VirtualAddress address, RecordKind kind, bool user) {
  const Access access{kind_of_access[static_cast<unsigned>(kind)], user};
  const std::uint64_t page = address.value() >> neighbours_.page_shift;
  const std::uint64_t number = page * 8 + static_cast<std::uint64_t>(access.kind) * 2 + (user ? 1 : 0);
  KnownPage& known = ready_pages_[(number ^ number >> 6) % ready_pages_.size()];
  if (known.number == number && known.asid == asid_) return true;
  if (kernel_.would_fault(asid_, address, access)) return false;
  known = {number, asid_};
  return true;
}

/// Shows the kernel the access being started.
void RequestPort::show_access() {
  const std::uint64_t page = record_.address.value() >> neighbours_.page_shift;
  if (touched_.number == page && touched_.asid == asid_) return;
  touched_ = {page, asid_};
  kernel_.touched(asid_, record_.address, issue_cycle_);
}

}  // namespace tablewalk
