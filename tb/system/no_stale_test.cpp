// After an invalidation nothing stale is observed: random changes of tables, invalidations, switches of address space
// and accesses, on random machines. First only the arrays of the TLBs, the walk caches and the walk, for a million
// operations; then the timed machine, with everything that can be in flight.

#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <functional>
#include <set>
#include <sstream>
#include <unordered_map>

#include "base/error.h"
#include "base/process_pool.h"
#include "config/printer.h"
#include "cpu/request_port.h"
#include "dram/dram.h"
#include "paging/neighbours.h"
#include "support/changing_ranges.h"
#include "support/changing_tables.h"
#include "support/foreign_machine.h"
#include "support/listed_trace.h"
#include "support/random_machine.h"
#include "system/make_walker.h"
#include "tlb/first_level_tlb.h"
#include "tlb/registered_tlb.h"
#include "walker/rtl_walker.h"
#include "walker/walk_cache.h"

namespace tablewalk::test::no_stale_test {
namespace {

Access random_access(Dice& dice) {
  return {dice.pick<AccessKind>({AccessKind::Fetch, AccessKind::Load, AccessKind::Load, AccessKind::Store}),
          dice.chance(70)};
}

/// A machine's cached state and walks, without time: each access completes before the next begins.
class TimelessMachine {
 public:
  TimelessMachine(const MachineConfig& config, const PagingMode& mode)
      : mode_(mode),
        line_part_(config.coalesces() ? EntryLine::part_of(config.memory.line_bytes) : 0),
        walk_caches_(make_walk_caches(config.walker.walk_cache_kind, config.walker.walk_caches, mode)) {
    for (const TlbConfig* tlb : {&config.dtlb, &config.stlb}) {
      if (!tlb->enabled) continue;
      tlbs_.emplace_back();
      for (const TlbArrayConfig& array : tlb->arrays) tlbs_.back().emplace_back(array, page_shifts(mode));
    }
  }

  Answer translate(PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va, AddressSpaceId asid,
                   Access access) {
    Answer answer;
    std::size_t level = 0;
    const Translation* found = nullptr;
    for (; level < tlbs_.size() && found == nullptr; ++level) found = look_up(tlbs_[level], va, asid, access);
    if (found != nullptr) {
      answer.translation = *found;
      --level;
      ++hits;
    } else {
      answer = walk(memory, root, va, asid, access);
    }
    if (answer.faulted) return answer;
    while (level-- > 0) install_in(tlbs_[level], mode_, va, asid, answer.translation);
    return answer;
  }
  void invalidate(const Invalidation& invalidation) {
    for (auto& tlb : tlbs_) {
      for (TlbArray& array : tlb) forgotten += array.invalidate(invalidation);
    }
    forgotten += walk_caches_->invalidate(invalidation);
  }

  std::uint64_t hits = 0;
  std::uint64_t short_walks = 0;
  std::uint64_t forgotten = 0;

 private:
  static const Translation* look_up(std::vector<TlbArray>& tlb, VirtualAddress va, AddressSpaceId asid, Access access) {
    for (TlbArray& array : tlb) {
      if (const Translation* found = array.find(va, asid, access)) return found;
    }
    return nullptr;
  }
  Answer walk(PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va, AddressSpaceId asid, Access access) {
    const auto start = walk_caches_->find(va, asid);
    short_walks += start ? 1 : 0;
    Walk walk = start ? Walk(mode_, *start, va, access) : Walk(mode_, root, va, access);
    const unsigned bytes = mode_.entry_bytes();
    for (;;) {
      const unsigned level = walk.level();
      const PhysicalAddress at = walk.entry_address();
      if (supply_known(walk)) continue;
      if (walk.step() == Walk::Step::ReadEntry) {
        std::array<unsigned char, Walk::longest_round> read{};
        for (unsigned number = 0; number < walk.reads(); ++number) {
          memory.read_bytes(walk.read_address(number), walk.read_bytes(), read.data() + number * walk.read_bytes());
        }
        walk.supply(read.data());
      } else if (walk.step() == Walk::Step::UpdateEntry) {
        walk.updated(
            memory.compare_and_swap(walk.entry_address(), bytes, walk.update_expected(), walk.update_desired()));
      } else {
        break;
      }
      if (walk.position().level == level) continue;
      walk_caches_->remember(va, asid, walk.position());
      if (walk_caches_->by_address()) walk_caches_->remember_entry(level, at, memory.read(at, bytes));
    }
    Answer answer;
    answer.faulted = walk.step() == Walk::Step::Fault;
    answer.fault = walk.fault();
    answer.translation = walk.translation();
    if (line_part_ != 0 && !answer.faulted) {
      const LinePages line = line_in_tables(mode_, memory, root, va, access, line_part_);
      answer.translation.neighbours = neighbours_of(answer.translation, va, line);
    }
    return answer;
  }

  /// What page-table caches know of the entry that the walk wants.
  bool supply_known(Walk& walk) {
    if (!walk_caches_->by_address() || walk.step() != Walk::Step::ReadEntry || walk.level() == 0) return false;
    const auto entry = walk_caches_->find_entry(walk.level(), walk.entry_address());
    if (!entry) return false;
    ++short_walks;
    walk.supply(*entry);
    return true;
  }

  const PagingMode& mode_;
  unsigned line_part_;  ///< what a walk reads with an entry, if TLBs coalesce
  std::vector<std::vector<TlbArray>> tlbs_;
  std::unique_ptr<WalkCaches> walk_caches_;
};

/// Sums over machines.
struct Seen {
  std::uint64_t old = 0;
  std::uint64_t hits = 0;
  std::uint64_t short_walks = 0;
  std::uint64_t forgotten = 0;
};

void expect_no_stale_answer(const MachineConfig& config, Dice& dice, std::uint64_t seed, Seen& seen) {
  constexpr unsigned operations = 4000;
  const auto mode = make_paging_mode(config.paging.mode, config.paging);
  const auto tables = make_changing_tables(mode, static_cast<AddressSpaceId>(dice.between(1, 3)), dice);
  TimelessMachine machine(config, *mode);
  AddressSpaceId space = 0;
  for (unsigned i = 0; i < operations; ++i) {
    const std::uint64_t choice = dice.between(0, 99);
    if (choice < 10) space = static_cast<AddressSpaceId>(dice.between(0, tables->spaces() - 1U));
    if (choice < 25) {
      tables->change(space, dice.between(0, tables->pages().size() - 1));
    } else if (choice < 35) {
      const Invalidation invalidation = tables->random_invalidation(dice);
      machine.invalidate(invalidation);
      tables->invalidated(invalidation);
      tables->forget_the_past();
    } else {
      const VirtualAddress va = tables->random_place(dice);
      const Access access = random_access(dice);
      const Answer answer = machine.translate(tables->memory(), tables->root(space), va, space, access);
      ASSERT_TRUE(tables->may_be(space, va, access, answer, tables->now()))
          << "operation " << i << ": " << tables->describe(space, va, access, answer) << "; " << again(seed)
          << "; its machine:\n"
          << to_yaml(config, false);
      seen.old += tables->is_current(space, va, access, answer) ? 0 : 1;
    }
  }
  seen.hits += machine.hits;
  seen.short_walks += machine.short_walks;
  seen.forgotten += machine.forgotten;
}

void expect_no_stale_answers_of_arrays(std::size_t machines, const std::function<MachineConfig(Dice&)>& make) {
  Seen seen;
  for (const std::uint64_t seed : printed_seeds(machines)) {
    Dice dice(seed);
    const MachineConfig config = make(dice);
    expect_no_stale_answer(config, dice, seed, seen);
    if (testing::Test::HasFatalFailure()) return;
  }
  std::printf("%llu hits, %llu short walks, %llu old answers, %llu entries forgotten\n",
              static_cast<unsigned long long>(seen.hits), static_cast<unsigned long long>(seen.short_walks),
              static_cast<unsigned long long>(seen.old), static_cast<unsigned long long>(seen.forgotten));
  EXPECT_GT(seen.old, 0u) << "nothing stale was ever there to be forgotten";
}

TEST(NoStale, AnswerInAMillionOperationsOnTheArraysAndTheWalk) {
  expect_no_stale_answers_of_arrays(250, [](Dice& dice) { return random_radix_machine(dice); });
}

/// The organisations that are not radix.
class NoStaleAnswerIn : public testing::TestWithParam<std::string> {
 protected:
  /// Fewer of inverted tables, which search for 512 small pages wherever a large one is mapped or unmapped.
  static std::size_t machines(std::size_t usually) { return GetParam() == "inverted" ? usually / 4 : usually; }
};

TEST_P(NoStaleAnswerIn, ManyOperationsOnTheArraysAndTheWalk) {
  expect_no_stale_answers_of_arrays(machines(60),
                                    [](Dice& dice) { return random_machine(dice, std::string(GetParam())); });
}

std::vector<Record> accesses_and_events(const ChangingTables& tables, Dice& dice, std::size_t count) {
  const unsigned event_share = dice.number(0, 15);
  std::vector<Record> records;
  AddressSpaceId space = 0;
  while (records.size() < count) {
    if (dice.chance(10)) space = static_cast<AddressSpaceId>(dice.between(0, tables.spaces() - 1U));
    Record record;
    if (dice.chance(event_share)) {
      record = random_event(dice, tables.mode(), tables.random_place(dice),
                            static_cast<AddressSpaceId>(dice.between(0, tables.spaces() - 1U)));
    } else {
      const Access access = random_access(dice);
      record.kind = static_cast<RecordKind>(access.kind);
      record.privilege = access.user ? Privilege::User : Privilege::Supervisor;
      record.address = tables.random_place(dice);
      record.size = 8;
      record.asid = space;
    }
    records.push_back(record);
  }
  return records;
}

/// A kernel that changes tables whenever it is called and invalidates at random times, also in the middle of other
/// activity; and checks that no response is older than an invalidation.
class RestlessKernel final : public Kernel, public TranslationObserver {
 public:
  /// `one_in_a_cycle`: it never invalidates twice in one cycle, which an RTL walker could not accept.
  RestlessKernel(ChangingTables& tables, Dice& dice, bool one_in_a_cycle)
      : tables_(tables), dice_(dice), one_in_a_cycle_(one_in_a_cycle) {}

  /// From now on there are range tables.
  void keep_ranges() { ranges_.emplace(tables_, 1); }
  RangeRegister range_table(AddressSpaceId asid) override { return ranges_->where(asid); }

  void attach(RequestPort& port) { port_ = &port; }
  std::uint64_t old_answers() const { return old_answers_; }
  std::uint64_t invalidations() const { return invalidations_; }
  /// Of every response and its cycle.
  std::uint64_t digest() const { return digest_; }

  PhysicalAddress root(AddressSpaceId asid) override { return tables_.root(asid); }
  void before_walk(AddressSpaceId, VirtualAddress, Access) override {
    if (dice_.chance(15)) change_something();
    if (dice_.chance(15)) invalidate_now(tables_.random_invalidation(dice_), requested_at_);
  }
  void handle_fault(const PageFault& fault, KernelWork& work) override {
    if (++faults_ > most_faults) throw LawViolation("an access faults again and again");
    tables_.make_present(fault.asid, tables_.page_of(fault.va), fault.access);
    if (ranges_) ranges_->follow();
    // The fault may come from stale walk-cache entries.
    invalidate_now({Invalidation::Scope::Page, fault.va, fault.asid}, Clockwork::of_simulation().now());
    work.compute(Cycles(dice_.between(0, 50)));
  }
  void before_invalidation(const Invalidation& invalidation) override {
    for (std::uint32_t changes = dice_.number(0, 3); changes != 0; --changes) change_something();
    tables_.invalidated(invalidation);
  }

  void translation_requested(const TranslationRequest& request, Cycles at) override {
    requested_at_ = at;
    if (dice_.chance(5)) change_something();
    asked_[&request] = tables_.now();
  }
  void translation_answered(const TranslationRequest& request, Cycles asked, Cycles answered, bool at_once) override {
    check(request);
    const bool adds_up = request.accounted == answered && request.cycles.total() == (answered - asked).count();
    if (!at_once && !adds_up) throw LawViolation("the parts of a translation's cycles do not add up");
    digest_ = (digest_ ^ request.answer.translation.physical(request.va).value() ^ answered.count() << 32) *
              0x9E3779B97F4A7C15u;
  }
  void fault_handled(const TranslationRequest& request, Cycles) override {
    check(request);
    asked_[&request] = tables_.now();
  }

 private:
  void check(const TranslationRequest& request) {
    if (!tables_.may_be(request.asid, request.va, request.access, request.answer, asked_[&request])) {
      throw LawViolation("a stale answer: " +
                         tables_.describe(request.asid, request.va, request.access, request.answer));
    }
    old_answers_ += tables_.is_current(request.asid, request.va, request.access, request.answer) ? 0 : 1;
  }
  void change_something() {
    tables_.change(static_cast<AddressSpaceId>(dice_.between(0, tables_.spaces() - 1U)),
                   dice_.between(0, tables_.pages().size() - 1));
    if (ranges_) ranges_->follow();
  }
  /// The kernel's own invalidation, without an event in the trace.
  void invalidate_now(const Invalidation& invalidation, Cycles cycle) {
    if (one_in_a_cycle_ && !invalidated_in_.insert(cycle).second) return;
    port_->itlb_side.invalidate(invalidation, cycle);
    port_->dtlb_side.invalidate(invalidation, cycle);
    tables_.invalidated(invalidation);
    ++invalidations_;
  }

  static constexpr std::uint64_t most_faults = 20000;

  ChangingTables& tables_;
  Dice& dice_;
  std::optional<ChangingRanges> ranges_;
  bool one_in_a_cycle_;
  std::set<Cycles> invalidated_in_;
  RequestPort* port_ = nullptr;
  std::uint64_t faults_ = 0;
  std::unordered_map<const TranslationRequest*, std::uint64_t> asked_;
  Cycles requested_at_;
  std::uint64_t old_answers_ = 0;
  std::uint64_t invalidations_ = 0;
  std::uint64_t digest_ = 0;
};

CoreNeighbours neighbours(const MachineConfig& config, const PagingMode& mode) {
  const auto latency = [](const TlbConfig& tlb) {
    return tlb.enabled && !tlb.arrays.empty() ? tlb.arrays.front().latency_cycles : Cycles(1);
  };
  CoreNeighbours neighbours;
  neighbours.tlb_hit_latency = {latency(config.itlb), latency(config.dtlb)};
  neighbours.cache_at_once = {false, false};
  neighbours.line_shift = log2_floor(config.memory.line_bytes);
  neighbours.page_shift = mode.offset_bits();
  return neighbours;
}

/// The translation part of a machine on a DRAM, without caches, under a restless kernel. Returns what must not depend
/// on how it is simulated.
std::string run_under_restless_kernel(const MachineConfig& config, std::uint64_t seed) {
  Dice dice(seed + 0x10000);
  const auto mode = make_paging_mode(config.paging.mode, config.paging);
  const auto changing = make_changing_tables(mode, static_cast<AddressSpaceId>(dice.between(1, 3)), dice);
  ChangingTables& tables = *changing;
  RestlessKernel kernel(tables, dice, config.walker.kind != WalkerKind::SystemC);
  ListedTrace trace(accesses_and_events(tables, dice, 1000));
  RecordSource source(trace, 0);

  RequestPort port("core", config.core, neighbours(config, *mode), *mode, kernel);
  FirstLevelTlb itlb("itlb", config.itlb, *mode, 1);
  FirstLevelTlb dtlb("dtlb", config.dtlb, *mode, 1);
  std::unique_ptr<RegisteredTlb> stlb;
  const RangeSource ranges{config.ranges, kernel};
  const bool has_ranges = config.stlb.enabled && config.ranges.enabled();
  if (has_ranges) kernel.keep_ranges();
  if (config.stlb.enabled) {
    stlb = std::make_unique<RegisteredTlb>("stlb", config.stlb, *mode, 2, has_ranges ? &ranges : nullptr);
  }
  const std::unique_ptr<PageWalker> walker =
      make_walker("walker", config.walker, config.paging, *mode, tables.memory(), stlb ? 1 : 2);
  if (mode->root_moves()) walker->follow_roots(kernel);
  if (config.reads_lines()) walker->tell_neighbours(config.memory.line_bytes);
  auto* hardware = dynamic_cast<RtlWalker*>(walker.get());
  if (hardware != nullptr && config.core.run_ahead) hardware->record_wave(wanted_wave());
  Dram dram("dram", config.dram, config.clock_mhz, config.memory.line_bytes, tables.memory(), has_ranges ? 4 : 3);
  port.itlb_side.socket.bind(itlb.cpu_side(0));
  port.dtlb_side.socket.bind(dtlb.cpu_side(0));
  itlb.walker_side.socket.bind(stlb ? stlb->cpu_side(0) : walker->tlb_side(0));
  dtlb.walker_side.socket.bind(stlb ? stlb->cpu_side(1) : walker->tlb_side(1));
  if (stlb) stlb->walker_side.socket.bind(walker->tlb_side(0));
  walker->memory_side.socket.bind(dram.cpu_side(0));
  if (has_ranges) stlb->ranges()->memory_side.socket.bind(dram.cpu_side(3));
  port.icache_side.socket.bind(dram.cpu_side(1));
  port.dcache_side.socket.bind(dram.cpu_side(2));

  kernel.attach(port);
  RequestPort::Job job;
  job.source = &source;
  job.observer = &kernel;
  port.run(std::move(job));
  Clockwork::of_simulation().set_lockstep(!config.core.run_ahead);
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();
  if (!port.finished()) throw LawViolation("the machine came to rest with accesses in flight");
  return std::to_string(kernel.digest()) + " " + std::to_string(port.cycles().total()) + " " +
         (has_ranges ? std::to_string(stlb->stats().range_hits) + " " : "0 ") +
         std::to_string(walker->stats().restarts) + " " + std::to_string(kernel.old_answers());
}

/// On that many machines, with and without run-ahead.
void expect_no_stale_answers(std::size_t machines, const std::function<MachineConfig(Dice&)>& make) {
  std::uint64_t range_hits = 0;
  std::uint64_t restarts = 0;
  std::uint64_t old = 0;
  for (const std::uint64_t seed : printed_seeds(machines)) {
    Dice dice(seed);
    MachineConfig config = make(dice);
    const auto run = [&](std::size_t number) {
      config.core.run_ahead = number == 0;
      return run_under_restless_kernel(config, seed);
    };
    std::vector<std::string> results;
    const auto name = [](std::size_t) { return std::string("the machine"); };
    ASSERT_NO_THROW(results = run_in_processes(2, run, name, {})) << again(seed) << "; its machine:\n"
                                                                  << to_yaml(config, false);
    ASSERT_EQ(results[0], results[1]) << "running ahead changes something; " << again(seed);
    std::istringstream numbers(results[0]);
    std::array<std::uint64_t, 5> number{};
    for (std::uint64_t& one : number) numbers >> one;
    range_hits += number[2];
    restarts += number[3];
    old += number[4];
  }
  std::printf("%llu answers by ranges, %llu walks restarted, %llu old answers\n",
              static_cast<unsigned long long>(range_hits), static_cast<unsigned long long>(restarts),
              static_cast<unsigned long long>(old));
  EXPECT_GT(range_hits, 0u);
  EXPECT_GT(restarts, 0u);
  EXPECT_GT(old, 0u) << "nothing stale was ever there to be forgotten";
}

TEST(NoStale, AnswerInTheTimedMachineWhateverIsOnItsWay) {
  expect_no_stale_answers(250, [](Dice& dice) { return random_radix_machine(dice); });
}

TEST_P(NoStaleAnswerIn, TheTimedMachineWhateverIsOnItsWay) {
  expect_no_stale_answers(machines(80), [](Dice& dice) { return random_machine(dice, std::string(GetParam())); });
}
INSTANTIATE_TEST_SUITE_P(Organisations, NoStaleAnswerIn,
                         testing::Values("hashed", "hashed-chained", "inverted", "cuckoo", "flattened",
                                         "flattened:6,5+4,4+5/12@8"),
                         [](const auto& mode) {
                           std::string name = mode.param;
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

/// Every built-in walker, including foreign ones.
class NoStaleAnswerOf : public testing::TestWithParam<std::string> {};

TEST_P(NoStaleAnswerOf, AWalkerThatWasMadeElsewhere) {
  expect_no_stale_answers(40, [](Dice& dice) { return random_machine_with(foreign_walker(GetParam()), dice); });
}
INSTANTIATE_TEST_SUITE_P(Foreign, NoStaleAnswerOf, testing::ValuesIn(foreign_walker_names()),
                         [](const auto& built_in) { return test_name_of(built_in.param); });

}  // namespace
}  // namespace tablewalk::test::no_stale_test
