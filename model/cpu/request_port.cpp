#include "cpu/request_port.h"

#include <algorithm>
#include <utility>

#include "cpu/access_splitter.h"

namespace tablewalk {
namespace {

std::uint64_t power_of_two(std::uint32_t at_least) {
  std::uint64_t size = 1;
  while (size < at_least) size *= 2;
  return size;
}

bool is_user(const Record& record) {
  return record.privilege == Privilege::User;
}

/// Maximum loads, or stores, in flight.
std::uint32_t buffer_size(std::uint32_t configured, std::uint32_t capacity) {
  return configured == 0 ? capacity : std::min(configured, capacity);
}

}  // namespace

RequestPort::RequestPort(sc_core::sc_module_name name, const CoreConfig& config, const CoreNeighbours& neighbours,
                         const PagingMode& mode, Kernel& kernel)
    : TimedModule(name, Phase::Middle),
      itlb_side("itlb_side", *this, Instructions),
      dtlb_side("dtlb_side", *this, Data),
      icache_side("icache_side", *this, Instructions),
      dcache_side("dcache_side", *this, Data),
      issue_width_(config.issue_width),
      capacity_(config.blocking ? 1 : config.accesses_in_flight),
      window_(config.window),
      gap_(config.instruction_gap),
      fetch_queue_(config.blocking ? 0 : config.fetch_queue),
      prefetches_(config.next_line_prefetch),
      buffers_{buffer_size(config.loads_in_flight, capacity_), buffer_size(config.stores_in_flight, capacity_)},
      buffers_limit_(buffers_[0] < capacity_ || buffers_[1] < capacity_),
      invalidate_cycles_(config.invalidate_cycles),
      switch_cycles_(config.switch_cycles),
      run_ahead_(config.run_ahead),
      neighbours_(neighbours),
      mode_(mode),
      kernel_(kernel),
      pages_on_demand_(kernel.pages_on_demand()),
      observes_(kernel.observes_accesses()),
      spaces_(mode),
      path_(neighbours.line_shift),
      maps_pages_(!pages_on_demand_ && !config.free_translation),
      ring_size_(power_of_two(capacity_)),
      block_mask_(power_of_two(std::max(fetch_queue_, 1U)) - 1),
      ring_(ring_size_ + block_mask_ + 1),
      mask_(ring_size_ - 1),
      loads_(capacity_, buffers_[0]),
      stores_(capacity_, buffers_[1]),
      operands_(ring_size_),
      ready_(capacity_),
      probe_(&take_request()),
      access_probe_(&pool_.take()) {}

void RequestPort::run(Job job) {
  job_ = std::move(job);
  observed_ = job_.observer != &TranslationObserver::none();
  queue_ = job_.queue;
  if (queue_ == nullptr) {
    std::vector<RecordSource*> sources = job_.more_sources;
    sources.insert(sources.begin(), job_.source);
    queue_ = &own_queue_.emplace(sources);
  }
  running_ = job_.first;
  // What other cores do to such kernels, and to such a queue, is seen at once.
  if (queue_->shared() || pages_on_demand_ || observes_) surroundings_.reach = Surroundings::soonest;
  queue_->take(running_, number_);
  job_.source = &queue_->source(running_);
  chained_ = job_.source->chained();
  if (queue_->size() > 1) slice_end_ = job_.time_slice;
  warm_ = job_.warmup == 0;
  wake_at(Cycles(0));
}

void RequestPort::receive_translation(unsigned port, TranslationRequest& request, Cycles visible) {
  translations_[port].push(visible, &request);
  wake_at(visible);
}

void RequestPort::receive_response(unsigned port, MemoryAccess& access, Cycles visible) {
  responses_[port].push(visible, &access);
  wake_at(visible);
}

void RequestPort::on_cycle() {
  const Cycles cycle = now();
  acting_ = true;
  local_ = cycle;
  take_translations(cycle);
  take_memory_responses(cycle);
  if (one_of_several()) take_acknowledgements(cycle);
  if (kernel_run_.running) run_kernel(cycle);
  handle_fault_of_oldest(cycle);
  if (one_of_several()) take_interrupts(cycle);
  forget_horizon();
  issue(cycle);
  acting_ = false;
}

void RequestPort::take_translations(Cycles cycle) {
  for (auto& inbox : translations_) {
    while (inbox.due(cycle)) {
      TranslationRequest& request = *inbox.front();
      inbox.pop();
      InFlight& access = ring_[request.tag];
      if (request.answer.faulted) {
        access.faulted = &request;
        if (request.tag < ring_size_) ++faults_waiting_;  // the fault of a block fetched ahead waits for the core
        continue;
      }
      --access.pending;
      translated(access, side_of(access.kind), request.answer.translation, cycle, cycle);
      if (&request == after_fault_) end_fault();
      if (request.tag >= ring_size_) prefetch_next_line(access, request.answer.translation.physical(request.va), cycle);
      check_complete(access);
      end_translation(request, cycle);
    }
  }
}

void RequestPort::take_memory_responses(Cycles cycle) {
  for (auto& inbox : responses_) {
    while (inbox.due(cycle)) {
      MemoryAccess& response = *inbox.front();
      inbox.pop();
      if (response.info.tag >= kernel_tag) {
        if (response.info.tag == kernel_tag) --kernel_run_.outstanding;
        response.release();
        continue;
      }
      InFlight& access = ring_[response.info.tag];
      --access.pending;
      access.times.done = std::max(access.times.done, cycle);
      check_complete(access);
      response.release();
    }
  }
}

/// Starts accesses, and issues those whose operand has arrived, in cycle order, until nothing can proceed: because of
/// an older access, because the core must not run ahead, or at the end.
void RequestPort::issue(Cycles cycle) {
  issue_not_before(cycle);
  if (plan_at_ <= cycle) {
    plan_at_ = Cycles::never();
    plan_fetch(plan_not_before_);
  }
  const bool interrupted = interrupts_.due(cycle);
  while (!kernel_run_.running) {
    if (!interrupted && fetches_ahead() && !start_straight(cycle)) return;
    const bool may_start = !interrupted && (record_.left != 0 || next_part()) && repeated_ == nullptr && may_issue();
    const Cycles start_at = may_start ? issue_cycle_ : Cycles::never();
    if (may_fetch_by(start_at) && (ready_.empty() || fetch_at_ < ready_.front().at)) {
      if (!fetch_block(cycle)) return;
      continue;
    }
    if (!ready_.empty() && (!may_start || ready_.front().at <= issue_cycle_)) {
      if (repeated_ != nullptr || !issue_ready(cycle)) return;
      continue;
    }
    if (!may_start) return;
    if (issue_cycle_ > cycle && !(may_run_ahead_to(issue_cycle_) && may_start_early(record_.address))) {
      wake_at(issue_cycle_);
      return;
    }
    start();
  }
}

/// Opens the next access, after completing the events before it; false if there is none, or none yet.
bool RequestPort::next_part() {
  waits_for_page_ = false;  // events and what happens between samples change tables
  const Record* record = nullptr;
  while (record == nullptr) {
    if (record_.fence) {
      if (!pass_fence()) return false;
      if (!record_.held) continue;
      if (spaces_.changes_root(is_user(*record_.held))) {
        record_.fence = mode_event(is_user(*record_.held));
        continue;
      }
      open_access(*std::exchange(record_.held, std::nullopt));
      return true;
    }
    if (issue_cycle_ >= slice_end_ && !switch_process()) return false;
    record = job_.source->next();
    if (record == nullptr) {
      if (job_.source->change_due() != nullptr ? !make_call() : !next_batch()) return false;
      continue;
    }
    if (is_event(record->kind)) {
      record_.fence = trace_event(*record, mode_, asid_, job_.processes);
      record = nullptr;
    } else if (root_ && record->asid != asid_) {
      record_.held = *record;
      record_.fence = switch_event(record->asid, mode_);
      record = nullptr;
    } else if (!root_) {
      spaces_.set_mode(is_user(*record));
      enter_address_space(record->asid);  // the first one; later ones are switched to
      path_.go_on_from(record_being_started());
    } else if (spaces_.changes_root(is_user(*record))) {
      record_.held = *record;
      record_.fence = mode_event(is_user(*record));
      record = nullptr;
    }
  }
  open_access(*record);
  return true;
}

inline void RequestPort::open_access(const Record& record) {
  record_.kind = record.kind;
  record_.user = record.privilege == Privilege::User;
  record_.address = record.address;
  record_.left = record.size;
  ++stats_.accesses[static_cast<unsigned>(record_.kind)];
  stats_.supervisor_accesses += record_.user ? 0 : 1;
  if (record_.kind == RecordKind::Fetch) {
    has_fetches_ = true;
    record_.fetched = record.address;
    record_.operand = {};
    ++instruction_;
    ++stats_.instructions;
    if (fetches_ahead() && path_.reached() <= record_being_started()) catch_up();
    return;
  }
  if (!has_fetches_) count_gap();
  enter_buffers(record);
}

/// Reads the next batch, which ends at the end of the warm-up, after calling on_batch.
bool RequestPort::read_batch() {
  RecordSource& source = *job_.source;
  if (job_.on_batch && job_.on_batch()) source.stop();
  return source.read_batch(warm_ ? ~std::uint64_t{0} : job_.warmup - source.read());
}

/// Reads on, past the end of the warm-up; false if there is nothing to issue (yet).
bool RequestPort::next_batch() {
  if (job_.stops != nullptr && job_.source->at_stop()) return pass_stop();
  if (!warm_ && job_.source->delivered() == job_.warmup) {
    if (!drained()) return false;
    if (next_process(issue_cycle_) != running_) return switch_process();
    if (!warm()) return false;
  }
  if (read_batch()) return true;
  if (!drained() || !front_end_idle()) return false;
  if (next_process(issue_cycle_) != running_ || next_wake() != Cycles::never()) return switch_process(true);
  if (one_of_several() && local_ > now()) {  // the others' shootdowns reach it until then
    wake_at(local_);
    return false;
  }
  finished_ = true;
  if (one_of_several()) shootdowns_->presence().end(number_);
  if (one_of_several() && !warm_) wait_for_others_to_warm();  // nothing is left to run, but the others wait for it
  return false;
}

/// In a trace without fetches an access counts for its instruction and for the gap before the next one.
inline void RequestPort::count_gap() {
  instruction_ += 1 + gap_;
  stats_.instructions += 1 + gap_;
  if (gap_ == 0) return;
  const std::uint64_t slots = issued_in_cycle_ + std::uint64_t{gap_};
  issue_cycle_ += Cycles(slots / issue_width_);
  issued_in_cycle_ = static_cast<std::uint32_t>(slots % issue_width_);
}

/// Computes in issue_cycle_ when the next access may issue; false if that depends on an outstanding response.
inline bool RequestPort::may_issue() {
  while (window_is_full()) {
    if (!retire_oldest()) return false;
    issue_not_before(retirement_.last());
  }
  if (record_.kind == RecordKind::Fetch && fetches_ahead() && !instruction_arrived()) return false;
  if (barrier_ != no_barrier && !barrier_has_arrived()) return false;
  return !pages_on_demand_ || (faults_waiting_ == 0 && may_enter_window());
}

bool RequestPort::barrier_has_arrived() {
  // The barrier may have retired already; its slot then still has the times of the fetch.
  const InFlight& fetch = ring_[barrier_ & mask_];
  if (fetch.pending != 0) return false;
  issue_not_before(fetch.times.done);
  barrier_ = no_barrier;
  return true;
}

/// Starts the rest of the record, or its part within one page.
inline void RequestPort::start() {
  const Cycles at = issue_cycle_;
  local_ = at;
  count_issue();
  if (observes_) show_access();
  if (record_.kind == RecordKind::Fetch && fetches_ahead()) return start_fetched(at);
  InFlight& access =
      enter_window(within_block(record_.address, record_.left, neighbours_.page_shift) ? record_.left : cut_at_page());
  access.times.issued = at;
  if (record_.operand.end > first_ && await_operand(access, end_ - 1, record_.operand, at)) return;
  if (!translate(access, side_of(access.kind), at)) note_miss(access, record_.fetched, job_.source->delivered());
  if ((record_.kind == RecordKind::Fetch || enters_alone_) && access.pending != 0) barrier_ = end_ - 1;
}

/// The bytes of the current access in its first page.
std::uint32_t RequestPort::bytes_in_page() const {
  VirtualAddress place = record_.address;
  std::uint32_t left = record_.left;
  return take_part(place, left, neighbours_.page_shift).size;
}

/// The bytes in the first page of a data access that crosses a page.
std::uint32_t RequestPort::cut_at_page() {
  ++stats_.page_straddles;
  if (record_.kind == RecordKind::Load || record_.kind == RecordKind::Modify) loads_.add_part();
  if (record_.kind == RecordKind::Store || record_.kind == RecordKind::Modify) stores_.add_part();
  return bytes_in_page();
}

/// As translate(), with a request object, which observers see and which is outstanding after a miss.
bool RequestPort::request_translation(InFlight& access, Cycles at) {
  const Side side = side_of(access.kind);
  TranslationRequest& request = *probe_;
  request.va = access.address;
  request.asid = id_;
  request.space = asid_;
  request.root = *root_;  // a TLB may forward the request before it returns, so it must be complete here
  request.access = access_of(access);
  request.bytes = access.kind == RecordKind::Fetch && fetches_ahead() ? 1 : access.size;
  request.tag = slot_of(access);
  job_.observer->translation_requested(request, at);

  Cycles answered = at;
  if (tlb(side).request(request, answered)) {
    job_.observer->translation_answered(request, at, answered, true);
    access.times.tlb_hit_until = answered;
    ++stats_.translations_answered;
    translated(access, side, request.answer.translation, answered, at);
    forget_horizon();  // a hit on a prefetched page makes the TLB send further prefetches
    return true;
  }
  // The next translator sees it in the next cycle at the earliest.
  access.times.tlb_hit_until = at + neighbours_.tlb_hit_latency[side];
  ++access.pending;
  return false;
}

/// Sets the fields of a request needed only after a miss. They are read in a later cycle, beyond a registered link.
void RequestPort::note_miss(InFlight& access, VirtualAddress fetched, std::uint64_t record) {
  TranslationRequest& request = *probe_;
  request.instruction = has_fetches_ ? std::optional(fetched) : std::nullopt;
  access.record = record;
  if (request.tag < ring_size_) {  // not for what is fetched ahead
    kernel_.before_walk(asid_, access.address, request.access);
    waits_for_page_ = false;
  }
  probe_ = &take_request();
  forget_horizon();
}

/// An access that crosses cache lines makes one access per line.
void RequestPort::access_lines(InFlight& access, PhysicalAddress address, Cycles lookup) {
  const Side side = side_of(access.kind);
  std::uint32_t left = access.size;
  VirtualAddress place(address.value());
  ++stats_.line_straddles;
  while (left != 0) {
    const PagePart part = take_part(place, left, neighbours_.line_shift);
    const PhysicalAddress line(part.address.value());
    const bool write = access.kind >= RecordKind::Store;
    if (neighbours_.cache_at_once[side] && cache(side).look_up(line, write)) continue;
    send_access(access, line, part.size, lookup);
  }
}

/// Accesses a line that look_up() missed in the first-level cache, or that look_up() cannot serve.
void RequestPort::send_access(InFlight& access, PhysicalAddress address, std::uint32_t size, Cycles lookup) {
  MemoryAccess& request = *access_probe_;
  request.prepare(address, size, access.kind >= RecordKind::Store);
  request.info.tag = slot_of(access);
  if (!send_probe(side_of(access.kind), lookup)) ++access.pending;
}

/// A request object without accounting, for an access to be translated.
TranslationRequest& RequestPort::take_request() {
  if (free_requests_.empty()) {
    all_requests_.push_back(std::make_unique<TranslationRequest>());
    free_requests_.push_back(all_requests_.back().get());
  }
  TranslationRequest* request = free_requests_.back();
  free_requests_.pop_back();
  request->accounting = false;
  request->id = TranslationId(number_, ++translations_begun_);
  return *request;
}

}  // namespace tablewalk
