// A TLB between modules that implement only the transport interface.

#include <gtest/gtest.h>

#include "module/fake_translator.h"
#include "module/relays.h"
#include "module/script.h"
#include "module/translation_client.h"
#include "tlb/first_level_tlb.h"
#include "tlb/registered_tlb.h"

namespace tablewalk::transport_test {
namespace {

/// A hit takes more than one cycle, so that nothing else is accepted during its latency.
TlbConfig slow_hits() {
  TlbConfig config;
  config.arrays[0].latency_cycles = Cycles(3);
  return config;
}

/// What a client above a TLB sees of each request, with a relay in each of the TLB's links or without.
template <class Kind>
struct Machine {
  Machine(const std::string& name, bool relayed)
      : mode(make_paging_mode("x86-64")),
        tlb((name + "_tlb").c_str(), slow_hits(), *mode, 1),
        lower((name + "_lower").c_str(), Cycles(20)),
        client((name + "_client").c_str()),
        upper((name + "_upper").c_str()),
        under((name + "_under").c_str()) {
    if (!relayed) {
      client.translator_side.socket.bind(tlb.cpu_side(0));
      tlb.walker_side.socket.bind(lower.tlb_side());
      upper.below.bind(under.above);  // unused
      under.below.bind(upper.above);
      return;
    }
    client.translator_side.socket.bind(upper.above);
    upper.below.bind(tlb.cpu_side(0));
    tlb.walker_side.socket.bind(under.above);
    under.below.bind(lower.tlb_side());
  }
  std::shared_ptr<const PagingMode> mode;
  Kind tlb;
  FakeTranslator lower;
  TranslationClient client;
  TranslateRelay upper;
  TranslateRelay under;
};

template <class Kind>
void expect_same_answers(const Machine<Kind>& plain, const Machine<Kind>& relayed) {
  ASSERT_EQ(plain.client.all().size(), relayed.client.all().size());
  for (std::size_t i = 0; i < plain.client.all().size(); ++i) {
    ASSERT_TRUE(plain.client.all()[i].answered.has_value());
    EXPECT_EQ(relayed.client.all()[i].answered, plain.client.all()[i].answered) << i;
    EXPECT_EQ(relayed.client.all()[i].at_once, plain.client.all()[i].at_once) << i;
  }
  EXPECT_EQ(relayed.upper.requests(), plain.client.all().size());
  EXPECT_EQ(relayed.under.requests(), relayed.tlb.stats().sent_down);
  EXPECT_EQ(relayed.under.responses(), relayed.tlb.stats().sent_down);
  EXPECT_EQ(plain.upper.requests(), 0u);
}

TEST(TlbTransport, FirstLevelAnswersInTheSameCyclesAsItsOwnMachine) {
  Machine<FirstLevelTlb> plain("plain", false);
  Machine<FirstLevelTlb> relayed("relayed", true);
  Script script("script");
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (const auto& [cycle, va] : {std::pair{5, 0x1000}, {6, 0x1008}, {7, 0x2000}, {60, 0x2010}}) {
    script.at(static_cast<std::uint64_t>(cycle), [&, va = static_cast<std::uint64_t>(va)] {
      plain.client.ask_now(va);
      relayed.client.ask_now(va);
    });
  }
  // The invalidation must take effect through the relay too.
  script.at(80, [&] { plain.client.invalidate_now({}), relayed.client.invalidate_now({}); });
  script.at(90, [&] { plain.client.ask_now(0x2000), relayed.client.ask_now(0x2000); });
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();
  expect_same_answers(plain, relayed);
  EXPECT_EQ(relayed.tlb.stats().hits, 1u);
  EXPECT_EQ(relayed.tlb.stats().sent_down, 3u);
  EXPECT_EQ(relayed.lower.invalidations().size(), 1u);
  EXPECT_EQ(relayed.lower.invalidations()[0].cycle, 80u);
}

TEST(TlbTransport, SecondLevelAnswersInTheSameCyclesAsItsOwnMachine) {
  Machine<RegisteredTlb> plain("plain", false);
  Machine<RegisteredTlb> relayed("relayed", true);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (const auto& [cycle, va] : {std::pair{5, 0x1000}, {6, 0x1008}, {7, 0x2000}, {60, 0x2010}}) {
    plain.client.ask(static_cast<std::uint64_t>(cycle), static_cast<std::uint64_t>(va));
    relayed.client.ask(static_cast<std::uint64_t>(cycle), static_cast<std::uint64_t>(va));
  }
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();
  expect_same_answers(plain, relayed);
  EXPECT_EQ(relayed.tlb.stats().hits, 1u);
}

}  // namespace
}  // namespace tablewalk::transport_test
