// A page larger than physical memory, in whole machines: a TLB entry from an access below the limit never serves one
// beyond it.

#include <gtest/gtest.h>

#include "support/child_run.h"
#include "support/dice.h"
#include "support/temporary_folder.h"

namespace tablewalk::test::physical_limit_test {
namespace {

constexpr unsigned physical_bits = 29;
constexpr std::uint64_t page = 0x40000000;  ///< virtual, 1 GiB, mapped to physical 0

/// Sv39 whose root's second entry is a leaf, in a file.
ImageTables image_of_one_leaf(const TemporaryFolder& folder) {
  std::string root(4096, '\0');
  root[8] = static_cast<char>(0xDF);  // V R W X U A D, page number 0
  ImageTables tables;
  tables.image.path = folder.write("root.bin", root);
  tables.image.format = "raw";
  tables.image.base = PhysicalAddress(0x1000);
  tables.root_value = 0x8000000000000001;
  tables.skip_faults = true;
  return tables;
}

struct BeyondTrace {
  std::vector<Record> records;
  std::uint64_t beyond = 0;
};

/// Accesses to few places of the page, on both sides of the limit, at the same and at neighbouring offsets.
BeyondTrace random_records(Dice& dice) {
  BeyondTrace trace;
  for (unsigned i = 0; i < 2000; ++i) {
    const std::uint64_t limit = std::uint64_t{1} << physical_bits;
    std::uint64_t offset = 0x1000 * dice.between(0, 3) + 0x200000 * dice.between(0, 3) + 8 * dice.between(0, 100);
    if (dice.chance(30)) offset = limit - 8 - offset;
    if (dice.chance(40)) offset ^= limit;
    Record record;
    record.address = VirtualAddress(page + offset);
    record.size = 8;
    record.kind = dice.pick<RecordKind>({RecordKind::Load, RecordKind::Store, RecordKind::Fetch});
    trace.records.push_back(record);
    if (offset >= limit) ++trace.beyond;
  }
  return trace;
}

void expect_faults_beyond(const MachineConfig& config, std::uint64_t seed, bool cosim) {
  const TemporaryFolder folder;
  Dice dice(seed);
  const BeyondTrace trace = random_records(dice);
  CosimCounts counts;
  MachineRun run{config, {}};
  run.config.paging.mode = "sv39";
  run.config.paging.riscv.physical_bits = physical_bits;
  run.options.trace_path = folder.write_trace("trace.txt", trace.records);
  run.options.tables = image_of_one_leaf(folder);
  run.options.check = true;
  if (cosim) run.options.cosim = &counts;
  const RunResult result = run_in_child(run.config, run.options);
  EXPECT_EQ(count_of(result, "core.faulted_accesses"), trace.beyond) << "seed " << seed;
  EXPECT_GT(count_of(result, "dtlb.hits"), 100u) << "seed " << seed;
  EXPECT_GT(trace.beyond, 500u);
}

TEST(PageBeyondPhysicalMemory, OfEveryTlbIsServedOnlyBelowTheLimit) {
  for (const std::uint64_t seed : printed_seeds(6)) {
    MachineConfig config;
    expect_faults_beyond(config, seed, true);
    config.walker.kind = WalkerKind::Rtl;
    expect_faults_beyond(config, seed, false);
    // Small pages in one array and large ones in another; a second level with 4 KiB pages only.
    MachineConfig split;
    split.dtlb.arrays.resize(2);
    split.dtlb.arrays[0].page_sizes = {ByteSize{4096}};
    split.dtlb.arrays[1].page_sizes = {ByteSize{std::uint64_t{1} << 21}, ByteSize{std::uint64_t{1} << 30}};
    split.stlb.arrays[0].page_sizes = {ByteSize{4096}};
    expect_faults_beyond(split, seed, true);
  }
}

}  // namespace
}  // namespace tablewalk::test::physical_limit_test
