// Properties of any machine with translation, whatever its sizes.

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "config/printer.h"
#include "support/child_run.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"

namespace tablewalk::test::physics_test {
namespace {

Record access_to(std::uint64_t address, RecordKind kind = RecordKind::Load, std::uint32_t size = 8) {
  return Record{VirtualAddress(address), size, kind};
}

/// A machine whose data TLB is one array, without a second level.
MachineConfig machine_with_dtlb(std::uint32_t entries, std::uint32_t ways) {
  MachineConfig config;
  config.core.blocking = true;
  config.dtlb.arrays[0].entries = entries;
  config.dtlb.arrays[0].ways = ways;
  config.stlb.enabled = false;
  return config;
}

MachineConfig machine_without_tlbs(const std::string& mode) {
  MachineConfig config;
  config.paging.mode = mode;
  for (TlbConfig* tlb : {&config.itlb, &config.dtlb, &config.stlb}) tlb->enabled = false;
  return config;
}

/// The rows of a walk log, by column name.
std::vector<std::map<std::string, std::string>> rows_of(const std::string& log) {
  std::istringstream lines(log);
  std::vector<std::string> names;
  std::vector<std::map<std::string, std::string>> rows;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    std::map<std::string, std::string> row;
    std::size_t column = 0;
    for (std::string cell; std::getline(cells, cell, ','); ++column) {
      if (rows.empty() && names.size() == column) {
        names.push_back(cell);
      } else {
        row[names.at(column)] = cell;
      }
    }
    if (!row.empty()) rows.push_back(row);
  }
  return rows;
}

/// Page visits mixing loops and random draws, some pages more frequent: large and small TLBs serve them differently.
std::vector<Record> page_visits(std::uint64_t seed, std::size_t count) {
  Dice dice(seed);
  const std::uint64_t pages = dice.between(4, 100);
  const unsigned looping = dice.number(0, 100);
  std::vector<Record> records;
  std::uint64_t page = 0;
  while (records.size() < count) {
    page = dice.chance(looping) ? (page + 1) % pages : dice.between(0, dice.between(0, pages - 1));
    records.push_back(access_to(0x10000000 + page * 4096));
  }
  return records;
}

TEST(Physics, AFullyAssociativeLruTlbNeverMissesMoreWhenItGrows) {
  for (const std::uint64_t seed : printed_seeds(10)) {
    const TemporaryFolder folder;
    RunOptions options;
    options.trace_path = folder.write_trace("trace.txt", page_visits(seed, 2000));
    std::uint64_t before = ~std::uint64_t{0};
    for (const std::uint32_t entries : {1, 2, 3, 4, 6, 8, 13, 16, 24, 32, 48, 64, 100, 128}) {
      const RunResult result = run_in_child(machine_with_dtlb(entries, 0), options);
      const std::uint64_t misses = count_of(result, "dtlb.misses");
      ASSERT_LE(misses, before) << entries << " entries, seed " << seed;
      before = misses;
    }
    EXPECT_EQ(before, count_of(run_in_child(machine_with_dtlb(128, 0), options), "tables.mapped_pages"));
  }
}

TEST(Physics, WithoutTlbsAndWalkCachesAWalkReadsOneEntryForEachLevel) {
  const std::vector<std::pair<std::string, std::uint64_t>> levels{{"flat32", 1},    {"flat48", 1},
                                                                  {"x86-32", 2},    {"x86-pae", 3},
                                                                  {"x86-64", 4},    {"x86-64-la57", 5},
                                                                  {"sv32", 2},      {"sv39", 3},
                                                                  {"sv48", 4},      {"sv57", 5},
                                                                  {"arm64-4k", 4},  {"arm64-16k", 3},
                                                                  {"arm64-64k", 3}, {"radix:5,5,5,5/12@4", 4}};
  const TemporaryFolder folder;
  RunOptions options;
  options.check = true;
  options.trace_path = folder.write_trace("trace.txt", page_visits(1, 3000));
  for (const auto& [mode, reads] : levels) {
    const RunResult result = run_in_child(machine_without_tlbs(mode), options);
    const std::uint64_t walks = count_of(result, "walker.walks");
    EXPECT_GT(walks, 200u) << mode;  // fewer where pages are large
    EXPECT_EQ(count_of(result, "walker.entry_reads"), reads * walks) << mode;
    EXPECT_EQ(count_of(result, "walker.reads.max"), reads) << mode;
    EXPECT_EQ(count_of(result, "walker.reads.p50"), reads) << mode;
  }
}

TEST(Physics, NoWalkReadsMoreEntriesThanTheTableHasLevels) {
  for (const std::uint64_t seed : printed_seeds(60)) {
    Dice dice(seed);
    const MachineConfig config = random_radix_machine(dice);
    const TemporaryFolder folder;
    RunOptions options;
    options.trace_path = folder.write_trace("trace.txt", random_trace(dice, config, 800));
    const RunResult result = run_in_child(config, options);
    const unsigned levels = make_paging_mode(config.paging.mode)->levels();
    ASSERT_LE(count_of(result, "walker.reads.max"), levels) << "seed " << seed << "\n" << to_yaml(config, false);
  }
}

/// The frame of every page that was walked.
std::map<std::string, std::string> frames_of(const std::string& log) {
  std::map<std::string, std::string> frames;
  for (auto& row : rows_of(log)) {
    if (row["fault"].empty()) frames[row["asid"] + " " + row["va"]] = row["frame"] + " " + row["page_bytes"];
  }
  return frames;
}

TEST(Physics, WalkCachesSaveReadsAndCyclesAndChangeNoTranslation) {
  const TemporaryFolder folder;
  RunOptions options;
  options.trace_path = folder.write_trace("trace.txt", page_visits(7, 3000));
  options.walk_log = folder.path("walks.csv");
  MachineConfig config = machine_without_tlbs("x86-64");
  config.core.blocking = true;
  config.os.frames = FramePolicy::Random;
  const RunResult without = run_in_child(config, options);
  const auto frames_without = frames_of(folder.content("walks.csv"));
  for (const unsigned level : {3, 2, 1}) {
    config.walker.walk_caches.emplace_back();
    config.walker.walk_caches.back().level = level;
    const RunResult with = run_in_child(config, options);
    EXPECT_EQ(frames_of(folder.content("walks.csv")), frames_without) << level;
    // Everything lies in one or two regions of each level: nearly every walk except the first starts below it.
    const std::uint64_t walks = count_of(with, "walker.walks");
    EXPECT_NEAR(static_cast<double>(count_of(with, "walker.entry_reads")), static_cast<double>(walks * level), 10);
    EXPECT_LT(count_of(with, "core.cycles"), count_of(without, "core.cycles")) << level;
  }
  EXPECT_GE(frames_without.size(), 4u);
}

TEST(Physics, AccessesInFlightToOnePageShareOneWalk) {
  const TemporaryFolder folder;
  RunOptions options;
  options.check = true;
  const std::uint32_t accesses = 16;
  std::vector<Record> records;
  for (std::uint32_t i = 0; i < accesses; ++i) records.push_back(access_to(0x5000 + 8 * i));
  options.trace_path = folder.write_trace("trace.txt", records);
  for (const bool stlb : {true, false}) {
    for (const std::uint32_t miss_registers : {1, 8}) {
      MachineConfig config;
      config.core.issue_width = accesses;
      config.stlb.enabled = stlb;
      config.dtlb.miss_registers = miss_registers;
      const RunResult result = run_in_child(config, options);
      EXPECT_EQ(count_of(result, "dtlb.misses"), accesses);
      EXPECT_EQ(count_of(result, "dtlb.merged_misses"), accesses - 1);
      EXPECT_EQ(count_of(result, "walker.walks"), 1u);
    }
  }
}

TEST(Physics, AFetchAndALoadOfOnePageShareOneWalk) {
  const TemporaryFolder folder;
  RunOptions options;
  options.check = true;
  // The load first: a fetch that misses stalls everything younger.
  options.trace_path = folder.write_trace("trace.txt", {access_to(0x5000), access_to(0x5100, RecordKind::Fetch, 4)});
  MachineConfig config;
  RunResult result = run_in_child(config, options);
  EXPECT_EQ(count_of(result, "stlb.merged_misses"), 1u);
  EXPECT_EQ(count_of(result, "walker.walks"), 1u);
  config.stlb.enabled = false;
  result = run_in_child(config, options);
  EXPECT_EQ(count_of(result, "walker.merged_walks"), 1u);
  EXPECT_EQ(count_of(result, "walker.walks"), 1u);
}

}  // namespace
}  // namespace tablewalk::test::physics_test
