// A directory between caches and memory of fixed latency, cycle by cycle.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "cache/first_level_cache.h"
#include "coherence/directory.h"
#include "module/access_client.h"
#include "module/fake_memory.h"
#include "module/script.h"

namespace tablewalk::directory_cycles_test {
namespace {

constexpr std::uint64_t hit_cycles = 3;
constexpr std::uint64_t tag_cycles = 2;
constexpr std::uint64_t l2_hit_cycles = 30;
constexpr std::uint64_t l2_tag_cycles = 4;
constexpr std::uint64_t directory_cycles = 2;
constexpr std::uint64_t snoop_cycles = 10;
constexpr std::uint64_t lower_latency = 40;

/// From a core's miss to the arrival of its request at the directory.
constexpr std::uint64_t way_there = tag_cycles;
/// From the directory's grant of a line to the response at the core: a cycle to the cache, and one to the core.
constexpr std::uint64_t way_back = 2;
constexpr std::uint64_t to_memory_and_back = directory_cycles + lower_latency;
/// The additional latency of a snoop.
constexpr std::uint64_t snoop_and_answer = 2 * snoop_cycles;

/// These share a set of each cache.
constexpr std::uint64_t line_a = 0x10000;
constexpr std::uint64_t line_b = 0x20000;

CacheConfig cache_config(std::uint64_t bytes, std::uint32_t ways, std::uint64_t latency, std::uint64_t tags) {
  CacheConfig config;
  config.bytes = ByteSize{bytes};
  config.ways = ways;
  config.latency_cycles = Cycles(latency);
  config.tag_cycles = Cycles(tags);
  return config;
}
CoherenceConfig coherence_config() {
  CoherenceConfig config;
  config.directory_cycles = Cycles(directory_cycles);
  config.snoop_cycles = Cycles(snoop_cycles);
  return config;
}

/// A core with a first-level cache of one line, so that each further line evicts it, and optionally a second level.
struct Core {
  Core(unsigned number, unsigned port, bool second_level, PhysicalMemory& bytes, Directory& directory)
      : l1(("l1_" + std::to_string(number)).c_str(), ServedBy::L1, cache_config(64, 1, hit_cycles, tag_cycles), 64,
           bytes, {FirstLevelCache::PortKind::AtOnce}),
        client(("core" + std::to_string(number)).c_str()) {
    client.memory_side.socket.bind(l1.cpu_side(0));
    if (second_level) {
      l2 = std::make_unique<Cache>(("l2_" + std::to_string(number)).c_str(), ServedBy::L2,
                                   cache_config(4096, 4, l2_hit_cycles, l2_tag_cycles), 64, bytes, 1);
      l1.memory_side.socket.bind(l2->cpu_side(0));
      l2->memory_side.socket.bind(directory.cpu_side(port));
      directory.add_cache(number, *l2);
    } else {
      l1.memory_side.socket.bind(directory.cpu_side(port));
    }
    directory.add_cache(number, l1);
  }
  bool holds(std::uint64_t line) const {
    return l1.holds(PhysicalAddress(line)) || (l2 != nullptr && l2->holds(PhysicalAddress(line)));
  }

  FirstLevelCache l1;
  std::unique_ptr<Cache> l2;
  AccessClient client;
};

using Ports = std::vector<std::optional<unsigned>>;

/// Three cores, and a walker without a cache above the directory, at its last port or its first.
struct Bench {
  explicit Bench(bool second_level = false, bool walker_first = false)
      : directory("directory", coherence_config(), 64, 3,
                  walker_first ? Ports{std::nullopt, 0, 1, 2} : Ports{0, 1, 2, std::nullopt}),
        lower("lower", lower_latency),
        walker("walker"),
        script("script") {
    for (unsigned i = 0; i < 3; ++i) {
      cores.push_back(std::make_unique<Core>(i, walker_first ? i + 1 : i, second_level, bytes, directory));
    }
    walker.memory_side.socket.bind(directory.cpu_side(walker_first ? 0 : 3));
    directory.memory_side.socket.bind(lower.cpu_side());
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  MemoryAccess& read(unsigned number, std::uint64_t cycle, std::uint64_t address) {
    return ask(number, cycle, address, false);
  }
  MemoryAccess& write(unsigned number, std::uint64_t cycle, std::uint64_t address) {
    return ask(number, cycle, address, true);
  }
  void run() {
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
  }
  std::uint64_t answered(unsigned number, const MemoryAccess& access) const {
    return cores[number]->client.answered(access);
  }
  bool owns(unsigned number, std::uint64_t line) const { return cores[number]->l1.owns(PhysicalAddress(line)); }
  bool holds(unsigned number, std::uint64_t line) const { return cores[number]->holds(line); }
  /// `CYCLE w|r ADDRESS`, as they arrive at the memory.
  std::vector<std::string> at_memory() const {
    std::vector<std::string> texts;
    for (const auto& arrival : lower.arrivals()) {
      texts.push_back(fmt::format("{} {} {:x}", arrival.cycle, arrival.write ? 'w' : 'r', arrival.address));
    }
    return texts;
  }

  PhysicalMemory bytes;
  Directory directory;
  FakeMemory lower;
  AccessClient walker;
  Script script;
  std::vector<std::unique_ptr<Core>> cores;

 private:
  MemoryAccess& ask(unsigned number, std::uint64_t cycle, std::uint64_t address, bool write) {
    AccessClient& client = cores[number]->client;
    MemoryAccess& access = client.fresh(address, 8, write);
    script.at(cycle, [&client, &access] { client.ask_now(access); });
    return access;
  }
};
using Arrivals = std::vector<std::string>;

TEST(DirectoryCycles, WhatNobodyElseHasIsOwnedByItsReader) {
  Bench bench;
  const MemoryAccess& read = bench.read(0, 5, line_a);
  const MemoryAccess& write = bench.write(0, 100, line_a);
  bench.run();
  EXPECT_EQ(bench.answered(0, read), 5 + way_there + to_memory_and_back + way_back);
  EXPECT_EQ(bench.answered(0, write), 100 + hit_cycles) << "it owns the line already";
  EXPECT_TRUE(bench.owns(0, line_a));
  EXPECT_EQ(bench.at_memory(), (Arrivals{"9 r 10000"}));
  EXPECT_EQ(bench.directory.stats().snoops, 0u);
  EXPECT_EQ(bench.directory.stats().requests, 1u);
}

TEST(DirectoryCycles, ASecondReaderHasTheFirstGiveUpWriting) {
  Bench bench;
  bench.read(0, 5, line_a);
  const MemoryAccess& second = bench.read(1, 100, line_a);
  const MemoryAccess& third = bench.read(2, 300, line_a);
  const MemoryAccess& first_again = bench.read(0, 400, line_a);
  bench.run();
  EXPECT_EQ(bench.answered(1, second), 100 + way_there + snoop_and_answer + to_memory_and_back + way_back);
  EXPECT_EQ(bench.answered(2, third), 300 + way_there + to_memory_and_back + way_back) << "nobody owns it any more";
  EXPECT_EQ(bench.answered(0, first_again), 400 + hit_cycles);
  for (unsigned core = 0; core < 3; ++core) {
    EXPECT_TRUE(bench.holds(core, line_a));
    EXPECT_FALSE(bench.owns(core, line_a));
  }
  EXPECT_EQ(bench.directory.stats().snoops, 1u);
  EXPECT_EQ(bench.directory.stats().invalidations, 0u);
  EXPECT_EQ(bench.directory.stats().dirty_snoops, 0u);
}

TEST(DirectoryCycles, AWriteTakesTheLineFromAllOthersAndNeedsNoDataIfItsCoreHasThem) {
  Bench bench;
  for (unsigned core = 0; core < 3; ++core) bench.read(core, 5 + 100 * core, line_a);
  const MemoryAccess& write = bench.write(1, 500, line_a);
  bench.run();
  EXPECT_EQ(bench.answered(1, write), 500 + way_there + snoop_and_answer + directory_cycles + 1)
      << "the answer comes from the directory";
  EXPECT_EQ(bench.lower.arrivals().size(), 3u) << "the three reads";
  EXPECT_TRUE(bench.owns(1, line_a));
  for (unsigned core : {0U, 2U}) EXPECT_FALSE(bench.holds(core, line_a));
  EXPECT_EQ(bench.directory.stats().upgrades, 1u);
  EXPECT_EQ(bench.directory.stats().invalidations, 2u);
  EXPECT_EQ(bench.cores[1]->l1.stats().upgrades, 1u);
  EXPECT_EQ(bench.cores[0]->l1.stats().snooped, 1u);
}

TEST(DirectoryCycles, AWriteOfACoreThatDoesNotHaveTheLineComesFromMemory) {
  Bench bench;
  bench.read(0, 5, line_a);
  const MemoryAccess& write = bench.write(1, 500, line_a);
  bench.run();
  EXPECT_EQ(bench.answered(1, write), 500 + way_there + snoop_and_answer + to_memory_and_back + way_back);
  EXPECT_FALSE(bench.holds(0, line_a));
  EXPECT_TRUE(bench.owns(1, line_a));
  EXPECT_EQ(bench.directory.stats().upgrades, 0u);
}

TEST(DirectoryCycles, AModifiedLineIsWrittenToMemoryBeforeItIsReadThere) {
  Bench bench;
  bench.write(0, 5, line_a);
  bench.read(1, 500, line_a);
  bench.run();
  EXPECT_EQ(bench.at_memory(), (Arrivals{"9 r 10000", "524 w 10000", "524 r 10000"}));
  EXPECT_TRUE(bench.holds(0, line_a));
  EXPECT_FALSE(bench.owns(0, line_a));
  EXPECT_EQ(bench.directory.stats().dirty_snoops, 1u);
}

TEST(DirectoryCycles, NobodyGetsTheAnswerToWhatTheDirectoryItselfWritesBack) {
  Bench bench(false, true);
  MemoryAccess& entry = bench.walker.entry(line_b);
  bench.walker.ask(5, entry);
  bench.write(0, 5, line_a);
  bench.read(1, 500, line_a);
  bench.run();
  EXPECT_EQ(bench.directory.stats().dirty_snoops, 1u);
  EXPECT_EQ(bench.walker.answered(entry), 5 + to_memory_and_back + 1) << "and no second time";
}

TEST(DirectoryCycles, ReportsTheSnoopsAndWhatTheyFound) {
  Bench bench;
  bench.write(0, 5, line_a);
  bench.read(1, 500, line_a);   // finds it modified
  bench.write(2, 900, line_a);  // takes it from both
  bench.run();
  StatSet figures;
  bench.directory.report("directory", figures);
  EXPECT_EQ(figures.at("directory.requests").count, 3u);
  EXPECT_EQ(figures.at("directory.snoops").count, 3u);
  EXPECT_EQ(figures.at("directory.invalidations").count, 2u);
  EXPECT_EQ(figures.at("directory.dirty_snoops").count, 1u);
}

TEST(DirectoryCycles, ACoreThatGaveUpAModifiedLineWritesItBackNoSecondTime) {
  Bench bench;
  bench.write(0, 5, line_a);
  bench.read(1, 200, line_a);
  bench.read(0, 400, line_b);  // evicts it
  bench.run();
  EXPECT_EQ(bench.at_memory(), (Arrivals{"9 r 10000", "224 w 10000", "224 r 10000", "404 r 20000"}));
  EXPECT_EQ(bench.directory.stats().writebacks, 0u);
}

TEST(DirectoryCycles, AWriteBackGoesOnAtOnceAndItsCoreIsNotSnoopedAnyMore) {
  Bench bench;
  bench.write(0, 5, line_a);
  bench.read(0, 100, line_b);
  const MemoryAccess& read = bench.read(1, 300, line_a);
  bench.run();
  // The fill of b arrives a cycle after its data at the directory, and makes the cache write a back in the next one.
  const std::uint64_t evicted = 100 + way_there + to_memory_and_back + 1;
  EXPECT_EQ(bench.at_memory()[2], fmt::format("{} w 10000", evicted + 1 + directory_cycles));
  EXPECT_EQ(bench.answered(1, read), 300 + way_there + to_memory_and_back + way_back);
  EXPECT_TRUE(bench.owns(1, line_a));
  EXPECT_EQ(bench.directory.stats().writebacks, 1u);
  EXPECT_EQ(bench.directory.stats().snoops, 0u);
}

TEST(DirectoryCycles, ALineThatComesBackFromTheSecondLevelMayStillBeWrittenAtOnce) {
  Bench bench(true);
  bench.read(0, 5, line_a);
  bench.read(0, 200, line_b);  // evicts it from the first level
  bench.read(0, 400, line_a);
  const MemoryAccess& write = bench.write(0, 600, line_a);
  bench.run();
  EXPECT_EQ(bench.answered(0, write), 600 + hit_cycles) << "nobody else has had it";
  EXPECT_EQ(bench.directory.stats().requests, 2u);
}

TEST(DirectoryCycles, RequestsOfOneLineAreServedInTheOrderOfTheirArrival) {
  Bench bench;
  const MemoryAccess& first = bench.write(2, 5, line_a);
  const MemoryAccess& second = bench.write(0, 6, line_a);  // in the same cycle, the lower port is first
  const MemoryAccess& third = bench.write(1, 6, line_a);
  MemoryAccess& other_line = bench.walker.entry(line_b);
  bench.walker.ask(8, other_line);
  bench.run();
  // Each takes the line from the previous one, once that has been granted.
  const std::uint64_t granted = 5 + way_there + to_memory_and_back;
  constexpr std::uint64_t turn = snoop_and_answer + to_memory_and_back;
  EXPECT_EQ(bench.answered(2, first), granted + way_back);
  EXPECT_EQ(bench.answered(0, second), granted + turn + way_back);
  EXPECT_EQ(bench.answered(1, third), granted + 2 * turn + way_back);
  EXPECT_EQ(bench.walker.answered(other_line), 8 + to_memory_and_back + 1) << "it waits for none of them";
  EXPECT_EQ(bench.directory.stats().waits, 2u);
  EXPECT_EQ(bench.directory.stats().dirty_snoops, 2u);
  EXPECT_TRUE(bench.owns(1, line_a));
  for (unsigned core : {0U, 2U}) EXPECT_FALSE(bench.holds(core, line_a));
}

TEST(DirectoryCycles, AWalkerWithoutACacheReadsWhatCoresOwnAndKeepsNothing) {
  Bench bench;
  bench.write(0, 5, line_a);
  MemoryAccess& entry = bench.walker.entry(line_a + 8);
  bench.walker.ask(100, entry);
  MemoryAccess& again = bench.walker.entry(line_a + 8);
  bench.walker.ask(200, again);
  MemoryAccess& swap = bench.walker.entry(line_a + 8);
  swap.info.operation = AccessInfo::Operation::CompareAndSwap;
  bench.walker.ask(300, swap);
  bench.run();
  constexpr std::uint64_t alone = to_memory_and_back + 1;
  EXPECT_EQ(bench.walker.answered(entry), 100 + snoop_and_answer + alone) << "what was modified is written first";
  EXPECT_EQ(bench.walker.answered(again), 200 + alone);
  EXPECT_EQ(bench.walker.answered(swap), 300 + snoop_and_answer + alone) << "it takes the line from the core";
  EXPECT_FALSE(bench.holds(0, line_a));
  EXPECT_EQ(bench.directory.known_lines(), 0u) << "nobody has it";
}

TEST(DirectoryCycles, LinesOfNobodyAreForgotten) {
  Bench bench;
  std::size_t most = 0;
  constexpr std::uint64_t lines = 20000;
  std::uint64_t asked = 0;
  std::function<void()> ask = [&] {
    AccessClient& client = bench.cores[asked % 3]->client;
    client.ask_now(client.fresh(line_a + 64 * asked));
    most = std::max(most, bench.directory.known_lines());
    if (++asked != lines) bench.script.at(100 + 10 * asked, ask);
  };
  bench.script.at(100, ask);
  bench.run();
  EXPECT_EQ(bench.directory.stats().requests, lines);
  EXPECT_GT(most, 4000u) << "it is the removal that is tested";
  EXPECT_LE(most, 4096u);
}

// Lines in flight between the two levels of a core. Its second level has both lines, its first level the one accessed
// last.

struct TwoLevels : Bench {
  TwoLevels() : Bench(true) {}
  /// When core 0's first level gets a line from the second level after a miss in that cycle.
  static std::uint64_t filled(std::uint64_t asked) { return asked + tag_cycles + l2_hit_cycles; }
  /// When the snoop of another core's miss in that cycle is carried out.
  static std::uint64_t snooped(std::uint64_t asked) { return asked + tag_cycles + l2_tag_cycles + snoop_cycles; }
};

TEST(DirectoryCycles, AFillThatASnoopOvertakesIsUsedAndNotKept) {
  TwoLevels bench;
  bench.read(0, 5, line_a);
  bench.read(0, 200, line_b);
  const MemoryAccess& read = bench.read(0, 500, line_a);
  bench.write(1, 505, line_a);
  ASSERT_GT(bench.snooped(505), 500 + tag_cycles);
  ASSERT_LT(bench.snooped(505), bench.filled(500));
  bench.run();
  EXPECT_EQ(bench.answered(0, read), bench.filled(500) + 1);
  EXPECT_FALSE(bench.holds(0, line_a));
  EXPECT_TRUE(bench.owns(1, line_a));
}

TEST(DirectoryCycles, AFillThatAnotherReaderOvertakesIsKeptWithoutTheRightToWrite) {
  TwoLevels bench;
  bench.read(0, 5, line_a);
  bench.read(0, 200, line_b);
  const MemoryAccess& read = bench.read(0, 500, line_a);
  bench.read(1, 505, line_a);
  bench.write(0, 700, line_a);
  bench.run();
  EXPECT_EQ(bench.answered(0, read), bench.filled(500) + 1);
  EXPECT_EQ(bench.directory.stats().upgrades, 1u) << "the write has to ask";
  EXPECT_TRUE(bench.owns(0, line_a));
  EXPECT_FALSE(bench.holds(1, line_a));
}

TEST(DirectoryCycles, AWriteBackThatASnoopMeetsGoesWithTheSnoop) {
  TwoLevels bench;
  bench.read(0, 5, line_b);
  bench.write(0, 200, line_a);
  bench.read(0, 500, line_b);  // evicts a, which arrives at the second level in the next cycle
  const std::uint64_t evicted = bench.filled(500);
  const std::uint64_t asked = evicted - (bench.snooped(500) - 500);
  bench.write(1, asked, line_a);
  ASSERT_EQ(bench.snooped(asked), evicted);
  bench.run();
  EXPECT_EQ(bench.directory.stats().dirty_snoops, 1u);
  EXPECT_EQ(bench.cores[0]->l2->stats().written_whole, 1u);
  EXPECT_FALSE(bench.holds(0, line_a)) << "what came down was not put in";
  EXPECT_TRUE(bench.owns(1, line_a));
  EXPECT_EQ(bench.at_memory().back(), fmt::format("{} r 10000", evicted + snoop_cycles + directory_cycles));
  EXPECT_EQ(bench.at_memory()[2], fmt::format("{} w 10000", evicted + snoop_cycles + directory_cycles));
}

}  // namespace
}  // namespace tablewalk::directory_cycles_test
