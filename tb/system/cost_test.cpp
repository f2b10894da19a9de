// The cost of translation is a difference of machines: what each of them leaves out, and what they have in common.

#include <gtest/gtest.h>

#include <map>

#include "base/process_pool.h"
#include "config/loader.h"
#include "config/printer.h"
#include "stats/translation_cost.h"
#include "support/child_run.h"
#include "support/listed_trace.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"
#include "system/machine.h"
#include "system/waterfall.h"

namespace tablewalk::test::cost_test {
namespace {

/// A machine and a trace, determined by a seed.
class CostCase {
 public:
  explicit CostCase(std::uint64_t seed) : seed_(seed) {
    Dice dice(seed);
    config = random_machine(dice);
    records = random_trace(dice, config, 1200);
    options.trace_path = folder_.write_trace("trace.txt", records);
    if (dice.chance(30)) options.warmup = dice.between(1, 600);
  }
  std::string describe() const { return how_to_repeat(seed_, config); }

  MachineConfig config;
  RunOptions options;
  std::vector<Record> records;

 private:
  std::uint64_t seed_;
  TemporaryFolder folder_;
};

/// Records the frame of each translated page.
class FrameNotes final : public TranslationObserver {
 public:
  void translation_requested(const TranslationRequest&, Cycles) override {}
  void translation_answered(const TranslationRequest& request, Cycles, Cycles, bool) override {
    if (request.answer.faulted) return;
    const std::uint64_t page = request.va.value() >> 6;  // the smallest page of any mode
    const std::uint64_t place = request.answer.translation.physical(request.va).value() >> 6;
    frames_[{request.asid, page}] = place;
  }
  std::string text() const {
    std::string text;
    for (const auto& [page, frame] : frames_) {
      text += std::to_string(page.first) + ":" + std::to_string(page.second) + ">" + std::to_string(frame) + "\n";
    }
    return text;
  }

 private:
  std::map<std::pair<AddressSpaceId, std::uint64_t>, std::uint64_t> frames_;
};

/// Every page and its frame on a machine of that config; for the first `limit` records, 0 is all.
std::string frames_of(const MachineConfig& config, TraceReader& trace, std::uint64_t limit) {
  const auto work = [&](std::size_t) {
    RecordSource source(trace, limit);
    Machine machine(config);
    FrameNotes notes;
    RequestPort::Job job;
    job.source = &source;
    job.observer = &notes;
    machine.port().run(std::move(job));
    machine.run();
    return notes.text();
  };
  return run_in_processes(1, work, [](std::size_t) { return std::string("the machine"); }, {}).front();
}

std::string frames_of(const MachineConfig& config, const std::vector<Record>& records) {
  ListedTrace trace(records);
  return frames_of(config, trace, 0);
}

TEST(Cost, EveryMachineOfTheWaterfallUsesTheSameFrames) {
  for (const std::uint64_t seed : printed_seeds(25)) {
    const CostCase random(seed);
    const std::string frames = frames_of(random.config, random.records);
    ASSERT_FALSE(frames.empty());
    for (const WaterfallStep& step : waterfall_of(random.config)) {
      ASSERT_EQ(frames_of(step.config, random.records), frames) << step.name << "\n" << random.describe();
    }
  }
}

TEST(Cost, OnShippedTracesTooEveryMachineUsesTheSameFrames) {
  for (const std::string trace : {"cc1", "perl", "python3", "sieve32"}) {
    for (const std::string preset : {"", "skylake", "cva6"}) {
      const auto config = load_config<MachineConfig>({preset, {"os.frames=random"}});
      const auto frames = [&](const MachineConfig& machine) {
        return frames_of(machine, *open_trace(TABLEWALK_SOURCE_DIR "/traces/" + trace + ".twt"), 20000);
      };
      const std::string real = frames(config);
      for (const WaterfallStep& step : waterfall_of(config)) ASSERT_EQ(frames(step.config), real) << step.name;
    }
  }
}

TEST(Cost, WithFreeTranslationNothingIsWalkedAndNoCacheSeesATableEntry) {
  for (const std::uint64_t seed : printed_seeds(60)) {
    CostCase random(seed);
    random.options.check = true;
    const auto results =
        run_in_children({{random.config, random.options}, {with_free_translation(random.config), random.options}});
    const RunResult& real = results[0];
    const RunResult& free = results[1];
    for (const StatSet::Figure& figure : free.stats.figures()) {
      const std::string& name = figure.name;
      const bool of_tables = name.rfind("walker.", 0) == 0 || name.rfind("walk_cache.", 0) == 0 ||
                             name.find("tlb.") == 1 || name.find(".table_") != std::string::npos;
      if (of_tables) {
        ASSERT_EQ(figure.value(), 0) << name << "\n" << random.describe();
      }
      // The kernel's and the program's behaviour is the same.
      const bool of_program = name.rfind("tables.", 0) == 0 || name == "core.accesses" || name == "core.instructions" ||
                              name == "core.line_straddles";
      if (of_program) {
        ASSERT_EQ(figure.value(), real.stats.at(name).value()) << name << "\n" << random.describe();
      }
    }
  }
}

TEST(Cost, KeysThatFreeTranslationLeavesWithoutEffectChangeNoCycle) {
  for (const std::uint64_t seed : printed_seeds(60)) {
    const CostCase random(seed);
    MachineConfig plain = random.config;
    plain.core.free_translation = true;
    const auto results =
        run_in_children({{plain, random.options}, {with_free_translation(random.config), random.options}});
    for (const StatSet::Figure& figure : results[0].stats.figures()) {
      const StatSet::Figure* same = results[1].stats.find(figure.name);
      // Figures of modules that only one machine has are 0.
      ASSERT_EQ(figure.value(), same == nullptr ? 0 : same->value()) << figure.name << "\n" << random.describe();
    }
  }
}

TEST(Cost, TheWaterfallEndsAtTheMachineItselfAndEachStepIsAMachineOfItsKeys) {
  const MachineConfig config = load_config<MachineConfig>({"skylake", {"walker.kind=rtl"}});
  const std::vector<WaterfallStep> steps = waterfall_of(config);
  ASSERT_EQ(steps.size(), 6U);
  EXPECT_EQ(to_json(steps.back().config), to_json(config));
  EXPECT_TRUE(steps[0].config.core.free_translation);
  EXPECT_EQ(steps[1].config.walker.kind, WalkerKind::Instant);
  EXPECT_EQ(steps[2].config.walker_memory, WalkerMemory::Ideal);
  EXPECT_EQ(steps[3].config.walker_memory, WalkerMemory::Own);
  EXPECT_EQ(steps[4].config.walker_memory, WalkerMemory::Shared);
  for (std::size_t i = 2; i <= 4; ++i) {
    EXPECT_TRUE(steps[i].config.walker.unlimited);
    EXPECT_EQ(steps[i].config.walker.kind, WalkerKind::SystemC);
  }
  // Foreign hardware has a fixed number of walkers.
  MachineConfig foreign = config;
  foreign.walker.kind = WalkerKind::Foreign;
  EXPECT_EQ(waterfall_of(foreign).size(), 5U);
}

TEST(Cost, ForOurHardwareTheModelStandsInUpToTheLastStep) {
  MachineConfig model = load_config<MachineConfig>({"skylake", {}});
  MachineConfig hardware = model;
  hardware.walker.kind = WalkerKind::Rtl;
  const auto of_model = waterfall_of(model);
  const auto of_hardware = waterfall_of(hardware);
  for (std::size_t i = 0; i + 1 < of_model.size(); ++i) {
    EXPECT_EQ(i == 1 ? "" : to_json(of_model[i].config).dump(), i == 1 ? "" : to_json(of_hardware[i].config).dump());
  }
}

/// One load each of `pages` pages, all at once.
RunResult cold_loads(const std::vector<std::string>& settings, unsigned pages, const TemporaryFolder& folder) {
  std::vector<Record> records;
  for (unsigned page = 0; page < pages; ++page) {
    Record record;
    record.kind = RecordKind::Load;
    record.size = 8;
    record.address = VirtualAddress(0x10000000 + (std::uint64_t{page} << 30));
    records.push_back(record);
  }
  RunOptions options;
  options.trace_path = folder.write_trace("loads.txt", records);
  return run_in_child(load_config<MachineConfig>({"", settings}), options);
}

TEST(Cost, AnUnlimitedWalkerLetsNobodyWaitForASlot) {
  const TemporaryFolder folder;
  const std::vector<std::string> one{"walker.walkers=1", "dtlb.miss_registers=8", "stlb.miss_registers=8"};
  std::vector<std::string> unlimited = one;
  unlimited.emplace_back("walker.unlimited=true");
  EXPECT_GT(count_of(cold_loads(one, 8, folder), "walker.queue_cycles.max"), 100U);
  // One request is accepted per cycle.
  EXPECT_LE(count_of(cold_loads(unlimited, 8, folder), "walker.queue_cycles.max"), 8U);
}

TEST(Cost, AnInstantWalkerAnswersInTheNextCycleAndAnIdealMemoryToo) {
  const TemporaryFolder folder;
  // Lookups of 1 and 6 cycles; the way back through two TLBs takes 2.
  const RunResult instant = cold_loads({"walker.kind=instant"}, 1, folder);
  EXPECT_EQ(count_of(instant, "translation.latency_cycles.max"), 1U + 6U + 1U + 2U);
  EXPECT_EQ(count_of(instant, "walker.walks"), 0U);
  // 2 cycles, and 2 for each of 4 levels: one in the memory, and one in the walker (docs/timing.md).
  const RunResult ideal = cold_loads({"walker_memory=ideal"}, 1, folder);
  EXPECT_EQ(count_of(ideal, "walker.latency_cycles.max"), 2U + 4U * 2U);
}

TEST(Cost, CachesOfTheWalkersOwnAreAsTheProgramsAreWhenItUsesThemLittle) {
  const TemporaryFolder folder;
  // With a single walk in the machine, the memory is equally cold in both.
  const RunResult shared = cold_loads({}, 1, folder);
  const RunResult own = cold_loads({"walker_memory=own"}, 1, folder);
  EXPECT_EQ(count_of(own, "walker.latency_cycles.max"), count_of(shared, "walker.latency_cycles.max"));
  EXPECT_EQ(count_of(own, "l1d.table_lookups"), 0U);
  EXPECT_EQ(count_of(own, "walker_l1d.table_lookups"), count_of(shared, "l1d.table_lookups"));
}

RunResult result_of(std::uint64_t cycles, std::uint64_t records, bool partial = false) {
  RunResult result;
  result.trace.records = records;
  result.partial = partial;
  result.stats.count("core.cycles", cycles, "cycles", "cycles");
  return result;
}

TEST(Cost, TheCostIsTheDifferenceAndMayBeNegative) {
  RunResult dear = result_of(1000, 10);
  add_translation_cost(dear, result_of(250, 10));
  EXPECT_EQ(dear.stats.at("translation.cost_cycles").value(), 750);
  EXPECT_EQ(dear.stats.at("translation.cost_share").value(), 0.75);
  EXPECT_TRUE(dear.cost.measured);
  EXPECT_EQ(dear.stats.figures().front().name, "translation.cost_cycles");

  RunResult cheap = result_of(1000, 10);
  add_translation_cost(cheap, result_of(1010, 10));
  EXPECT_EQ(cheap.stats.at("translation.cost_cycles").value(), -10);
}

TEST(Cost, OfARunThatWasEndedThereIsNone) {
  RunResult ended = result_of(1000, 10, true);
  add_translation_cost(ended, result_of(250, 10));
  EXPECT_FALSE(ended.cost.measured);
  EXPECT_EQ(ended.stats.find("translation.cost_cycles"), nullptr);
  RunResult shorter = result_of(1000, 9);
  add_translation_cost(shorter, result_of(250, 10));
  EXPECT_FALSE(shorter.cost.measured);
}

RunResult sample_of(std::uint64_t cycles, std::size_t windows_with_walks) {
  RunResult result = result_of(cycles, 10);
  SampleSummary& sample = result.sample.emplace();
  sample.measure = 1;
  sample.records = 10;
  sample.measured = 10;
  sample.cycles.assign(100, cycles / 100);
  sample.walks_of_window.assign(100, 0);
  std::fill_n(sample.walks_of_window.begin(), windows_with_walks, 7);
  return result;
}

TEST(Cost, OfASampleWithFewWalksThereIsNone) {
  RunResult few = sample_of(1000, 29);
  add_translation_cost(few, sample_of(500, 0));
  EXPECT_FALSE(few.cost.measured);
  EXPECT_EQ(few.cost.reason.substr(0, 33), "29 of 100 windows have a walk; ex");
  RunResult enough = sample_of(1000, 30);
  add_translation_cost(enough, sample_of(500, 0));
  EXPECT_TRUE(enough.cost.measured);
  // What no window has does not matter if the whole trace has none either.
  RunResult none = sample_of(1000, 0);
  none.sample->walks = 0;
  add_translation_cost(none, sample_of(500, 0));
  EXPECT_TRUE(none.cost.measured);
}

}  // namespace
}  // namespace tablewalk::test::cost_test
