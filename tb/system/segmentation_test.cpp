// Segments before paging, instead of it, and around it: whole machines.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "config/printer.h"
#include "report/figures.h"
#include "support/child_run.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"
#include "system/waterfall.h"

namespace tablewalk::test::segmentation_test {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t page = 4096;

Record access_to(std::uint64_t address, RecordKind kind = RecordKind::Load, std::uint32_t size = 8) {
  return Record{VirtualAddress(address), size, kind};
}

/// Code and data over all addresses with base 0 and the largest limit, for user and kernel.
std::vector<SegmentConfig> flat_segments() {
  std::vector<SegmentConfig> segments(3);
  for (const unsigned kernel : {0U, 1U}) {
    segments[kernel].used_by = SegmentUse::Fetch;
    segments[kernel].type = SegmentType::Code;
    segments[kernel].privilege = kernel == 0 ? 3 : 0;
  }
  segments[2].used_by = SegmentUse::Data;
  return segments;
}

/// Every figure except the segment unit's, as text.
std::map<std::string, std::string> other_figures(const RunResult& result) {
  std::map<std::string, std::string> figures;
  for (const StatSet::Figure& figure : result.stats.figures()) {
    if (figure.name.find("segment.") == std::string::npos) figures[figure.name] = exact_figure_text(figure);
  }
  return figures;
}

TEST(Segmentation, FlatSegmentsBeforePagingChangeNoFigure) {
  std::uint64_t lookups = 0;
  for (const std::uint64_t seed : printed_seeds(40)) {
    Dice dice(seed);
    MachineConfig config = random_machine(dice);
    if (dice.chance(30)) idealise(dice, config);
    const TemporaryFolder folder;
    RunOptions options;
    options.check = true;
    options.trace_path = folder.write_trace("trace.txt", random_trace(dice, config, 1000));
    const auto before = other_figures(run_in_child(config, options));
    config.segmentation.kind = SegmentationKind::Paged;
    config.segmentation.segments = flat_segments();
    const RunResult after = run_in_child(config, options);
    ASSERT_EQ(other_figures(after), before) << "seed " << seed << "\n" << to_yaml(config, false);
    EXPECT_EQ(count_of(after, "segment.lookups"), count_of(after, "segment.paged"));
    lookups += count_of(after, "segment.paged");
  }
  EXPECT_GT(lookups, 0u);
}

/// A program of one page of code, and data from page 1 on, touched in order.
std::vector<Record> program(std::uint64_t pages, std::uint64_t count) {
  Dice dice(1);
  std::vector<Record> records;
  records.push_back(access_to(0, RecordKind::Fetch, 4));
  for (std::uint64_t number = 1; number < pages; ++number) {
    records.push_back(access_to(4 * number, RecordKind::Fetch, 4));
    records.push_back(access_to(number * page, RecordKind::Store));
  }
  while (records.size() < count) {
    records.push_back(access_to(dice.between(0, 1023) & ~3ULL, RecordKind::Fetch, 4));
    records.push_back(
        access_to(page + (dice.between(0, (pages - 1) * page - 65)), RecordKind::Load, dice.number(1, 64)));
  }
  return records;
}

/// Code and data at the physical addresses at which the flat table maps the program: frame 0 is never used.
MachineConfig base_and_limit(std::uint64_t pages) {
  MachineConfig config;
  config.paging.mode = "flat32";
  config.segmentation.kind = SegmentationKind::BaseLimit;
  config.segmentation.segments.resize(2);
  for (SegmentConfig& segment : config.segmentation.segments) {
    segment.base = page;
    segment.limit = pages * page - 1;
  }
  config.segmentation.segments[0].used_by = SegmentUse::Fetch;
  config.segmentation.segments[0].type = SegmentType::Code;
  config.segmentation.segments[1].used_by = SegmentUse::Data;
  return config;
}

TEST(Segmentation, BaseAndLimitTakesTheCyclesOfFreeTranslation) {
  const TemporaryFolder folder;
  RunOptions options;
  options.check = true;
  options.trace_path = folder.write_trace("trace.txt", program(60, 20000));
  const MachineConfig config = base_and_limit(60);
  MachineConfig paged = config;
  paged.segmentation = {};
  const RunResult segmented = run_in_child(config, options);
  const RunResult free = run_in_child(with_free_translation(paged), options);
  const RunResult real = run_in_child(paged, options);
  EXPECT_EQ(count_of(segmented, "core.cycles"), count_of(free, "core.cycles"));
  EXPECT_EQ(count_of(segmented, "dram.reads"), count_of(free, "dram.reads"));
  EXPECT_EQ(count_of(segmented, "dram.row_hits"), count_of(free, "dram.row_hits"));
  EXPECT_GT(count_of(real, "core.cycles"), count_of(free, "core.cycles")) << "the test must be able to fail";
  EXPECT_EQ(count_of(segmented, "segment.direct"), count_of(segmented, "segment.lookups"));
  EXPECT_EQ(count_of(segmented, "dtlb.lookups"), 0u);
  EXPECT_EQ(count_of(segmented, "tables.count"), 0u);
}

TEST(Segmentation, AnAdditionThatTakesTimeIsTheCostOfTranslation) {
  const TemporaryFolder folder;
  RunOptions options;
  MachineConfig config = base_and_limit(4);
  config.core.blocking = true;
  options.warmup = 6000;  // then everything is in the caches, whose latency does not depend on time
  options.trace_path = folder.write_trace("trace.txt", program(4, 9000));
  const RunResult free = run_in_child(with_free_translation(config), options);
  EXPECT_EQ(count_of(run_in_child(config, options), "core.cycles"), count_of(free, "core.cycles"));
  config.segmentation.add_cycles = Cycles(3);
  EXPECT_EQ(count_of(run_in_child(with_free_translation(config), options), "core.cycles"),
            count_of(free, "core.cycles"))
      << "free translation does not wait for it";
  const RunResult slow = run_in_child(config, options);
  ASSERT_EQ(count_of(slow, "dram.reads"), 0u);
  EXPECT_EQ(count_of(slow, "core.cycles"), count_of(free, "core.cycles") + 3 * count_of(slow, "segment.lookups"))
      << "a blocking core waits for every addition";
}

/// Accesses to a small area that pages serve, mixed with some to an area of `bytes` at `start`.
std::vector<Record> two_areas(std::uint64_t start, std::uint64_t bytes, bool with_second) {
  Dice dice(3);
  std::vector<Record> records;
  for (unsigned i = 0; i < 8000; ++i) {
    const std::uint64_t first = 0x10000 + dice.between(0, 200 * page - 9);
    const std::uint64_t second = start + dice.between(0, bytes - 9);
    const RecordKind kind = dice.chance(30) ? RecordKind::Store : RecordKind::Load;
    records.push_back(access_to(first, kind));
    if (with_second) records.push_back(access_to(second, kind));
  }
  return records;
}

TEST(Segmentation, ADirectSegmentLeavesTheTlbsToEverythingElse) {
  constexpr std::uint64_t start = 0x40000000;
  constexpr std::uint64_t bytes = 3000 * page;
  const TemporaryFolder folder;
  RunOptions both;
  both.check = true;
  both.trace_path = folder.write_trace("both.txt", two_areas(start, bytes, true));
  RunOptions first;
  first.trace_path = folder.write_trace("first.txt", two_areas(start, bytes, false));
  MachineConfig config;
  config.core.blocking = true;
  const RunResult without = run_in_child(config, first);
  const RunResult paged = run_in_child(config, both);
  config.segmentation.kind = SegmentationKind::Direct;
  config.segmentation.segments.resize(1);
  config.segmentation.segments[0].from = start;
  config.segmentation.segments[0].to = start + bytes - 1;
  const RunResult direct = run_in_child(config, both);
  for (const char* figure : {"dtlb.lookups", "dtlb.misses", "stlb.misses", "walker.walks", "tables.mapped_pages"}) {
    EXPECT_EQ(count_of(direct, figure), count_of(without, figure)) << figure;
    EXPECT_GT(count_of(paged, figure), count_of(without, figure)) << figure << ": the test must be able to fail";
  }
  EXPECT_EQ(count_of(direct, "segment.direct"),
            count_of(direct, "segment.lookups") - count_of(without, "dtlb.lookups"));
}

TEST(Segmentation, NobodyElseGetsTheFramesOfADirectSegment) {
  constexpr std::uint64_t start = 0x40000000;
  for (const FramePolicy frames : {FramePolicy::Sequential, FramePolicy::Random, FramePolicy::Contiguous}) {
    MachineConfig config;
    config.memory.bytes = ByteSize{8 << 20};  // 4 MiB direct, and hardly anything is left
    config.os.frames = frames;
    config.segmentation.kind = SegmentationKind::Direct;
    config.segmentation.segments.resize(1);
    config.segmentation.segments[0].from = start;
    config.segmentation.segments[0].to = start + (4 << 20) - 1;
    std::vector<Record> records;
    for (std::uint64_t number = 0; number < 1024; ++number) records.push_back(access_to(start + number * page));
    for (std::uint64_t number = 0; number < 1000; ++number) records.push_back(access_to(number * page));
    const TemporaryFolder folder;
    RunOptions options;
    options.check = true;
    options.trace_path = folder.write_trace("trace.txt", records);
    EXPECT_EQ(count_of(run_in_child(config, options), "tables.mapped_pages"), 1000u);
    for (std::uint64_t number = 1000; number < 1100; ++number) records.push_back(access_to(number * page));
    options.trace_path = folder.write_trace("more.txt", records);
    EXPECT_THROW(run_in_child(config, options), InputError) << "the other frames are the direct segment's";
  }
}

/// Random segments for a trace of small addresses: overlapping, of every type and privilege, small limits.
SegmentationConfig random_segmentation(Dice& dice, std::uint64_t addresses) {
  SegmentationConfig segmentation;
  segmentation.kind =
      dice.pick<SegmentationKind>({SegmentationKind::BaseLimit, SegmentationKind::Paged, SegmentationKind::Direct});
  segmentation.add_cycles = Cycles(dice.number(0, 4));
  segmentation.skip_faults = true;
  const bool direct = segmentation.kind == SegmentationKind::Direct;
  for (unsigned left = dice.number(1, 5); left != 0; --left) {
    SegmentConfig segment;
    segment.used_by = dice.pick<SegmentUse>({SegmentUse::Any, SegmentUse::Fetch, SegmentUse::Data});
    segment.type = segment.used_by == SegmentUse::Fetch && dice.chance(80) ? SegmentType::Code : SegmentType::Data;
    segment.from = dice.between(0, addresses / page) * page;
    segment.to = segment.from + dice.between(1, addresses / page) * page - 1;
    segment.readable = dice.chance(70);
    segment.writable = dice.chance(70);
    segment.present = dice.chance(90);
    segment.privilege = dice.chance(70) ? 3 : 0;
    if (!direct) {
      segment.base = dice.between(0, 100) * page;
      segment.offset_bits = dice.pick<std::uint32_t>({32, 64});
      segment.limit = dice.between(0, addresses * 2);
    }
    if (segmentation.kind == SegmentationKind::Paged && segment.type == SegmentType::Data && dice.chance(30)) {
      segment.offset_bits = 32;
      segment.expand_down = true;
      segment.origin = dice.chance(50) ? segment.to + 1 : 0;
      segment.limit = dice.between(0, addresses);
    }
    segmentation.segments.push_back(segment);
  }
  return segmentation;
}

std::vector<Record> small_trace(Dice& dice, std::uint64_t addresses) {
  std::vector<Record> records;
  for (unsigned i = 0; i < 1500; ++i) {
    Record record = access_to(dice.between(0, addresses), RecordKind::Load, dice.number(1, 64));
    record.kind = dice.pick<RecordKind>({RecordKind::Fetch, RecordKind::Load, RecordKind::Store, RecordKind::Modify});
    if (dice.chance(20)) record.privilege = Privilege::Supervisor;
    record.asid = static_cast<AddressSpaceId>(dice.chance(20) ? 1 : 0);
    if (dice.chance(3)) record.kind = RecordKind::InvalidatePage;
    records.push_back(record);
  }
  return records;
}

TEST(Segmentation, TheLawsHoldForRandomSegments) {
  std::uint64_t faults = 0;
  std::uint64_t direct = 0;
  std::uint64_t paged = 0;
  for (const std::uint64_t seed : printed_seeds(60)) {
    Dice dice(seed);
    MachineConfig config = random_machine(dice, "x86-64");
    config.memory.bytes = ByteSize{1 << 30};
    config.paging.x86.wp = dice.chance(50);
    config.paging.x86.smep = config.paging.x86.smap = false;
    config.segmentation = random_segmentation(dice, 100 * page);
    const TemporaryFolder folder;
    RunOptions options;
    options.check = true;
    options.trace_path = folder.write_trace("trace.txt", small_trace(dice, 100 * page));
    const RunResult result = run_in_child(config, options);
    faults += count_of(result, "segment.faults");
    direct += count_of(result, "segment.direct");
    paged += count_of(result, "segment.paged");
    config.core.run_ahead = false;
    options.construction = ConstructionOrder::MemoryFirst;
    EXPECT_EQ(text_without_config(run_in_child(config, options)), text_without_config(result))
        << "seed " << seed << "\n"
        << to_yaml(config, false);
  }
  EXPECT_GT(faults, 1000u);
  EXPECT_GT(direct, 1000u);
  EXPECT_GT(paged, 1000u);
}

TEST(Segmentation, AFaultEndsTheRunWithASingleLineOrIsSkipped) {
  MachineConfig config = base_and_limit(2);
  config.segmentation.segments[1].name = "data";
  config.segmentation.segments[1].limit = 0x17ff;
  const TemporaryFolder folder;
  RunOptions options;
  options.check = true;
  options.trace_path = folder.write_trace("trace.txt", {access_to(0x100), access_to(0x17fc, RecordKind::Store, 8),
                                                        access_to(0x17f8, RecordKind::Store, 8)});
  try {
    run_in_child(config, options);
    FAIL() << "expected a fault";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("record 2: the user store at 0x17fc faults: #GP, outside the segment's limit "
                                        "(segment data, offset 0x17fc, valid 0x0 to 0x17ff)"));
  }
  config.segmentation.skip_faults = true;
  const RunResult skipped = run_in_child(config, options);
  EXPECT_EQ(count_of(skipped, "segment.faults"), 1u);
  EXPECT_EQ(count_of(skipped, "core.faulted_accesses"), 1u);
  EXPECT_EQ(count_of(skipped, "segment.direct"), 2u);
}

TEST(Segmentation, ProcessesWithBaseAndLimitDoNotShareMemory) {
  MachineConfig config = base_and_limit(4);
  config.l1d.bytes = ByteSize{1 << 20};
  config.l1d.ways = 0;
  std::vector<Record> records;
  for (const AddressSpaceId asid : {0, 1, 2}) {
    for (std::uint64_t line = 0; line < 64; ++line) {
      records.push_back(access_to(line * 64));
      records.back().asid = asid;
    }
  }
  const TemporaryFolder folder;
  RunOptions options;
  options.check = true;
  options.trace_path = folder.write_trace("trace.txt", records);
  EXPECT_EQ(count_of(run_in_child(config, options), "dram.reads"), 3 * 64u);
  config.memory.bytes = ByteSize{12 * page};
  EXPECT_THROW(run_in_child(config, options), InputError) << "three times five pages";
}

TEST(Segmentation, WorksOnSeveralCores) {
  MachineConfig config = base_and_limit(60);
  config.cores = 2;
  const TemporaryFolder folder;
  RunOptions options;
  options.check = true;
  options.trace_path = folder.write_trace("a.txt", program(60, 3000));
  options.more_traces = {folder.write_trace("b.txt", program(50, 3000))};
  for (const SegmentationKind kind : {SegmentationKind::BaseLimit, SegmentationKind::Paged}) {
    config.segmentation.kind = kind;
    const RunResult result = run_in_child(config, options);
    EXPECT_EQ(count_of(result, "segment.lookups"),
              count_of(result, "core0.segment.lookups") + count_of(result, "core1.segment.lookups"));
    EXPECT_GT(count_of(result, "core1.segment.lookups"), 1000u);
  }
}

}  // namespace
}  // namespace tablewalk::test::segmentation_test
