#include "os/address_spaces.h"

#include <gtest/gtest.h>

#include "config/loader.h"
#include "os/image_space.h"
#include "paging/reference_walk.h"

namespace tablewalk::address_spaces_test {
namespace {

constexpr Access user_load{AccessKind::Load, true};
constexpr Access kernel_load{AccessKind::Load, false};
constexpr Access kernel_fetch{AccessKind::Fetch, false};
constexpr VirtualAddress page{0x7000};

/// A kernel of one process, on a processor whose supervisor mode cannot fetch from user pages.
struct World {
  World() : kernel({}, mode, memory, frames) {
    frames.emplace_back(std::uint64_t{1} << 24, mode->page_bytes(), FrameAllocatorConfig{});
  }
  static std::shared_ptr<const PagingMode> mode_with_smep() {
    PagingControls controls;
    controls.x86.smep = true;
    return make_paging_mode("x86-64", controls);
  }
  /// Whether the page changes, and is invalidated on every core.
  bool fault(Access access, FaultReason reason) {
    KernelWork work;
    kernel.handle_fault({0, page, access, {reason}, 0, Cycles(0)}, work);
    EXPECT_EQ(work.then, KernelWork::Then::Repeat);
    bool changes = false;
    for (const KernelStep& step : work.steps()) {
      EXPECT_EQ(step.kind, KernelStep::Kind::Invalidate) << "it takes no time";
      changes |= step.kind == KernelStep::Kind::Invalidate && step.everywhere;
    }
    return changes;
  }

  std::shared_ptr<const PagingMode> mode = mode_with_smep();
  PhysicalMemory memory;
  std::vector<FrameAllocator> frames;
  AddressSpaces kernel;
};

TEST(AddressSpaces, AFaultOfAPageThatIsThereIsRepeated) {
  World world;
  world.kernel.before_walk(0, page, user_load);
  EXPECT_FALSE(world.fault(user_load, FaultReason::NotPresent)) << "somebody has mapped it meanwhile";
  EXPECT_FALSE(world.fault(user_load, FaultReason::PageFault)) << "the walker did not say why";
}

TEST(AddressSpaces, AnAccessToAPageThatWasNeverMappedEndsTheRun) {
  World world;
  world.kernel.root(0);
  for (const FaultReason reason : {FaultReason::NotPresent, FaultReason::PageFault}) {
    EXPECT_THROW(world.fault(user_load, reason), InputError);
  }
}

TEST(AddressSpaces, TheKernelTakesASharedPageBack) {
  World world;
  world.kernel.before_walk(0, page, kernel_load);
  EXPECT_TRUE(world.fault(kernel_fetch, FaultReason::Permission));
  EXPECT_THROW(world.fault(user_load, FaultReason::Permission), InputError) << "it is the kernel's own now";
}

/// With range translations, the touch of a page maps the 4 pages around it.
struct WorldOfBlocks : World {
  WorldOfBlocks() {
    RangesConfig ranges;
    ranges.entries = 1;
    ranges.least_pages = 2;
    ranges.eager_bytes.bytes = 4 * 4096;
    blocks.emplace(OsConfig(), mode, memory, frames, ranges);
  }
  /// Whether the kernel repairs the fault of the access, by a change that every core is told.
  bool repairs(VirtualAddress va, Access access) {
    KernelWork work;
    blocks->handle_fault({0, va, access, {FaultReason::Permission}, 0, Cycles(0)}, work);
    return !work.steps().empty() && work.steps().front().everywhere && work.steps().front().invalidation.va == va &&
           walk(va, access).translated;
  }
  WalkOutcome walk(VirtualAddress va, Access access) {
    const PhysicalMemory& readable = memory;
    return reference_walk(*mode, readable, blocks->root(0), va, access);
  }

  std::optional<AddressSpaces> blocks;
};
constexpr VirtualAddress ahead{0x6000};
constexpr VirtualAddress below{0x5000};

TEST(AddressSpaces, APageMappedAheadGoesToWhoeverTouchesItFirst) {
  WorldOfBlocks world;
  world.blocks->before_walk(0, page, kernel_fetch);
  EXPECT_EQ(world.blocks->range_table(0).entries, 1u) << "four pages of the kernel";
  const WalkOutcome before = world.walk(ahead, kernel_load);
  world.blocks->before_walk(0, ahead, user_load);
  EXPECT_FALSE(world.walk(ahead, user_load).translated) << "only a fault can invalidate what others have cached";
  EXPECT_TRUE(world.repairs(ahead, user_load));
  EXPECT_EQ(world.walk(ahead, user_load).translation.page, before.translation.page) << "in its frame";
  EXPECT_FALSE(world.walk(page, user_load).translated) << "the page that the kernel touched stays its own";
  EXPECT_FALSE(world.walk(below, user_load).translated) << "so do the others until somebody touches them";
  EXPECT_EQ(world.blocks->range_table(0).entries, 1u) << "the two pages before it; the last one is alone";
  EXPECT_THROW(world.repairs(ahead, kernel_fetch), InputError) << "it changes its owner once";
}

TEST(AddressSpaces, APageOfTheProgramMappedAheadGoesToTheKernel) {
  WorldOfBlocks world;
  world.blocks->before_walk(0, page, user_load);
  world.blocks->before_walk(0, ahead, kernel_fetch);
  EXPECT_TRUE(world.repairs(ahead, kernel_fetch));
  EXPECT_FALSE(world.walk(ahead, user_load).translated);
  EXPECT_THROW(world.repairs(ahead, user_load), InputError);
}

TEST(AddressSpaces, APageMappedAheadStaysWithWhoeverMayAccessIt) {
  WorldOfBlocks world;
  world.blocks->before_walk(0, page, user_load);
  world.blocks->before_walk(0, ahead, user_load);
  EXPECT_THROW(world.repairs(ahead, kernel_fetch), InputError) << "it was touched before";
  EXPECT_TRUE(world.repairs(below, kernel_fetch)) << "this one was not";
}

TEST(OsConfig, AFaultThatHappensCostsAtLeastACycle) {
  const auto refused = [](bool prefault, std::uint64_t cycles) {
    OsConfig config;
    config.prefault = prefault;
    config.fault_cycles = Cycles(cycles);
    std::string key;
    config.check([&](const char* found, const std::string&) { key = found; });
    return key;
  };
  EXPECT_EQ(refused(false, 1), "");
  EXPECT_EQ(refused(false, 0), "fault_cycles");
  EXPECT_EQ(refused(true, 0), "");
}

TEST(OsConfig, ATimeSliceTakesAtLeastACycle) {
  for (const std::uint64_t cycles : {0u, 1u}) {
    OsConfig config;
    config.time_slice_cycles = Cycles(cycles);
    std::string key;
    config.check([&](const char* found, const std::string&) { key = found; });
    EXPECT_EQ(key, cycles == 0 ? "time_slice_cycles" : "");
  }
}

TEST(OsConfig, NamesTheReadaheadThatOptimalReplacementDoesNotKnow) {
  const auto refused = [](std::uint32_t file_pages, std::uint32_t swap_pages) {
    OsConfig config;
    config.prefault = false;
    config.resident_limit.bytes = 1 << 20;
    config.replacement.policy = PageReplacementKind::Optimal;
    config.readahead.file_pages = file_pages;
    config.readahead.swap_pages = swap_pages;
    std::string key;
    config.check([&](const char* found, const std::string&) { key = found; });
    return key;
  };
  EXPECT_EQ(refused(0, 0), "");
  EXPECT_EQ(refused(1, 0), "readahead.file_pages");
  EXPECT_EQ(refused(0, 1), "") << "the page itself";
  EXPECT_EQ(refused(0, 2), "readahead.swap_pages");
}

TEST(TimelineConfig, TakesIntervalsFromAThousandCycles) {
  for (const std::uint64_t cycles : {0u, 999u, 1000u}) {
    TimelineConfig config;
    config.interval_cycles = Cycles(cycles);
    bool refused = false;
    config.check([&](const char*, const std::string&) { refused = true; });
    EXPECT_EQ(refused, cycles == 999) << cycles;
  }
}

TEST(OsConfig, PagesAreThereBeforehandUnlessTheConfigSaysWhatAFaultCosts) {
  OsConfig config;
  EXPECT_TRUE(config.prefault);
  ConfigNode root = bind_config(config);
  apply_override(root, "prefault=false");
  apply_override(root, "fault_cycles=77");
  EXPECT_FALSE(config.prefault);
  EXPECT_EQ(config.fault_cycles, Cycles(77));
}

TEST(AddressSpaces, APageIsMappedAloneAndInItsSpaceAlone) {
  World world;
  world.kernel.before_walk(0, page, user_load);
  EXPECT_TRUE(world.kernel.is_mapped(0, page));
  EXPECT_FALSE(world.kernel.is_mapped(0, page + 0x1000));
  EXPECT_FALSE(world.kernel.is_mapped(1, page));
}

TEST(AddressSpaces, TurnsOfTheSameSpacesTakeNoFurtherMemory) {
  World world;
  const PhysicalAddress first = world.kernel.root(0);
  const PhysicalAddress second = world.kernel.root(1);
  for (unsigned turn = 0; turn < 10000; ++turn) {  // there are 4096 frames
    ASSERT_EQ(world.kernel.root(0), first);
    ASSERT_EQ(world.kernel.root(1), second);
  }
}

TEST(AddressSpaces, APageFromWhichTheKernelFetchesFirstIsItsOwn) {
  World world;
  world.kernel.before_walk(0, page, kernel_fetch);
  EXPECT_FALSE(world.fault(kernel_fetch, FaultReason::PageFault)) << "it was never shared";
  EXPECT_THROW(world.fault(user_load, FaultReason::Permission), InputError);
}

TEST(AddressSpaces, OnlyAFetchTakesASharedPageBack) {
  World world;
  world.kernel.before_walk(0, page, kernel_load);
  EXPECT_THROW(world.fault(kernel_load, FaultReason::Permission), InputError) << "no kernel could repair that";
  EXPECT_TRUE(world.fault(kernel_fetch, FaultReason::Permission)) << "it is still shared";
}

TEST(AddressSpaces, ReportTheTablesOfEveryLevel) {
  World world;
  world.kernel.before_walk(0, page, user_load);
  world.kernel.before_walk(0, VirtualAddress(0x40000000), user_load);
  world.kernel.before_walk(1, page, user_load);
  StatSet figures;
  world.kernel.report(figures);
  for (const auto& [name, count] : std::vector<std::pair<const char*, std::uint64_t>>{{"tables.level0.count", 3},
                                                                                      {"tables.level1.count", 3},
                                                                                      {"tables.level2.count", 2},
                                                                                      {"tables.level3.count", 2},
                                                                                      {"tables.count", 10},
                                                                                      {"tables.bytes", 40960},
                                                                                      {"tables.mapped_pages", 3},
                                                                                      {"tables.mapped_bytes", 12288}}) {
    EXPECT_EQ(figures.at(name).count, count) << name;
  }
}

TEST(ImageSpace, FaultsEndTheRunUnlessTheyAreSkipped) {
  const std::shared_ptr<const PagingMode> mode = make_paging_mode("x86-64");
  const PhysicalMemory memory;
  Fault fault;
  fault.reason = FaultReason::NotPresent;
  const PhysicalAddress root(0x1000);
  ImageSpace strict(*mode, memory, MemoryImage{}, root, false);
  KernelWork work;
  EXPECT_THROW(strict.handle_fault({0, page, user_load, fault, 0, Cycles(0)}, work), InputError);
  work.clear();
  ImageSpace lenient(*mode, memory, MemoryImage{}, root, true);
  lenient.handle_fault({0, page, user_load, fault, 0, Cycles(0)}, work);
  EXPECT_TRUE(work.done());
  EXPECT_EQ(work.then, KernelWork::Then::Skip);
  EXPECT_EQ(lenient.root(3), root);
}

}  // namespace
}  // namespace tablewalk::address_spaces_test
