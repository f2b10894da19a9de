#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "module/fake_translator.h"
#include "module/script.h"
#include "module/translation_client.h"
#include "tlb/first_level_tlb.h"
#include "tlb/registered_tlb.h"

namespace tablewalk::depth_test {
namespace {

constexpr std::uint64_t lower_latency = 20;

/// A first-level TLB over `further` registered ones over a translator of fixed latency, all with hits of one cycle.
struct Stack {
  explicit Stack(unsigned further) : mode(make_paging_mode("x86-64")), upper("upper", {}, *mode, 1) {
    client.translator_side.socket.bind(upper.cpu_side(0));
    Tlb* last = &upper;
    for (unsigned level = 0; level < further; ++level) {
      lower_levels.push_back(
          std::make_unique<RegisteredTlb>(("level" + std::to_string(level)).c_str(), TlbConfig{}, *mode, 1));
      last->walker_side.socket.bind(lower_levels.back()->cpu_side(0));
      last = lower_levels.back().get();
    }
    last->walker_side.socket.bind(lower.tlb_side());
    script.at(5, [this] { client.ask_now(0x1000); });
    script.at(500, [this] { client.ask_now(0x1000); });
  }

  std::shared_ptr<const PagingMode> mode;
  FirstLevelTlb upper;
  std::vector<std::unique_ptr<RegisteredTlb>> lower_levels;
  FakeTranslator lower{"lower", Cycles(lower_latency)};
  TranslationClient client{"client"};
  Script script{"script"};
};

/// Each level costs its lookup on the way down and a cycle on the way up.
void expect_answer_through(unsigned further) {
  Stack stack(further);
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();
  EXPECT_EQ(stack.client.all()[0].answered, 5 + (1 + further) * 2 + lower_latency);
  EXPECT_TRUE(stack.client.all()[1].at_once) << "every level above has the page";
  EXPECT_EQ(stack.lower.arrivals().size(), 1u);
}

TEST(StackOfTlbs, OfTwoLevelsAnswers) {
  expect_answer_through(1);
}

TEST(StackOfTlbs, OfFourLevelsAnswers) {
  expect_answer_through(3);
}

TEST(StackOfTlbs, OfSixLevelsAnswers) {
  expect_answer_through(5);
}

TEST(StackOfTlbs, DeeperThanARouteIsRefused) {
  Stack stack(6);
  sc_core::sc_start();
  EXPECT_THROW(Clockwork::of_simulation().rethrow_failure(), LawViolation);
}

}  // namespace
}  // namespace tablewalk::depth_test
