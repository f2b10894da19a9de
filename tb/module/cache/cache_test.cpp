#include "cache/first_level_cache.h"

#include <gtest/gtest.h>

#include <map>

#include "module/access_client.h"
#include "module/fake_memory.h"
#include "module/script.h"

namespace tablewalk::cache_test {
namespace {

constexpr std::uint64_t hit_cycles = 4;
constexpr std::uint64_t tag_cycles = 2;
constexpr std::uint64_t lower_latency = 20;
/// From the lookup of a miss to its response.
constexpr std::uint64_t miss_cycles = tag_cycles + lower_latency + 1;

CacheConfig config_of(std::uint32_t miss_registers, Replacement replacement) {
  CacheConfig config;
  config.replacement = replacement;
  config.bytes = ByteSize{512};  // 4 sets of 2 lines of 64 bytes
  config.ways = 2;
  config.latency_cycles = Cycles(hit_cycles);
  config.tag_cycles = Cycles(tag_cycles);
  config.miss_registers = miss_registers;
  return config;
}

/// A cache with a core (at once) and a walker (registered) above it, and a memory of fixed latency below.
struct Bench {
  explicit Bench(std::uint32_t miss_registers = 4, Replacement replacement = Replacement::Lru)
      : cache("cache", ServedBy::L1, config_of(miss_registers, replacement), 64, bytes,
              {FirstLevelCache::PortKind::Registered, FirstLevelCache::PortKind::AtOnce,
               FirstLevelCache::PortKind::Registered}),
        lower("lower", lower_latency),
        walker("walker"),
        core("core"),
        other("other"),
        script("script") {
    walker.memory_side.socket.bind(cache.cpu_side(0));
    core.memory_side.socket.bind(cache.cpu_side(1));
    other.memory_side.socket.bind(cache.cpu_side(2));
    cache.memory_side.socket.bind(lower.cpu_side());
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  /// In the middle of a cycle, as a core does.
  MemoryAccess& core_asks(std::uint64_t cycle, std::uint64_t address, bool write = false) {
    MemoryAccess& access = core.fresh(address, 8, write);
    script.at(cycle, [this, &access] { core.ask_now(access); });
    return access;
  }
  void run() {
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
    const CacheStats& stats = cache.stats();
    EXPECT_EQ(stats.misses, stats.sent_down + stats.merged_misses + stats.found_after_wait + stats.written_whole);
    EXPECT_EQ(stats.fills, stats.sent_down);
    EXPECT_EQ(stats.waits, stats.misses - stats.written_whole);
  }

  PhysicalMemory bytes;
  FirstLevelCache cache;
  FakeMemory lower;
  AccessClient walker;
  AccessClient core;
  AccessClient other;
  Script script;
};

TEST(Cache, MissFetchesTheLineAndLaterAccessesHit) {
  Bench bench;
  const auto& miss = bench.walker.read(5, 0x1008);
  const auto& hit = bench.walker.read(50, 0x1030);
  bench.run();
  ASSERT_EQ(bench.lower.arrivals().size(), 1u);
  EXPECT_EQ(bench.lower.arrivals()[0].cycle, 5 + tag_cycles);
  EXPECT_EQ(bench.lower.arrivals()[0].address, 0x1000u);
  EXPECT_EQ(bench.walker.answered(miss), 5 + miss_cycles);
  EXPECT_EQ(bench.walker.answered(hit), 50 + hit_cycles);
  EXPECT_EQ(miss.info.served_by, ServedBy::Dram) << "what the memory below said, or did not";
  EXPECT_EQ(hit.info.served_by, ServedBy::L1);
}

TEST(Cache, LookupInTheCycleOfTheFillHitsAndTheOneBeforeJoinsTheFetch) {
  Bench bench;
  const std::uint64_t fill = 5 + tag_cycles + lower_latency;
  bench.walker.read(5, 0x1000);
  const auto& before = bench.walker.read(fill - 1, 0x1008);
  const auto& at = bench.walker.read(fill, 0x1010);
  bench.run();
  EXPECT_EQ(bench.lower.arrivals().size(), 1u);
  EXPECT_EQ(bench.cache.stats().merged_misses, 1u);
  EXPECT_EQ(bench.walker.answered(before), fill + 1);
  EXPECT_EQ(bench.walker.answered(at), fill + hit_cycles);
  EXPECT_EQ(bench.cache.stats().miss_cycles, miss_cycles + 2) << "each from its lookup to its answer";
}

TEST(Cache, ALineIsATablesIfAnyWalkerJoinedItsFetch) {
  Bench bench;
  bench.core_asks(5, 0x1000);
  bench.walker.ask(6, bench.walker.entry(0x1008));  // merges with the fetch
  bench.core_asks(5, 0x2040);
  bench.run();
  EXPECT_EQ(bench.cache.stats().table_merged_misses, 1u);
  StatSet figures;
  bench.cache.report("l1d", figures);
  EXPECT_EQ(figures.at("l1d.table_share").real, 0.5) << "of two lines";
}

TEST(Cache, TheFetchForAWalkerIsAReadForAWalkerBelow) {
  Bench bench;
  bench.walker.ask(5, bench.walker.entry(0x1008));
  bench.walker.read(6, 0x2000);
  bench.run();
  ASSERT_EQ(bench.lower.arrivals().size(), 2u);
  EXPECT_TRUE(bench.lower.arrivals()[0].table_entry);
  EXPECT_FALSE(bench.lower.arrivals()[1].table_entry);
}

TEST(Cache, AWriteOfThePresentLineHits) {
  Bench bench;
  bench.core_asks(5, 0x1000);
  bench.core_asks(50, 0x1000, true);
  bench.run();
  EXPECT_EQ(bench.cache.stats().hits, 1u);
  EXPECT_EQ(bench.lower.arrivals().size(), 1u);
}

TEST(Cache, ItsFiguresAddUpAndTheSharesAreOfItsLookups) {
  Bench bench;
  bench.core_asks(5, 0x1000);
  for (const std::uint64_t cycle : {50, 60, 70}) bench.core_asks(cycle, 0x1000);
  bench.run();
  StatSet figures;
  bench.cache.report("l1d", figures);
  EXPECT_EQ(figures.at("l1d.miss_share").real, 0.25);
  EXPECT_TRUE(figures.at("l1d.table_share").key) << "walkers have ports of it";
  std::map<std::string, std::size_t> parts;
  for (const StatSet::Sum& sum : figures.sums()) parts[sum.whole] = sum.parts.size();
  EXPECT_EQ(parts, (std::map<std::string, std::size_t>{{"l1d.lookups", 2}, {"l1d.misses", 4}}));
}

TEST(Cache, EveryHitCountsForAPolicyThatCounts) {
  Bench bench(4, Replacement::Lfu);
  bench.core_asks(5, 0x1000);
  bench.core_asks(50, 0x1100);
  for (const std::uint64_t cycle : {100, 101, 102}) bench.core_asks(cycle, 0x1000);
  for (const std::uint64_t cycle : {110, 111}) bench.core_asks(cycle, 0x1100);
  bench.core_asks(120, 0x1200);  // the third line of a set of two
  bench.run();
  EXPECT_TRUE(bench.cache.holds(PhysicalAddress(0x1000))) << "the most frequently used, though not the most recently";
  EXPECT_FALSE(bench.cache.holds(PhysicalAddress(0x1100)));
  EXPECT_TRUE(bench.cache.holds(PhysicalAddress(0x1200)));
}

TEST(Cache, LooksUpOneRegisteredAccessInACycle) {
  Bench bench;
  const auto& warm = bench.walker.read(5, 0x1000);
  const auto& second = bench.other.read(50, 0x1000);
  const auto& first = bench.walker.read(50, 0x1000);
  const auto& third = bench.walker.read(50, 0x1000);
  bench.run();
  EXPECT_NE(bench.walker.answered(warm), 0u);
  EXPECT_EQ(bench.walker.answered(first), 50 + hit_cycles) << "the lower port's first";
  EXPECT_EQ(bench.walker.answered(third), 51 + hit_cycles);
  EXPECT_EQ(bench.other.answered(second), 52 + hit_cycles);
}

TEST(Cache, CoreIsAnsweredInTheCallAndNotLimitedToOneLookup) {
  Bench bench;
  bench.core_asks(5, 0x1000);
  const auto& one = bench.core_asks(50, 0x1000);
  const auto& two = bench.core_asks(50, 0x1008);
  bench.run();
  EXPECT_EQ(bench.core.answered(one), 50 + hit_cycles);
  EXPECT_EQ(bench.core.answered(two), 50 + hit_cycles);
}

TEST(Cache, MissWithoutAFreeRegisterHoldsBackWhatIsBehindIt) {
  Bench bench(1);
  const std::uint64_t fill = 5 + tag_cycles + lower_latency;
  bench.walker.read(5, 0x1000);
  const auto& blocked = bench.walker.read(6, 0x2040);
  const auto& behind = bench.walker.read(7, 0x1008);
  bench.run();
  EXPECT_EQ(bench.walker.answered(blocked), fill + miss_cycles);
  EXPECT_EQ(bench.walker.answered(behind), fill + 1 + hit_cycles);
  EXPECT_EQ(bench.cache.stats().lookups(), 3u) << "a lookup that could do nothing is not counted";
  EXPECT_EQ(bench.cache.stats().misses, 2u);
  EXPECT_EQ(bench.cache.stats().hits, 1u);
  EXPECT_EQ(bench.cache.stats().miss_cycles, miss_cycles + (fill + miss_cycles - 6)) << "from the first lookup";
}

TEST(Cache, MissThatFindsItsLineAfterWaitingForARegisterIsNoHit) {
  Bench bench(1);
  const std::uint64_t fill = 5 + tag_cycles + lower_latency;
  bench.walker.read(5, 0x1000);
  bench.walker.read(6, 0x2040);                   // waited longest, so it gets the register first
  bench.core_asks(7, 0x3080);                     // gets it next
  const auto& late = bench.core_asks(8, 0x2048);  // behind that one, when the walker's line has arrived
  bench.run();
  const CacheStats& stats = bench.cache.stats();
  EXPECT_EQ(stats.hits, 0u);
  EXPECT_EQ(stats.sent_down, 3u);
  EXPECT_EQ(stats.merged_misses, 0u);
  EXPECT_EQ(stats.found_after_wait, 1u);
  const std::uint64_t second_fill = fill + tag_cycles + lower_latency;
  EXPECT_EQ(bench.core.answered(late), second_fill + hit_cycles);
  EXPECT_EQ(stats.miss_cycles,
            miss_cycles + (second_fill + 1 - 6) + (second_fill + miss_cycles - 7) + (second_fill + hit_cycles - 8));
}

TEST(Cache, StalledMissOfTheCoreGoesDownWhenARegisterIsFree) {
  Bench bench(1);
  const std::uint64_t fill = 5 + tag_cycles + lower_latency;
  bench.core_asks(5, 0x1000);
  const auto& stalled = bench.core_asks(6, 0x2040);
  const auto& same_line = bench.core_asks(7, 0x2048);
  const auto& hit = bench.core_asks(fill, 0x1000);
  bench.run();
  EXPECT_EQ(bench.core.answered(stalled), fill + miss_cycles);
  EXPECT_EQ(bench.core.answered(same_line), fill + miss_cycles);
  EXPECT_EQ(bench.core.answered(hit), fill + hit_cycles);
  EXPECT_EQ(bench.lower.arrivals().size(), 2u);
}

TEST(Cache, WhoHasWaitedLongerForARegisterGetsItFirst) {
  Bench bench(1);
  const std::uint64_t fill = 5 + tag_cycles + lower_latency;
  bench.walker.read(5, 0x1000);
  const auto& walker = bench.walker.read(6, 0x2040);
  const auto& core = bench.core_asks(7, 0x3080);
  bench.run();
  EXPECT_EQ(bench.walker.answered(walker), fill + miss_cycles);
  EXPECT_EQ(bench.core.answered(core), fill + tag_cycles + lower_latency + miss_cycles);
}

TEST(Cache, CoreThatHasWaitedLongerGoesBeforeTheWalker) {
  Bench bench(1);
  const std::uint64_t fill = 5 + tag_cycles + lower_latency;
  bench.walker.read(5, 0x1000);
  const auto& core = bench.core_asks(6, 0x3080);
  const auto& walker = bench.walker.read(7, 0x2040);
  bench.run();
  EXPECT_EQ(bench.core.answered(core), fill + miss_cycles);
  EXPECT_EQ(bench.walker.answered(walker), fill + tag_cycles + lower_latency + miss_cycles);
}

TEST(Cache, DirtyVictimIsWrittenToTheMemoryBelow) {
  Bench bench;
  const auto& store = bench.core_asks(5, 0x1000, true);
  bench.core_asks(50, 0x2000);
  bench.core_asks(100, 0x3000);
  bench.core_asks(150, 0x4000);
  bench.run();
  EXPECT_EQ(bench.core.answered(store), 5 + miss_cycles) << "a store waits for its line";
  ASSERT_EQ(bench.lower.arrivals().size(), 5u);
  EXPECT_TRUE(bench.lower.arrivals()[3].write);
  EXPECT_EQ(bench.lower.arrivals()[3].address, 0x1000u);
  EXPECT_EQ(bench.lower.arrivals()[3].cycle, 100 + tag_cycles + lower_latency + 1) << "in the cycle after the fill";
  EXPECT_EQ(bench.cache.stats().writebacks, 1u) << "0x2000 was clean";
}

TEST(Cache, StoreThatHitsMakesTheLineDirty) {
  Bench bench;
  bench.core_asks(5, 0x1000);
  bench.core_asks(50, 0x1008, true);
  bench.core_asks(100, 0x2000);
  bench.core_asks(150, 0x3000);
  bench.run();
  EXPECT_EQ(bench.cache.stats().writebacks, 1u);
}

TEST(Cache, WholeLineWrittenFromAboveIsNotFetched) {
  Bench bench;
  const auto& written = bench.other.write_line(5, 0x1000);
  const auto& read = bench.other.read(50, 0x1008);
  bench.run();
  EXPECT_EQ(bench.other.answered(written), 5 + hit_cycles);
  EXPECT_EQ(bench.other.answered(read), 50 + hit_cycles);
  EXPECT_TRUE(bench.lower.arrivals().empty());
  EXPECT_EQ(bench.cache.stats().written_whole, 1u);
  EXPECT_EQ(bench.cache.stats().miss_cycles, 0u) << "it waits for no line";
}

double table_share(const Bench& bench) {
  StatSet figures;
  bench.cache.report("l1d", figures);
  return figures.at("l1d.table_share").real;
}

TEST(Cache, AWrittenBackLineOfATableStaysOne) {
  Bench bench;
  MemoryAccess& written = bench.other.fresh(0x1000, 64, true);
  written.info.table_line = true;
  bench.other.ask(5, written);
  bench.other.write_line(6, 0x2040);
  bench.run();
  EXPECT_EQ(table_share(bench), 0.5);
}

TEST(Cache, AWriteBackThatHitsMakesTheLineATables) {
  Bench bench;
  bench.core_asks(5, 0x1000);
  bench.core_asks(5, 0x2040);
  MemoryAccess& written = bench.other.fresh(0x1000, 64, true);
  written.info.table_line = true;
  bench.other.ask(50, written);
  bench.run();
  EXPECT_EQ(table_share(bench), 0.5);
}

TEST(Cache, AWriteBackSaysWhetherTheLineIsATables) {
  Bench bench;
  bench.core_asks(5, 0x1000, true);
  bench.core_asks(5, 0x1040, true);
  bench.walker.ask(50, bench.walker.entry(0x1008));
  for (const std::uint64_t other : {0x2000, 0x3000, 0x2040, 0x3040}) bench.core_asks(100, other);
  bench.run();
  std::map<std::uint64_t, bool> written;
  for (const auto& arrival : bench.lower.arrivals()) {
    if (arrival.write) written[arrival.address] = arrival.table_line;
  }
  EXPECT_EQ(written, (std::map<std::uint64_t, bool>{{0x1000, true}, {0x1040, false}}));
}

TEST(Cache, WholeLineWrittenDuringItsFetchWaitsForIt) {
  Bench bench;
  bench.walker.read(5, 0x1000);
  const auto& written = bench.other.write_line(6, 0x1000);
  bench.walker.read(50, 0x2000);
  bench.walker.read(100, 0x3000);
  bench.run();
  EXPECT_EQ(bench.other.answered(written), 5 + miss_cycles);
  EXPECT_EQ(bench.cache.stats().writebacks, 1u) << "and the line is dirty";
}

TEST(Cache, WalkerGetsTheBytesOfTheEntryOnAMissAndOnAHit) {
  Bench bench;
  bench.bytes.write(PhysicalAddress(0x1008), 8, 0x1122334455667788);
  bench.bytes.write(PhysicalAddress(0x1010), 8, 42);
  const auto& miss = bench.walker.ask(5, bench.walker.entry(0x1008));
  const auto& hit = bench.walker.ask(50, bench.walker.entry(0x1010));
  bench.run();
  EXPECT_EQ(miss.entry(), 0x1122334455667788u);
  EXPECT_EQ(hit.entry(), 42u);
  EXPECT_EQ(bench.cache.stats().table_lookups, 2u);
  EXPECT_EQ(bench.cache.stats().table_misses, 1u);
}

TEST(Cache, CountsTableReadsThatJoinAFetch) {
  Bench bench;
  bench.walker.read(5, 0x1000);
  bench.walker.read(6, 0x1008);
  bench.walker.ask(7, bench.walker.entry(0x1010));
  bench.other.ask(8, bench.other.entry(0x1018));
  bench.run();
  EXPECT_EQ(bench.cache.stats().merged_misses, 3u);
  EXPECT_EQ(bench.cache.stats().table_misses, 2u);
  EXPECT_EQ(bench.cache.stats().table_merged_misses, 2u);
}

TEST(Cache, CompareAndSwapWritesOverWhatWasExpectedAndMakesTheLineDirty) {
  Bench bench;
  bench.bytes.write(PhysicalAddress(0x1008), 8, 7);
  MemoryAccess& swap = bench.walker.entry(0x1008);
  swap.info.operation = AccessInfo::Operation::CompareAndSwap;
  swap.info.expected = 7;
  swap.info.desired = 9;
  bench.walker.ask(5, swap);
  MemoryAccess& late = bench.walker.entry(0x1008);
  late.info.operation = AccessInfo::Operation::CompareAndSwap;
  late.info.expected = 7;
  late.info.desired = 11;
  bench.walker.ask(50, late);
  bench.walker.read(100, 0x2000);
  bench.walker.read(150, 0x3000);
  bench.run();
  EXPECT_EQ(swap.info.held, 7u);
  EXPECT_EQ(late.info.held, 9u);
  EXPECT_EQ(bench.bytes.read(PhysicalAddress(0x1008), 8), 9u);
  EXPECT_EQ(bench.cache.stats().writebacks, 1u);
}

}  // namespace
}  // namespace tablewalk::cache_test
