// Actions that a walker does at most once per cycle, and their arbitration.

#include "module/walker/walker_bench.h"

namespace tablewalk::walker_turns_test {
namespace {

TEST(WalkerTurns, RequestIsTakenWhenASlotIsFreeAlsoIfItWouldJoinAWalk) {
  Bench bench(walkers(1));
  bench.map(page_a);
  bench.first.ask(10, page_a);
  bench.second.ask(20, page_a);
  bench.run();
  ASSERT_EQ(bench.walks.size(), 2u);
  EXPECT_EQ(bench.walks[1].taken.count(), 10 + service + 1);
}

TEST(WalkerTurns, RequestOfAnotherRootDoesNotJoin) {
  Bench bench;
  bench.map(page_a);
  bench.second.root = PhysicalAddress(0x70000000);
  bench.first.ask(10, page_a);
  bench.second.ask(11, page_a);
  bench.run();
  EXPECT_EQ(bench.walks.size(), 2u);
  EXPECT_TRUE(bench.second.all()[0].request.answer.faulted);
}

TEST(WalkerTurns, JoiningLeavesTheFreeSlotAlone) {
  Bench bench(walkers(2));
  bench.map(page_a);
  bench.map(page_b);
  bench.first.ask(10, page_a);
  bench.second.ask(11, page_a);
  bench.first.ask(12, page_b);
  bench.run();
  ASSERT_EQ(bench.walks.size(), 2u);
  EXPECT_EQ(bench.walks[1].taken.count(), 12u);
}

/// Slots are free all the time, but the first request holds the only id until its response has been valid for a cycle.
TEST(WalkerTurns, RequestWithoutAnIdWaitsOutside) {
  WalkerConfig config = walkers(4);
  config.requests = 1;
  Bench bench(config);
  bench.map(page_a);
  bench.map(page_b);
  bench.first.ask(10, page_a);
  bench.second.ask(11, page_b);
  bench.run();
  ASSERT_EQ(bench.walks.size(), 2u);
  EXPECT_EQ(bench.walks[0].answered.count(), 10 + service);
  EXPECT_EQ(bench.walks[1].taken.count(), 10 + service + 1);
}

TEST(WalkerTurns, RequestThatAsksAgainGoesBeforeFreshOnes) {
  Bench bench(walkers(2));
  bench.map(page_a, {Rights{}, true, false, false});
  bench.map(page_b);
  bench.map(page_b + 0x1000);
  bench.first.ask(10, page_a, AccessKind::Load);
  bench.second.ask(11, page_a, AccessKind::Store);
  bench.first.ask(12, page_b);
  // The load's walk is answered in 10 + service; its slot is free two cycles later, with the store refused in between.
  bench.first.ask(13, page_b + 0x1000);
  bench.run();
  ASSERT_EQ(bench.walks.size(), 4u);
  EXPECT_EQ(bench.walks[2].access.kind, AccessKind::Store);
  EXPECT_EQ(bench.walks[2].requested.count(), 10 + service + 1);
  EXPECT_EQ(bench.walks[2].taken.count(), 10 + service + 2);
  EXPECT_EQ(bench.walks[3].requested.count(), 13u);
}

TEST(WalkerTurns, WalkThatHasAnsweredItsOwnRequestTakesInNobodyMore) {
  Bench bench(walkers(2));
  bench.map(page_a, {Rights{}, true, false, false});
  bench.first.ask(10, page_a, AccessKind::Load);
  // Replayed one after the other: the first would merge again, and be replayed, while the third still waits.
  for (std::uint64_t cycle = 11; cycle < 15; ++cycle) bench.second.ask(cycle, page_a, AccessKind::Store);
  bench.run();
  ASSERT_EQ(bench.walks.size(), 2u);
  EXPECT_EQ(bench.walks[0].merged, 4u);
  EXPECT_EQ(bench.walks[1].merged, 3u);
  EXPECT_EQ(bench.walks[1].taken.count(), 10 + service + 1) << "the cycle after the first was sent back";
}

/// The walk-cache hit of a walk of page B that looks up in `cycle`, when the first read of page A is answered in 22 and
/// its pointer is cached then.
std::uint8_t hit_of_lookup_in(std::uint64_t cycle) {
  Bench bench(walkers(2, {3}));
  bench.map(page_a);
  bench.map(page_b);
  bench.first.ask(10, page_a);
  bench.second.ask(cycle - 1, page_b);
  bench.run();
  return bench.walks.at(1).walk_cache_hit;
}

TEST(WalkerTurns, LookupDoesNotSeeWhatIsRememberedInItsOwnCycle) {
  EXPECT_EQ(hit_of_lookup_in(22), WalkRecord::no_hit);
}

TEST(WalkerTurns, LookupSeesWhatWasRememberedInTheCycleBefore) {
  EXPECT_EQ(hit_of_lookup_in(23), 3u);
}

/// Responds to all pending accesses at the next multiple of 100.
class BurstMemory : public sc_core::sc_module {
 public:
  BurstMemory(sc_core::sc_module_name name, PhysicalMemory& bytes)
      : sc_core::sc_module(name), port("port", *this, 0), bytes_(bytes) {}
  bool receive_access(unsigned, MemoryAccess& access, Cycles& cycle) {
    access.transfer_entry(bytes_);
    port.respond(access, Cycles((cycle.count() / 100 + 1) * 100));
    return false;
  }
  AccessTargetPort<BurstMemory> port;

 private:
  PhysicalMemory& bytes_;
};

TEST(WalkerTurns, TakesOneMemoryResponseInACycleAndTheOthersQueue) {
  const auto mode = make_paging_mode("radix:9/12@8");
  PhysicalMemory memory;
  FrameAllocator frames(std::uint64_t{1} << 31, 4096, {});
  TableBuilder tables(mode, memory, frames);
  SystemCWalker walker("walker", walkers(3), *mode, 1);
  TranslationClient client("client");
  BurstMemory burst("burst", memory);
  client.translator_side.socket.bind(walker.tlb_side(0));
  walker.memory_side.socket.bind(burst.port.socket);
  client.root = tables.root();
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (std::uint64_t page = 1; page <= 3; ++page) {
    tables.map(VirtualAddress(page << 12), PhysicalAddress(0x1000000 + (page << 12)), 4096, {});
    client.ask(9 + page, page << 12);
  }
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();
  for (std::uint64_t i = 0; i < 3; ++i) {
    const auto& asked = client.all()[i];
    EXPECT_EQ(asked.answered, 101 + i);
    EXPECT_EQ(asked.request.cycles.memory_total(), 101 - (12 + i)) << "from presented to decoded, had it been alone";
    EXPECT_EQ(asked.request.cycles.queue, i);
  }
}

}  // namespace
}  // namespace tablewalk::walker_turns_test
