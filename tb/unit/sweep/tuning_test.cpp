#include "sweep/tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/error.h"
#include "config/loader.h"
#include "paging/paging_mode.h"
#include "walker/rtl_model.h"

namespace tablewalk::tuning_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TunedMachine machine(std::uint64_t bits, std::int64_t cost) {
  TunedMachine machine;
  machine.size.bits = bits;
  machine.cost_cycles = cost;
  return machine;
}

TEST(Tuning, TheFrontHasTheMachinesThatNoOtherBeats) {
  std::vector<TunedMachine> machines{machine(30, 5), machine(10, 9), machine(20, 9),
                                     machine(20, 7), machine(40, 5), machine(50, -1)};
  mark_front(machines);
  std::vector<std::uint64_t> front;
  for (const TunedMachine& one : machines) {
    if (one.on_front) front.push_back(one.size.bits);
  }
  EXPECT_THAT(front, ElementsAre(10, 20, 30, 50));
  EXPECT_EQ(machines[1].cost_cycles, 7);
}

TEST(Tuning, WalkerCellsAreAThirdSideOfTheFront) {
  const auto with_cells = [](std::uint64_t bits, std::uint64_t cells, std::int64_t cost) {
    TunedMachine one = machine(bits, cost);
    one.walker = WalkerArea{cells, 0, 0};
    return one;
  };
  std::vector<TunedMachine> machines;
  for (std::uint64_t bits = 1; bits <= 5; ++bits) {
    for (std::uint64_t cells = 1; cells <= 5; ++cells) {
      for (const std::uint64_t salt : {3U, 7U}) {
        machines.push_back(
            with_cells(bits, cells, static_cast<std::int64_t>(40 - 2 * bits - 3 * cells + bits * cells * salt % 5)));
      }
    }
  }
  mark_front(machines);
  const auto at_least_as_good = [](const TunedMachine& a, const TunedMachine& b) {
    return a.size.bits <= b.size.bits && a.cells() <= b.cells() && a.cost_cycles <= b.cost_cycles;
  };
  std::size_t front = 0;
  for (std::size_t i = 0; i < machines.size(); ++i) {
    bool beaten = false;
    for (std::size_t j = 0; j < machines.size(); ++j) {
      const bool equal = at_least_as_good(machines[i], machines[j]);
      if (i != j && at_least_as_good(machines[j], machines[i])) beaten = beaten || !equal || j < i;
    }
    EXPECT_EQ(machines[i].on_front, !beaten) << machines[i].size.bits << " " << machines[i].cells();
    front += machines[i].on_front ? 1 : 0;
  }
  EXPECT_GT(front, 5U);
  EXPECT_LT(front, machines.size());
}

TEST(Tuning, TheAreaOfAWalkerIsThatOfItsVariant) {
  auto config = load_config<MachineConfig>({"skylake", {"walker.kind=rtl"}});
  const auto mode = make_paging_mode(config.paging.mode, config.paging);
  std::map<std::string, std::uint64_t> measured;
  for (const auto& [name, value] : find_rtl_variant(config.walker, config.paging, *mode).area)
    measured.emplace(name, value);
  const std::uint64_t cells = measured.at("cells");
  EXPECT_GT(cells, 10'000U) << "docs/hardware-cost.md: two slots, the walk caches of skylake";
  const auto area = walker_area(config);
  ASSERT_TRUE(area.has_value());
  EXPECT_EQ(area->cells, cells);
  EXPECT_EQ(area->flip_flops, measured.at("flip_flops"));
  EXPECT_EQ(area->depth, measured.at("logic_depth"));
  config.cores = 4;
  EXPECT_EQ(walker_area(config)->cells, 4 * cells);
  config.sharing.walker = true;
  EXPECT_EQ(walker_area(config)->cells, cells);
  config.walker.kind = WalkerKind::SystemC;
  EXPECT_FALSE(walker_area(config).has_value());
  config.walker.kind = WalkerKind::Rtl;
  config.walker.walkers = 37;
  EXPECT_THROW(walker_area(config), InputError);
}

TEST(Tuning, BitsOfATlbByHand) {
  MachineConfig config;
  config.itlb.enabled = false;
  config.stlb.enabled = false;
  config.dtlb.arrays.resize(1);
  config.dtlb.arrays[0].entries = 64;
  config.dtlb.arrays[0].ways = 4;
  config.dtlb.arrays[0].page_sizes = {ByteSize{4096}};
  const auto mode = make_paging_mode("x86-64");
  // 48 - 12 bits of virtual page number, 4 of which select the set; 12 bits of ASID; frame number; 9 bits of state.
  const std::uint64_t each = (36 - 4) + 12 + (mode->physical_bits() - 12U) + 9;
  EXPECT_EQ(tlb_size(config).entries, 64U);
  EXPECT_EQ(tlb_size(config).bits, 64 * each);
  config.dtlb.arrays[0].ways = 0;
  EXPECT_EQ(tlb_size(config).bits, 64 * (each + 4));
  config.dtlb.arrays[0].page_sizes.push_back(ByteSize{2U << 20});
  EXPECT_EQ(tlb_size(config).bits, 64 * (each + 5));
}

TEST(Tuning, TheDefaultSpaceIsAroundTheMachineAndWithinTheBudget) {
  TuningOptions options;
  options.traces = {"text:R 0x1000"};
  options.config = "skylake";
  options.budget = 300;
  const SweepFile file = tuning_sweep(options);
  ASSERT_EQ(file.sets.size(), 1U);
  EXPECT_EQ(file.sets[0].keys.at(1).key, "dtlb.arrays.0.entries");
  EXPECT_THAT(file.sets[0].keys.at(1).values, ElementsAre("16", "32", "64", "128", "256"));
  const SweepPlan plan = make_plan(file, 1, [](const std::string& path) { return path; });
  EXPECT_TRUE(plan.points.empty());  // the second-level TLB alone has 384 entries or more
  options.budget = 600;
  EXPECT_FALSE(make_plan(tuning_sweep(options), 1, [](const std::string& path) { return path; }).points.empty());
}

}  // namespace
}  // namespace tablewalk::tuning_test
