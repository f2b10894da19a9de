#include "links/clockwork.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <tuple>

#include "links/timed_module.h"

namespace tablewalk::clockwork_test {
namespace {

using Act = std::tuple<std::uint64_t, unsigned, unsigned>;  // cycle, phase, module

/// Records when it acts, and requests its next cycles: some near, some beyond the wheel, some twice.
class Sleeper : public TimedModule {
 public:
  Sleeper(sc_core::sc_module_name name, Phase phase, unsigned number, std::vector<Act>& acts, std::set<Act>& asked,
          std::mt19937_64& random)
      : TimedModule(name, phase), phase_(phase), number_(number), acts_(acts), asked_(asked), random_(random) {}

  void ask(std::uint64_t cycle) {
    wake_at(Cycles(cycle));
    asked_.insert({cycle, static_cast<unsigned>(phase_), number_});
  }

 private:
  void on_cycle() override {
    acts_.push_back({now().count(), static_cast<unsigned>(phase_), number_});
    if (now().count() > 20000) return;
    const std::uint64_t distance = random_() % 8 == 0 ? 500 + random_() % 3000 : 1 + random_() % 300;
    ask(now().count() + distance);
    if (random_() % 4 == 0) ask(now().count() + distance);
  }

  Phase phase_;
  unsigned number_;
  std::vector<Act>& acts_;
  std::set<Act>& asked_;
  std::mt19937_64& random_;
};

void run_sleepers(unsigned of_each_phase, std::uint64_t seed) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  std::vector<Act> acts;
  std::set<Act> asked;  // in the order in which they must act
  std::vector<std::unique_ptr<Sleeper>> sleepers;
  for (unsigned number = 0; number < of_each_phase; ++number) {
    for (const auto phase : {Clockwork::Phase::End, Clockwork::Phase::Beginning, Clockwork::Phase::Middle}) {
      sleepers.push_back(
          std::make_unique<Sleeper>(sc_core::sc_gen_unique_name("sleeper"), phase, number, acts, asked, random));
      sleepers.back()->ask(random() % 1000);
    }
  }
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();
  ASSERT_EQ(acts.size(), asked.size()) << "each in its cycle, and once in it";
  EXPECT_TRUE(std::equal(acts.begin(), acts.end(), asked.begin()));
}

TEST(Clockwork, WakesEachModuleInItsCyclesByPhaseAndNumber) {
  run_sleepers(5, 1);
}

TEST(Clockwork, ServesMoreModulesThanAWordHasBits) {
  run_sleepers(150, 2);
}

TEST(Clockwork, InLockstepTheSame) {
  Clockwork::of_simulation().set_lockstep(true);
  run_sleepers(70, 3);
}

}  // namespace
}  // namespace tablewalk::clockwork_test
