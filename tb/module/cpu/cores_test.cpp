// What a core does because it is one of several, or has several traces: cycle by cycle.

#include <gtest/gtest.h>

#include "module/cpu/core_bench.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t interrupt_cycles = 40;
constexpr std::uint64_t handler_cycles = 30;
constexpr std::uint64_t acknowledge_cycles = 20;

ShootdownConfig shootdown_config() {
  ShootdownConfig config;
  config.interrupt_cycles = Cycles(interrupt_cycles);
  config.handler_cycles = Cycles(handler_cycles);
  config.acknowledge_cycles = Cycles(acknowledge_cycles);
  return config;
}

Record of_space(Record record, AddressSpaceId asid) {
  record.asid = asid;
  return record;
}

/// Cores on translators and memories of fixed latency, one kernel, and shootdowns between them.
class Cores {
 public:
  explicit Cores(const std::vector<std::vector<Record>>& traces, const CoreConfig& config = core(8))
      : mode(make_paging_mode("sv48")), shootdowns(shootdown_config()) {
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
  const RequestPort& port(std::size_t core) const { return cores_[core]->port; }
  Starts loads_at(std::size_t core) const {
    Starts cycles;
    for (const auto& arrival : dtlb(core).arrivals()) cycles.push_back(arrival.cycle);
    return cycles;
  }

  std::uint64_t warm_at = 0;

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
  NotingKernel kernel;
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
  // The event is reached when the load is done. The other core takes the interrupt when the load that it has started
  // is done, at 3 * 31 = 93, and handles it until 123.
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

TEST(SeveralCores, StatisticsStartInTheSameCycleOnAll) {
  Cores cores({{load(0x1000), load(0x2000)}, {load(0x1000, 8), load(0x2ffc), load(0x4000)}}, blocking());
  cores.run(1);
  // Both are warm when their first load is done.
  EXPECT_EQ(cores.warm_at, whole_access);
  EXPECT_EQ(cores.loads_at(0), (Starts{0, whole_access + 1}));
  EXPECT_EQ(cores.loads_at(1)[1], whole_access + 1);
  EXPECT_EQ(cores.port(0).cycles().total(), whole_access) << "from the common start";
}

/// One core that has several traces.
Starts starts_in_turns(std::vector<std::vector<Record>> lists, std::uint64_t slice, std::vector<std::uint64_t>* pages) {
  Bench bench(blocking(), std::move(lists.front()));
  std::vector<std::unique_ptr<test::ListedTrace>> traces;
  std::vector<std::unique_ptr<RecordSource>> sources;
  RequestPort::Job job;
  job.source = &bench.source;
  job.time_slice = Cycles(slice);
  for (std::size_t i = 1; i < lists.size(); ++i) {
    traces.push_back(std::make_unique<test::ListedTrace>(std::move(lists[i])));
    sources.push_back(std::make_unique<RecordSource>(*traces.back(), 0));
    job.more_sources.push_back(sources.back().get());
  }
  bench.port.run(std::move(job));
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();
  EXPECT_TRUE(bench.port.finished());
  for (const auto& arrival : bench.dtlb.arrivals()) pages->push_back(arrival.va >> 12);
  return bench.loads_at();
}

TEST(SeveralTraces, TakeTurnsAndTheOthersGoOnWhenOneEnds) {
  std::vector<std::uint64_t> pages;
  // A slice of 40 cycles: the load that is the next one when a load of 31 cycles starts in it still belongs to it.
  const Starts starts = starts_in_turns({{load(0x1000), load(0x2000), load(0x3000), load(0x4000), load(0x5000)},
                                         {load(0x11000)},
                                         {load(0x21000), load(0x22000), load(0x23000)}},
                                        40, &pages);
  EXPECT_EQ(pages, (std::vector<std::uint64_t>{1, 2, 3, 0x11, 0x21, 0x22, 0x23, 4, 5}));
  for (std::size_t i = 0; i < starts.size(); ++i) EXPECT_EQ(starts[i], i * whole_access);
}

}  // namespace
}  // namespace tablewalk
