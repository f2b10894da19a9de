// The laws of docs/ARCHITECTURE.md on random machines and traces.

#include <gtest/gtest.h>

#include "support/child_run.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"

namespace tablewalk::test {
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
  std::string run() const {
    const std::string result = text_without_config(run_in_child(config, options));
    return result + folder_.content("walks.csv");
  }
  std::string describe() { return how_to_repeat(seed_, config); }

  MachineConfig config;
  RunOptions options;
  std::uint64_t accesses = 0;  ///< of the trace, after the warm-up

 private:
  std::uint64_t seed_;
  TemporaryFolder folder_;
};

TEST(Laws, EveryMachineFinishesWithEveryTranslationRightAndEveryCycleAccountedFor) {
  for (const std::uint64_t seed : printed_seeds(250)) {
    RandomCase random(seed);
    random.options.check = true;
    RunResult result;
    ASSERT_NO_THROW(result = run_in_child(random.config, random.options)) << random.describe();
    ASSERT_EQ(result.trace.records, trace_length) << random.describe();
    ASSERT_EQ(count_of(result, "core.accesses"), random.accesses) << random.describe();
  }
}

TEST(Laws, RunningAheadChangesNoByteOfTheResult) {
  for (const std::uint64_t seed : printed_seeds(100)) {
    RandomCase random(seed);
    const std::string ahead = random.run();
    random.config.core.run_ahead = false;
    ASSERT_EQ(random.run(), ahead) << random.describe();
  }
}

TEST(Laws, TheOrderInWhichModulesAreMadeChangesNoByteOfTheResult) {
  for (const std::uint64_t seed : printed_seeds(100)) {
    RandomCase random(seed);
    const std::string core_first = random.run();
    random.options.construction = ConstructionOrder::MemoryFirst;
    ASSERT_EQ(random.run(), core_first) << random.describe();
  }
}

TEST(Laws, CheckingAndRepeatingARunChangeNoByteOfTheResult) {
  for (const std::uint64_t seed : printed_seeds(80)) {
    RandomCase random(seed);
    const std::string once = random.run();
    ASSERT_EQ(random.run(), once) << random.describe();
    random.options.check = true;
    ASSERT_EQ(random.run(), once) << random.describe();
  }
}

}  // namespace
}  // namespace tablewalk::test
