// The front end of a core that fetches ahead along the trace.

#include <algorithm>

#include "cpu/request_port.h"

namespace tablewalk {

/// Finds the next block to fetch ahead, if there is one.
void RequestPort::look_for_block(Cycles not_before) {
  while (!next_block_) {
    next_block_ = path_.next(*job_.source, asid_);
    if (!next_block_ && !read_ahead()) return;
  }
  plan_fetch(not_before);
}

/// The front end has fetched nothing ahead, and plans nothing.
void RequestPort::forget_blocks() {
  first_block_ = end_block_;
  next_block_.reset();
  fetch_at_ = plan_at_ = Cycles::never();
  known_page_ = ~std::uint64_t{0};
}

/// The core is at a fetch that the front end has not seen: more records were between them than can be read ahead, or
/// nothing had been read.
void RequestPort::catch_up() {
  path_.catch_up_to(record_being_started());
  look_for_block(issue_cycle_);
}

/// Reads more of the trace to extend the path; false if that does not help.
bool RequestPort::read_ahead() {
  const RecordSource& source = *job_.source;
  if (path_.stopped() || path_.reached() < source.read() || !source.has_room()) return false;
  return read_batch();
}

/// Schedules the next block as soon as the queue has room. A page that is not mapped yet is left to the core, which
/// reaches it in program order: a fault in the front end would wait until it is the oldest.
void RequestPort::plan_fetch(Cycles not_before) {
  if (!next_block_ || end_block_ - first_block_ == fetch_queue_) return;
  const std::uint64_t page = next_block_->start.value() >> neighbours_.page_shift;
  if (page != known_page_) {
    if (!kernel_.is_mapped(asid_, next_block_->start)) {
      waits_for_page_ = maps_pages_ && !one_of_several();
      plan_again(not_before);
      return;
    }
    known_page_ = page;
  }
  fetch_at_ = std::max(not_before, fetch_not_before_);
}

/// Another core may map the page before this core reaches the cycle up to which it has run ahead.
void RequestPort::plan_again(Cycles not_before) {
  if (!one_of_several() || local_ <= now()) return;
  plan_at_ = local_;
  plan_not_before_ = not_before;
  wake_at(plan_at_);
  forget_horizon();
}

/// Fetches the next block; false if the core must not run ahead to its cycle.
bool RequestPort::fetch_block(Cycles cycle) {
  const Cycles at = std::max(fetch_at_, cycle);  // later if a fault was being handled meanwhile
  if (at > cycle && !may_run_ahead_to(at)) {
    wake_at(at);
    return false;
  }
  local_ = at;
  InFlight& access = block(end_block_++);
  access.address = next_block_->start;
  access.size = static_cast<std::uint32_t>(line_bytes() - (access.address.value() & (line_bytes() - 1)));
  access.kind = RecordKind::Fetch;
  access.user = next_block_->user;
  access.record = next_block_->record + 1;
  access.pending = 0;
  access.times.issued = at;
  next_block_.reset();
  fetch_at_ = Cycles::never();
  fetch_not_before_ = at + Cycles(1);
  ++stats_.fetch_blocks;
  if (translate(access, Instructions, at)) {
    prefetch_next_line(access, physical_, at);
  } else {
    note_miss(access, access.address, access.record);
  }
  look_for_block(fetch_not_before_);
  return true;
}

/// Prefetches the line after the one fetched from `address`, if it is in the same page. No access waits for it.
void RequestPort::prefetch_next_line(const InFlight& fetched, PhysicalAddress address, Cycles lookup) {
  if (!prefetches_) return;
  const std::uint64_t line = (address.value() >> neighbours_.line_shift) + 1;
  const std::uint64_t next = ((fetched.address.value() >> neighbours_.line_shift) + 1) << neighbours_.line_shift;
  if (next >> neighbours_.page_shift != fetched.address.value() >> neighbours_.page_shift) return;
  if (line == prefetched_line_) return;
  prefetched_line_ = line;
  ++stats_.next_line_prefetches;
  MemoryAccess& request = *access_probe_;
  request.prepare(PhysicalAddress(line << neighbours_.line_shift), static_cast<unsigned>(line_bytes()), false);
  request.info.tag = no_slot;
  send_probe(Instructions, lookup);
}

/// Whether the core itself fetches the rest of the current instruction.
bool RequestPort::core_fetches() const {
  const std::uint64_t record = record_being_started();
  if (record >= on_demand_until_) return false;
  const bool has_block = first_block_ != end_block_ && block(first_block_).record == record + 1;
  return !has_block || block(first_block_).address != record_.address;
}

/// Whether the current instruction has been fetched, or must be fetched by the core itself; moves issue_cycle_ to its
/// arrival.
bool RequestPort::instruction_arrived() {
  if (core_fetches()) return true;
  const std::uint64_t record = record_being_started();
  for (std::uint64_t number = first_block_; number != end_block_; ++number) {
    const InFlight& fetched = block(number);
    if (fetched.record > record + 1) return true;
    if (fetched.faulted != nullptr) return true;
    if (fetched.pending != 0) return false;
    issue_not_before(fetched.times.done);
  }
  // The rest of it is in the next block, if not fetched yet.
  if (!next_block_ || next_block_->record > record) return path_.reached() > record;
  return fetch_at_ == Cycles::never();
}

/// The first record after which instructions may not follow in blocks that the core has reached. Until then
/// look_for_block() would find nothing to do, whenever it is called.
std::uint64_t RequestPort::follows_until() const {
  const bool room = end_block_ - first_block_ != fetch_queue_;
  const bool idle = next_block_ ? !room || fetch_at_ != Cycles::never() || waits_for_page_ : path_.stopped();
  if (!idle || job_.source->delivered() < on_demand_until_) return 0;
  if (first_block_ != end_block_) return block(first_block_).record - 1;
  return next_block_ ? next_block_->record : path_.reached();
}

/// Starts the fetched part of an instruction.
void RequestPort::start_fetched(Cycles at) {
  if (core_fetches()) return fetch_on_demand(at);
  const std::uint64_t record = record_being_started();
  AccessTimes times{at, at, at, at, at};
  std::uint32_t size = record_.left;
  for (; first_block_ != end_block_ && block(first_block_).record <= record + 1; ++first_block_) {
    const InFlight& fetched = block(first_block_);
    if (fetched.faulted != nullptr) {
      if (fetched.address == record_.address) return start_faulted(at);
      size = static_cast<std::uint32_t>(fetched.address - record_.address);
      break;
    }
    count_straddle(fetched.address);
    if (fetched.times.done == at) times = fetched.times;  // this block determined the issue cycle
  }
  if (next_block_ && next_block_->record == record) {
    if (next_block_->start == record_.address) {
      leave_to_core();
      return fetch_on_demand(at);
    }
    size = std::min(size, static_cast<std::uint32_t>(next_block_->start - record_.address));
  }
  enter_window(size).times = times;
  look_for_block(at);
}

/// Leaves the next block, which belongs to the current instruction, to the core.
void RequestPort::leave_to_core() {
  on_demand_until_ = record_being_started() + 1;
  next_block_.reset();
  path_.skip_rest();
}

/// The core itself fetches an instruction, or its part that is in one page and in no block; everything younger waits.
void RequestPort::fetch_on_demand(Cycles at) {
  count_straddle(record_.address);
  std::uint32_t size = bytes_in_page();
  if (first_block_ != end_block_ && block(first_block_).record == record_being_started() + 1) {
    size = std::min(size, static_cast<std::uint32_t>(block(first_block_).address - record_.address));
  }
  InFlight& access = enter_window(size);
  access.times.issued = at;
  if (!translate(access, Instructions, at)) note_miss(access, record_.fetched, job_.source->delivered());
  if (access.pending != 0) barrier_ = end_ - 1;
  fetch_not_before_ = std::max(fetch_not_before_, at + Cycles(1));
  look_for_block(at);
}

/// A faulting fetch is skipped, so the following instructions of its block have not been fetched either.
void RequestPort::pass_over_block() {
  path_.end_block();
  const bool queued = first_block_ != end_block_;
  if (!queued && !next_block_) {
    on_demand_until_ = path_.reached();
    return;
  }
  const std::uint64_t record = queued ? block(first_block_).record - 1 : next_block_->record;
  const VirtualAddress start = queued ? block(first_block_).address : next_block_->start;
  on_demand_until_ = record + (begins_within(record, start) ? 1 : 0);
}

/// Whether a block at `start` begins inside the instruction of that record rather than at its first byte.
bool RequestPort::begins_within(std::uint64_t record, VirtualAddress start) const {
  return job_.source->look_at(record)->address != start;
}

/// The front end met a fault, which is handled when the access is the oldest.
void RequestPort::start_faulted(Cycles at) {
  InFlight& fetched = block(first_block_++);
  count_straddle(fetched.address);
  InFlight& access = enter_window(std::min(record_.left, fetched.size));
  access.times = fetched.times;
  access.pending = fetched.pending;
  access.record = fetched.record;
  access.faulted = fetched.faulted;
  access.faulted->tag = slot_of(access);
  fetched.faulted = nullptr;
  barrier_ = end_ - 1;
  ++faults_waiting_;
  look_for_block(at);
  if (at > now()) {
    wake_at(at);
  } else {
    handle_fault_of_oldest(at);
  }
  forget_horizon();
}

/// Counts a block that begins inside an instruction.
void RequestPort::count_straddle(VirtualAddress block) {
  if (block == record_.fetched) return;
  const bool page = (block.value() & low_bits(neighbours_.page_shift)) == 0;
  ++(page ? stats_.page_straddles : stats_.line_straddles);
}

/// Whether the front end has no outstanding responses. Its faults that the core did not reach end in the cycle that the
/// core has reached, which is the same whether it runs ahead or not.
bool RequestPort::front_end_idle() {
  for (std::uint64_t number = first_block_; number != end_block_; ++number) {
    InFlight& fetched = block(number);
    if (fetched.faulted != nullptr) {
      TranslationRequest& request = *fetched.faulted;
      fetched.faulted = nullptr;
      --fetched.pending;
      request.account(request.cycles.fault, local_);
      end_translation(request, local_);
    }
    if (fetched.pending != 0) return false;
  }
  return true;
}

}  // namespace tablewalk
