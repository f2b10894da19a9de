// Walk caches that two walkers share, cycle by cycle.

#include <tuple>
#include <vector>

#include "module/walker/walker_bench.h"
#include "walker/shared_walk_caches.h"

namespace tablewalk::walker_shared_caches_test {
namespace {

/// A walk of that many reads: the lookup is answered a cycle later than one of the walker's own caches.
constexpr std::uint64_t service_of(std::uint64_t reads) {
  return 3 + reads * (memory_cycles + 1);
}

WalkerConfig sharing(WalkCacheKind kind = WalkCacheKind::SplitTranslation) {
  WalkerConfig config = walkers(2, {1, 2, 3});
  config.walk_cache_kind = kind;
  if (for_all_levels(kind)) config.walk_caches.resize(1);
  return config;
}

/// Two cores' walkers, each with a memory of its own.
struct SharedBench {
  explicit SharedBench(const WalkerConfig& config = sharing(), bool reversed = false)
      : mode(make_paging_mode("x86-64")),
        frames(std::uint64_t{1} << 31, 4096, {}),
        tables(mode, memory, frames),
        caches("caches", config, *mode, 2),
        script("script") {
    for (unsigned i = 0; i < 2; ++i) {
      const unsigned core = reversed ? 1 - i : i;
      const std::string number = std::to_string(core);
      walker[core] = std::make_unique<SystemCWalker>(("walker" + number).c_str(), config, *mode, 1);
      dram[core] = std::make_unique<ConstantMemory>(("dram" + number).c_str(), memory);
      client[core] = std::make_unique<TranslationClient>(("client" + number).c_str());
      client[core]->translator_side.socket.bind(walker[core]->tlb_side(0));
      walker[core]->memory_side.socket.bind(dram[core]->cpu_side());
      walker[core]->share(caches, core);
      client[core]->root = tables.root();
    }
    tables.keep_emptied(&emptied);
    map(page_a);
    map(page_b);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void map(std::uint64_t va, std::uint64_t distance = 0x1000000) {
    tables.map(VirtualAddress(va), PhysicalAddress(va + distance), 4096);
  }
  void run() {
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
  }
  std::uint64_t took(unsigned core, std::size_t index = 0) const {
    const auto& asked = client[core]->all()[index];
    EXPECT_TRUE(asked.answered.has_value());
    return asked.request.cycles.total();
  }
  const Answer& answer(unsigned core, std::size_t index) const { return client[core]->all()[index].request.answer; }

  std::shared_ptr<const PagingMode> mode;
  PhysicalMemory memory;
  FrameAllocator frames;
  std::vector<EmptiedTable> emptied;
  TableBuilder tables;
  SharedWalkCaches caches;
  std::unique_ptr<SystemCWalker> walker[2];
  std::unique_ptr<ConstantMemory> dram[2];
  std::unique_ptr<TranslationClient> client[2];
  Script script;
};

TEST(SharedWalkCaches, ALookupIsAnsweredACycleLaterAndEveryCycleIsAccountedFor) {
  SharedBench bench;
  bench.client[0]->ask(10, page_a);
  bench.client[0]->ask(100, page_b);
  bench.run();
  EXPECT_EQ(bench.client[0]->all()[0].answered, 10 + service_of(4));
  EXPECT_EQ(bench.took(0, 0), service_of(4));
  EXPECT_EQ(bench.client[0]->all()[1].answered, 100 + service_of(1));
  EXPECT_EQ(bench.client[0]->all()[1].request.cycles.walk_cache_lookup, 3u) << "one more than private caches";
}

TEST(SharedWalkCaches, WhatOneWalkerHasReadTheOtherNeedNot) {
  SharedBench bench;
  bench.client[0]->ask(10, page_a);
  bench.client[1]->ask(100, page_b);
  bench.run();
  EXPECT_EQ(bench.client[1]->all()[0].answered, 100 + service_of(1));
  EXPECT_EQ(bench.answer(1, 0).translation.page, PhysicalAddress(page_b + 0x1000000));
}

/// The pointer of level 1 is decoded in the cycle in which the third response arrives, and cached at its end.
class LookedUpIn : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(CyclesAfterItWasDecoded, LookedUpIn, testing::Values(0u, 1u));

TEST_P(LookedUpIn, APointerServesLookupsFromTheNextCycleOn) {
  const std::uint64_t decoded = 13 + 3 * (memory_cycles + 1) - 1;
  SharedBench bench;
  bench.client[0]->ask(10, page_a);
  bench.client[1]->ask(decoded - 1 + GetParam(), page_b);
  bench.run();
  EXPECT_EQ(bench.took(1), service_of(GetParam() == 0 ? 2 : 1));
}

class InEitherOrder : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Orders, InEitherOrder, testing::Bool());

/// The caches have one entry a level, so that what is cached last stays: that of the higher port.
TEST_P(InEitherOrder, TheWalkerThatIsMadeFirstHasNoPriority) {
  WalkerConfig config = sharing();
  for (WalkCacheConfig& cache : config.walk_caches) cache.entries = cache.ways = 1;
  SharedBench bench(config, GetParam());
  constexpr std::uint64_t far = 0x700000001000;
  bench.map(far);
  bench.client[0]->ask(10, page_a);
  bench.client[1]->ask(10, far);
  bench.client[0]->ask(200, page_b);
  bench.run();
  EXPECT_EQ(bench.took(0, 1), service_of(4)) << "the other walker's pointers have replaced all";
}

/// The tables change, and core 0 invalidates what walks of core 1 may be reading: no old pointer may come back.
class InvalidatedByAnother : public testing::TestWithParam<std::tuple<WalkCacheKind, std::uint64_t>> {};
INSTANTIATE_TEST_SUITE_P(Cycles, InvalidatedByAnother,
                         testing::Combine(testing::Values(WalkCacheKind::SplitTranslation,
                                                          WalkCacheKind::UnifiedPageTable),
                                          testing::Range<std::uint64_t>(9, 12 + service_of(4) + 8)));

TEST_P(InvalidatedByAnother, AnOldPointerDoesNotComeBack) {
  const auto [kind, cycle] = GetParam();
  SharedBench bench(sharing(kind));
  bench.client[1]->ask(10, page_a);
  bench.script.at(cycle, [&] {
    bench.tables.unmap(VirtualAddress(page_a), 4096);
    bench.tables.unmap(VirtualAddress(page_b), 4096);
    bench.map(page_a, 0x2000000);
    bench.client[0]->invalidate_now({Invalidation::Scope::Page, VirtualAddress(page_a), 0});
  });
  bench.client[0]->ask(300, page_a);
  bench.run();
  EXPECT_FALSE(bench.answer(0, 0).faulted);
  EXPECT_EQ(bench.answer(0, 0).translation.page, PhysicalAddress(page_a + 0x2000000));
}

}  // namespace
}  // namespace tablewalk::walker_shared_caches_test
