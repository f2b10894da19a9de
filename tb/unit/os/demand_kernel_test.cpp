#include "os/demand_kernel.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/kernel_cores.h"

namespace tablewalk::demand_kernel_test {
namespace {

constexpr std::uint64_t page_bytes = 4096;

VirtualAddress page(std::uint64_t number) {
  return VirtualAddress(number * page_bytes);
}

/// A kernel with that many frames, and two cores without timing.
struct World {
  explicit World(std::uint64_t frame_limit, PageReplacementKind policy = PageReplacementKind::SecondChance)
      : kernel(config_of(frame_limit, policy), mode, memory, frames, 2), cores(kernel, *mode, memory, 2) {
    frames.emplace_back(std::uint64_t{1} << 26, mode->page_bytes(), FrameAllocatorConfig{});
  }
  static OsConfig config_of(std::uint64_t frame_limit, PageReplacementKind policy) {
    OsConfig config;
    config.prefault = false;
    config.resident_limit.bytes = frame_limit * page_bytes;
    config.replacement.policy = policy;
    config.swap.bytes.bytes = 64 * page_bytes;
    return config;
  }
  /// Runs both cores until that one has ended its access or call; false if it does not.
  bool finish(unsigned core) {
    for (unsigned step = 0; step < 1000 && !cores.done(core); ++step) {
      cores.step(core);
      cores.step(1 - core);
    }
    return cores.done(core);
  }
  bool access(unsigned core, VirtualAddress va, AccessKind kind, AddressSpaceId asid = 0) {
    cores.begin_access(core, asid, va, kind, 1);
    return finish(core);
  }
  void call(const LayoutChange& change) {
    cores.begin_call(0, change);
    ASSERT_TRUE(finish(0));
  }
  /// Address space 1 becomes a copy of 0.
  void fork() {
    LayoutChange fork;
    fork.operation = LayoutOperation::Fork;
    fork.child = 1;
    call(fork);
  }

  std::shared_ptr<const PagingMode> mode = make_paging_mode("x86-64");
  PhysicalMemory memory;
  std::vector<FrameAllocator> frames;
  DemandKernel kernel;
  test::KernelCores cores;
};

LayoutChange protect(VirtualAddress first, bool write) {
  LayoutChange change;
  change.operation = LayoutOperation::Protect;
  change.first = first;
  change.bytes = page_bytes;
  change.read = change.execute = true;
  change.write = write;
  return change;
}

TEST(DemandKernel, APageThatWasAccessedAgainGetsASecondChance) {
  World world(3);
  for (const std::uint64_t number : {1, 2, 3, 4}) ASSERT_TRUE(world.access(0, page(number), AccessKind::Store));
  // The fault on page 4 cleared the bits of the others and evicted page 1.
  EXPECT_EQ(world.kernel.state_of(0, page(1)), PageState::Swapped);
  ASSERT_TRUE(world.access(0, page(2), AccessKind::Load));
  ASSERT_TRUE(world.access(0, page(5), AccessKind::Load));
  EXPECT_EQ(world.kernel.state_of(0, page(2)), PageState::Resident);
  EXPECT_EQ(world.kernel.state_of(0, page(3)), PageState::Swapped);
}

TEST(DemandKernel, TellsWhenItHasMappedAPage) {
  World world(0);
  world.kernel.note_changes();
  ASSERT_TRUE(world.access(0, page(1), AccessKind::Store));
  world.fork();
  EXPECT_TRUE(world.kernel.changed_since(0, page(1), Cycles(1)));
  EXPECT_TRUE(world.kernel.changed_since(1, page(1), Cycles(1)));
  EXPECT_FALSE(world.kernel.changed_since(0, page(1), world.cores.now()));
  EXPECT_FALSE(world.kernel.changed_since(0, page(2), Cycles(0)));
}

TEST(DemandKernel, AFrameIsFreeForOthersWhenTheAccessThatNeededItHasItsTranslation) {
  World world(1);
  ASSERT_TRUE(world.access(0, page(1), AccessKind::Store));
  ASSERT_TRUE(world.access(1, page(2), AccessKind::Store, 1));
  EXPECT_EQ(world.kernel.state_of(0, page(1)), PageState::Swapped);
  EXPECT_EQ(world.kernel.state_of(1, page(2)), PageState::Resident);
}

TEST(DemandKernel, AWriteToASharedPageThatIsReadOnlyIsRefusedAndNotCopied) {
  World world(0);
  ASSERT_TRUE(world.access(0, page(1), AccessKind::Store));
  world.fork();
  world.call(protect(page(1), false));
  EXPECT_THROW(world.access(0, page(1), AccessKind::Store), InputError);
  EXPECT_EQ(world.kernel.stats().copy_faults, 0u);
  world.call(protect(page(1), true));
  EXPECT_TRUE(world.access(0, page(1), AccessKind::Store));
  EXPECT_EQ(world.kernel.stats().copy_faults, 1u);
}

/// Two threads: one writes to a page shared after a fork, while the TLB of the other has the old frame.
TEST(DemandKernel, TheCopyOfASharedPageIsMappedWhenNoCoreHasTheOldFrameAnyMore) {
  World world(0);
  ASSERT_TRUE(world.access(0, page(1), AccessKind::Load));
  world.fork();
  ASSERT_TRUE(world.access(1, page(1), AccessKind::Load));
  world.cores.begin_access(0, 0, page(1), AccessKind::Store, 7);  // only this core goes on
  for (unsigned step = 0; step < 100; ++step) world.cores.step(0);
  ASSERT_FALSE(world.cores.done(0)) << "the other core has not invalidated its translation";
  const PhysicalMemory& memory = world.memory;
  const Access load{AccessKind::Load, true};
  EXPECT_FALSE(reference_walk(*world.mode, memory, world.kernel.root(0), page(1), load).translated);
  ASSERT_TRUE(world.finish(0));
  ASSERT_TRUE(world.access(1, page(1), AccessKind::Load));
  EXPECT_EQ(world.cores.loaded(1), 7u);
}

TEST(DemandKernel, CallsChangeWhatIsReservedUnlessTheLayoutIsFixed) {
  World world(0);
  LayoutChange reserve;
  reserve.first = page(1);
  reserve.bytes = 2 * page_bytes;
  reserve.read = reserve.write = true;
  world.kernel.begin_layout(reserve);
  world.call(protect(page(1), false));
  EXPECT_FALSE(world.kernel.known_regions(0)->find(page(1))->kind.rights.write);
  EXPECT_TRUE(world.kernel.known_regions(0)->find(page(2))->kind.rights.write);
  world.kernel.fix_layout(0);
  world.call(protect(page(2), false));
  EXPECT_TRUE(world.kernel.known_regions(0)->find(page(2))->kind.rights.write);
}

}  // namespace
}  // namespace tablewalk::demand_kernel_test
