#include "tlb/first_level_tlb.h"

#include <gtest/gtest.h>

#include "module/fake_translator.h"
#include "module/script.h"
#include "module/translation_client.h"
#include "tlb/registered_tlb.h"

namespace tablewalk::tlb_test {
namespace {

constexpr std::uint64_t page_a = 0x1000;
constexpr std::uint64_t page_b = 0x2000;
constexpr std::uint64_t page_c = 0x3000;
constexpr std::uint64_t lower_latency = 20;

TlbConfig config_of(std::uint32_t miss_registers, Replacement replacement = Replacement::Lru) {
  TlbConfig config;
  config.arrays[0].replacement = replacement;
  config.arrays[0].entries = 4;
  config.arrays[0].ways = 0;
  config.arrays[0].latency_cycles = Cycles(3);
  config.miss_registers = miss_registers;
  return config;
}

/// A TLB with two upstream neighbours and a translator of fixed latency below.
template <class Kind>
struct Bench {
  explicit Bench(std::uint32_t miss_registers = 2, Replacement replacement = Replacement::Lru)
      : mode(make_paging_mode("x86-64")),
        tlb("tlb", config_of(miss_registers, replacement), *mode, 2),
        lower("lower", Cycles(lower_latency)),
        first("first"),
        second("second"),
        script("script") {
    first.translator_side.socket.bind(tlb.cpu_side(0));
    second.translator_side.socket.bind(tlb.cpu_side(1));
    tlb.walker_side.socket.bind(lower.tlb_side());
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  /// In the middle of a cycle, as a core accesses its first level.
  void ask_at(std::uint64_t cycle, std::uint64_t va, AccessKind kind = AccessKind::Load) {
    script.at(cycle, [this, va, kind] { first.ask_now(va, kind); });
  }
  void run() {
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
    for (const TranslationClient* client : {&first, &second}) {
      for (const auto& asked : client->all()) EXPECT_TRUE(asked.answered.has_value());
    }
    const TlbStats& stats = tlb.stats();
    EXPECT_EQ(stats.lookups(), first.all().size() + second.all().size()) << "one for each request";
    EXPECT_EQ(stats.misses, stats.sent_down + stats.merged_misses + stats.found_after_wait);
    EXPECT_EQ(lower.arrivals().size(), stats.sent_down + stats.resent);
  }
  std::uint64_t answered(std::size_t index) const { return first.all()[index].answered.value_or(0); }

  std::shared_ptr<const PagingMode> mode;
  Kind tlb;
  FakeTranslator lower;
  TranslationClient first;
  TranslationClient second;
  Script script;
};

TEST(SecondLevelTlb, MissGoesDownAfterTheLookupAndItsAnswerUpInTheNextCycle) {
  Bench<RegisteredTlb> bench;
  bench.first.ask(5, page_a);
  bench.run();
  ASSERT_EQ(bench.lower.arrivals().size(), 1u);
  EXPECT_EQ(bench.lower.arrivals()[0].cycle, 8u);
  EXPECT_EQ(bench.answered(0), 8 + lower_latency + 1);
}

TEST(SecondLevelTlb, LookupInTheCycleOfTheFillHitsAndTheOneBeforeJoinsTheMiss) {
  Bench<RegisteredTlb> bench;
  bench.first.ask(5, page_a);
  bench.first.ask(27, page_a);
  bench.first.ask(28, page_a);
  bench.run();
  EXPECT_EQ(bench.lower.arrivals().size(), 1u);
  EXPECT_EQ(bench.tlb.stats().merged_misses, 1u);
  EXPECT_EQ(bench.tlb.stats().hits, 1u);
  EXPECT_EQ(bench.tlb.stats().miss_cycles, (29 - 5) + (31 - 27)) << "each from its lookup to its answer";
  EXPECT_EQ(bench.answered(1), 31u) << "its own lookup ends in 30";
  EXPECT_EQ(bench.answered(2), 31u);
}

TEST(SecondLevelTlb, LooksUpOneInACycleTheLowerPortsFirst) {
  Bench<RegisteredTlb> bench;
  bench.second.ask(5, page_a);
  bench.first.ask(5, page_b);
  bench.run();
  ASSERT_EQ(bench.lower.arrivals().size(), 2u);
  EXPECT_EQ(bench.lower.arrivals()[0].va, page_b);
  EXPECT_EQ(bench.lower.arrivals()[0].cycle, 8u);
  EXPECT_EQ(bench.lower.arrivals()[1].cycle, 9u);
}

TEST(SecondLevelTlb, MissWithoutAFreeRegisterHoldsBackEverythingBehindIt) {
  Bench<RegisteredTlb> bench(1);
  bench.first.ask(5, page_a);
  bench.first.ask(6, page_b);
  bench.first.ask(7, page_a);
  bench.run();
  ASSERT_EQ(bench.lower.arrivals().size(), 2u);
  // Page A arrives in 28: then page B is looked up again, and page A, which hits, after it.
  EXPECT_EQ(bench.lower.arrivals()[1].cycle, 31u);
  EXPECT_EQ(bench.answered(1), 31 + lower_latency + 1);
  EXPECT_EQ(bench.answered(2), 29u + 3u);
  EXPECT_EQ(bench.tlb.stats().hits, 1u) << "page A was not looked up before it was there";
  EXPECT_EQ(bench.tlb.stats().miss_cycles, (29 - 5) + (31 + lower_latency + 1 - 6)) << "from the first lookup of each";
  EXPECT_EQ(bench.first.all()[1].request.cycles.tlb_lookup, 3u) << "the lookup that found a register";
  EXPECT_EQ(bench.first.all()[1].request.cycles.queue, (28 - 6) + lower_latency) << "for a register here, and below";
}

TEST(SecondLevelTlb, MissThatFindsItsPageAfterWaitingForARegisterIsNoHit) {
  Bench<RegisteredTlb> bench(1);
  bench.lower.decide = [](const TranslationRequest& request) {
    Answer answer;
    answer.translation.page = PhysicalAddress(request.va.value() & ~std::uint64_t{0x1fffff});
    answer.translation.page_shift = 21;
    answer.translation.dirty = true;
    return answer;
  };
  bench.first.ask(5, page_b);           // of 2 MiB, with the page after it
  bench.first.ask(6, page_b + 0x1000);  // a different page for the registers, but filled with the first one
  bench.run();
  EXPECT_EQ(bench.tlb.stats().hits, 0u);
  EXPECT_EQ(bench.tlb.stats().sent_down, 1u);
  EXPECT_EQ(bench.tlb.stats().found_after_wait, 1u);
  EXPECT_EQ(bench.answered(1), 28u + 3u) << "looked up when the register is free";
  EXPECT_EQ(bench.tlb.stats().miss_cycles, (29 - 5) + (31 - 6));
}

TEST(SecondLevelTlb, HitPassesMissesUnderWay) {
  Bench<RegisteredTlb> bench;
  bench.first.ask(5, page_a);
  bench.first.ask(50, page_b);
  bench.first.ask(51, page_a);
  bench.run();
  EXPECT_EQ(bench.answered(2), 54u);
  EXPECT_EQ(bench.answered(1), 53 + lower_latency + 1);
}

TEST(SecondLevelTlb, AnswersFindTheirWayBackToWhoAsked) {
  Bench<RegisteredTlb> bench;
  bench.first.ask(5, page_a);
  bench.second.ask(6, page_a);
  bench.second.ask(7, page_b);
  bench.run();
  EXPECT_EQ(bench.first.all()[0].request.answer.translation.page, PhysicalAddress(page_a));
  EXPECT_EQ(bench.second.all()[0].request.answer.translation.page, PhysicalAddress(page_a));
  EXPECT_EQ(bench.second.all()[1].request.answer.translation.page, PhysicalAddress(page_b));
}

TEST(FirstLevelTlb, HitIsAnsweredInTheCallWithItsLatency) {
  Bench<FirstLevelTlb> bench;
  bench.ask_at(5, page_a);
  bench.ask_at(50, page_a + 8);
  bench.run();
  EXPECT_FALSE(bench.first.all()[0].at_once);
  EXPECT_TRUE(bench.first.all()[1].at_once);
  EXPECT_EQ(bench.answered(1), 53u);
}

TEST(FirstLevelTlb, EveryHitCountsForAPolicyThatCounts) {
  Bench<FirstLevelTlb> bench(2, Replacement::Lfu);
  const std::vector<std::uint64_t> pages = {page_a, page_b, page_c, 0x4000};  // the full capacity
  std::uint64_t cycle = 5;
  for (const std::uint64_t page : pages) bench.ask_at(cycle += 50, page);
  for (const std::uint64_t page : pages) {
    const int hits = page == page_a ? 3 : 2;
    for (int hit = 0; hit < hits; ++hit) bench.ask_at(cycle += 10, page);
  }
  bench.ask_at(cycle += 50, 0x5000);
  bench.ask_at(cycle += 50, page_a);
  bench.ask_at(cycle += 50, page_b);
  bench.run();
  EXPECT_TRUE(bench.first.all().rbegin()[1].at_once) << "the most frequently used, though not the most recently";
  EXPECT_FALSE(bench.first.all().back().at_once);
}

TEST(FirstLevelTlb, HitUnderMissIsNotHeldUp) {
  Bench<FirstLevelTlb> bench(1);
  bench.ask_at(5, page_a);
  bench.ask_at(50, page_b);
  bench.ask_at(51, page_c);
  bench.ask_at(52, page_a);
  bench.run();
  EXPECT_TRUE(bench.first.all()[3].at_once);
  EXPECT_EQ(bench.answered(3), 55u);
}

TEST(FirstLevelTlb, StalledMissGoesDownWhenARegisterIsFree) {
  Bench<FirstLevelTlb> bench(1);
  bench.ask_at(5, page_a);
  bench.ask_at(6, page_b);
  bench.ask_at(7, page_b);
  bench.run();
  ASSERT_EQ(bench.lower.arrivals().size(), 2u) << "the second of page B joins the first";
  EXPECT_EQ(bench.lower.arrivals()[1].cycle, 29u) << "the register is free in 28";
  EXPECT_EQ(bench.answered(1), 29 + lower_latency + 1);
  EXPECT_EQ(bench.answered(2), 29 + lower_latency + 1);
}

TEST(FirstLevelTlb, StalledRequestIsAnsweredByAFillOfItsPage) {
  Bench<FirstLevelTlb> bench(1);
  bench.ask_at(5, page_a);
  bench.ask_at(6, page_b);
  bench.ask_at(7, page_c);
  bench.ask_at(8, page_b);
  bench.run();
  EXPECT_EQ(bench.lower.arrivals().size(), 3u);
  EXPECT_EQ(bench.tlb.stats().fills, 3u);
  EXPECT_EQ(bench.tlb.stats().misses, 4u);
  EXPECT_EQ(bench.tlb.stats().sent_down, 3u);
  EXPECT_EQ(bench.tlb.stats().found_after_wait, 1u);
  std::uint64_t waited = 0;
  for (std::size_t i = 0; i < 4; ++i) waited += bench.answered(i) - (5 + i);
  EXPECT_EQ(bench.tlb.stats().miss_cycles, waited) << "the wait for a register included";
}

/// Responds to loads with a clean page and to stores with a dirty one.
Answer dirty_for_stores(const TranslationRequest& request) {
  Answer answer;
  answer.translation.page = PhysicalAddress(request.va.value() & ~std::uint64_t{0xfff});
  answer.translation.page_shift = 12;
  answer.translation.dirty = request.access.kind == AccessKind::Store;
  return answer;
}

TEST(FirstLevelTlb, FirstStoreToACleanPageGoesDownAgain) {
  Bench<FirstLevelTlb> bench;
  bench.lower.decide = dirty_for_stores;
  bench.ask_at(5, page_a);
  bench.ask_at(50, page_a, AccessKind::Store);
  bench.ask_at(100, page_a, AccessKind::Store);
  bench.ask_at(101, page_a);
  bench.run();
  ASSERT_EQ(bench.lower.arrivals().size(), 2u);
  EXPECT_EQ(bench.lower.arrivals()[1].kind, AccessKind::Store);
  EXPECT_TRUE(bench.first.all()[2].at_once);
  EXPECT_TRUE(bench.first.all()[3].at_once);
}

TEST(FirstLevelTlb, StoreThatJoinedALoadsMissAsksForItselfWhenThePageIsClean) {
  Bench<FirstLevelTlb> bench;
  bench.lower.decide = dirty_for_stores;
  bench.ask_at(5, page_a);
  bench.ask_at(6, page_a, AccessKind::Store);
  bench.run();
  ASSERT_EQ(bench.lower.arrivals().size(), 2u);
  EXPECT_EQ(bench.lower.arrivals()[1].cycle, 29u);
  EXPECT_EQ(bench.answered(0), 29u);
  EXPECT_EQ(bench.answered(1), 29 + lower_latency + 1);
  EXPECT_TRUE(bench.first.all()[1].request.answer.translation.dirty);
  EXPECT_EQ(bench.tlb.stats().sent_down, 2u);
  EXPECT_EQ(bench.tlb.stats().merged_misses, 0u) << "no other request's answer served it";
}

TEST(FirstLevelTlb, FaultIsHandedUpAndNotRemembered) {
  Bench<FirstLevelTlb> bench;
  bench.lower.decide = [](const TranslationRequest&) {
    Answer answer;
    answer.faulted = true;
    answer.fault.reason = FaultReason::NotPresent;
    return answer;
  };
  bench.ask_at(5, page_a);
  bench.ask_at(50, page_a);
  bench.run();
  EXPECT_TRUE(bench.first.all()[0].request.answer.faulted);
  EXPECT_FALSE(bench.first.all()[1].at_once);
  EXPECT_EQ(bench.tlb.stats().fills, 0u);
}

TEST(FirstLevelTlb, AddressSpacesMissApart) {
  Bench<FirstLevelTlb> bench;
  bench.ask_at(5, page_a);
  bench.script.at(6, [&bench] {
    bench.first.asid = 1;
    bench.first.ask_now(page_a);
  });
  bench.run();
  EXPECT_EQ(bench.lower.arrivals().size(), 2u);
}

/// A page for supervisor accesses only.
Answer for_supervisors(const TranslationRequest& request) {
  Answer answer;
  answer.faulted = request.access.user;
  answer.fault.reason = FaultReason::Permission;
  answer.translation.page = PhysicalAddress(request.va.value() & ~std::uint64_t{0xfff});
  answer.translation.page_shift = 12;
  answer.translation.rights = {true, true, true, false};
  answer.translation.dirty = true;
  return answer;
}

TEST(FirstLevelTlb, UserGetsNoAnswerOfASupervisor) {
  Bench<FirstLevelTlb> bench;
  bench.lower.decide = for_supervisors;
  const auto ask_at = [&bench](std::uint64_t cycle, bool user) {
    bench.script.at(cycle, [&bench, user] { bench.first.ask_now(page_a, AccessKind::Load, user); });
  };
  ask_at(5, false);
  ask_at(6, true);  // merges
  ask_at(100, false);
  ask_at(101, true);  // to the page just used
  bench.run();
  EXPECT_FALSE(bench.first.all()[0].request.answer.faulted);
  EXPECT_TRUE(bench.first.all()[1].request.answer.faulted);
  EXPECT_TRUE(bench.first.all()[2].at_once);
  EXPECT_FALSE(bench.first.all()[3].at_once);
  EXPECT_TRUE(bench.first.all()[3].request.answer.faulted);
}

TEST(FirstLevelTlb, SupervisorDoesNotFaultWithAUser) {
  Bench<FirstLevelTlb> bench;
  bench.lower.decide = for_supervisors;
  bench.script.at(5, [&bench] { bench.first.ask_now(page_a, AccessKind::Load, true); });
  bench.script.at(6, [&bench] { bench.first.ask_now(page_a, AccessKind::Load, false); });
  bench.run();
  EXPECT_TRUE(bench.first.all()[0].request.answer.faulted);
  EXPECT_FALSE(bench.first.all()[1].request.answer.faulted);
  ASSERT_EQ(bench.lower.arrivals().size(), 2u);
  EXPECT_FALSE(bench.lower.arrivals()[1].user);
}

TEST(FirstLevelTlb, InvalidationIsPassedOnAndWhatItCoversIsNotFoundAgain) {
  Bench<FirstLevelTlb> bench;
  for (std::uint64_t cycle : {5, 50, 51, 53}) bench.ask_at(cycle, page_a);
  bench.ask_at(6, page_b);
  bench.script.at(52, [&bench] { bench.first.invalidate_now({Invalidation::Scope::Page, VirtualAddress(page_a), 0}); });
  bench.ask_at(54, page_b);
  bench.run();
  EXPECT_TRUE(bench.first.all()[3].at_once) << "the last lookup before";
  EXPECT_FALSE(bench.first.all()[4].at_once) << "though it was the last page used";
  EXPECT_TRUE(bench.first.all()[5].at_once) << "another page";
  EXPECT_EQ(bench.tlb.stats().invalidated, 1u);
  ASSERT_EQ(bench.lower.invalidations().size(), 1u);
  EXPECT_EQ(bench.lower.invalidations()[0].cycle, 52u);
  EXPECT_EQ(bench.lower.invalidations()[0].invalidation.va, VirtualAddress(page_a));
}

TEST(FirstLevelTlb, AnswerThatAnInvalidationOvertookIsAskedForAgain) {
  Bench<FirstLevelTlb> bench;
  bench.ask_at(5, page_a);
  bench.ask_at(6, page_a);
  bench.ask_at(5, page_b);
  bench.script.at(27, [&bench] { bench.first.invalidate_now({Invalidation::Scope::AddressSpace, {}, 0}); });
  bench.ask_at(28, page_a);
  bench.run();
  // Page A's response arrives in 28, and so does page B's.
  ASSERT_EQ(bench.lower.arrivals().size(), 4u);
  EXPECT_EQ(bench.lower.arrivals()[2].cycle, 29u);
  for (const auto& asked : bench.first.all()) EXPECT_EQ(asked.answered, 29 + lower_latency + 1);
  EXPECT_EQ(bench.first.all()[0].request.cycles.total(), 29 + lower_latency + 1 - 5);
  EXPECT_EQ(bench.tlb.stats().merged_misses, 2u);
  EXPECT_EQ(bench.tlb.stats().sent_down, 2u) << "each page's first request";
  EXPECT_EQ(bench.tlb.stats().resent, 2u);
}

TEST(FirstLevelTlb, AnswerForAnotherSpaceIsNotOvertaken) {
  Bench<FirstLevelTlb> bench;
  bench.ask_at(5, page_a);
  bench.script.at(27, [&bench] { bench.first.invalidate_now({Invalidation::Scope::AddressSpace, {}, 1}); });
  bench.run();
  EXPECT_EQ(bench.lower.arrivals().size(), 1u);
}

/// Two levels of TLB over a translator whose responses contain the number of invalidations so far.
struct TwoLevels {
  TwoLevels()
      : mode(make_paging_mode("x86-64")),
        upper("upper", config_of(2), *mode, 1),
        middle("middle", config_of(2), *mode, 1),
        lower("lower", Cycles(lower_latency)),
        client("client"),
        script("script") {
    client.translator_side.socket.bind(upper.cpu_side(0));
    upper.walker_side.socket.bind(middle.cpu_side(0));
    middle.walker_side.socket.bind(lower.tlb_side());
    lower.decide = [this](const TranslationRequest& request) {
      Answer answer;
      answer.faulted = request.va.value() == page_b && lower.invalidations().size() % 2 == 0;
      answer.fault.reason = FaultReason::NotPresent;
      answer.translation.page = PhysicalAddress((1 + lower.invalidations().size()) << 12);
      answer.translation.page_shift = 12;
      answer.translation.dirty = true;
      return answer;
    };
  }
  std::shared_ptr<const PagingMode> mode;
  FirstLevelTlb upper;
  RegisteredTlb middle;
  FakeTranslator lower;
  TranslationClient client;
  Script script;
};

TEST(TwoLevelsOfTlb, WhatIsAskedAfterAnInvalidationNeverGetsAnAnswerFromBefore) {
  TwoLevels bench;
  struct Late {
    std::size_t number;
    std::size_t version;
  };
  std::vector<Late> late;
  std::uint64_t begin = 0;
  // A page is requested, is invalidated in the middle of any later cycle, and is requested again.
  for (std::uint64_t page : {page_a, page_b}) {
    for (std::uint64_t after = 0; after < 40; ++after, begin += 200) {
      bench.script.at(begin, [&bench, page] { bench.client.ask_now(page); });
      bench.script.at(begin + after, [&bench] { bench.client.invalidate_now({}); });
      bench.script.at(begin + after + 1, [&bench, &late, page] {
        late.push_back({bench.client.all().size(), bench.lower.invalidations().size()});
        bench.client.ask_now(page);
      });
    }
  }
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();
  ASSERT_EQ(late.size(), 80u);
  for (const Late& one : late) {
    const auto& asked = bench.client.all()[one.number];
    ASSERT_TRUE(asked.answered.has_value());
    const bool present = asked.request.va.value() == page_a || one.version % 2 == 1;
    EXPECT_EQ(asked.request.answer.faulted, !present);
    if (present) {
      EXPECT_EQ(asked.request.answer.translation.page.value() >> 12, 1 + one.version);
    }
  }
}

}  // namespace
}  // namespace tablewalk::tlb_test
