#include "os/address_spaces.h"

#include <gtest/gtest.h>

namespace tablewalk {
namespace {

constexpr Access user_load{AccessKind::Load, true};
constexpr Access kernel_load{AccessKind::Load, false};
constexpr Access kernel_fetch{AccessKind::Fetch, false};
constexpr VirtualAddress page{0x7000};
constexpr Cycles fault_cycles{1234};

/// A kernel of one process, on a processor whose kernel fetches nothing from user pages.
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
  FaultRepair fault(Access access, FaultReason reason) {
    Fault fault;
    fault.reason = reason;
    return kernel.handle_fault(0, page, access, fault).value();
  }

  std::shared_ptr<const PagingMode> mode = mode_with_smep();
  PhysicalMemory memory;
  std::vector<FrameAllocator> frames;
  AddressSpaces kernel;
};

TEST(AddressSpaces, OnlyTheFaultThatMapsThePageCostsCycles) {
  World world(false);
  const FaultRepair first = world.fault(user_load, FaultReason::NotPresent);
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
  const FaultRepair taken = world.fault(kernel_fetch, FaultReason::Permission);
  EXPECT_EQ(taken.cycles, fault_cycles);
  EXPECT_TRUE(taken.page_changed);
  EXPECT_THROW(world.fault(user_load, FaultReason::Permission), InputError) << "it is the kernel's own now";

  World mapped(true);
  mapped.kernel.before_walk(0, page, kernel_load);
  const FaultRepair free = mapped.fault(kernel_fetch, FaultReason::Permission);
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

}  // namespace
}  // namespace tablewalk
