// What causes the walks: the sums of every list equal those of the walker, on any machine.

#include "observe/walk_attribution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <sstream>

#include "config/printer.h"
#include "support/child_run.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"

namespace tablewalk::test::walk_attribution_test {
namespace {

constexpr std::uint64_t region_bytes = 1 << 21;

AttributedWalks sum_of(const AttributedRows& rows) {
  AttributedWalks sum;
  for (const AttributedWalks& row : rows) {
    sum.walks += row.walks;
    sum.walk_cycles += row.walk_cycles;
  }
  return sum;
}

/// The walk log of the same run.
struct Logged {
  std::map<std::pair<std::uint64_t, unsigned>, std::pair<std::uint64_t, std::uint64_t>> regions;
  std::map<unsigned, std::uint64_t> level_cycles;
};

Logged read_log(const std::string& log) {
  Logged logged;
  std::istringstream lines(log);
  std::string line;
  std::getline(lines, line);
  static const std::regex row("\\d+,(\\d+),0x([0-9a-f]+),\\w+,(\\d+),\\d+,(\\d+),.*");
  static const std::regex read("L(\\d)@0x[0-9a-f]+:(\\d+)-(\\d+):");
  while (std::getline(lines, line)) {
    std::smatch found;
    if (!std::regex_match(line, found, row)) throw std::runtime_error("no row of the walk log: " + line);
    const std::uint64_t va = std::stoull(found[2], nullptr, 16);
    auto& [walks, cycles] = logged.regions[{va / region_bytes * region_bytes, std::stoul(found[1])}];
    walks += 1;
    cycles += std::stoull(found[4]) - std::stoull(found[3]);
    for (std::sregex_iterator each(line.begin(), line.end(), read), end; each != end; ++each) {
      logged.level_cycles[static_cast<unsigned>(std::stoul((*each)[1]))] +=
          std::stoull((*each)[3]) - std::stoull((*each)[2]);
    }
  }
  return logged;
}

void expect_sums(const RunResult& result, const std::string& which) {
  const Attribution& attribution = *result.attribution;
  ASSERT_EQ(attribution.walks, count_of(result, "walker.walks")) << which;
  const double mean = attribution.walks == 0
                          ? 0.0
                          : static_cast<double>(attribution.walk_cycles) / static_cast<double>(attribution.walks);
  ASSERT_EQ(mean, result.stats.at("walker.latency_cycles.mean").real) << which;
  ASSERT_EQ(sum_of(attribution.regions).walks, attribution.walks) << which;
  ASSERT_EQ(sum_of(attribution.regions).walk_cycles, attribution.walk_cycles) << which;
  ASSERT_EQ(sum_of(attribution.levels).walk_cycles, attribution.walk_cycles) << which;
  if (attribution.instructions.empty()) return;
  ASSERT_EQ(sum_of(attribution.instructions).walks, attribution.walks) << which;
  ASSERT_EQ(sum_of(attribution.instructions).walk_cycles, attribution.walk_cycles) << which;
}

void expect_rows_as_logged(const Attribution& attribution, const Logged& logged, const std::string& which) {
  for (const AttributedWalks& row : attribution.regions) {
    if (row.name == Attribution::others) continue;
    const auto found = logged.regions.find({row.address.value(), row.asid});
    ASSERT_NE(found, logged.regions.end()) << which << row.name;
    ASSERT_EQ(row.walks, found->second.first) << which << row.name;
    ASSERT_EQ(row.walk_cycles, found->second.second) << which << row.name;
  }
  for (const AttributedWalks& row : attribution.levels) {
    unsigned level = 0;
    if (std::sscanf(row.name.c_str(), "level %u reads", &level) != 1) continue;
    ASSERT_EQ(row.walk_cycles, logged.level_cycles.at(level)) << which << row.name;
  }
}

TEST(WalkAttribution, SumsAreThoseOfTheWalkerAndRowsThoseOfTheLogOnRandomMachines) {
  std::uint64_t with_instructions = 0;
  for (const std::uint64_t seed : printed_seeds(60)) {
    Dice dice(seed);
    const MachineConfig config = random_machine(dice);
    const TemporaryFolder folder;
    RunOptions options;
    options.trace_path = folder.write_trace("trace.txt", random_trace(dice, config, 1500));
    if (dice.chance(30)) options.warmup = dice.between(1, 700);
    options.walk_log = folder.path("walks.csv");
    options.attribute = true;
    const RunResult result = run_in_child(config, options);
    const std::string which =
        "TABLEWALK_RUNS=1 TABLEWALK_SEED=" + std::to_string(seed) + "; its machine:\n" + to_yaml(config, false);
    ASSERT_TRUE(result.attribution.has_value());
    expect_sums(result, which);
    with_instructions += result.attribution->instructions.empty() ? 0 : 1;
    if (options.warmup == 0) expect_rows_as_logged(*result.attribution, read_log(folder.content("walks.csv")), which);
    if (testing::Test::HasFatalFailure()) return;
  }
  EXPECT_GT(with_instructions, 0U);
}

RunResult run_text_trace(const std::string& trace, std::uint64_t warmup = 0) {
  const TemporaryFolder folder;
  RunOptions options;
  options.trace_path = folder.write("trace.txt", trace);
  options.attribute = true;
  options.warmup = warmup;
  return run_in_child({}, options);
}

std::map<std::string, std::uint64_t> walks_by_name(const AttributedRows& rows) {
  std::map<std::string, std::uint64_t> walks;
  for (const AttributedWalks& row : rows) walks[row.name] = row.walks;
  return walks;
}

TEST(WalkAttribution, AnInstructionHasTheWalksOfItsFetchAndOfItsData) {
  const RunResult result = run_text_trace(
      "R 0x7f0000000000 8\n"
      "X 0x401000 4\n"
      "R 0x10000000 8\n"
      "W 0x10000ffc 8\n"  // two pages, and the first is known
      "X 0x401004 4\n"
      "R 0x10005000 8\n"
      "R 0x10005008 8\n"
      "X 0x401008 4\n");
  EXPECT_EQ(walks_by_name(result.attribution->instructions),
            (std::map<std::string, std::uint64_t>{{"before the first fetch", 1}, {"0x40_1000", 3}, {"0x40_1004", 1}}));
  EXPECT_EQ(
      walks_by_name(result.attribution->regions),
      (std::map<std::string, std::uint64_t>{
          {"0x7f00_0000_0000..0x7f00_001f_ffff", 1}, {"0x40_0000..0x5f_ffff", 1}, {"0x1000_0000..0x101f_ffff", 3}}));
}

TEST(WalkAttribution, ATraceWithoutFetchesHasNoInstructions) {
  const RunResult result = run_text_trace("R 0x10000000 8\nR 0x20000000 8\n");
  EXPECT_EQ(result.attribution->walks, 2U);
  EXPECT_TRUE(result.attribution->instructions.empty());
}

TEST(WalkAttribution, BeginsAfterTheWarmUp) {
  const RunResult result = run_text_trace("R 0x10000000 8\nR 0x20000000 8\nR 0x30000000 8\n", 2);
  EXPECT_EQ(walks_by_name(result.attribution->regions),
            (std::map<std::string, std::uint64_t>{{"0x3000_0000..0x301f_ffff", 1}}));
}

TEST(WalkAttribution, KeepsItsSumsExactWhenThereAreMorePlacesThanRows) {
  constexpr std::size_t most_rows = 64;
  Dice dice(setting("TABLEWALK_SEED", 1));
  WalkAttribution attribution(most_rows);
  std::map<std::pair<std::uint64_t, unsigned>, std::uint64_t> all;
  std::vector<std::pair<std::uint64_t, unsigned>> in_order;
  std::uint64_t cycles = 0;
  for (unsigned i = 0; i < 20000; ++i) {
    WalkRecord walk;
    walk.va = VirtualAddress(dice.between(0, 200) * region_bytes + dice.between(0, region_bytes - 1));
    walk.space = static_cast<AddressSpaceId>(dice.between(0, 2));
    walk.instruction = VirtualAddress(dice.between(0, 999));
    walk.requested = Cycles(i);
    walk.taken = walk.requested + Cycles(dice.between(0, 5));
    walk.answered = walk.taken + Cycles(dice.between(2, 300));
    const std::pair<std::uint64_t, unsigned> place(walk.va.value() / region_bytes * region_bytes, walk.space);
    if (all.count(place) == 0) in_order.push_back(place);
    all[place] += (walk.answered - walk.requested).count();
    cycles += (walk.answered - walk.requested).count();
    attribution.walk_finished(walk);
  }
  const Attribution result = attribution.result();
  EXPECT_EQ(result.walks, 20000U);
  EXPECT_EQ(result.walk_cycles, cycles);
  for (const AttributedRows* rows : {&result.regions, &result.instructions, &result.levels}) {
    EXPECT_EQ(sum_of(*rows).walk_cycles, cycles);
  }
  ASSERT_EQ(result.regions.size(), most_rows + 1);
  ASSERT_EQ(result.instructions.size(), most_rows + 1);
  EXPECT_EQ(result.regions.back().name, Attribution::others);
  in_order.resize(most_rows);
  for (std::size_t i = 0; i < most_rows; ++i) {
    const AttributedWalks& row = result.regions[i];
    const std::pair<std::uint64_t, unsigned> place(row.address.value(), row.asid);
    EXPECT_EQ(row.walk_cycles, all.at(place));
    EXPECT_THAT(in_order, testing::Contains(place)) << "those that came first have rows";
    EXPECT_GE(result.regions[i == 0 ? 0 : i - 1].walk_cycles, row.walk_cycles);
  }
  attribution.reset();
  EXPECT_EQ(attribution.result().walks, 0U);
  EXPECT_TRUE(attribution.result().regions.empty());
}

/// One walk by hand: 3 cycles of waiting, two reads of 5 and 20 cycles, an update of 4, and 7 steps.
TEST(WalkAttribution, EachCycleOfAWalkIsInOnePart) {
  WalkRecord walk;
  walk.requested = Cycles(100);
  walk.taken = Cycles(103);
  walk.reads[0] = {3, false, {}, Cycles(105), Cycles(110), ServedBy::L1};
  walk.reads[1] = {0, false, {}, Cycles(111), Cycles(131), ServedBy::L1};
  walk.reads[2] = {0, true, {}, Cycles(132), Cycles(136), ServedBy::L1};
  walk.entry_reads = 2;
  walk.entry_updates = 1;
  walk.answered = Cycles(139);
  WalkAttribution attribution;
  attribution.walk_finished(walk);
  std::map<std::string, std::uint64_t> cycles;
  for (const AttributedWalks& row : attribution.result().levels) {
    EXPECT_EQ(row.walks, 1U);
    cycles[row.name] = row.walk_cycles;
  }
  EXPECT_EQ(cycles, (std::map<std::string, std::uint64_t>{{"waiting for a walker", 3},
                                                          {"walker steps", 7},
                                                          {"level 3 reads", 5},
                                                          {"level 0 reads", 20},
                                                          {"accessed and dirty updates", 4}}));
}

}  // namespace
}  // namespace tablewalk::test::walk_attribution_test
