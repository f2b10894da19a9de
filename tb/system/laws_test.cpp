// The laws of docs/ARCHITECTURE.md on random machines and traces.

#include <gtest/gtest.h>

#include "support/child_run.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"
#include "support/without_effect.h"

namespace tablewalk::test::laws_test {
namespace {

constexpr std::size_t trace_length = 1500;

/// A machine and a trace, determined by a seed.
class RandomCase {
 public:
  explicit RandomCase(std::uint64_t seed) : seed_(seed) {
    Dice dice(seed);
    config = random_machine(dice);
    if (dice.chance(25)) idealise(dice, config);
    const std::vector<Record> records = random_trace(dice, config, trace_length);
    options.trace_path = folder_.write_trace("trace.txt", records);
    if (dice.chance(30)) options.warmup = dice.between(1, trace_length / 2);
    for (std::size_t i = options.warmup; i < records.size(); ++i) accesses += is_event(records[i].kind) ? 0 : 1;
    options.walk_log = folder_.path("walks.csv");
  }

  /// result.json without the config, and the walk log: all output of a run.
  std::string run() {
    result = run_in_child(config, options);
    return text_without_config(result) + folder_.content("walks.csv");
  }
  /// Whether the last run had every record and access.
  bool is_complete() const {
    return result.trace.records == trace_length && count_of(result, "core.accesses") == accesses;
  }
  std::string describe() { return how_to_repeat(seed_, config); }

  MachineConfig config;
  RunOptions options;
  RunResult result;            ///< of the last run
  std::uint64_t accesses = 0;  ///< of the trace, after the warm-up

 private:
  std::uint64_t seed_;
  TemporaryFolder folder_;
};

constexpr std::size_t compared = 100;

/// Also every law of a checked run.
TEST(Laws, NeitherRunningAheadNorTheOrderOfModulesNorCheckingNorRepeatingChangesAByteOfTheResult) {
  for (const std::uint64_t seed : printed_seeds(compared, {1831})) {
    RandomCase random(seed);
    std::string difference;
    ASSERT_NO_THROW(difference = difference_without_effect(random, seed)) << random.describe();
    ASSERT_EQ(difference, "") << random.describe();
    ASSERT_TRUE(random.is_complete()) << random.describe();
  }
}

/// Of 250 machines those that the test above leaves; fewer on request.
TEST(Laws, EveryMachineFinishesWithEveryTranslationRightAndEveryCycleAccountedFor) {
  const std::vector<std::uint64_t> seeds = printed_seeds(250);
  for (std::size_t i = seeds.size() > compared ? compared : 0; i < seeds.size(); ++i) {
    RandomCase random(seeds[i]);
    random.options.check = true;
    ASSERT_NO_THROW(random.run()) << random.describe();
    ASSERT_TRUE(random.is_complete()) << random.describe();
  }
}

}  // namespace
}  // namespace tablewalk::test::laws_test
