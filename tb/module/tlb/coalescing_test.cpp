// TLBs whose entries hold several pages: neighbours on their way up, and invalidations that meet them there.

#include <gtest/gtest.h>

#include "module/fake_translator.h"
#include "module/script.h"
#include "module/translation_client.h"
#include "tlb/first_level_tlb.h"
#include "tlb/registered_tlb.h"

namespace tablewalk::coalescing_test {
namespace {

TlbConfig config_of(std::uint32_t coalesce) {
  TlbConfig config;
  config.arrays[0].entries = 4;
  config.arrays[0].ways = 0;
  config.arrays[0].coalesce = coalesce;
  return config;
}

/// Two levels above a translator that tells of all 16 pages of a group.
struct Bench {
  Bench(std::uint32_t upper_pages, std::uint32_t lower_pages)
      : mode(make_paging_mode("flat48")),
        upper("upper", config_of(upper_pages), *mode, 1),
        lower("lower", config_of(lower_pages), *mode, 1),
        walker("walker", Cycles(20)),
        client("client"),
        script("script") {
    client.translator_side.socket.bind(upper.cpu_side(0));
    upper.walker_side.socket.bind(lower.cpu_side(0));
    lower.walker_side.socket.bind(walker.tlb_side());
    walker.decide = [](const TranslationRequest& request) {
      Answer answer;
      answer.translation.page = PhysicalAddress(0x100000 + (request.va.value() & ~std::uint64_t{0xfff}));
      answer.translation.page_shift = answer.translation.whole_shift = 12;
      answer.translation.dirty = true;
      answer.translation.neighbours = 0xffff;
      return answer;
    };
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void ask_at(std::uint64_t cycle, std::uint64_t number) {
    script.at(cycle, [this, number] { client.ask_now(number << 12); });
  }
  void invalidate_at(std::uint64_t cycle, std::uint64_t number) {
    script.at(cycle, [this, number] {
      client.invalidate_now({Invalidation::Scope::Page, VirtualAddress(number << 12), 0});
    });
  }
  void run() {
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
    for (const auto& asked : client.all()) {
      ASSERT_TRUE(asked.answered.has_value());
      EXPECT_EQ(asked.request.answer.translation.physical(asked.request.va).value(),
                asked.request.va.value() + 0x100000);
    }
  }

  std::shared_ptr<const PagingMode> mode;
  FirstLevelTlb upper;
  RegisteredTlb lower;
  FakeTranslator walker;
  TranslationClient client;
  Script script;
};

TEST(Coalescing, NeighboursOfAWalkReachEveryLevel) {
  Bench bench(4, 16);
  bench.ask_at(5, 1);
  bench.ask_at(50, 2);  // in the group of four
  bench.ask_at(60, 7);  // in that of sixteen
  bench.run();
  EXPECT_EQ(bench.upper.stats().hits, 1u);
  EXPECT_EQ(bench.lower.stats().hits, 1u);
  EXPECT_EQ(bench.walker.arrivals().size(), 1u);
}

TEST(Coalescing, AHitInTheLowerTlbBringsItsNeighbours) {
  Bench bench(4, 16);
  bench.ask_at(5, 1);
  bench.ask_at(60, 5);
  bench.ask_at(70, 6);
  bench.run();
  EXPECT_EQ(bench.lower.stats().hits, 1u) << "page 5";
  EXPECT_EQ(bench.upper.stats().hits, 1u) << "page 6";
}

TEST(Coalescing, ALowerTlbOfSinglePagesKnowsNoNeighbours) {
  Bench bench(4, 1);
  bench.ask_at(5, 1);
  bench.invalidate_at(40, 2);
  bench.ask_at(50, 2);
  bench.run();
  EXPECT_EQ(bench.upper.stats().hits, 0u);
  EXPECT_EQ(bench.walker.arrivals().size(), 2u);
}

TEST(Coalescing, AResponseThatAnInvalidationOfANeighbourOvertakesIsRequestedAgain) {
  Bench bench(16, 1);
  bench.ask_at(5, 1);
  bench.invalidate_at(15, 9);  // the response is on its way: an entry of the root maps only one page
  bench.ask_at(80, 9);
  bench.run();
  EXPECT_EQ(bench.lower.stats().resent, 1u);
  ASSERT_EQ(bench.walker.arrivals().size(), 2u);
  EXPECT_EQ(bench.walker.arrivals()[1].va, 0x1000u);
}

TEST(Coalescing, AnInvalidationOfAPageOutsideOfTheGroupDoesNot) {
  Bench bench(16, 1);
  bench.ask_at(5, 1);
  bench.invalidate_at(15, 16);
  bench.run();
  EXPECT_EQ(bench.lower.stats().resent, 0u);
}

}  // namespace
}  // namespace tablewalk::coalescing_test
