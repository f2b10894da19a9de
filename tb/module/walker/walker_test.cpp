#include "module/walker/walker_bench.h"

namespace tablewalk::walker_test {
namespace {

TEST(Walker, WalksFourLevelsInTheirCycles) {
  Bench bench;
  bench.map(page_a);
  bench.first.ask(10, page_a + 8);
  bench.run();
  EXPECT_EQ(bench.answered(0), 10 + service);
  EXPECT_EQ(bench.answer(0).translation.page, PhysicalAddress(page_a + 0x1000000));
  const WalkRecord& walk = bench.walks.at(0);
  EXPECT_EQ(walk.reads[0].presented.count(), 12u);
  EXPECT_EQ(walk.reads[0].answered.count(), 12 + memory_cycles);
  EXPECT_EQ(walk.reads[1].presented.count(), 13 + memory_cycles);
  EXPECT_EQ(walk.reads[0].level, 3u);
  EXPECT_EQ(walk.reads[3].level, 0u);
  EXPECT_EQ(bench.first.all()[0].request.cycles.total(), service);
}

TEST(Walker, RequestsForOnePageShareAWalkAndAreAnsweredOneInACycle) {
  Bench bench(walkers(4));
  bench.map(page_a);
  bench.first.ask(10, page_a);
  bench.second.ask(11, page_a + 64);
  bench.first.ask(12, page_a + 128);
  bench.run();
  EXPECT_EQ(bench.walks.size(), 1u);
  EXPECT_EQ(bench.walks[0].merged, 2u);
  EXPECT_EQ(bench.walker.stats().merged_walks, 2u);
  EXPECT_EQ(bench.answered(0), 10 + service);
  EXPECT_EQ(bench.second.all()[0].answered, 11 + service);
  EXPECT_EQ(bench.answered(1), 12 + service);
}

TEST(Walker, RequestsForOneAddressInTwoSpacesAreTwoWalks) {
  Bench bench;
  bench.map(page_a);
  bench.first.ask(10, page_a);
  bench.first.asid = 1;
  bench.first.ask(11, page_a);
  bench.run();
  EXPECT_EQ(bench.walks.size(), 2u);
}

TEST(Walker, TwoWalksShareTheMemoryPort) {
  Bench bench(walkers(2));
  bench.map(page_a);
  bench.map(page_b);
  bench.first.ask(10, page_a);
  bench.second.ask(10, page_b);
  bench.run();
  ASSERT_EQ(bench.walks.size(), 2u);
  EXPECT_EQ(bench.walks[0].taken.count(), 10u);
  EXPECT_EQ(bench.walks[1].taken.count(), 11u) << "one is taken in a cycle, the lower port's first";
  EXPECT_EQ(bench.walks[1].va, VirtualAddress(page_b));
  EXPECT_EQ(bench.walks[1].answered.count(), 11 + service);
}

TEST(Walker, FreshEntriesAreMarkedAccessedByTheWalkThatUsesThem) {
  Bench bench;
  bench.map(page_a, {Rights{}, false, false, false});
  bench.first.ask(10, page_a);
  bench.run();
  const WalkRecord& walk = bench.walks.at(0);
  EXPECT_EQ(walk.entry_reads, 4u);
  EXPECT_EQ(walk.entry_updates, 1u) << "pointers are marked when they are made";
  EXPECT_TRUE(walk.reads[4].update);
  EXPECT_EQ(walk.answered.count(), 10 + service + memory_cycles + 1);
  EXPECT_EQ(bench.first.all()[0].request.cycles.entry_writeback, memory_cycles + 1);
  const EntryView leaf = bench.mode->decode(bench.memory.read(walk.reads[3].address, 8), 0);
  EXPECT_TRUE(leaf.accessed);
  EXPECT_FALSE(leaf.dirty);
}

TEST(Walker, StoreMarksItsPageDirtyOnce) {
  Bench bench;
  bench.map(page_a, {Rights{}, true, false, false});
  bench.first.ask(10, page_a, AccessKind::Store);
  bench.first.ask(500, page_a, AccessKind::Store);
  bench.run();
  ASSERT_EQ(bench.walks.size(), 2u);
  EXPECT_EQ(bench.walks[0].entry_updates, 1u);
  EXPECT_EQ(bench.walks[1].entry_updates, 0u);
  EXPECT_TRUE(bench.answer(0).translation.dirty);
}

TEST(Walker, StoreThatJoinedALoadsWalkOfACleanPageWalksAgain) {
  Bench bench;
  bench.map(page_a, {Rights{}, true, false, false});
  bench.first.ask(10, page_a, AccessKind::Load);
  bench.second.ask(15, page_a, AccessKind::Store);
  bench.run();
  ASSERT_EQ(bench.walks.size(), 2u);
  EXPECT_EQ(bench.walks[0].merged, 1u);
  EXPECT_EQ(bench.walks[1].access.kind, AccessKind::Store);
  EXPECT_EQ(bench.walks[1].entry_updates, 1u);
  EXPECT_FALSE(bench.answer(0).translation.dirty);
  EXPECT_TRUE(bench.second.all()[0].request.answer.translation.dirty);
  // Refused in the cycle after the load's response was sent, it is replayed at the walker one cycle later.
  EXPECT_EQ(bench.walks[1].requested.count(), 10 + service + 1);
  EXPECT_EQ(bench.second.all()[0].request.cycles.total(), bench.walks[1].answered.count() - 15);
}

TEST(Walker, MissingPageFaultsWhereTheTableEnds) {
  Bench bench;
  bench.map(page_a);
  bench.first.ask(10, page_b);
  bench.first.ask(500, std::uint64_t{1} << 40);
  bench.run();
  EXPECT_TRUE(bench.answer(0).faulted);
  EXPECT_EQ(bench.answer(0).fault.reason, FaultReason::NotPresent);
  EXPECT_EQ(bench.walks[0].entry_reads, 4u);
  EXPECT_EQ(bench.walks[1].entry_reads, 1u);
  EXPECT_EQ(bench.answered(1), 500 + 2 + memory_cycles + 1);
  EXPECT_EQ(bench.walker.stats().faults, 2u);
}

TEST(Walker, PermissionFaultOfOneIsNoAnswerForAnother) {
  Bench bench;
  bench.map(page_a, {Rights{true, false, true, true}, true, true, false});
  bench.first.ask(10, page_a, AccessKind::Store);
  bench.first.ask(11, page_a, AccessKind::Load);
  bench.run();
  EXPECT_EQ(bench.answer(0).fault.reason, FaultReason::Permission);
  EXPECT_TRUE(bench.answer(0).faulted);
  EXPECT_FALSE(bench.answer(1).faulted);
  EXPECT_EQ(bench.walks.size(), 2u);
}

TEST(Walker, AddressThatIsNotCanonicalFaultsWithoutARead) {
  Bench bench;
  bench.first.ask(10, std::uint64_t{1} << 50);
  bench.run();
  EXPECT_EQ(bench.answer(0).fault.reason, FaultReason::NonCanonical);
  EXPECT_EQ(bench.walks[0].entry_reads, 0u);
  EXPECT_EQ(bench.answered(0), 12u);
}

TEST(Walker, WalkCacheOfTheLowestPointersLeavesOneRead) {
  Bench bench(walkers(1, {1, 2, 3}));
  bench.map(page_a);
  bench.map(page_b);
  bench.first.ask(10, page_a);
  bench.first.ask(500, page_b);
  bench.run();
  EXPECT_EQ(bench.walks[0].walk_cache_hit, WalkRecord::no_hit);
  EXPECT_EQ(bench.walks[1].walk_cache_hit, 1u);
  EXPECT_EQ(bench.walks[1].entry_reads, 1u);
  EXPECT_EQ(bench.answered(1), 500 + 2 + memory_cycles + 1);
  EXPECT_EQ(bench.answer(1).translation.page, PhysicalAddress(page_b + 0x1000000));
}

TEST(Walker, WalkCacheOfAHigherLevelSavesTheReadsAboveIt) {
  Bench bench(walkers(1, {2}));
  bench.map(page_a);
  bench.map(page_a + 0x200000);
  bench.first.ask(10, page_a);
  bench.first.ask(500, page_a + 0x200000);
  bench.run();
  EXPECT_EQ(bench.walks[1].walk_cache_hit, 2u);
  EXPECT_EQ(bench.walks[1].entry_reads, 2u);
}

TEST(Walker, CountsTheLookupsAndHitsOfEachPageTableCache) {
  WalkerConfig config = walkers(1, {1, 2});
  config.walk_cache_kind = WalkCacheKind::SplitPageTable;
  Bench bench(config);
  bench.map(page_a);
  bench.map(page_b);
  bench.map(page_a + 0x200000);
  bench.first.ask(10, page_a);
  bench.first.ask(200, page_b);
  bench.first.ask(400, page_a + 0x200000);  // has a last-level table of its own
  bench.run();
  EXPECT_EQ(bench.walks[1].entry_reads, 2u) << "of the root and of the last level";
  EXPECT_EQ(bench.figure("walk_cache.level1.lookups"), 3u);
  EXPECT_EQ(bench.figure("walk_cache.level1.hits"), 1u);
  EXPECT_EQ(bench.figure("walk_cache.level2.lookups"), 3u);
  EXPECT_EQ(bench.figure("walk_cache.level2.hits"), 2u);
}

constexpr Invalidation of_page_a{Invalidation::Scope::Page, VirtualAddress(page_a), 0};

TEST(Walker, InvalidationForgetsThePointersOnTheWayToThePage) {
  Bench bench(walkers(1, {1, 2, 3}));
  bench.map(page_a);
  bench.map(page_b);
  bench.map(page_a + (std::uint64_t{1} << 40));
  bench.first.ask(10, page_a);
  bench.first.ask(100, page_a + (std::uint64_t{1} << 40));
  bench.script.at(200, [&bench] { bench.first.invalidate_now(of_page_a); });
  bench.first.ask(300, page_b);
  bench.first.ask(400, page_a + (std::uint64_t{1} << 40));
  bench.run();
  EXPECT_EQ(bench.walks[2].entry_reads, 4u);
  EXPECT_EQ(bench.walks[2].restarts, 0u);
  EXPECT_EQ(bench.walks[3].entry_reads, 1u) << "the way to another page";
}

TEST(Walker, WalkThatAnInvalidationConcernsBeginsAgainInTheNextCycle) {
  Bench bench(walkers(1));
  bench.map(page_a);
  bench.first.ask(10, page_a);
  // In 22 the first read is answered; the second, presented in 23, is outstanding in 25.
  bench.script.at(25, [&bench] { bench.first.invalidate_now(of_page_a); });
  bench.run();
  const WalkRecord& walk = bench.walks.at(0);
  EXPECT_EQ(walk.restarts, 1u);
  EXPECT_EQ(bench.walker.stats().restarts, 1u);
  EXPECT_EQ(walk.entry_reads, 5u) << "the one under way is not counted";
  EXPECT_EQ(walk.reads[1].presented.count(), 27u) << "walk caches in 26";
  EXPECT_EQ(walk.reads[1].level, 3u);
  EXPECT_EQ(bench.answered(0), 25 + service);
  const LatencyBreakdown& cycles = bench.first.all()[0].request.cycles;
  EXPECT_EQ(cycles.total(), 25 + service - 10);
  EXPECT_EQ(cycles.memory_total(), 5 * (memory_cycles + 1));
  EXPECT_EQ(cycles.queue, 3u) << "23 to 25, for a read that came to nothing";
}

TEST(Walker, WalkOfAnotherSpaceGoesOnWhenASpaceIsInvalidated) {
  Bench bench;
  bench.map(page_a);
  bench.first.ask(10, page_a);
  bench.script.at(25, [&bench] { bench.first.invalidate_now({Invalidation::Scope::AddressSpace, {}, 1}); });
  bench.run();
  EXPECT_EQ(bench.walks.at(0).restarts, 0u);
  EXPECT_EQ(bench.answered(0), 10 + service);
}

/// A bench in which the kernel moves page A: to another frame, or together with its last-level table.
struct MovingBench : Bench {
  explicit MovingBench(const WalkerConfig& config) : Bench(config) { map(page_a); }
  std::uint64_t entry_address(unsigned level) const {
    Walk walk(*mode, tables.root(), VirtualAddress(page_a), Access{});
    while (walk.level() != level) walk.supply(memory.read(walk.entry_address(), 8));
    return walk.entry_address().value();
  }
  /// Returns the new frame.
  std::uint64_t move(bool with_its_table) {
    const std::uint64_t page = next += 0x1000;
    // Accessed is cleared, so that walks update entries too.
    const std::uint64_t entry =
        mode->encode_leaf(PhysicalAddress(page), mode->page_sizes().front(), {Rights{}, false, false, false});
    if (with_its_table) {
      const PhysicalAddress table(next += 0x1000);
      memory.write(PhysicalAddress(entry_address(1)), 8, mode->encode_pointer(table, 1));
    }
    memory.write(PhysicalAddress(entry_address(0)), 8, entry);
    return page;
  }
  std::uint64_t next = 0x60000000;
};

/// Other requests in flight when page A is requested.
enum class Company : std::uint8_t {
  None,
  Joined,  ///< three more requests for it
  Behind,  ///< a walk before it, with three merged requests, which are answered one per cycle
};

void ask_in_company(TranslationClient& client, std::uint64_t cycle, Company company) {
  if (company == Company::Behind) client.ask(cycle++, page_b);
  client.ask(cycle++, page_a);
  if (company == Company::None) return;
  for (int i = 0; i < 3; ++i) client.ask(cycle++, (company == Company::Joined ? page_a : page_b) + 8);
}

TEST(Walker, NothingFromBeforeAnInvalidationAnswersOrIsRememberedWheneverItComes) {
  MovingBench bench(walkers(2, {1, 2, 3}));
  bench.map(page_b);
  struct Expected {
    std::size_t first;  ///< index of the first request before this invalidation
    std::size_t second;
    std::uint64_t invalidated;
    std::uint64_t frame;  ///< of page A from then on
  };
  std::vector<Expected> moves;
  std::uint64_t begin = 10;
  for (bool with_its_table : {false, true}) {
    for (Company company : {Company::None, Company::Joined, Company::Behind}) {
      for (std::uint64_t after = 0; after < service + 30; ++after, begin += 500) {
        const std::uint64_t cycle = begin + 1 + after;
        bench.script.at(begin, [&bench, &moves, begin, cycle, company] {
          bench.first.invalidate_now({});  // so that the walk starts at the root
          moves.push_back({bench.first.all().size(), bench.second.all().size(), cycle, 0});
          ask_in_company(bench.first, begin + 1, company);
        });
        bench.script.at(cycle, [&bench, &moves, cycle, with_its_table] {
          moves.back().frame = bench.move(with_its_table);
          bench.second.invalidate_now(of_page_a);
          for (std::uint64_t later : {1, 2, 200}) bench.second.ask(cycle + later, page_a);
        });
      }
    }
  }
  bench.run();
  ASSERT_EQ(moves.size(), 6 * (service + 30));
  for (const Expected& move : moves) {
    for (std::size_t number = move.second; number < move.second + 3; ++number) {
      const auto& late = bench.second.all()[number];
      EXPECT_FALSE(late.request.answer.faulted);
      ASSERT_EQ(late.request.answer.translation.page.value(), move.frame) << "answered in " << *late.answered;
    }
    // A TLB above would keep any translation it gets, whenever it was requested.
    const std::size_t end = &move == &moves.back() ? bench.first.all().size() : (&move + 1)->first;
    for (std::size_t number = move.first; number < end; ++number) {
      const auto& early = bench.first.all()[number];
      if (early.request.va.value() >> 12 != page_a >> 12 || *early.answered <= move.invalidated + 1) continue;
      ASSERT_EQ(early.request.answer.translation.page.value(), move.frame) << "sent after " << move.invalidated;
    }
  }
  EXPECT_GT(bench.walker.stats().restarts, 100u);
  std::uint64_t reads = 0;
  for (const auto& level : bench.walker.stats().served) {
    for (std::uint64_t count : level) reads += count;
  }
  EXPECT_EQ(bench.walker.stats().entry_reads, reads);
}

}  // namespace
}  // namespace tablewalk::walker_test
