// The range TLB beside a second-level TLB, and its walks, cycle by cycle.

#include "tlb/range_unit.h"

#include <gtest/gtest.h>

#include "dram/ideal_memory.h"
#include "module/fake_translator.h"
#include "module/script.h"
#include "module/translation_client.h"
#include "tlb/registered_tlb.h"

namespace tablewalk::range_unit_test {
namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t distance = 0x100000;

/// A kernel with one range table.
class TableKernel final : public Kernel {
 public:
  explicit TableKernel(const RangeTable& table) : table_(table) {}
  PhysicalAddress root(AddressSpaceId) override { return {}; }
  RangeRegister range_table(AddressSpaceId) override { return table_.where(); }
  void before_walk(AddressSpaceId, VirtualAddress, Access) override {}
  void handle_fault(const PageFault&, KernelWork&) override {}

 private:
  const RangeTable& table_;
};

RangesConfig ranges_of(std::uint32_t entries, std::uint64_t latency) {
  RangesConfig config;
  config.entries = entries;
  config.latency_cycles = Cycles(latency);
  return config;
}

TlbConfig tlb_of(std::uint32_t registers) {
  TlbConfig config;
  config.arrays[0].entries = 4;
  config.arrays[0].ways = 0;
  config.arrays[0].latency_cycles = Cycles(3);
  config.miss_registers = registers;
  return config;
}

/// A TLB with a latency of 3 cycles above a walker that takes 20; the memory takes a cycle. Pages 0 to 9 are in one
/// range, pages 20 to 29 in another.
struct Bench {
  explicit Bench(std::uint32_t entries = 2, std::uint64_t latency = 1, std::uint32_t registers = 8)
      : mode(make_paging_mode("x86-64")),
        table(bytes, frames, 1),
        kernel(table),
        ranges(ranges_of(entries, latency)),
        source{ranges, kernel},
        tlb("tlb", tlb_of(registers), *mode, 1, &source),
        memory("memory", bytes),
        walker("walker", Cycles(20)),
        client("client"),
        script("script") {
    client.translator_side.socket.bind(tlb.cpu_side(0));
    tlb.walker_side.socket.bind(walker.tlb_side());
    tlb.ranges()->memory_side.socket.bind(memory.cpu_side());
    walker.decide = [](const TranslationRequest& request) {
      Answer answer;
      answer.translation.page = PhysicalAddress((request.va.value() & ~(page_bytes - 1)) + distance);
      answer.translation.page_shift = answer.translation.whole_shift = 12;
      answer.translation.dirty = true;
      return answer;
    };
    for (std::uint64_t number = 0; number < 10; ++number) {
      add(number);
      add(20 + number);
    }
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void add(std::uint64_t number) {
    Translation page;
    page.page = PhysicalAddress(number * page_bytes + distance);
    page.page_shift = page.whole_shift = 12;
    page.dirty = true;
    table.add(VirtualAddress(number * page_bytes), page);
  }
  void ask_at(std::uint64_t cycle, std::uint64_t number) {
    script.at(cycle - 1, [this, cycle, number] { client.ask(cycle, number * page_bytes); });
  }
  void invalidate_at(std::uint64_t cycle, Invalidation invalidation) {
    script.at(cycle, [this, invalidation] { client.invalidate_now(invalidation); });
  }
  /// Returns the cycles from request to response, in order of the requests.
  std::vector<std::uint64_t> run() {
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
    std::vector<std::uint64_t> taken;
    for (const auto& asked : client.all()) {
      EXPECT_TRUE(asked.answered.has_value());
      EXPECT_EQ(asked.request.answer.translation.physical(asked.request.va).value(),
                asked.request.va.value() + distance);
      taken.push_back(asked.request.cycles.total());
    }
    return taken;
  }
  const RangeStats& stats() { return tlb.ranges()->stats(); }

  std::shared_ptr<const PagingMode> mode;
  PhysicalMemory bytes;
  FrameAllocator frames{std::uint64_t{1} << 32, page_bytes, {}};
  RangeTable table;
  TableKernel kernel;
  RangesConfig ranges;
  RangeSource source;
  RegisteredTlb tlb;
  IdealMemory memory;
  FakeTranslator walker;
  TranslationClient client;
  Script script;
};

// The miss of page 25 in cycle 10 is known in 13. The table has two entries, and the search reads the second first:
// sent for 14, answered in 15, which is when a lookup finds the range.
TEST(RangeUnit, AMissWalksTheTableAndLaterPagesOfTheRangeHit) {
  Bench bench;
  bench.ask_at(10, 25);
  bench.ask_at(60, 22);
  const auto taken = bench.run();
  EXPECT_EQ(taken[0], 3 + 20 + 1u) << "a page walk, not longer for the walk beside it";
  EXPECT_EQ(taken[1], 3u) << "as long as a lookup of the TLB";
  EXPECT_EQ(bench.walker.arrivals().size(), 1u);
  EXPECT_EQ(bench.stats().lookups, 2u);
  EXPECT_EQ(bench.stats().hits, 1u);
  EXPECT_EQ(bench.stats().misses, 1u);
  EXPECT_EQ(bench.stats().walks, 1u);
  EXPECT_EQ(bench.stats().reads, 1u);
  EXPECT_EQ(bench.stats().walk_cycles, 2u);
  EXPECT_EQ(bench.tlb.stats().range_hits, 1u);
  EXPECT_EQ(bench.tlb.stats().misses, 2u);
  EXPECT_EQ(bench.tlb.stats().sent_down, 1u);
}

TEST(RangeUnit, ALookupBeforeTheResponseMisses) {
  Bench early;
  early.ask_at(10, 25);
  early.ask_at(14, 22);
  early.run();
  EXPECT_EQ(early.stats().hits, 0u);
}

TEST(RangeUnit, TheRangeIsFoundInTheCycleOfItsResponse) {
  Bench bench;
  bench.ask_at(10, 25);
  bench.ask_at(15, 22);
  bench.run();
  EXPECT_EQ(bench.stats().hits, 1u);
}

// Page 5: the second entry in 14, the first in 16, known in 17.
TEST(RangeUnit, EachFurtherReadTakesTwoCyclesOfAnIdealMemory) {
  Bench bench;
  bench.ask_at(10, 5);
  bench.ask_at(17, 6);
  bench.run();
  EXPECT_EQ(bench.stats().reads, 2u);
  EXPECT_EQ(bench.stats().walk_cycles, 4u);
  EXPECT_EQ(bench.stats().hits, 1u);
}

TEST(RangeUnit, ASlowerRangeTlbMakesHitsAndMissesLater) {
  Bench bench(2, 7);
  bench.ask_at(10, 25);
  bench.ask_at(60, 22);
  const auto taken = bench.run();
  EXPECT_EQ(taken[0], 7 + 20 + 1u);
  EXPECT_EQ(taken[1], 7u);
}

TEST(RangeUnit, APageFoundInARangeDoesNotEnterTheTlb) {
  Bench bench;
  bench.ask_at(10, 25);
  bench.ask_at(60, 22);
  bench.ask_at(80, 22);
  bench.run();
  EXPECT_EQ(bench.tlb.stats().hits, 0u);
  EXPECT_EQ(bench.tlb.stats().fills, 1u);
  EXPECT_EQ(bench.tlb.stats().range_hits, 2u);
}

TEST(RangeUnit, APageOutsideOfAllRangesIsWalkedAndFillsNothing) {
  Bench bench;
  bench.ask_at(10, 15);
  bench.run();
  EXPECT_EQ(bench.stats().walks, 1u);
  EXPECT_EQ(bench.stats().fills, 0u);
  EXPECT_EQ(bench.walker.arrivals().size(), 1u);
}

TEST(RangeUnit, OneWalkOfTheTableAtATime) {
  Bench bench;
  bench.ask_at(10, 5);
  bench.ask_at(11, 25);
  bench.run();
  EXPECT_EQ(bench.stats().walks, 1u);
  EXPECT_EQ(bench.stats().unwalked, 1u);
  EXPECT_EQ(bench.stats().fills, 1u);
}

TEST(RangeUnit, AnInvalidationOfOnePageTakesItsRangeAndNoOther) {
  Bench bench;
  bench.ask_at(10, 25);
  bench.ask_at(60, 5);
  bench.invalidate_at(100, {Invalidation::Scope::Page, VirtualAddress(29 * page_bytes), 0});
  bench.ask_at(110, 21);
  bench.ask_at(111, 6);
  bench.run();
  EXPECT_EQ(bench.stats().invalidated, 1u);
  EXPECT_EQ(bench.stats().hits, 1u) << "page 6";
  EXPECT_EQ(bench.walker.arrivals().size(), 3u);
}

// The table changes while the entry is on its way.
TEST(RangeUnit, AnInvalidationEndsTheWalkOfTheTable) {
  Bench bench;
  bench.ask_at(10, 25);
  bench.invalidate_at(14, {Invalidation::Scope::Page, VirtualAddress(25 * page_bytes), 0});
  bench.ask_at(60, 22);
  bench.run();
  EXPECT_EQ(bench.stats().cancelled, 1u);
  EXPECT_EQ(bench.stats().reads, 2u) << "the first one's response was dropped";
  EXPECT_EQ(bench.stats().hits, 0u);
  EXPECT_EQ(bench.stats().fills, 1u) << "of the second miss";
}

// The TLB's only register is taken until cycle 33; the request behind waits for it, and finds its range instead.
TEST(RangeUnit, ARequestThatWaitsForARegisterIsAnsweredByARange) {
  Bench bench(2, 1, 1);
  bench.ask_at(10, 25);
  bench.ask_at(11, 22);
  const auto taken = bench.run();
  EXPECT_EQ(taken[1], 4 + 3u) << "looked up again in 15";
  EXPECT_EQ(bench.walker.arrivals().size(), 1u);
  EXPECT_EQ(bench.tlb.stats().range_hits, 1u);
}

}  // namespace
}  // namespace tablewalk::range_unit_test
