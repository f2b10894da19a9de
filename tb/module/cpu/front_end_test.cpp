// A core whose front end fetches ahead: itlb and icache respond as in core_bench.h.

#include <gtest/gtest.h>

#include "module/cpu/core_bench.h"

namespace tablewalk::front_end_test {
namespace {

CoreConfig fetching_ahead(std::uint32_t blocks) {
  CoreConfig config = core(64, 1000, 4);
  config.fetch_queue = blocks;
  return config;
}

Starts itlb_at(const Bench& bench) {
  Starts cycles;
  for (const auto& arrival : bench.itlb.arrivals()) cycles.push_back(arrival.cycle);
  return cycles;
}

/// One block of two instructions in each of `count` lines, with a load in each.
std::vector<Record> blocks_of(unsigned count, std::uint64_t apart) {
  std::vector<Record> records;
  for (unsigned i = 0; i < count; ++i) {
    records.push_back(fetch(0x10000 + i * apart));
    records.push_back(fetch(0x10004 + i * apart));
    records.push_back(load(0x100000 + i * 0x1000));
  }
  return records;
}

TEST(FrontEnd, AsksForABlockInEachCycleWhileTheFirstIsOnItsWay) {
  Bench bench(fetching_ahead(4), blocks_of(4, 0x1000));
  bench.run();
  EXPECT_EQ(itlb_at(bench), (Starts{0, 1, 2, 3})) << "each once, not once an instruction";
  EXPECT_EQ(bench.port.stats().fetch_blocks, 4u);
  EXPECT_EQ(bench.port.stats().instructions, 8u);
  EXPECT_EQ(bench.icache.arrivals().size(), 4u);
  EXPECT_EQ(bench.loads_at(), (Starts{whole_access, whole_access + 1, whole_access + 2, whole_access + 3}))
      << "the core waits for the first block, and then for none";
}

TEST(FrontEnd, HasAsManyBlocksAsItsQueueAheadOfTheCore) {
  Bench bench(fetching_ahead(2), blocks_of(4, 0x1000));
  bench.run();
  EXPECT_EQ(itlb_at(bench), (Starts{0, 1, whole_access, whole_access + 1}));
}

TEST(FrontEnd, WithoutAQueueEachFetchIsAnAccessThatHoldsBackWhatIsYounger) {
  Bench bench(fetching_ahead(0), blocks_of(2, 0x1000));
  bench.run();
  EXPECT_EQ(itlb_at(bench), (Starts{0, whole_access, 2 * whole_access, 3 * whole_access}));
}

TEST(FrontEnd, OfABlockingCoreFetchesNothingAhead) {
  CoreConfig config = blocking();
  config.fetch_queue = 8;
  Bench bench(config, blocks_of(2, 0x1000));
  bench.run();
  EXPECT_EQ(bench.port.stats().fetch_blocks, 0u);
  EXPECT_EQ(itlb_at(bench).size(), 4u);
}

TEST(FrontEnd, AnInstructionAcrossLinesWaitsForBothBlocks) {
  Bench bench(fetching_ahead(8), {fetch(0x1103e), load(0x2000)});
  bench.run();
  EXPECT_EQ(itlb_at(bench), (Starts{0, 1}));
  EXPECT_EQ(bench.itlb.arrivals()[1].va, 0x11040u);
  EXPECT_EQ(bench.loads_at(), (Starts{1 + whole_access}));
  EXPECT_EQ(bench.port.stats().line_straddles, 1u);
}

TEST(FrontEnd, AQueueOfOneFetchesTheLinesOfAnInstructionOneAfterTheOther) {
  Bench bench(fetching_ahead(1), {fetch(0x11ffe), load(0x2000)});
  bench.run();
  EXPECT_EQ(itlb_at(bench), (Starts{0, whole_access}));
  EXPECT_EQ(bench.loads_at(), (Starts{2 * whole_access}));
  EXPECT_EQ(bench.port.stats().page_straddles, 1u);
}

TEST(FrontEnd, LeavesAPageThatIsNotMappedToTheCore) {
  Bench bench(fetching_ahead(8), {fetch(0x10000), load(0x2000), fetch(0x30000), fetch(0x30004), fetch(0x40000)});
  bench.kernel.unmapped = {0x30};
  bench.run();
  EXPECT_EQ(bench.kernel.walks, (Starts{0x2000, 0x30000})) << "in program order, and none for what is fetched ahead";
  // The core reaches it when its first block has arrived; the front end continues in the next cycle, past its line.
  EXPECT_EQ(itlb_at(bench), (Starts{0, whole_access, whole_access + 1}));
}

Answer fault_once(const TranslationRequest& request, const Bench& bench, std::uint64_t page) {
  Answer answer;
  answer.faulted = request.va.value() >> 12 == page && bench.kernel.faults.empty();
  answer.fault.reason = FaultReason::Permission;
  answer.translation.page = PhysicalAddress(request.va.value() & ~std::uint64_t{0xfff});
  answer.translation.page_shift = 12;
  return answer;
}

TEST(FrontEnd, AFaultThatItMetIsHandledWhenTheInstructionIsTheOldest) {
  Bench bench(fetching_ahead(8), {fetch(0x10000), load(0x2000), fetch(0x20000), load(0x3000), fetch(0x30000)});
  bench.itlb.decide = [&](const TranslationRequest& request) { return fault_once(request, bench, 0x20); };
  bench.run();
  EXPECT_EQ(bench.kernel.faults, (Starts{0x20000}));
  const std::uint64_t handled = 2 * whole_access;  // the load before it has retired
  EXPECT_EQ(itlb_at(bench), (Starts{0, 1, 2, handled + fault_cycles}));
  EXPECT_EQ(bench.loads_at(), (Starts{whole_access, handled + fault_cycles + whole_access}));
  EXPECT_EQ(bench.port.stats().translation_latency.sum(), bench.port.stats().translation_cycles.total());
}

TEST(FrontEnd, AFaultThatThePassedOverInstructionMetEndsIt) {
  Bench bench(fetching_ahead(8), {fetch(0x20000), load(0x2000)});
  bench.kernel.passes_over = true;
  bench.itlb.decide = [&](const TranslationRequest& request) { return fault_once(request, bench, 0x20); };
  bench.run();
  EXPECT_EQ(bench.port.stats().faulted_accesses, 1u);
  EXPECT_EQ(bench.loads_at(), (Starts{tlb_latency}));
}

TEST(FrontEnd, EveryInstructionOfABlockThatFaultsIsPassedOver) {
  Bench bench(fetching_ahead(8),
              {fetch(0x20030), fetch(0x20034), load(0x2000), fetch(0x20038), fetch(0x2003c), fetch(0x20040)});
  bench.kernel.passes_over = true;
  bench.itlb.decide = [](const TranslationRequest&) {
    Answer answer;
    answer.faulted = true;
    answer.fault.reason = FaultReason::Permission;
    return answer;
  };
  bench.run();
  EXPECT_EQ(bench.kernel.faults, (Starts{0x20030, 0x20034, 0x20038, 0x2003c, 0x20040}));
  EXPECT_EQ(bench.port.stats().faulted_accesses, 5u);
}

TEST(FrontEnd, AnInstructionThatBeginsInABlockThatFaultsFaultsAsWell) {
  Bench bench(fetching_ahead(8), {fetch(0x1fff8), fetch(0x1fffe), fetch(0x20002)});
  bench.kernel.passes_over = true;
  bench.itlb.decide = [](const TranslationRequest& request) {
    Answer answer;
    answer.faulted = request.va.value() >> 12 == 0x1f;
    answer.fault.reason = FaultReason::Permission;
    answer.translation.page = PhysicalAddress(request.va.value() & ~std::uint64_t{0xfff});
    answer.translation.page_shift = 12;
    return answer;
  };
  bench.run();
  EXPECT_EQ(bench.kernel.faults, (Starts{0x1fff8, 0x1fffe}));
  EXPECT_EQ(bench.port.stats().page_straddles, 1u);
}

TEST(FrontEnd, AFaultInTheSecondLineOfAnInstructionComesAfterItsFirst) {
  Bench bench(fetching_ahead(8), {fetch(0x1fffe), load(0x2000)});
  bench.itlb.decide = [&](const TranslationRequest& request) { return fault_once(request, bench, 0x20); };
  bench.run();
  EXPECT_EQ(bench.kernel.faults, (Starts{0x20000}));
  EXPECT_EQ(bench.loads_at(), (Starts{whole_access + fault_cycles + whole_access}));
}

TEST(FrontEnd, DoesNotLookPastAnEvent) {
  Bench bench(fetching_ahead(8), {fetch(0x10000), invalidate(0x20000), fetch(0x20000)});
  bench.run();
  ASSERT_EQ(bench.itlb.invalidations().size(), 1u);
  ASSERT_EQ(itlb_at(bench).size(), 2u);
  EXPECT_GT(itlb_at(bench)[1], bench.itlb.invalidations()[0].cycle);
}

TEST(FrontEnd, GoesOnInAnotherAddressSpaceWhenTheCoreIsThere) {
  Record other = fetch(0x20000);
  other.asid = 5;
  Bench bench(fetching_ahead(8), {fetch(0x10000), other});
  bench.run();
  EXPECT_EQ(bench.port.stats().switches, 1u);
  ASSERT_EQ(itlb_at(bench).size(), 2u);
  EXPECT_GE(itlb_at(bench)[1], whole_access);
}

TEST(FrontEnd, AsksForTheNextLineWithinThePage) {
  CoreConfig config = fetching_ahead(8);
  config.next_line_prefetch = true;
  Bench bench(config, {fetch(0x10000), fetch(0x10fc0)});
  bench.run();
  EXPECT_EQ(bench.port.stats().next_line_prefetches, 1u) << "the second is the page's last line";
  ASSERT_EQ(bench.icache.arrivals().size(), 3u);
  EXPECT_EQ(bench.icache.arrivals()[1].address, 0x10040u);
}

TEST(FrontEnd, FindsTheWayAgainAfterMoreDataAccessesThanItCanLookPast) {
  std::vector<Record> records;
  for (int i = 0; i < 4; ++i) {
    records.push_back(fetch(0x10000 + 4 * i));
    for (int j = 0; j < 3000; ++j) records.push_back(load(0x100000));
  }
  Bench bench(fetching_ahead(2), records);
  bench.run();
  EXPECT_EQ(bench.port.stats().instructions, 4u);
  EXPECT_EQ(bench.port.stats().fetch_blocks, 1u) << "they follow each other in one line";
}

TEST(FrontEnd, ReachesFarInALongTrace) {
  std::vector<Record> records;
  for (int i = 0; i < 3000; ++i) records.push_back(fetch(0x10000 + 4 * (i % 1000)));
  Bench bench(fetching_ahead(16), records);
  bench.run();
  EXPECT_EQ(bench.port.stats().instructions, 3000u);
  EXPECT_EQ(bench.port.stats().fetch_blocks, 3u * 63);
}

}  // namespace
}  // namespace tablewalk::front_end_test
