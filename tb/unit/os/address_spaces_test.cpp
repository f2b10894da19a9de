#include "os/address_spaces.h"

#include <gtest/gtest.h>

#include "config/loader.h"
#include "os/image_space.h"

namespace tablewalk {
namespace {

constexpr Access user_load{AccessKind::Load, true};
constexpr Access kernel_load{AccessKind::Load, false};
constexpr Access kernel_fetch{AccessKind::Fetch, false};
constexpr VirtualAddress page{0x7000};
constexpr Cycles fault_cycles{1234};

/// A kernel of one process, on a processor whose supervisor mode cannot fetch from user pages.
struct World {
  explicit World(bool prefault) : kernel(config_of(prefault), mode, memory, frames) {
    frames.emplace_back(std::uint64_t{1} << 24, mode->page_bytes(), FrameAllocatorConfig{});
  }
  static OsConfig config_of(bool prefault) {
    OsConfig config;
    config.prefault = prefault;
    config.fault_cycles = fault_cycles;
    return config;
  }
  static std::shared_ptr<const PagingMode> mode_with_smep() {
    PagingControls controls;
    controls.x86.smep = true;
    return make_paging_mode("x86-64", controls);
  }
  struct Repair {
    Cycles cycles;
    bool page_changed = false;  ///< and is invalidated on every core
  };
  Repair fault(Access access, FaultReason reason) {
    KernelWork work;
    kernel.handle_fault({0, page, access, {reason}, 0, Cycles(0)}, work);
    EXPECT_EQ(work.then, KernelWork::Then::Repeat);
    Repair repair;
    for (const KernelStep& step : work.steps()) {
      if (step.kind == KernelStep::Kind::Compute) repair.cycles += step.cycles;
      if (step.kind == KernelStep::Kind::Invalidate) repair.page_changed |= step.everywhere;
    }
    return repair;
  }

  std::shared_ptr<const PagingMode> mode = mode_with_smep();
  PhysicalMemory memory;
  std::vector<FrameAllocator> frames;
  AddressSpaces kernel;
};

TEST(AddressSpaces, OnlyTheFaultThatMapsThePageCostsCycles) {
  World world(false);
  const World::Repair first = world.fault(user_load, FaultReason::NotPresent);
  EXPECT_EQ(first.cycles, fault_cycles);
  EXPECT_FALSE(first.page_changed) << "there was nothing to forget";
  EXPECT_TRUE(world.kernel.is_mapped(0, page));
  EXPECT_EQ(world.fault(user_load, FaultReason::NotPresent).cycles, Cycles(0)) << "somebody had mapped it meanwhile";
  EXPECT_EQ(world.fault(user_load, FaultReason::PageFault).cycles, Cycles(0)) << "the walker did not say why";
}

TEST(AddressSpaces, APageFaultWithoutAReasonIsLookedInto) {
  World world(false);
  EXPECT_EQ(world.fault(user_load, FaultReason::PageFault).cycles, fault_cycles);
  EXPECT_TRUE(world.kernel.is_mapped(0, page));
}

TEST(AddressSpaces, TakingASharedPageBackCostsAFaultUnlessPagesAreMappedBeforehand) {
  World world(false);
  EXPECT_EQ(world.fault(kernel_load, FaultReason::NotPresent).cycles, fault_cycles);
  const World::Repair taken = world.fault(kernel_fetch, FaultReason::Permission);
  EXPECT_EQ(taken.cycles, fault_cycles);
  EXPECT_TRUE(taken.page_changed);
  EXPECT_THROW(world.fault(user_load, FaultReason::Permission), InputError) << "it is the kernel's own now";

  World mapped(true);
  mapped.kernel.before_walk(0, page, kernel_load);
  const World::Repair free = mapped.fault(kernel_fetch, FaultReason::Permission);
  EXPECT_EQ(free.cycles, Cycles(0));
  EXPECT_TRUE(free.page_changed);
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
  World world(true);
  world.kernel.before_walk(0, page, user_load);
  EXPECT_TRUE(world.kernel.is_mapped(0, page));
  EXPECT_FALSE(world.kernel.is_mapped(0, page + 0x1000));
  EXPECT_FALSE(world.kernel.is_mapped(1, page));
}

TEST(AddressSpaces, TurnsOfTheSameSpacesTakeNoFurtherMemory) {
  World world(true);
  const PhysicalAddress first = world.kernel.root(0);
  const PhysicalAddress second = world.kernel.root(1);
  for (unsigned turn = 0; turn < 10000; ++turn) {  // there are 4096 frames
    ASSERT_EQ(world.kernel.root(0), first);
    ASSERT_EQ(world.kernel.root(1), second);
  }
}

TEST(AddressSpaces, APageFromWhichTheKernelFetchesFirstIsItsOwn) {
  World world(false);
  const World::Repair mapped = world.fault(kernel_fetch, FaultReason::NotPresent);
  EXPECT_EQ(mapped.cycles, fault_cycles);
  EXPECT_FALSE(mapped.page_changed) << "it was never shared";
  EXPECT_THROW(world.fault(user_load, FaultReason::Permission), InputError);
}

TEST(AddressSpaces, OnlyAFetchTakesASharedPageBack) {
  World world(false);
  world.fault(kernel_load, FaultReason::NotPresent);
  EXPECT_THROW(world.fault(kernel_load, FaultReason::Permission), InputError) << "no kernel could repair that";
  EXPECT_TRUE(world.fault(kernel_fetch, FaultReason::Permission).page_changed) << "it is still shared";
}

TEST(AddressSpaces, ReportTheTablesOfEveryLevel) {
  World world(true);
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
}  // namespace tablewalk
