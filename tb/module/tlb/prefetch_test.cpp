// Prefetches of a TLB in time: when they are sent, what an access finds, and how each is counted.

#include <gtest/gtest.h>

#include "module/fake_translator.h"
#include "module/script.h"
#include "module/translation_client.h"
#include "tlb/first_level_tlb.h"
#include "tlb/registered_tlb.h"

namespace tablewalk::prefetch_test {
namespace {

constexpr std::uint64_t lower_latency = 20;

TlbConfig config_of(std::uint32_t entries, std::uint32_t buffer, PrefetchKind kind = PrefetchKind::NextPage) {
  TlbConfig config;
  config.arrays[0].entries = entries;
  config.arrays[0].ways = 0;
  config.prefetch.kind = kind;
  config.prefetch.buffer = buffer;
  return config;
}

template <class Kind>
struct Bench {
  explicit Bench(const TlbConfig& config)
      : mode(make_paging_mode("x86-64")),
        tlb("tlb", config, *mode, 1),
        lower("lower", Cycles(lower_latency)),
        client("client"),
        script("script") {
    client.translator_side.socket.bind(tlb.cpu_side(0));
    tlb.walker_side.socket.bind(lower.tlb_side());
    lower.decide = [this](const TranslationRequest& request) {
      Answer answer;
      answer.translation.page = PhysicalAddress(request.va.value() & ~std::uint64_t{0xfff});
      answer.translation.page_shift = answer.translation.whole_shift = 12;
      answer.translation.dirty = true;
      answer.faulted = request.prefetch && finds_nothing;
      return answer;
    };
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void ask_at(std::uint64_t cycle, std::uint64_t number) {
    script.at(cycle, [this, number] { client.ask_now(number << 12); });
  }
  void run() {
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
    for (const auto& asked : client.all()) {
      ASSERT_TRUE(asked.answered.has_value());
      EXPECT_FALSE(asked.request.answer.faulted);
      EXPECT_EQ(asked.request.answer.translation.physical(asked.request.va).value(), asked.request.va.value());
    }
    const TlbStats& stats = tlb.stats();
    EXPECT_EQ(stats.lookups(), client.all().size()) << "prefetches are no lookups";
    EXPECT_EQ(stats.misses, stats.sent_down + stats.merged_misses + stats.found_after_wait);
    EXPECT_EQ(lower.arrivals().size(), stats.sent_down + prefetches().issued);
  }
  const PrefetchStats& prefetches() const { return tlb.prefetches(); }
  std::vector<std::uint64_t> sent() const {
    std::vector<std::uint64_t> numbers;
    for (const auto& arrival : lower.arrivals()) numbers.push_back(arrival.va >> 12);
    return numbers;
  }

  std::shared_ptr<const PagingMode> mode;
  Kind tlb;
  FakeTranslator lower;
  TranslationClient client;
  Script script;
  bool finds_nothing = false;  ///< every prefetch ends without a translation
};

using Numbers = std::vector<std::uint64_t>;

/// With a buffer, and into the TLB.
class PrefetchInto : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Buffers, PrefetchInto, testing::Values(4, 0));

TEST_P(PrefetchInto, APageIsThereBeforeItsFirstAccessAndTheNextOneFollows) {
  Bench<FirstLevelTlb> bench(config_of(8, GetParam()));
  bench.ask_at(5, 1);
  bench.ask_at(50, 2);
  bench.ask_at(60, 2);
  bench.run();
  EXPECT_EQ(bench.sent(), (Numbers{1, 2, 3}));
  EXPECT_EQ(bench.lower.arrivals()[1].cycle, bench.lower.arrivals()[0].cycle + 1) << "after the access's own request";
  EXPECT_EQ(bench.client.all()[1].answered, 50u + 1u) << "as long as a lookup";
  EXPECT_EQ(bench.tlb.stats().hits, 2u);
  EXPECT_EQ(bench.prefetches().useful, 1u) << "the first hit";
}

TEST_P(PrefetchInto, TheSecondLevelToo) {
  Bench<RegisteredTlb> bench(config_of(8, GetParam()));
  bench.client.ask(5, 1 << 12);
  bench.client.ask(50, 2 << 12);
  bench.run();
  EXPECT_EQ(bench.sent(), (Numbers{1, 2, 3}));
  EXPECT_EQ(bench.prefetches().useful, 1u);
}

TEST_P(PrefetchInto, AnAccessWaitsForAPrefetchUnderWayWhichIsLate) {
  Bench<FirstLevelTlb> bench(config_of(8, GetParam()));
  const auto decide = bench.lower.decide;
  const TranslationRequest* prefetch = nullptr;
  bench.lower.decide = [&](const TranslationRequest& request) {
    if (request.prefetch && prefetch == nullptr) prefetch = &request;
    return decide(request);
  };
  Cycles urgent;
  bench.script.at(9, [&] { EXPECT_FALSE(prefetch->is_urgent(Cycles(100))); });
  bench.script.at(12, [&] { urgent = prefetch->urgent; });
  bench.ask_at(5, 1);
  bench.ask_at(10, 2);
  bench.ask_at(12, 2);  // another access for the same prefetch
  bench.run();
  EXPECT_EQ(bench.sent(), (Numbers{1, 2, 3}));
  EXPECT_EQ(urgent, Cycles(11)) << "from when the walker can see that the access has missed";
  EXPECT_EQ(bench.prefetches().late, 1u);
  EXPECT_EQ(bench.prefetches().useful, 0u);
  EXPECT_EQ(bench.tlb.stats().merged_misses, 2u);
  EXPECT_EQ(bench.client.all()[1].answered, bench.lower.arrivals()[1].cycle + lower_latency + 1);
}

TEST_P(PrefetchInto, APrefetchThatFindsNothingChangesNothingForTheAccess) {
  Bench<FirstLevelTlb> bench(config_of(8, GetParam()));
  bench.finds_nothing = true;
  bench.ask_at(5, 1);
  bench.ask_at(10, 2);  // waits for it, and then sends its own request, which may fault
  bench.ask_at(80, 7);
  bench.ask_at(120, 8);
  bench.run();
  EXPECT_EQ(bench.prefetches().not_found, bench.prefetches().issued);
  EXPECT_EQ(bench.tlb.stats().sent_down, 4u);
  EXPECT_EQ(bench.tlb.stats().hits, 0u);
}

TEST_P(PrefetchInto, AnInvalidationRemovesPrefetchedPagesAndThoseUnderWay) {
  Bench<FirstLevelTlb> bench(config_of(8, GetParam()));
  const auto invalidate_at = [&](std::uint64_t cycle, std::uint64_t number) {
    bench.script.at(cycle, [&bench, number] {
      bench.client.invalidate_now({Invalidation::Scope::Page, VirtualAddress(number << 12), 0});
    });
  };
  bench.ask_at(5, 1);
  invalidate_at(40, 2);  // prefetched
  bench.ask_at(50, 2);
  bench.ask_at(100, 0x40000000);
  invalidate_at(110, 0x40000001);  // under way, as the access's own response: that is requested again
  bench.ask_at(200, 0x40000001);
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();
  EXPECT_EQ(bench.prefetches().useful, 0u);
  EXPECT_EQ(bench.prefetches().not_found, 1u);
  EXPECT_EQ(bench.tlb.stats().sent_down, 4u);
}

TEST(Prefetch, IsDroppedRatherThanTakeTheLastRegister) {
  TlbConfig config = config_of(8, 4);
  config.miss_registers = 2;
  Bench<FirstLevelTlb> bench(config);
  bench.ask_at(5, 1);
  bench.run();
  EXPECT_EQ(bench.prefetches().dropped, 1u);
  EXPECT_EQ(bench.prefetches().issued, 0u);
}

TEST(Prefetch, OfAPageThatIsThereIsRedundant) {
  Bench<FirstLevelTlb> bench(config_of(8, 4));
  bench.ask_at(5, 2);
  bench.ask_at(50, 1);
  bench.run();
  EXPECT_EQ(bench.sent(), (Numbers{2, 3, 1}));
  EXPECT_EQ(bench.prefetches().redundant, 1u);
}

TEST(Prefetch, ABufferEvictsTheOldestUnused) {
  Bench<FirstLevelTlb> bench(config_of(8, 1));
  bench.ask_at(5, 10);
  bench.ask_at(50, 20);
  bench.ask_at(100, 11);
  bench.run();
  EXPECT_EQ(bench.prefetches().unused, 2u) << "11 for 21, then 21 for 12";
  EXPECT_EQ(bench.prefetches().harmful, 0u);
  EXPECT_EQ(bench.tlb.stats().sent_down, 3u);
}

/// Pages 10 and 11 fill the TLB, 11 after its prefetch; the prefetch of 12 evicts 10.
TEST(Prefetch, IsHarmfulIfThePageItEvictedIsMissedSoon) {
  Bench<FirstLevelTlb> bench(config_of(2, 0));
  bench.ask_at(5, 10);
  bench.ask_at(50, 11);
  bench.ask_at(100, 10);
  bench.run();
  EXPECT_EQ(bench.prefetches().useful, 1u);
  EXPECT_EQ(bench.prefetches().harmful, 1u);
}

/// The same, with as many fills between as the TLB has entries: it would have been evicted without a prefetch too.
TEST(Prefetch, IsNotHarmfulLater) {
  Bench<FirstLevelTlb> bench(config_of(2, 0));
  bench.ask_at(5, 10);
  bench.ask_at(50, 11);
  bench.ask_at(100, 30);
  bench.ask_at(150, 40);
  bench.ask_at(200, 10);
  bench.run();
  EXPECT_EQ(bench.prefetches().harmful, 0u);
}

TEST(Prefetch, TheLineOfAWalkBringsItsPagesWithoutRequests) {
  Bench<FirstLevelTlb> bench(config_of(8, 4, PrefetchKind::Line));
  const auto single = bench.lower.decide;
  bench.lower.decide = [single](const TranslationRequest& request) {
    const Answer answer = single(request);
    for (std::uint64_t place = 0; request.line != nullptr && place < 8; ++place) {
      Translation page = answer.translation;
      page.page = PhysicalAddress((request.va.value() & ~std::uint64_t{0xffff}) + (place << 12));
      if (place != 1) request.line->add(place, page);
    }
    return answer;
  };
  bench.ask_at(5, 1);
  bench.ask_at(50, 7);
  bench.run();
  EXPECT_EQ(bench.sent(), (Numbers{1}));
  EXPECT_EQ(bench.prefetches().from_line, 7u);
  EXPECT_EQ(bench.prefetches().unused, 3u) << "seven for a buffer of four";
  EXPECT_EQ(bench.prefetches().useful, 1u);
}

TEST(Prefetch, APageOfTheLineThatIsUnderWayComesByItself) {
  Bench<FirstLevelTlb> bench(config_of(8, 8, PrefetchKind::Line));
  const auto single = bench.lower.decide;
  bench.lower.decide = [single](const TranslationRequest& request) {
    const Answer answer = single(request);
    for (std::uint64_t place = 0; request.line != nullptr && place < 4; ++place) {
      Translation page = answer.translation;
      page.page = PhysicalAddress((request.va.value() & ~std::uint64_t{0xffff}) + (place << 12));
      if (place << 12 != (request.va.value() & 0xffff)) request.line->add(place, page);
    }
    return answer;
  };
  bench.ask_at(5, 1);
  bench.ask_at(10, 2);
  bench.run();
  EXPECT_EQ(bench.sent(), (Numbers{1, 2}));
  EXPECT_EQ(bench.prefetches().from_line, 2u) << "0 and 3";
  EXPECT_EQ(bench.prefetches().unused, 0u);
}

/// A TLB with the prefetcher above one without.
TEST(Prefetch, PassesATlbBelowWithoutBeingCountedThere) {
  const auto mode = make_paging_mode("x86-64");
  FirstLevelTlb upper("upper", config_of(8, 4), *mode, 1);
  RegisteredTlb middle("middle", config_of(8, 0, PrefetchKind::None), *mode, 1);
  FakeTranslator lower("lower", Cycles(lower_latency));
  TranslationClient client("client");
  Script script("script");
  client.translator_side.socket.bind(upper.cpu_side(0));
  upper.walker_side.socket.bind(middle.cpu_side(0));
  middle.walker_side.socket.bind(lower.tlb_side());
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (const std::uint64_t number : {1, 2, 3}) {
    script.at(50 * number, [&client, number] { client.ask_now(number << 12); });
  }
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();
  EXPECT_EQ(upper.prefetches().useful, 2u);
  EXPECT_EQ(lower.arrivals().size(), 4u);
  EXPECT_EQ(middle.stats().lookups(), 1u);
  EXPECT_EQ(middle.stats().misses, 1u);
}

}  // namespace
}  // namespace tablewalk::prefetch_test
