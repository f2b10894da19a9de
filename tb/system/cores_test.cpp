// The laws on random machines of several cores.

#include <gtest/gtest.h>

#include "support/child_run.h"
#include "support/random_cores.h"
#include "support/without_effect.h"
#include "trace/generate.h"

namespace tablewalk::test::cores_test {
namespace {

constexpr std::size_t records = 2500;

/// A machine of 2 to 8 cores and its traces, determined by a seed.
class RandomCase {
 public:
  explicit RandomCase(std::uint64_t seed) : seed_(seed) {
    Dice dice(seed);
    config = random_machine(dice);
    if (dice.chance(25)) idealise(dice, config);
    add_cores(dice, config, 8);
    write_traces(dice, config, records, folder_, options);
    if (dice.chance(20)) options.warmup = dice.between(1, 20);
  }
  std::string run() const { return text_without_config(run_in_child(config, options)); }
  std::string describe() { return how_to_repeat(seed_, config); }

  MachineConfig config;
  RunOptions options;

 private:
  std::uint64_t seed_;
  TemporaryFolder folder_;
};

/// Also every law of a checked run.
TEST(CoresLaws, NeitherRunningAheadNorTheOrderOfModulesNorCheckingNorRepeatingChangesAByteOfTheResult) {
  for (const std::uint64_t seed : printed_seeds(120, {1109, 5102, 5166})) {
    RandomCase random(seed);
    std::string difference;
    ASSERT_NO_THROW(difference = difference_without_effect(random, seed)) << random.describe();
    ASSERT_EQ(difference, "") << random.describe();
  }
}

/// Cores that share nothing above the directory, and threads that mostly hit lines of their own: they run ahead as far
/// as they may, and now and then one takes a line that another has, or has just lost.
struct HotLines {
  explicit HotLines(std::uint64_t seed) {
    Dice dice(seed);
    config.cores = dice.number(2, 5);
    config.l1d.bytes = ByteSize{64 * dice.pick<std::uint64_t>({4, 8, 16})};
    config.l1d.ways = 4;
    config.l2.enabled = dice.chance(60);
    config.l2.bytes = ByteSize{64 * dice.pick<std::uint64_t>({8, 16, 32})};
    config.l2.ways = 8;
    config.coherence.directory_cycles = Cycles(dice.number(1, 3));
    config.coherence.snoop_cycles = config.coherence.directory_cycles + Cycles(dice.number(3, 20));
    config.core.issue_width = dice.number(1, 4);
    const std::uint64_t common = dice.between(1, 4);
    std::vector<Record> trace;
    for (unsigned turn = 0; turn < 400; ++turn) {
      const unsigned thread = turn % config.cores;
      const std::uint64_t own = 32 * (thread + 1);
      trace.push_back(thread_switch(thread));
      if (dice.chance(30)) {  // it loses all other lines
        for (unsigned line = 0; line < 20; ++line) trace.push_back(access(own + line, false));
      }
      const std::uint64_t line = own + dice.between(0, 3);
      for (unsigned hits = dice.number(1, 40); hits != 0; --hits) trace.push_back(access(line, dice.chance(20)));
      trace.push_back(access(dice.between(0, common - 1), dice.chance(40)));
    }
    options.trace_path = folder_.write_trace("trace.txt", trace);
  }
  std::string run() const { return text_without_config(run_in_child(config, options)); }

  MachineConfig config;
  RunOptions options;

 private:
  static Record thread_switch(unsigned thread) {
    Record record;
    record.kind = RecordKind::Thread;
    record.asid = static_cast<AddressSpaceId>(thread);
    return record;
  }
  static Record access(std::uint64_t line, bool store) {
    Record record;
    record.kind = store ? RecordKind::Store : RecordKind::Load;
    record.address = VirtualAddress(0x10000 + 64 * line);
    record.size = 8;
    return record;
  }

  TemporaryFolder folder_;
};

TEST(CoresLaws, CoresThatMostlyHitRunAheadExactly) {
  for (const std::uint64_t seed : printed_seeds(150)) {
    HotLines random(seed);
    ASSERT_EQ(difference_without_effect(random, seed), "") << how_to_repeat(seed, random.config);
  }
}

/// Peak memory of a process with 16 cores, each with a trace of that many records, KiB. The traces are text, whose
/// reader has no partly filled blocks; they touch all of their 64 KiB early.
std::uint64_t peak_kib_of_16(std::uint64_t length) {
  const TemporaryFolder folder;
  MachineConfig config;
  config.cores = 16;
  RunOptions options;
  std::vector<Record> trace(length);
  for (unsigned core = 0; core < config.cores; ++core) {
    GeneratorConfig generator;
    generator.count = length;
    generator.footprint = 64 << 10;
    generator.seed = core;
    const auto source = make_generator(generator);
    for (std::size_t read = 0; read < length;) read += source->read(trace.data() + read, length - read);
    const std::string path = folder.write_trace(std::to_string(core) + ".txt", trace);
    if (core != 0) {
      options.more_traces.push_back(path);
    } else {
      options.trace_path = path;
    }
  }
  return peak_kib_in_child(config, options);
}

TEST(CoresMemory, SixteenCoresTakeLessThan40MiBHoweverLongTheirTracesAre) {
  const std::uint64_t few = peak_kib_of_16(3000);
  const std::uint64_t many = peak_kib_of_16(60000);
  std::printf("%llu KiB for 16 times 3,000 records, %llu KiB for 16 times 60,000\n",
              static_cast<unsigned long long>(few), static_cast<unsigned long long>(many));
  EXPECT_LT(many, 40U << 10);
  EXPECT_LT(many, few + few / 10);
}

}  // namespace
}  // namespace tablewalk::test::cores_test
