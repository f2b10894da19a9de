// A core among several cores, or with several traces, cycle by cycle.

#include <gtest/gtest.h>

#include <algorithm>

#include "module/cpu/core_bench.h"

namespace tablewalk::cores_test {
namespace {

constexpr std::uint64_t interrupt_cycles = 40;
constexpr std::uint64_t handler_cycles = 30;
constexpr std::uint64_t acknowledge_cycles = 20;
constexpr std::uint64_t broadcast_issue_cycles = 4;
constexpr std::uint64_t broadcast_cycles = 10;
constexpr std::uint64_t broadcast_sync_cycles = 6;

ShootdownConfig shootdown_config() {
  ShootdownConfig config;
  config.interrupt_cycles = Cycles(interrupt_cycles);
  config.handler_cycles = Cycles(handler_cycles);
  config.acknowledge_cycles = Cycles(acknowledge_cycles);
  config.broadcast_issue_cycles = Cycles(broadcast_issue_cycles);
  config.broadcast_cycles = Cycles(broadcast_cycles);
  config.broadcast_sync_cycles = Cycles(broadcast_sync_cycles);
  return config;
}

Record of_space(Record record, AddressSpaceId asid) {
  record.asid = asid;
  return record;
}

/// Cores on translators and memories of fixed latency, one kernel, and shootdowns between them.
class Cores {
 public:
  explicit Cores(const std::vector<std::vector<Record>>& traces, const CoreConfig& config = core(8),
                 const char* paging_mode = "sv48", ShootdownKind kind = ShootdownKind::Ipi)
      : mode(make_paging_mode(paging_mode)),
        shootdowns(shootdown_config(), kind, static_cast<unsigned>(traces.size())) {
    for (std::size_t i = 0; i < traces.size(); ++i)
      cores_.push_back(std::make_unique<One>(*this, i, traces[i], config));
  }
  void run(std::uint64_t warmup = 0) {
    for (auto& one : cores_) {
      RequestPort::Job job;
      job.source = &one->source;
      job.warmup = warmup;
      job.on_warm = [this] {
        if (++warm_ < cores_.size()) return;
        for (auto& core : cores_) {
          core->port.reset_stats();
          core->port.start_measuring(Clockwork::of_simulation().now() + Cycles(1));
        }
        warm_at = Clockwork::of_simulation().now().count();
      };
      one->port.run(std::move(job));
    }
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
    for (auto& one : cores_) EXPECT_TRUE(one->port.finished());
  }
  const FakeTranslator& dtlb(std::size_t core) const { return cores_[core]->dtlb; }
  FakeTranslator& dtlb(std::size_t core) { return cores_[core]->dtlb; }
  const FakeTranslator& itlb(std::size_t core) const { return cores_[core]->itlb; }
  const RequestPort& port(std::size_t core) const { return cores_[core]->port; }
  Starts loads_at(std::size_t core) const {
    Starts cycles;
    for (const auto& arrival : dtlb(core).arrivals()) cycles.push_back(arrival.cycle);
    return cycles;
  }

  std::uint64_t warm_at = 0;
  NotingKernel kernel;

 private:
  struct One {
    One(Cores& cores, std::size_t number, const std::vector<Record>& records, const CoreConfig& config)
        : trace(records),
          source(trace, 0),
          port(named("port", number), config, neighbours(), *cores.mode, cores.kernel),
          itlb(named("itlb", number), Cycles(tlb_latency)),
          dtlb(named("dtlb", number), Cycles(tlb_latency)),
          icache(named("icache", number), memory_latency, 256),
          dcache(named("dcache", number), memory_latency, 256) {
      port.itlb_side.socket.bind(itlb.tlb_side());
      port.dtlb_side.socket.bind(dtlb.tlb_side());
      port.icache_side.socket.bind(icache.cpu_side());
      port.dcache_side.socket.bind(dcache.cpu_side());
      port.join(cores.shootdowns, static_cast<unsigned>(number));
    }
    static const char* named(const char* part, std::size_t) { return sc_core::sc_gen_unique_name(part); }

    test::ListedTrace trace;
    RecordSource source;
    RequestPort port;
    FakeTranslator itlb;
    FakeTranslator dtlb;
    FakeMemory icache;
    FakeMemory dcache;
  };

  std::shared_ptr<const PagingMode> mode;
  Shootdowns shootdowns;
  std::vector<std::unique_ptr<One>> cores_;
  std::size_t warm_ = 0;
};

TEST(SeveralCores, AShootdownInterruptsTheOtherAndItsInitiatorWaits) {
  CoreConfig config = blocking();
  config.invalidate_cycles = Cycles(5);
  std::vector<Record> busy;
  for (std::uint64_t page = 1; page <= 5; ++page) busy.push_back(load(page << 12));
  Cores cores({{load(0x1000), invalidate(0x1000), load(0x2000)}, busy}, config);
  cores.run();
  // The event is reached when the load is done. The other core takes the interrupt when its current load is done, at 3
  // * 31 = 93, and handles it until 123.
  const std::uint64_t event = whole_access;
  const std::uint64_t taken = 3 * whole_access;
  ASSERT_GT(taken, event + interrupt_cycles);
  const std::uint64_t acknowledged = taken + handler_cycles + acknowledge_cycles;
  ASSERT_EQ(cores.dtlb(1).invalidations().size(), 1u);
  EXPECT_EQ(cores.dtlb(1).invalidations()[0].cycle, taken);
  EXPECT_EQ(cores.dtlb(0).invalidations()[0].cycle, event);
  EXPECT_EQ(cores.loads_at(1),
            (Starts{0, whole_access, 2 * whole_access, taken + handler_cycles, taken + handler_cycles + whole_access}));
  EXPECT_EQ(cores.loads_at(0), (Starts{0, acknowledged}));
  EXPECT_EQ(cores.port(0).cycles().invalidation, 5u);
  EXPECT_EQ(cores.port(0).cycles().shootdown_wait, acknowledged - event - 5);
  EXPECT_EQ(cores.port(1).cycles().interrupts, handler_cycles);
  EXPECT_EQ(cores.port(0).stats().shootdowns, 1u);
  EXPECT_EQ(cores.port(1).stats().interrupts, 1u);
  EXPECT_EQ(cores.port(1).cycles().total(), 5 * whole_access + handler_cycles);
}

TEST(SeveralCores, AnInterruptWaitsForEverythingThatHasStartedAndNothingStartsMeanwhile) {
  CoreConfig config = core(8);
  config.invalidate_cycles = Cycles(0);
  std::vector<Record> busy;
  for (std::uint64_t page = 1; page <= 26; ++page) busy.push_back(load(page << 12));
  Cores cores({{load(0x1000), invalidate(0x1000)}, busy}, config);
  cores.run();
  // Eight at a time, from 0, 31 and 62 on; the interrupt arrives in 71, when the last of them are in flight.
  ASSERT_EQ(whole_access + interrupt_cycles, 2 * whole_access + 9);
  const std::uint64_t drained = 2 * whole_access + 7 + whole_access;
  const std::uint64_t goes_on = drained + handler_cycles;
  ASSERT_EQ(cores.dtlb(1).invalidations().size(), 1u);
  EXPECT_EQ(cores.dtlb(1).invalidations()[0].cycle, drained);
  ASSERT_EQ(cores.itlb(1).invalidations().size(), 1u) << "both sides forget";
  const Starts starts = cores.loads_at(1);
  EXPECT_EQ(starts[23], 2 * whole_access + 7);
  EXPECT_EQ(Starts(starts.begin() + 24, starts.end()), (Starts{goes_on, goes_on + 1}));
  EXPECT_EQ(cores.port(1).cycles().total(), goes_on + 1 + whole_access);
}

TEST(SeveralCores, ABroadcastInterruptsNobodyAndIsCompleteWhenTheOthersAccessesHaveTheirData) {
  CoreConfig config = blocking();
  config.invalidate_cycles = Cycles(0);
  std::vector<Record> busy;
  for (std::uint64_t page = 1; page <= 5; ++page) busy.push_back(load(page << 12));
  Cores cores({{load(0x1000), invalidate(0x1000), load(0x2000)}, busy}, config, "sv48", ShootdownKind::Broadcast);
  cores.run();
  const std::uint64_t applied = whole_access + broadcast_issue_cycles + broadcast_cycles;
  ASSERT_LT(applied, 2 * whole_access) << "the second load is on its way";
  ASSERT_EQ(cores.dtlb(1).invalidations().size(), 1u);
  EXPECT_EQ(cores.dtlb(1).invalidations()[0].cycle, applied);
  EXPECT_EQ(cores.loads_at(1), (Starts{0, whole_access, 2 * whole_access, 3 * whole_access, 4 * whole_access}));
  EXPECT_EQ(cores.loads_at(0), (Starts{0, 2 * whole_access + broadcast_sync_cycles}));
  EXPECT_EQ(cores.port(1).stats().broadcasts, 1u);
  EXPECT_EQ(cores.port(1).stats().interrupts, 0u);
}

TEST(SeveralCores, PagesAreMappedInTheOrderOfTimeThoughCoresRunAhead) {
  Cores cores({{load(0x1000), load(0x2000)}, {load(0x3000), load(0x4000)}});
  cores.kernel.unmapped = {1, 2, 3, 4};
  cores.run();
  EXPECT_EQ(cores.kernel.walks, (Starts{0x1000, 0x3000, 0x2000, 0x4000}));
}

TEST(SeveralCores, InterruptsOfTwoInitiatorsAreHandledOneAfterTheOther) {
  CoreConfig config = blocking();
  config.invalidate_cycles = Cycles(0);
  const std::vector<Record> initiator = {load(0x1000), invalidate(0x1000), load(0x2000)};
  std::vector<Record> busy;
  for (std::uint64_t page = 1; page <= 5; ++page) busy.push_back(load(page << 12));
  Cores cores({initiator, initiator, busy}, config);
  cores.run();
  const std::uint64_t taken = 3 * whole_access;
  EXPECT_EQ(cores.loads_at(0), (Starts{0, taken + handler_cycles + acknowledge_cycles}));
  EXPECT_EQ(cores.loads_at(1), (Starts{0, taken + 2 * handler_cycles + acknowledge_cycles}));
  EXPECT_EQ(cores.loads_at(2)[3], taken + 2 * handler_cycles);
  EXPECT_EQ(cores.port(2).cycles().interrupts, 2 * handler_cycles);
  EXPECT_EQ(cores.port(2).stats().interrupts, 2u);
}

TEST(SeveralCores, AnAccessWhosePageTheKernelChangedIsRepeatedWhenAllHaveForgottenThePage) {
  std::vector<Record> busy;
  for (std::uint64_t page = 1; page <= 5; ++page) busy.push_back(load(page << 12));
  Cores cores({{load(0x9000)}, busy}, blocking());
  cores.kernel.changes_page = true;
  cores.dtlb(0).decide = [&](const TranslationRequest& request) {
    Answer answer;
    answer.faulted = cores.kernel.faults.empty();
    answer.fault.reason = FaultReason::Permission;
    answer.translation.page = PhysicalAddress(request.va.value());
    answer.translation.page_shift = 12;
    return answer;
  };
  cores.run();
  // The fault is known in 10; the other core's second load is done in 62.
  const std::uint64_t taken = 2 * whole_access;
  ASSERT_GT(taken, tlb_latency + interrupt_cycles);
  const std::uint64_t acknowledged = taken + handler_cycles + acknowledge_cycles;
  const std::uint64_t repeated = acknowledged + fault_cycles;  // the rest of the handler
  EXPECT_EQ(cores.loads_at(0), (Starts{0, repeated}));
  ASSERT_EQ(cores.dtlb(1).invalidations().size(), 1u);
  EXPECT_EQ(cores.dtlb(1).invalidations()[0].cycle, taken);
  EXPECT_EQ(cores.dtlb(1).invalidations()[0].invalidation.va.value(), 0x9000u);
  const CoreCycles& cycles = cores.port(0).cycles();
  EXPECT_EQ(cycles.total(), repeated + whole_access);
  EXPECT_EQ(cycles.kernel[static_cast<unsigned>(KernelPart::Shootdown)], acknowledged - tlb_latency);
  EXPECT_EQ(cycles.kernel[static_cast<unsigned>(KernelPart::Compute)], fault_cycles);
  EXPECT_EQ(cores.port(0).stats().translation_cycles.fault, repeated - tlb_latency);
  EXPECT_EQ(cores.port(0).stats().shootdowns, 1u);
}

TEST(SeveralCores, TwoInitiatorsDoNotWaitForEachOther) {
  CoreConfig config = blocking();
  config.invalidate_cycles = Cycles(0);
  const std::vector<Record> both = {load(0x1000), invalidate(0x1000), load(0x2000)};
  Cores cores({both, both}, config);
  cores.run();
  // Each takes the other's interrupt at once, since it is in its kernel.
  const std::uint64_t acknowledged = whole_access + interrupt_cycles + handler_cycles + acknowledge_cycles;
  for (std::size_t core : {0U, 1U}) {
    EXPECT_EQ(cores.loads_at(core), (Starts{0, acknowledged}));
    EXPECT_EQ(cores.dtlb(core).invalidations().size(), 2u);
    EXPECT_EQ(cores.port(core).cycles().interrupts, 0u);
  }
}

TEST(SeveralCores, ACoreThatHasFinishedForgetsAndAcknowledges) {
  CoreConfig config = blocking();
  config.invalidate_cycles = Cycles(0);
  Cores cores({{load(0x1000), load(0x3000), invalidate(0x1000), load(0x2000)}, {load(0x1000)}}, config);
  cores.run();
  EXPECT_EQ(cores.dtlb(1).invalidations().size(), 1u);
  EXPECT_EQ(cores.port(1).cycles().total(), whole_access);
  EXPECT_EQ(cores.loads_at(0).back(), 2 * whole_access + interrupt_cycles + handler_cycles + acknowledge_cycles);
}

TEST(SeveralCores, OnlyTheCoresOfTheAddressSpaceAreInterrupted) {
  Cores cores({{of_space(load(0x1000), 1), invalidate(0x1000, 1), of_space(load(0x2000), 1)},
               {of_space(load(0x1000), 2), of_space(load(0x2000), 2)},
               {of_space(load(0x1000), 1), of_space(load(0x2000), 1)}},
              blocking());
  cores.run();
  EXPECT_EQ(cores.dtlb(1).invalidations().size(), 0u);
  EXPECT_EQ(cores.dtlb(2).invalidations().size(), 1u);
}

TEST(SeveralCores, AnInstructionOfOneCoreStaysThere) {
  Record fence;
  fence.kind = RecordKind::SfenceAll;
  Cores cores({{load(0x1000), fence, load(0x2000)}, {load(0x1000), load(0x2000)}}, blocking());
  cores.run();
  EXPECT_EQ(cores.dtlb(0).invalidations().size(), 1u);
  EXPECT_EQ(cores.dtlb(1).invalidations().size(), 0u);
  EXPECT_EQ(cores.port(0).stats().shootdowns, 0u);
}

TEST(SeveralCores, InvlpgStaysOnItsCoreAndAChangeOfTheTablesDoesNot) {
  Record invlpg = invalidate(0x1000);
  invlpg.kind = RecordKind::Invlpg;
  const std::vector<Record> other = {load(0x1000), load(0x2000), load(0x3000), load(0x4000)};
  Cores cores({{load(0x1000), invlpg, load(0x2000), invalidate(0x2000), load(0x3000)}, other}, blocking(), "x86-64");
  cores.run();
  ASSERT_EQ(cores.dtlb(0).invalidations().size(), 2u);
  ASSERT_EQ(cores.dtlb(1).invalidations().size(), 1u);
  EXPECT_EQ(cores.dtlb(1).invalidations()[0].invalidation.va.value(), 0x2000u);
  EXPECT_EQ(cores.port(0).stats().shootdowns, 1u);
}

/// How often core 1 is interrupted for address space 1, which it has left when core 0 changes it.
std::uint64_t interrupts_after_leaving(const char* mode) {
  std::vector<Record> changing;
  for (std::uint64_t page = 1; page <= 9; ++page) changing.push_back(of_space(load(page << 12), 1));
  changing.push_back(invalidate(0x1000, 1));
  std::vector<Record> leaving = {of_space(load(0x1000), 1)};
  for (std::uint64_t page = 1; page <= 20; ++page) leaving.push_back(of_space(load(page << 12), 2));
  Cores cores({changing, leaving}, blocking(), mode);
  cores.run();
  return cores.port(1).stats().interrupts;
}

TEST(SeveralCores, ACoreThatLeftTheAddressSpaceIsInterruptedAsItsTlbsRememberIt) {
  EXPECT_EQ(interrupts_after_leaving("sv48"), 1u);
}

TEST(SeveralCores, ACoreThatLeftTheAddressSpaceAndDroppedItIsNotInterrupted) {
  EXPECT_EQ(interrupts_after_leaving("x86-32"), 0u);
}

TEST(SeveralCores, StatisticsStartInTheSameCycleOnAll) {
  Cores cores({{load(0x1000), load(0x2000)}, {load(0x1000, 8), load(0x2ffc), load(0x4000)}}, blocking());
  cores.run(1);
  // Both are warm when their first load is done.
  EXPECT_EQ(cores.warm_at, whole_access);
  EXPECT_EQ(cores.loads_at(0), (Starts{0, whole_access + 1}));
  EXPECT_EQ(cores.loads_at(1)[1], whole_access + 1);
  EXPECT_EQ(cores.port(0).cycles().total(), whole_access) << "from the common start";
}

/// A core with several traces.
struct Turns {
  Turns(std::vector<std::vector<Record>> lists, std::uint64_t slice, const CoreConfig& config = blocking(),
        std::uint64_t limit = 0, bool on_demand = false)
      : bench(config, {}, make_paging_mode("sv48"), false, on_demand) {
    for (auto& list : lists) {
      traces.push_back(std::make_unique<test::ListedTrace>(std::move(list)));
      sources.push_back(std::make_unique<RecordSource>(*traces.back(), limit, 32 * config.fetch_queue));
    }
    job.source = sources.front().get();
    for (std::size_t i = 1; i < sources.size(); ++i) job.more_sources.push_back(sources[i].get());
    job.time_slice = Cycles(slice);
  }
  void run(std::uint64_t warmup = 0) {
    job.warmup = warmup;
    job.on_warm = [this] {
      warm_at.push_back(Clockwork::of_simulation().now().count());
      bench.port.reset_stats();
    };
    bench.port.run(std::move(job));
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
    EXPECT_TRUE(bench.port.finished());
  }
  /// Of the loads, in order of their start.
  Starts pages() const {
    Starts numbers;
    for (const auto& arrival : bench.dtlb.arrivals()) numbers.push_back(arrival.va >> 12);
    return numbers;
  }

  Bench bench;
  std::vector<std::unique_ptr<test::ListedTrace>> traces;
  std::vector<std::unique_ptr<RecordSource>> sources;
  RequestPort::Job job;
  Starts warm_at;
};

std::vector<Record> loads(std::uint64_t first_page, std::uint64_t count) {
  std::vector<Record> records;
  for (std::uint64_t i = 0; i < count; ++i) records.push_back(load((first_page + i) << 12));
  return records;
}

TEST(SeveralTraces, TakeTurnsAndTheOthersGoOnWhenOneEnds) {
  // A slice of 40 cycles: the load that follows a load of 31 cycles started in it still belongs to it.
  Turns turns({loads(1, 5), loads(0x11, 1), loads(0x21, 3)}, 40);
  turns.run();
  EXPECT_EQ(turns.pages(), (Starts{1, 2, 3, 0x11, 0x21, 0x22, 0x23, 4, 5}));
  const Starts starts = turns.bench.loads_at();
  for (std::size_t i = 0; i < starts.size(); ++i) EXPECT_EQ(starts[i], i * whole_access);
  EXPECT_EQ(turns.bench.port.stats().process_switches, 3u);
}

TEST(SeveralTraces, EveryTurnIsASlice) {
  Turns turns({loads(1, 5), loads(0x11, 8)}, 40);
  turns.run();
  EXPECT_EQ(turns.pages(), (Starts{1, 2, 3, 0x11, 0x12, 0x13, 4, 5, 0x14, 0x15, 0x16, 0x17, 0x18}));
  EXPECT_EQ(turns.bench.port.stats().process_switches, 3u);
}

TEST(SeveralTraces, OneThatHasNoTurnYetWaitsUntilNothingOfTheOtherIsInFlight) {
  Turns turns({loads(1, 5), loads(0x11, 2)}, 3, core(8));
  turns.run();
  EXPECT_EQ(turns.pages(), (Starts{1, 2, 3, 0x11, 0x12, 4, 5}));
  const std::uint64_t second = 2 + whole_access;
  const std::uint64_t third = second + 1 + whole_access;
  EXPECT_EQ(turns.bench.loads_at(), (Starts{0, 1, 2, second, second + 1, third, third + 1}));
}

TEST(SeveralTraces, HaveTheLimitEach) {
  Turns turns({loads(1, 5), loads(0x11, 1), loads(0x21, 3)}, 1000000, blocking(), 2);
  turns.run();
  EXPECT_EQ(turns.pages(), (Starts{1, 2, 0x11, 0x21, 0x22}));
}

TEST(SeveralTraces, AreWarmWhenEachHasRunItsOwnWarmUp) {
  Turns turns({loads(1, 3), loads(0x11, 3)}, 1000000);
  turns.run(1);
  EXPECT_EQ(turns.pages(), (Starts{1, 0x11, 0x12, 0x13, 2, 3}));
  EXPECT_EQ(turns.warm_at, Starts{2 * whole_access}) << "once";
  EXPECT_EQ(turns.bench.port.stats().accesses[static_cast<unsigned>(RecordKind::Load)], 4u);
  EXPECT_EQ(turns.bench.port.cycles().total(), 4 * whole_access);
}

/// The first access of one trace crosses a page, and its first part waits for a device.
Starts pages_with_a_wait(bool run_while_waiting, const CoreConfig& config = blocking(), Starts* starts = nullptr) {
  Turns turns({{load(0x1ffc), load(0x3000)}, loads(0x11, 2)}, 1000000, config, 0, true);
  turns.bench.kernel.faulting = {{1, AccessKind::Load}};  // the rest waits outside the window
  turns.job.run_while_waiting = run_while_waiting;
  turns.bench.kernel.device_cycles = 500;
  turns.bench.dtlb.decide = [&turns](const TranslationRequest& request) {
    Answer answer;
    answer.faulted = turns.bench.kernel.faults.empty();
    answer.fault.reason = FaultReason::NotPresent;
    answer.translation.page = PhysicalAddress(request.va.value() & ~std::uint64_t{0xfff});
    answer.translation.page_shift = 12;
    return answer;
  };
  turns.run();
  if (starts != nullptr) *starts = turns.bench.loads_at();
  return turns.pages();
}

TEST(SeveralTraces, OneThatWaitsForADeviceLeavesItsCoreToAnother) {
  EXPECT_EQ(pages_with_a_wait(true), (Starts{1, 0x11, 0x12, 1, 2, 3}));
}

/// Also the entry of its second part, which has no place in the window yet.
TEST(SeveralTraces, OneThatWaitsForADeviceLeavesTheLoadBufferToAnother) {
  CoreConfig config = core(8);
  config.loads_in_flight = 1;
  Starts starts;
  EXPECT_EQ(pages_with_a_wait(true, config, &starts), (Starts{1, 0x11, 0x12, 1, 2, 3}));
  EXPECT_EQ(starts[2] - starts[1], whole_access) << "the only entry is free when the load before has its data";
}

TEST(SeveralTraces, OneThatWaitsForADeviceKeepsItsCoreUnlessTheOthersMayRun) {
  EXPECT_EQ(pages_with_a_wait(false), (Starts{1, 1, 2, 3, 0x11, 0x12}));
}

/// Three address spaces have two ids, and each takes that of one that waits.
TEST(SeveralTraces, OneThatHasWaitedRepeatsItsAccessWithTheIdOfItsAddressSpaceNow) {
  std::vector<std::vector<Record>> lists;
  for (AddressSpaceId space = 0; space < 3; ++space) lists.push_back({of_space(load((space + 1) << 12), space)});
  Turns turns(lists, 1000000);
  SpaceServices services{SpaceIds({AsidKind::PerCore, 2}, 1), false, false, Cycles(0)};
  turns.bench.port.use(services, 0);
  turns.job.run_while_waiting = true;
  turns.bench.kernel.device_cycles = 500;
  std::vector<std::pair<AddressSpaceId, bool>> repeated;  // the space, and whether it is asked for by its present id
  turns.bench.dtlb.decide = [&](const TranslationRequest& request) {
    const std::vector<std::uint64_t>& handled = turns.bench.kernel.faults;
    Answer answer;
    answer.faulted = std::find(handled.begin(), handled.end(), request.va.value()) == handled.end();
    answer.fault.reason = FaultReason::NotPresent;
    answer.translation.page_shift = 12;
    if (!answer.faulted) repeated.emplace_back(request.space, request.asid == services.ids.id_of(0, request.space));
    return answer;
  };
  turns.run();
  EXPECT_EQ(repeated, (std::vector<std::pair<AddressSpaceId, bool>>{{2, true}, {0, true}, {1, true}}));
  EXPECT_EQ(turns.bench.port.stats().ids_recycled, 3u);
}

TEST(SeveralTraces, WhatWasFetchedAheadIsFetchedAgain) {
  CoreConfig config = core(1);
  config.fetch_queue = 4;
  const std::vector<Record> first = {fetch(0x8000), fetch(0x8040), fetch(0x8080), fetch(0x80c0)};
  const std::vector<Record> second = {fetch(0x20000), fetch(0x20040)};
  Turns turns({first, second}, 1, config);
  turns.run();
  Starts fetched;
  for (const auto& arrival : turns.bench.itlb.arrivals()) fetched.push_back(arrival.va);
  EXPECT_EQ(fetched, (Starts{0x8000, 0x8040, 0x8080, 0x80c0,   // the first one's turn
                             0x20000, 0x20040,                 // the second one's
                             0x8040, 0x8080, 0x80c0, 0x20040,  // and again
                             0x8080, 0x80c0}));                // the rest of the first one
  EXPECT_EQ(turns.bench.port.stats().instructions, 6u);
  EXPECT_EQ(turns.bench.port.stats().process_switches, 4u);
  EXPECT_EQ(turns.bench.port.stats().line_straddles, 0u) << "nobody took another one's block for its own";
}

}  // namespace
}  // namespace tablewalk::cores_test
