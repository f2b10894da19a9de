#include "tlb/segment_unit.h"

#include <gtest/gtest.h>

#include "module/fake_translator.h"
#include "module/script.h"
#include "module/translation_client.h"
#include "tlb/first_level_tlb.h"

namespace tablewalk::segment_unit_test {
namespace {

constexpr std::uint64_t lower_latency = 20;
constexpr std::uint64_t hit_latency = 3;
constexpr std::uint64_t add = 2;

TlbConfig tlb_config() {
  TlbConfig config;
  config.arrays[0].latency_cycles = Cycles(hit_latency);
  return config;
}

/// Code at 0x10000 and data at 0x20000, each of 4 KiB + 8 bytes, for the same trace addresses from 0 on.
SegmentationConfig segments_of(SegmentationKind kind) {
  SegmentationConfig config;
  config.kind = kind;
  config.segments.resize(2);
  for (SegmentConfig& segment : config.segments) segment.limit = 0x1007;
  config.segments[0].used_by = SegmentUse::Fetch;
  config.segments[0].type = SegmentType::Code;
  config.segments[0].base = 0x10000;
  config.segments[1].used_by = SegmentUse::Data;
  config.segments[1].base = 0x20000;
  return config;
}

/// A segment unit over two first-level TLBs over translators of fixed latency.
struct Bench {
  explicit Bench(SegmentationKind kind)
      : mode(make_paging_mode("x86-64")),
        table(segments_of(kind)),
        unit("unit", table, {{Cycles(hit_latency), Cycles(hit_latency)}, Cycles(add)}, mode->offset_bits()),
        itlb("itlb", tlb_config(), *mode, 1),
        dtlb("dtlb", tlb_config(), *mode, 1),
        below_itlb("below_itlb", Cycles(lower_latency)),
        below_dtlb("below_dtlb", Cycles(lower_latency)),
        fetches("fetches"),
        data("data"),
        script("script") {
    table.place(0, std::vector<PhysicalAddress>(2));
    fetches.translator_side.socket.bind(unit.cpu_side(0));
    data.translator_side.socket.bind(unit.cpu_side(1));
    unit.itlb_side.socket.bind(itlb.cpu_side(0));
    unit.dtlb_side.socket.bind(dtlb.cpu_side(0));
    itlb.walker_side.socket.bind(below_itlb.tlb_side());
    dtlb.walker_side.socket.bind(below_dtlb.tlb_side());
  }
  void load_at(std::uint64_t cycle, std::uint64_t va) {
    script.at(cycle, [this, va] { data.ask_now(va); });
  }
  void fetch_at(std::uint64_t cycle, std::uint64_t va) {
    script.at(cycle, [this, va] { fetches.ask_now(va, AccessKind::Fetch); });
  }
  void run() {
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
    const SegmentStats& stats = unit.stats();
    EXPECT_EQ(stats.lookups, stats.direct + stats.paged + stats.faults);
  }
  /// The physical address that the core computes.
  static std::uint64_t physical(const TranslationClient::Asked& asked) {
    return asked.request.answer.translation.physical(asked.request.va).value();
  }

  std::shared_ptr<const PagingMode> mode;
  SegmentTable table;
  SegmentUnit unit;
  FirstLevelTlb itlb;
  FirstLevelTlb dtlb;
  FakeTranslator below_itlb;
  FakeTranslator below_dtlb;
  TranslationClient fetches;
  TranslationClient data;
  Script script;
};

TEST(SegmentUnit, AnswersBasePlusOffsetWithTheLatencyOfAHit) {
  Bench bench(SegmentationKind::BaseLimit);
  bench.load_at(5, 0x123);
  bench.fetch_at(5, 0x123);
  bench.run();
  for (const TranslationClient* client : {&bench.data, &bench.fetches}) {
    EXPECT_TRUE(client->all()[0].at_once);
    EXPECT_EQ(client->all()[0].answered, 5 + hit_latency + add);
  }
  EXPECT_EQ(Bench::physical(bench.data.all()[0]), 0x20123u);
  EXPECT_EQ(Bench::physical(bench.fetches.all()[0]), 0x10123u);
  EXPECT_EQ(bench.unit.stats().direct, 2u);
  EXPECT_EQ(bench.dtlb.stats().lookups() + bench.itlb.stats().lookups(), 0u);
}

TEST(SegmentUnit, SendsTheLinearAddressDownAndGivesTheTraceAddressBack) {
  Bench bench(SegmentationKind::Paged);
  bench.load_at(5, 0x123);
  bench.load_at(100, 0x456);
  bench.run();
  ASSERT_EQ(bench.below_dtlb.arrivals().size(), 1u) << "the second one hits";
  EXPECT_EQ(bench.below_dtlb.arrivals()[0].va, 0x20123u);
  EXPECT_EQ(bench.below_dtlb.arrivals()[0].cycle, 5 + add + hit_latency);
  const TranslationClient::Asked& missed = bench.data.all()[0];
  EXPECT_EQ(missed.answered, 5 + add + hit_latency + lower_latency + 1);
  EXPECT_EQ(missed.request.cycles.total(), missed.answered.value() - 5) << "the addition is part of the account";
  EXPECT_EQ(missed.request.cycles.tlb_lookup, add + hit_latency);
  EXPECT_EQ(missed.request.va.value(), 0x123u);
  EXPECT_EQ(Bench::physical(missed), 0x20123u);
  const TranslationClient::Asked& hit = bench.data.all()[1];
  EXPECT_TRUE(hit.at_once);
  EXPECT_EQ(hit.answered, 100 + add + hit_latency);
  EXPECT_EQ(hit.request.va.value(), 0x456u);
  EXPECT_EQ(Bench::physical(hit), 0x20456u);
  EXPECT_EQ(bench.unit.stats().paged, 2u);
}

TEST(SegmentUnit, RefusesLikeAMissAndSendsNothingDown) {
  Bench bench(SegmentationKind::Paged);
  bench.load_at(5, 0x1008);
  bench.run();
  const TranslationClient::Asked& refused = bench.data.all()[0];
  EXPECT_FALSE(refused.at_once);
  EXPECT_TRUE(refused.request.answer.faulted);
  EXPECT_EQ(refused.request.answer.fault.reason, FaultReason::SegmentLimit);
  EXPECT_EQ(refused.answered, 5 + hit_latency + add);
  EXPECT_EQ(refused.request.cycles.tlb_lookup, hit_latency + add);
  EXPECT_TRUE(bench.below_dtlb.arrivals().empty());
  EXPECT_EQ(bench.unit.stats().faults, 1u);
}

TEST(SegmentUnit, LooksUpWithoutARequestOnlyWholePagesOfASegment) {
  Bench bench(SegmentationKind::BaseLimit);
  bench.script.at(5, [&] {
    Cycles cycle(5);
    const Access load{AccessKind::Load, true};
    const Translation* found = bench.data.translator_side.look_up(VirtualAddress(0xffc), 0, load, cycle);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->physical(VirtualAddress(0xffc)).value(), 0x20ffcu);
    EXPECT_EQ(cycle, Cycles(5 + hit_latency + add));
    EXPECT_EQ(bench.data.translator_side.look_up(VirtualAddress(0x1000), 0, load, cycle), nullptr)
        << "its page is not wholly in the segment, so the size matters";
    EXPECT_EQ(cycle, Cycles(5 + hit_latency + add));
  });
  bench.run();
  EXPECT_EQ(bench.unit.stats().lookups, 1u);
}

TEST(SegmentUnit, AHitWithoutARequestIncludesTheAddition) {
  Bench bench(SegmentationKind::Paged);
  bench.load_at(5, 0x123);
  bench.script.at(100, [&] {
    Cycles cycle(100);
    const Translation* found =
        bench.data.translator_side.look_up(VirtualAddress(0x456), 0, {AccessKind::Load, true}, cycle);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->physical(VirtualAddress(0x456)).value(), 0x20456u);
    EXPECT_EQ(cycle, Cycles(100 + add + hit_latency));
  });
  bench.run();
  EXPECT_EQ(bench.unit.stats().paged, 2u);
  EXPECT_EQ(bench.dtlb.stats().hits, 1u);
}

TEST(SegmentUnit, CountsAMissWithoutARequestOnce) {
  Bench bench(SegmentationKind::Paged);
  bench.script.at(5, [&] {
    Cycles cycle(5);
    EXPECT_EQ(bench.data.translator_side.look_up(VirtualAddress(0x10), 0, {AccessKind::Load, true}, cycle), nullptr);
    bench.data.ask_now(0x10);
  });
  bench.run();
  EXPECT_EQ(bench.unit.stats().lookups, 1u);
  EXPECT_EQ(bench.dtlb.stats().lookups(), 1u);
  EXPECT_EQ(bench.dtlb.stats().misses, 1u);
}

TEST(SegmentUnit, InvalidatesEveryLinearAddressOfAPage) {
  Bench bench(SegmentationKind::Paged);
  bench.load_at(5, 0x10);
  bench.script.at(50, [&] { bench.data.invalidate_now({Invalidation::Scope::Page, VirtualAddress(0x10), 0}); });
  bench.load_at(60, 0x10);
  bench.script.at(90, [&] { bench.data.invalidate_now({Invalidation::Scope::All, VirtualAddress(0), 0}); });
  bench.run();
  ASSERT_EQ(bench.below_dtlb.arrivals().size(), 2u) << "the second load misses";
  ASSERT_EQ(bench.below_dtlb.invalidations().size(), 3u);
  EXPECT_EQ(bench.below_dtlb.invalidations()[0].invalidation.va.value(), 0x20010u) << "as data";
  EXPECT_EQ(bench.below_dtlb.invalidations()[1].invalidation.va.value(), 0x10010u) << "as code";
  EXPECT_EQ(bench.below_dtlb.invalidations()[2].invalidation.scope, Invalidation::Scope::All);
}

TEST(SegmentUnit, AFaultOfThePagesComesBackForTheTraceAddress) {
  Bench bench(SegmentationKind::Paged);
  bench.below_dtlb.decide = [](const TranslationRequest&) {
    Answer answer;
    answer.faulted = true;
    answer.fault.reason = FaultReason::NotPresent;
    return answer;
  };
  bench.load_at(5, 0x10);
  bench.run();
  EXPECT_TRUE(bench.data.all()[0].request.answer.faulted);
  EXPECT_EQ(bench.data.all()[0].request.va.value(), 0x10u);
  EXPECT_EQ(bench.unit.stats().faults, 0u) << "the segment allowed it";
}

}  // namespace
}  // namespace tablewalk::segment_unit_test
