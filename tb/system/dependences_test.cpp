// Loads that depend on loads, on whole machines.

#include <gtest/gtest.h>

#include "config/printer.h"
#include "support/child_run.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"

namespace tablewalk::test::dependences_test {
namespace {

std::vector<Record> loads_of(std::size_t count, std::uint64_t step, std::uint16_t distance) {
  std::vector<Record> records;
  for (std::size_t i = 0; i < count; ++i) {
    records.push_back(Record{VirtualAddress(0x10000000 + i * step), 8, RecordKind::Load});
    records.back().distance = distance;
  }
  return records;
}

std::uint64_t cycles_of(const MachineConfig& config, const std::vector<Record>& records) {
  const TemporaryFolder folder;
  RunOptions options;
  options.trace_path = folder.write_trace("trace.txt", records);
  return count_of(run_in_child(config, options), "core.cycles");
}

TEST(Dependences, AChainOfHitsTakesTheLoadToUseLatencyForEach) {
  const MachineConfig config;
  const std::uint64_t load_to_use = (config.dtlb.arrays[0].latency_cycles + config.l1d.latency_cycles).count();
  const std::uint64_t more = cycles_of(config, loads_of(300, 0, 1)) - cycles_of(config, loads_of(100, 0, 1));
  EXPECT_EQ(more, 200 * load_to_use);
}

TEST(Dependences, TheWindowChangesNoCycleOfAChain) {
  MachineConfig config;
  config.core.window = 1000;
  const std::uint64_t wide = cycles_of(config, loads_of(500, 4096 + 64, 1));
  config.core.window = 8;
  EXPECT_EQ(cycles_of(config, loads_of(500, 4096 + 64, 1)), wide);
  EXPECT_GT(wide, cycles_of(config, loads_of(500, 4096 + 64, 0)));
}

TEST(Dependences, ChainedIsWhatATraceOfDistanceOneSays) {
  MachineConfig config;
  const std::uint64_t chain = cycles_of(config, loads_of(300, 4096 + 64, 1));
  config.core.dependences = Dependences::Chained;
  EXPECT_EQ(cycles_of(config, loads_of(300, 4096 + 64, 0)), chain);
}

TEST(Dependences, ABlockingCoreDoesNotSeeThem) {
  for (const std::uint64_t seed : printed_seeds(20)) {
    Dice dice(seed);
    MachineConfig config = random_machine(dice);
    config.core.blocking = true;
    config.core.dependences = Dependences::None;
    std::vector<Record> records = random_trace(dice, config, 500);
    const std::uint64_t with = cycles_of(config, records);
    for (Record& record : records) record.distance = 0;
    ASSERT_EQ(cycles_of(config, records), with) << "seed " << seed << "\n" << to_yaml(config, false);
  }
}

}  // namespace
}  // namespace tablewalk::test::dependences_test
