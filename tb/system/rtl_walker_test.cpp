// The RTL walker in random whole machines: it obeys the laws and is indistinguishable from the model.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/child_run.h"
#include "support/random_machine.h"
#include "support/rtl_variants.h"
#include "support/temporary_folder.h"

namespace tablewalk::test::rtl_walker_test {
namespace {

constexpr std::size_t trace_length = 1500;

/// A machine for a built-in RTL walker, and a trace; determined by a seed.
class RtlCase {
 public:
  explicit RtlCase(std::uint64_t seed) : seed_(seed) {
    Dice dice(seed);
    const RtlVariant& variant = random_variant(dice);
    config = random_machine(dice, random_mode(dice, variant));
    config.walker = walker_of(variant);
    fit_for_hardware(config);
    config.walker.requests = dice.chance(50) ? dice.number(1, 8) : 64;
    config.core.invalidate_cycles = std::max(config.core.invalidate_cycles, Cycles(1));
    options.trace_path = folder_.write_trace("trace.txt", random_trace(dice, config, trace_length));
    options.walk_log = folder_.path("walks.csv");
  }

  /// result.json without the config, and the walk log: all output of a run.
  std::string run(WalkerKind kind) {
    config.walker.kind = kind;
    nlohmann::json result = nlohmann::json::parse(text_without_config(run_in_child(config, options)));
    // The hardware does not report how many pointers an invalidation removed.
    for (const char* part : {"stats", "meaning"}) {
      for (unsigned level = 1; level < 8; ++level) {
        result[part].erase("walk_cache.level" + std::to_string(level) + ".invalidated");
        result[part].erase("walk_cache.level" + std::to_string(level) + ".switched_out");
      }
      // And the model has no gate counts.
      for (auto figure = result[part].begin(); figure != result[part].end();) {
        figure = figure.key().rfind("rtl_walker.", 0) == 0 ? result[part].erase(figure) : std::next(figure);
      }
    }
    return result.dump(1) + folder_.content("walks.csv");
  }
  std::string describe() { return how_to_repeat(seed_, config); }

  MachineConfig config;
  RunOptions options;

 private:
  std::uint64_t seed_;
  TemporaryFolder folder_;
};

TEST(RtlMachines, ObeyTheLaws) {
  for (const std::uint64_t seed : printed_seeds(120)) {
    RtlCase random(seed);
    random.options.check = true;
    ASSERT_NO_THROW(random.run(WalkerKind::Rtl)) << random.describe();
  }
}

TEST(RtlMachines, LeaveTheSameBytesAsTheModel) {
  for (const std::uint64_t seed : printed_seeds(120)) {
    RtlCase random(seed);
    const std::string model = random.run(WalkerKind::SystemC);
    ASSERT_EQ(random.run(WalkerKind::Rtl), model) << random.describe();
  }
}

TEST(RtlMachines, BothWalkersDoTheSameInEveryCycle) {
  for (const std::uint64_t seed : printed_seeds(120)) {
    RtlCase random(seed);
    CosimCounts cosim;
    random.options.cosim = &cosim;
    ASSERT_NO_THROW(random.run(WalkerKind::SystemC)) << random.describe();
  }
}

}  // namespace
}  // namespace tablewalk::test::rtl_walker_test
