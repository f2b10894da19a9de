#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "cpu/access_filter.h"
#include "cpu/access_splitter.h"
#include "cpu/core_config.h"
#include "cpu/core_stats.h"
#include "cpu/fetch_path.h"
#include "cpu/in_flight.h"
#include "cpu/kernel_run.h"
#include "cpu/operands.h"
#include "cpu/parked_process.h"
#include "cpu/record_being_started.h"
#include "cpu/record_source.h"
#include "cpu/retirement.h"
#include "cpu/run_queue.h"
#include "cpu/shootdown.h"
#include "cpu/stops.h"
#include "cpu/straight_run.h"
#include "cpu/surroundings.h"
#include "cpu/trace_event.h"
#include "links/access_link.h"
#include "links/timed_module.h"
#include "links/translate_link.h"
#include "os/core_spaces.h"
#include "protocol/kernel.h"
#include "protocol/observers.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// What a core must know about its neighbours; index 0 instructions, 1 data.
struct CoreNeighbours {
  std::array<Cycles, 2> tlb_hit_latency;
  std::array<Cycles, 2> cache_hit_latency;        ///< 0 without a first-level cache
  std::array<bool, 2> cache_at_once{true, true};  ///< false without one: the next cache is on a registered link
  unsigned line_shift = 6;                        ///< log2 of the cache line, bytes
  unsigned page_shift = 12;                       ///< log2 of the smallest page, bytes
};

/// A core as seen by the rest of the machine: takes the records of a trace, requests translations, then accesses
/// memory, several at a time within its window, retiring in program order.
///
/// An access looks up the first-level TLB and, virtually indexed, the first-level cache in its issue cycle. A fetch
/// that misses either stalls everything younger; with a fetch queue the front end fetches the blocks ahead, and the
/// core stalls only for a block that has not arrived. An access whose address depends on an outstanding load enters the
/// window in program order and issues when the load's data arrive; younger accesses do not wait for it. An invalidate
/// event or a switch of the address space is a fence: it waits until everything older has retired, and everything
/// younger waits for it. Acts in the middle of a cycle.
class RequestPort : public TimedModule {
 public:
  RequestPort(sc_core::sc_module_name name, const CoreConfig& config, const CoreNeighbours& neighbours,
              const PagingMode& mode, Kernel& kernel);

  TranslateInitiatorPort<RequestPort> itlb_side;
  TranslateInitiatorPort<RequestPort> dtlb_side;
  AccessInitiatorPort<RequestPort> icache_side;
  AccessInitiatorPort<RequestPort> dcache_side;

  /// What to run, and the callbacks. Set before the simulation starts.
  struct Job {
    RecordSource* source = nullptr;           ///< the trace to run first
    std::vector<RecordSource*> more_sources;  ///< further traces, which take turns with it
    RunQueue* queue = nullptr;                ///< instead of these, if given; the core begins with its number `first`
    std::size_t first = 0;
    Cycles time_slice = Cycles::never();  ///< of each trace, before the next one's turn
    bool run_while_waiting = false;       ///< another trace runs while one waits in the kernel
    AddressSpaceId processes = 1;         ///< their first address spaces have the ids below it
    std::uint64_t warmup = 0;             ///< records of each trace before the statistics start
    /// The core has drained after its warm-up, and the statistics start now; with several cores, when all have called
    /// it: then start_measuring() is called.
    std::function<void()> on_warm;
    std::function<bool()> on_batch;  ///< called periodically; true ends the trace here
    TranslationObserver* observer = &TranslationObserver::none();
    Stops* stops = nullptr;  ///< of the trace: one core, one trace; nullptr: none
  };
  void run(Job job);
  /// Makes it one of several cores. Called before run() and before the simulation starts, in the order of the core
  /// numbers, which is the order in which they act in a cycle and may map pages.
  void join(Shootdowns& shootdowns, unsigned number);
  /// What it looks at before it runs ahead of the others. Called when all modules are there.
  void watch(Surroundings surroundings) { surroundings_ = std::move(surroundings); }
  /// How the kernel names address spaces to the core's hardware. Called before run().
  void use(SpaceServices& services, unsigned number) { spaces_.use(services, number); }
  /// All cores are warm: the statistics have been reset, and the core continues in `cycle`.
  void start_measuring(Cycles cycle);

  bool finished() const { return finished_; }
  /// The running trace.
  const RecordSource& source() const { return *job_.source; }
  /// Whether the core was acting when an exception ended the simulation.
  bool is_acting() const { return acting_; }
  /// For messages: the record whose fault is being handled, else the newest one; counts from 1.
  std::uint64_t current_record() const { return record_of_fault_ != 0 ? record_of_fault_ : job_.source->delivered(); }
  const CoreStats& stats() const { return stats_; }
  const CoreCycles& cycles() const { return retirement_.cycles(); }
  void reset_stats();
  void report(StatSet& figures) const;

  // Called by the ports: port 0 is the instruction side, 1 the data side.
  void receive_translation(unsigned port, TranslationRequest& request, Cycles visible);
  void receive_response(unsigned port, MemoryAccess& access, Cycles visible);
  // Called by Shootdowns.
  void receive_interrupt(const ShootdownInterrupt& interrupt, Cycles visible);
  void receive_acknowledgement(Cycles visible);

 private:
  enum Side : unsigned { Instructions = 0, Data = 1 };
  static constexpr std::uint32_t kernel_tag = no_slot - 1;  ///< of the kernel's memory accesses
  /// By RecordKind; a read-modify-write is checked as a write.
  static constexpr std::array<AccessKind, access_kinds> kind_of_access{AccessKind::Fetch, AccessKind::Load,
                                                                       AccessKind::Store, AccessKind::Store};
  void on_cycle() override;
  void take_translations(Cycles cycle);
  void take_memory_responses(Cycles cycle);
  void issue(Cycles cycle);

  // The kernel at work on this core (request_port_kernel.cpp).
  bool fault_may_be_handled(Cycles cycle);
  void handle_fault_of_oldest(Cycles cycle);
  void pass_over(TranslationRequest& request, Cycles cycle);
  void repeat_faulted(TranslationRequest& request, Cycles cycle);
  bool begin_entry();
  void note_root_write(Cycles cycle);
  void enter_kernel(Cycles cycle);
  void run_kernel(Cycles cycle);
  void enter_task(KernelTask next, Cycles cycle);
  bool execute_step(KernelStep& step, Cycles cycle);
  bool access_lines_of_kernel(KernelStep& step, Cycles cycle);
  bool invalidate_for_kernel(const KernelStep& step, Cycles cycle);
  void leave_kernel(Cycles cycle);
  bool make_call();
  void drop_fetched_blocks();
  bool may_enter_window();
  bool page_is_ready(VirtualAddress address, RecordKind kind, bool user);
  bool starts_without_fault(const Record& record) {
    return faults_waiting_ == 0 && page_is_ready(record.address, record.kind, record.privilege == Privilege::User);
  }
  void show_access();
  bool may_invalidate(Cycles cycle);
  void end_process();
  void end_fault() {
    after_fault_ = nullptr;
    kernel_.access_repeated(context());
  }

  bool next_part();
  bool next_batch();
  bool read_batch();
  bool enter_address_space(AddressSpaceId asid);
  void change_mode(bool user);
  void write_root(bool user);
  void open_access(const Record& record);
  bool pass_fence();
  void enter_buffers(const Record& record);
  void limit_by_buffers();
  void count_gap();
  bool drained();
  bool warm();
  bool pass_stop();
  bool may_issue();
  /// Whether something must retire before the current access can enter.
  bool window_is_full() const {
    return in_flight() == capacity_ || first_ < record_.must_retire || instruction_ >= window_end();
  }
  /// The first instruction outside the window.
  std::uint64_t window_end() const { return (in_flight() == 0 ? instruction_ : oldest().instruction) + window_; }
  bool barrier_has_arrived();

  // One of several cores, or with several traces (request_port_cores.cpp).
  bool one_of_several() const { return shootdowns_ != nullptr; }
  bool must_be_on_time(Cycles at) { return at > now() && (one_of_several() || !may_run_ahead_to(at)); }
  bool may_start_early(VirtualAddress address);
  bool wait_for_others_to_warm();
  bool switch_process(bool ended = false);
  std::size_t next_process(Cycles at);
  unsigned context() const { return job_.run_while_waiting ? queue_->thread(running_) : number_; }
  // Waiting processes (request_port_waiting.cpp).
  bool is_parked(std::size_t process) const { return process < parked_.size() && parked_[process] != nullptr; }
  Cycles next_wake() const;
  std::size_t first_to_wake() const;
  bool park(Cycles cycle);
  void turn_to(std::size_t next);
  void resume(Cycles cycle);
  bool can_run(std::size_t process);
  void start_shootdown(const ShootdownInterrupt& interrupt, Cycles cycle);
  void take_acknowledgements(Cycles cycle);
  void take_interrupts(Cycles cycle);
  Cycles pass_interrupt(Cycles cycle);
  void take_broadcasts(Cycles cycle);
  bool has_data_of_all(const AppliedBroadcast& broadcast, Cycles cycle);
  void forget(const Invalidation& invalidation, Cycles cycle);
  void end_fence();

  void issue_not_before(Cycles cycle) {
    if (cycle <= issue_cycle_) return;
    issue_cycle_ = cycle;
    issued_in_cycle_ = 0;
  }
  /// Accounts for an issue in issue_cycle_.
  void count_issue() {
    if (++issued_in_cycle_ != issue_width_) return;
    issue_cycle_ += Cycles(1);
    issued_in_cycle_ = 0;
  }
  void start();
  InFlight& take_place();
  InFlight& enter_window(std::uint32_t size);
  std::uint32_t bytes_in_page() const;
  std::uint32_t cut_at_page();
  bool translate(InFlight& access, Side side, Cycles at);
  bool request_translation(InFlight& access, Cycles at);
  void note_miss(InFlight& access, VirtualAddress fetched, std::uint64_t record);
  void translated(InFlight& access, Side side, const Translation& translation, Cycles visible, Cycles lookup);
  void access_lines(InFlight& access, PhysicalAddress address, Cycles lookup);
  void send_access(InFlight& access, PhysicalAddress address, std::uint32_t size, Cycles lookup);
  bool send_probe(Side side, Cycles lookup);
  void end_translation(TranslationRequest& request, Cycles answered);

  static Access access_of(const InFlight& access) {
    return {kind_of_access[static_cast<unsigned>(access.kind)], access.user};
  }
  bool await_operand(InFlight& access, std::uint64_t place, const AccessParts& load, Cycles at);
  bool follow_operand(std::uint32_t slot);
  bool issue_ready(Cycles cycle);
  void release_waiting(InFlight& access);
  /// To be called when a response arrives: if it was the last one, the accesses waiting for the data may proceed.
  void check_complete(InFlight& access) {
    if (access.pending == 0 && access.waiting != no_slot) release_waiting(access);
  }

  // Fast path for ordinary accesses (request_port_straight.cpp).
  bool start_straight(Cycles cycle);
  StraightRun straight_run(bool user, Cycles cycle) const;
  bool start_run(StraightRun& run, const AccessFilter& accesses);
  void begin_run(StraightRun& run, const Record& first);
  StraightRun::End start_until(StraightRun& run, const Record* end, const AccessFilter& accesses);
  void next_place(StraightRun& run);
  void end_run(const StraightRun& run, std::uint64_t started, std::uint64_t fetches);
  void deliver(StraightRun& run);
  bool block_is_next(const AccessFilter& accesses) const;
  bool ready_is_next(const AccessFilter& accesses) const;
  bool no_event_is_next(const AccessFilter& accesses) const;
  Cycles undisturbed_until(Cycles cycle);
  const Record* first_not_to_follow(const Record* next, const Record* end) const;
  InFlight& take_place(const StraightRun& run);
  void start_following(StraightRun& run);
  bool start_block(const Record& record, Cycles cycle);
  bool is_in_first_block() const;
  bool start_data(StraightRun& run);
  bool may_start(const Record& record, const StraightRun& run);
  enum class AtOnce : std::uint8_t { Hits, Waits, NoTranslation, NoData };
  AtOnce access_at_once(const StraightRun& run, InFlight& access, bool stores, bool in_line);
  void leave_core(StraightRun& run, InFlight& access, AtOnce how);
  static void describe(InFlight& access, const Record& record);
  bool operand_is_there(const Record& record, Cycles at) const;
  std::uint64_t room_in_window();
  bool has_room(StraightRun& run, RecentAccesses& buffer);
  void retire_done_by(Cycles at);
  std::uint64_t retire_some(const InFlight* accesses, std::uint64_t count, Cycles at);
  void count_start(const Record& record, Cycles at);

  // The front end (request_port_fetch.cpp).
  bool fetches_ahead() const { return fetch_queue_ != 0; }
  std::uint64_t record_being_started() const { return job_.source->delivered() - 1; }
  InFlight& block(std::uint64_t number) { return ring_[block_slot(number)]; }
  const InFlight& block(std::uint64_t number) const { return ring_[block_slot(number)]; }
  std::uint32_t block_slot(std::uint64_t number) const {
    return static_cast<std::uint32_t>(ring_size_ + (number & block_mask_));
  }
  /// Whether the front end acts next, no later than the core.
  bool may_fetch_by(Cycles at) const { return fetch_at_ <= at && fetch_at_ != Cycles::never() && repeated_ == nullptr; }
  void look_for_block(Cycles not_before);
  void catch_up();
  void forget_blocks();
  bool read_ahead();
  void plan_fetch(Cycles not_before);
  void plan_again(Cycles not_before);
  bool fetch_block(Cycles cycle);
  std::uint64_t follows_until() const;
  void prefetch_next_line(const InFlight& fetched, PhysicalAddress address, Cycles lookup);
  bool instruction_arrived();
  bool core_fetches() const;
  void start_fetched(Cycles at);
  void leave_to_core();
  void pass_over_block();
  bool begins_within(std::uint64_t record, VirtualAddress start) const;
  void start_faulted(Cycles at);
  void fetch_on_demand(Cycles at);
  void count_straddle(VirtualAddress block);
  bool front_end_idle();
  std::uint64_t line_bytes() const { return std::uint64_t{1} << neighbours_.line_shift; }

  bool retire_oldest();
  InFlight& oldest() { return ring_[first_ & mask_]; }
  const InFlight& oldest() const { return ring_[first_ & mask_]; }
  std::uint32_t slot_of(const InFlight& access) const { return static_cast<std::uint32_t>(&access - ring_.data()); }
  std::uint32_t in_flight() const { return static_cast<std::uint32_t>(end_ - first_); }
  /// Whether no other module acts up to that cycle, so the core can run ahead.
  bool may_run_ahead_to(Cycles at) { return horizon_ > at || (!horizon_known_ && look_ahead() > at); }
  Cycles look_ahead();
  /// A request was sent, so another module will act.
  void forget_horizon() {
    horizon_ = Cycles(0);
    horizon_known_ = false;
  }
  Side side_of(RecordKind kind) const { return kind == RecordKind::Fetch ? Instructions : Data; }
  TranslateInitiatorPort<RequestPort>& tlb(Side side) { return side == Instructions ? itlb_side : dtlb_side; }
  AccessInitiatorPort<RequestPort>& cache(Side side) { return side == Instructions ? icache_side : dcache_side; }
  TranslationRequest& take_request();

  // Configuration.
  std::uint32_t issue_width_;
  std::uint32_t capacity_;
  std::uint32_t window_;
  std::uint32_t gap_;
  std::uint32_t fetch_queue_;  ///< fetch blocks ahead of the core; 0: none, fetches are ordinary accesses
  bool prefetches_;
  std::array<std::uint32_t, 2> buffers_;  ///< maximum loads, and stores, in flight
  bool buffers_limit_;                    ///< they limit more than the number of accesses in flight does
  Cycles invalidate_cycles_;
  Cycles switch_cycles_;
  bool run_ahead_;
  CoreNeighbours neighbours_;
  const PagingMode& mode_;
  Kernel& kernel_;
  Job job_;
  bool pages_on_demand_;   ///< pages come and go by faults
  bool observes_;          ///< the kernel sees every access
  bool observed_ = false;  ///< an observer sees every translation, including hits

  // The running process: its record being started, and its address space.
  RecordBeingStarted record_;
  AddressSpaceId asid_ = 0;
  std::optional<PhysicalAddress> root_;  ///< of that address space; none before the first access
  AddressSpaceId id_ = 0;                ///< its tag in the TLBs
  CoreSpaces spaces_;
  bool chained_ = false;  ///< every address depends on the previous load, whatever the record says
  bool has_fetches_ = false;
  bool warm_ = false;
  bool finished_ = false;
  bool acting_ = false;

  // The traces, if several, and the running one.
  std::optional<RunQueue> own_queue_;
  RunQueue* queue_ = nullptr;
  std::vector<std::unique_ptr<ParkedProcess>> parked_;  ///< by number in the queue
  std::size_t running_ = 0;
  Cycles slice_end_ = Cycles::never();

  Surroundings surroundings_;  ///< of one of several cores
  Shootdowns* shootdowns_ = nullptr;
  unsigned number_ = 0;
  Inbox<ShootdownInterrupt> interrupts_;
  Inbox<bool> acknowledgements_;
  unsigned acknowledgements_awaited_ = 0;
  std::vector<AppliedBroadcast> broadcasts_;  ///< applied, not acknowledged yet
  bool reported_warm_ = false;
  struct KnownPage {
    std::uint64_t number = ~std::uint64_t{0};
    AddressSpaceId asid = 0;
  };
  std::array<KnownPage, 64> mapped_pages_;  ///< some pages known to be mapped
  Cycles plan_at_ = Cycles::never();        ///< when the front end checks again whether its next page is mapped
  Cycles plan_not_before_;                  ///< earliest cycle to fetch the block in that case

  // Time: when the next access may issue, and until when no other event can interfere.
  Cycles issue_cycle_;
  std::uint32_t issued_in_cycle_ = 0;
  Cycles horizon_;  ///< no other module affects this core before this cycle; 0 in lockstep or if unknown
  bool horizon_known_ = false;
  Cycles local_;  ///< current cycle of the core: beyond now() when running ahead
  std::uint64_t instruction_ = 0;

  // The front end: the path ahead, the next block to fetch, and the blocks fetched but not reached by the core, which
  // use the last slots of the ring.
  FetchPath path_;
  std::optional<FetchBlock> next_block_;
  Cycles fetch_at_ = Cycles::never();  ///< when it is fetched; never: it waits for the core, or there is none
  Cycles fetch_not_before_;            ///< next free cycle of the front end
  std::uint64_t known_page_ = ~std::uint64_t{0};  ///< a mapped code page
  bool waits_for_page_ = false;                   ///< its next page was not mapped, and none has been mapped since
  bool maps_pages_;                    ///< only the misses of this core map pages, unless it is one of several
  std::uint64_t on_demand_until_ = 0;  ///< fetches of records before this that are in no block are made by the core
  std::uint64_t first_block_ = 0;
  std::uint64_t end_block_ = 0;
  std::uint64_t prefetched_line_ = ~std::uint64_t{0};

  // Accesses in flight, oldest first: a ring whose size is a power of two, followed by the slots of the fetch blocks.
  std::uint64_t ring_size_;
  std::uint64_t block_mask_;
  std::vector<InFlight> ring_;
  std::uint64_t mask_;
  std::uint64_t first_ = 0;
  std::uint64_t end_ = 0;
  Retirement retirement_;
  RecentAccesses loads_;
  RecentAccesses stores_;
  std::vector<Operand> operands_;       ///< of the accesses of the ring
  ReadyAccesses ready_;                 ///< accesses waiting for a known cycle
  std::uint64_t barrier_ = no_barrier;  ///< access that stalls everything younger: a fetch, or one that faults
  static constexpr std::uint64_t no_barrier = ~std::uint64_t{0};

  // Responses in flight, and payloads.
  std::array<Inbox<TranslationRequest*>, 2> translations_;
  std::array<Inbox<MemoryAccess*>, 2> responses_;
  TranslationRequest* repeated_ = nullptr;  ///< the request whose fault is being handled
  KernelRun kernel_run_;
  TranslationRequest* after_fault_ = nullptr;  ///< a request repeated after its fault, until it has its translation
  std::array<KnownPage, 64> ready_pages_;      ///< some pages and kinds of access that do not fault
  Cycles invalidated_at_ = Cycles::never();
  KnownPage touched_;          ///< the page of the newest access that the kernel saw
  bool enters_alone_ = false;  ///< the access being started would fault
  std::uint32_t faults_waiting_ = 0;
  std::uint64_t record_of_fault_ = 0;  ///< while the kernel handles it
  std::vector<std::unique_ptr<TranslationRequest>> all_requests_;
  std::vector<TranslationRequest*> free_requests_;
  std::uint64_t translations_begun_ = 0;  ///< serial number of probe_
  TranslationRequest* probe_;             ///< request object for the next translation
  PhysicalAddress physical_;              ///< of the most recently translated access
  AccessPool pool_;
  MemoryAccess* access_probe_;  ///< payload for the next memory access
  CoreStats stats_;
};

/// Allocates the next access of the current instruction in the window.
inline InFlight& RequestPort::take_place() {
  InFlight& access = ring_[end_++ & mask_];
  access.instruction = instruction_;
  access.waiting = no_slot;
  access.pending = 0;
  return access;
}

/// Puts the next `size` bytes of the current access into the window.
inline InFlight& RequestPort::enter_window(std::uint32_t size) {
  InFlight& access = take_place();
  access.address = record_.address;
  access.size = size;
  access.kind = record_.kind;
  access.user = record_.user;
  record_.address += size;
  record_.left -= size;
  return access;
}

/// Finds the first cycle in which another module may act.
inline Cycles RequestPort::look_ahead() {
  horizon_known_ = true;
  if (!run_ahead_) return horizon_;
  horizon_ = one_of_several() ? surroundings_.horizon(clockwork()) : clockwork().next_activity();
  return horizon_;
}

/// Requests the translation; true if it was a hit.
inline bool RequestPort::translate(InFlight& access, Side side, Cycles at) {
  ++stats_.translations_requested;
  if (observed_) return request_translation(access, at);
  Cycles answered = at;
  const Translation* found = tlb(side).look_up(access.address, id_, access_of(access), answered);
  if (found == nullptr) return request_translation(access, at);
  access.times.tlb_hit_until = answered;
  ++stats_.translations_answered;
  translated(access, side, *found, answered, at);
  return true;
}

/// The translation arrives in cycle `visible`; the first-level cache is looked up in `lookup`.
[[gnu::always_inline]] inline void RequestPort::translated(InFlight& access, Side side, const Translation& translation,
                                                           Cycles visible, Cycles lookup) {
  access.times.translated = visible;
  access.times.cache_hit_until = access.times.done = visible + neighbours_.cache_hit_latency[side];
  physical_ = translation.physical(access.address);
  if (!within_block(access.address, access.size, neighbours_.line_shift)) {
    return access_lines(access, physical_, lookup);
  }
  const bool write = access.kind >= RecordKind::Store;
  if (neighbours_.cache_at_once[side] && cache(side).look_up(physical_, write)) return;
  send_access(access, physical_, access.size, lookup);
}

/// Sends access_probe_ to the first-level cache, which looks it up in `lookup`; true if it was a hit.
inline bool RequestPort::send_probe(Side side, Cycles lookup) {
  if (neighbours_.cache_at_once[side]) {
    Cycles cycle = lookup;
    if (cache(side).access(*access_probe_, cycle)) return true;
  } else {
    cache(side).send(*access_probe_, lookup + Cycles(1));
  }
  access_probe_ = &pool_.take();
  forget_horizon();
  return false;
}

}  // namespace tablewalk
