// The SystemC walker and the RTL walker, cycle by cycle: random tables, requests, latencies and invalidations.
//
// More of it: TABLEWALK_WALKS=10000000 build/release/cosim_test --gtest_filter='Cosim.TheWalkersDoTheSame*'

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <sstream>

#include "base/process_pool.h"
#include "cosim/cosim_case.h"
#include "support/dice.h"

namespace tablewalk::test::cosim_test {
namespace {

constexpr std::uint64_t requests_of_a_case = 4000;

std::vector<std::string> in_processes(std::size_t count, const std::function<std::string(std::size_t)>& work,
                                      unsigned jobs = 2) {
  PoolOptions pool;
  pool.jobs = jobs;
  return run_in_processes(
      count, work, [](std::size_t number) { return "case " + std::to_string(number); }, pool);
}

/// The counts of a case as text, to return them from its process; or the report of a difference.
std::string told(const CosimCase& the_case) {
  try {
    const CosimOutcome outcome = run_cosim_case(the_case);
    const CosimCounts& counts = outcome.counts;
    std::ostringstream text;
    text << counts.walks << ' ' << counts.entry_reads << ' ' << counts.entry_updates << ' ' << counts.answers << ' '
         << counts.invalidations << ' ' << counts.cycles << ' ' << counts.clocked_cycles << ' ' << outcome.restarts
         << ' ' << outcome.merged << ' ' << outcome.faults << ' ' << outcome.cache_hits;
    return text.str();
  } catch (const WalkersDiffer& difference) {
    return std::string("difference: ") + difference.what();
  }
}

TEST(Cosim, TheWalkersDoTheSameInEveryCycle) {
  const std::uint64_t walks_wanted = setting("TABLEWALK_WALKS", 1000000);
  const std::uint64_t runs = setting("TABLEWALK_RUNS", ~std::uint64_t{0});
  const char* wave_file = std::getenv("TABLEWALK_WAVE");  // of one case
  const std::string wave = runs == 1 && wave_file != nullptr ? wave_file : "";
  const std::uint64_t first_seed = setting("TABLEWALK_SEED", 1);
  std::array<std::uint64_t, 11> sums{};
  std::uint64_t done = 0;
  constexpr std::size_t batch = 16;
  while (sums[0] < walks_wanted && done < runs) {
    const std::size_t count = std::min<std::uint64_t>(batch, runs - done);
    const auto work = [&](std::size_t number) {
      return told({first_seed + done + number, requests_of_a_case, false, wave, {}});
    };
    const std::vector<std::string> texts = in_processes(count, work);
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_NE(texts[i].rfind("difference", 0), 0u)
          << texts[i] << "again: TABLEWALK_RUNS=1 TABLEWALK_SEED=" << first_seed + done + i;
      std::istringstream text(texts[i]);
      for (std::uint64_t& sum : sums) {
        std::uint64_t part = 0;
        text >> part;
        sum += part;
      }
    }
    done += count;
  }
  const std::array names{"walks",          "entry reads",     "entry updates", "answers", "invalidations",  "cycles",
                         "cycles clocked", "walks restarted", "merged",        "faults",  "walk-cache hits"};
  std::printf("%llu cases from seed %llu (TABLEWALK_WALKS, TABLEWALK_SEED, TABLEWALK_RUNS):\n",
              static_cast<unsigned long long>(done), static_cast<unsigned long long>(first_seed));
  for (std::size_t i = 0; i < sums.size(); ++i) {
    std::printf("  %-16s %14llu\n", names[i], static_cast<unsigned long long>(sums[i]));
    EXPECT_GT(sums[i], 0u) << names[i] << ": the cases never came to that";
  }
}

TEST(Cosim, NothingHappensInCyclesThatTheRtlCallsQuiet) {
  const auto work = [](std::size_t number) { return told({5000 + number, 300, true, {}, {}}); };
  for (const std::string& text : in_processes(12, work)) EXPECT_NE(text.rfind("difference", 0), 0u) << text;
}

TEST(Cosim, TheRtlInThePlaceOfTheModelChangesNoAnswerNoCycleAndNoFigure) {
  constexpr std::size_t cases = 16;
  const auto work = [](std::size_t number) {
    return digest_of_walker({9000 + number / 2, 1000, false, {}, {}},
                            number % 2 == 0 ? WalkerKind::SystemC : WalkerKind::Rtl);
  };
  const std::vector<std::string> digests = in_processes(2 * cases, work);
  for (std::size_t i = 0; i < cases; ++i) EXPECT_EQ(digests[2 * i], digests[2 * i + 1]) << "seed " << 9000 + i;
}

/// Forwards everything to a shadow, with one falsification.
class Liar : public WalkerTap {
 public:
  explicit Liar(WalkerShadow& shadow) : shadow_(shadow) {}
  void request_arrives(unsigned port, const TranslationRequest& request, Cycles visible) override {
    shadow_.request_arrives(port, request, visible);
  }
  void memory_answers(const MemoryAccess& access, Cycles visible) override { shadow_.memory_answers(access, visible); }
  void invalidated(const Invalidation& invalidation, Cycles cycle) override {
    shadow_.invalidated(invalidation, cycle);
  }
  void memory_is_asked(const MemoryAccess& access) override { shadow_.memory_is_asked(access); }
  WalkerCycle& doing(Cycles cycle) override { return shadow_.doing(cycle); }

 protected:
  WalkerShadow& shadow_;
  std::uint64_t counted_ = 0;
};

/// Reports the 100th memory response a cycle late.
class LateMemory final : public Liar {
  using Liar::Liar;
  void memory_answers(const MemoryAccess& access, Cycles visible) override {
    shadow_.memory_answers(access, ++counted_ == 100 ? visible + Cycles(1) : visible);
  }
};

/// Reports the 100th request a cycle late.
class LateRequest final : public Liar {
  using Liar::Liar;
  void request_arrives(unsigned port, const TranslationRequest& request, Cycles visible) override {
    shadow_.request_arrives(port, request, ++counted_ == 100 ? visible + Cycles(1) : visible);
  }
};

/// Omits the fifth invalidation.
class LostInvalidation final : public Liar {
  using Liar::Liar;
  void invalidated(const Invalidation& invalidation, Cycles cycle) override {
    if (++counted_ != 5) shadow_.invalidated(invalidation, cycle);
  }
};

/// The first report of ten cases: in some the falsification does not occur or does not matter.
template <class Lie>
std::string first_report() {
  const auto work = [&](std::size_t number) {
    std::unique_ptr<Lie> lie;
    const auto tap = [&](WalkerShadow& shadow) {
      lie = std::make_unique<Lie>(shadow);
      return lie.get();
    };
    return told({number + 1, 2000, false, {}, tap});
  };
  for (const std::string& text : in_processes(10, work)) {
    if (text.rfind("difference", 0) == 0) return text;
  }
  return "no difference";
}

TEST(Cosim, LateMemoryIsADifferenceAndBothTimelinesAreShown) {
  const std::string report = first_report<LateMemory>();
  EXPECT_THAT(report, testing::StartsWith("difference: the walkers differ in cycle "));
  EXPECT_THAT(report, testing::HasSubstr("SystemC walker"));
  EXPECT_THAT(report, testing::HasSubstr("-> memory answers"));
  EXPECT_THAT(report, testing::HasSubstr("\n> "));
  EXPECT_THAT(report, testing::HasSubstr("  =\n"));
}

TEST(Cosim, LateRequestIsADifference) {
  EXPECT_THAT(first_report<LateRequest>(), testing::StartsWith("difference: "));
}

TEST(Cosim, LostInvalidationIsADifference) {
  EXPECT_THAT(first_report<LostInvalidation>(), testing::StartsWith("difference: "));
}

}  // namespace
}  // namespace tablewalk::test::cosim_test
