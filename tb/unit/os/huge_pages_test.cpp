// The policies of huge pages, and what splits a huge page.

#include <gtest/gtest.h>

#include "os/demand_kernel.h"
#include "support/kernel_cores.h"

namespace tablewalk::huge_pages_test {
namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t parts = 8;  ///< small pages in a huge one
constexpr std::uint64_t huge_bytes = parts * page_bytes;

VirtualAddress page(std::uint64_t number) {
  return VirtualAddress(number * page_bytes);
}

struct Settings {
  HugePagePolicy policy = HugePagePolicy::Always;
  std::uint64_t frame_limit = 0;
  std::uint32_t promote_after = 0;
  FramePolicy frames = FramePolicy::Buddy;
  std::uint64_t memory_bytes = std::uint64_t{1} << 24;
  bool compact = true;
  const char* mode = "radix:6,4,3/12@8";
};

/// A kernel with huge pages, by default of 32 KiB, and two cores without timing.
struct World {
  explicit World(const Settings& setup)
      : mode(make_paging_mode(setup.mode)),
        kernel(config_of(setup), mode, memory, frames, 2),
        cores(kernel, *mode, memory, 2) {
    frames.emplace_back(setup.memory_bytes, mode->page_bytes(), FrameAllocatorConfig{setup.frames});
  }
  static OsConfig config_of(const Settings& setup) {
    OsConfig config;
    config.prefault = false;
    config.frames = setup.frames;
    config.resident_limit.bytes = setup.frame_limit * page_bytes;
    config.replacement.policy = PageReplacementKind::Fifo;
    config.swap.bytes.bytes = 1024 * page_bytes;
    config.huge_pages.policy = setup.policy;
    config.huge_pages.promote_after = setup.promote_after;
    config.huge_pages.compact = setup.compact;
    return config;
  }
  bool finish(unsigned core) {
    for (unsigned step = 0; step < 10'000 && !cores.done(core); ++step) {
      cores.step(core);
      cores.step(1 - core);
    }
    return cores.done(core);
  }
  void store(VirtualAddress va, std::uint64_t value, unsigned core = 0, AddressSpaceId asid = 0) {
    cores.begin_access(core, asid, va, AccessKind::Store, value);
    ASSERT_TRUE(finish(core));
  }
  std::uint64_t load(VirtualAddress va, unsigned core = 0, AddressSpaceId asid = 0) {
    cores.begin_access(core, asid, va, AccessKind::Load);
    EXPECT_TRUE(finish(core));
    return cores.loaded(core);
  }
  void call(LayoutOperation operation, std::uint64_t first, std::uint64_t count, std::uint64_t to = 0) {
    LayoutChange change;
    change.operation = operation;
    change.first = page(first);
    change.bytes = change.to_bytes = count * page_bytes;
    change.to = page(to);
    change.read = true;
    change.child = 1;
    call(change);
  }
  void call(const LayoutChange& change) {
    cores.begin_call(0, change);
    ASSERT_TRUE(finish(0));
  }
  void reserve(std::uint64_t first, std::uint64_t count, HugePages advice = HugePages::Default) {
    LayoutChange change;
    change.first = page(first);
    change.bytes = count * page_bytes;
    change.read = change.write = true;
    kernel.begin_layout(change);
    if (advice == HugePages::Default) return;
    change.operation = LayoutOperation::Advise;
    change.huge_pages = advice;
    kernel.begin_layout(change);
  }
  bool huge(std::uint64_t number, AddressSpaceId asid = 0) { return kernel.in_huge_page(asid, page(number)); }
  const HugeStats& stats() const { return kernel.huge_stats(); }
  std::uint64_t frames_in_use() const { return kernel.frame_table().in_use(); }

  std::shared_ptr<const PagingMode> mode;
  PhysicalMemory memory;
  std::vector<FrameAllocator> frames;
  DemandKernel kernel;
  test::KernelCores cores;
};

TEST(HugePages, AFirstTouchMapsTheWholeRange) {
  World world({});
  world.store(page(3) + 8, 7);
  EXPECT_TRUE(world.huge(0));
  EXPECT_TRUE(world.huge(parts - 1));
  EXPECT_FALSE(world.huge(parts));
  EXPECT_EQ(world.frames_in_use(), parts);
  EXPECT_EQ(world.load(page(3) + 8), 7u);
  EXPECT_EQ(world.load(page(5)), 0u);
  EXPECT_EQ(world.kernel.stats().zero_faults, 1u);
  EXPECT_EQ(world.stats().faults, 1u);
}

TEST(HugePages, AreOnlyWhereARegionHasRoomAndItsAdviceAllowsThem) {
  World world({});
  world.reserve(parts - 1, 2 * parts);  // whole ranges: only the second
  world.reserve(4 * parts, parts, HugePages::No);
  for (const std::uint64_t number : {parts - 1, parts, 2 * parts, 4 * parts}) world.store(page(number), 1);
  EXPECT_FALSE(world.huge(parts - 1));
  EXPECT_TRUE(world.huge(parts));
  EXPECT_FALSE(world.huge(2 * parts));
  EXPECT_FALSE(world.huge(4 * parts));
}

TEST(HugePages, WithMadviseAreOnlyWhereTheProgramAskedForThem) {
  World world({HugePagePolicy::Advised});
  world.reserve(0, parts);
  world.reserve(parts, parts, HugePages::Yes);
  world.store(page(0), 1);
  world.store(page(parts), 1);
  EXPECT_FALSE(world.huge(0));
  EXPECT_TRUE(world.huge(parts));
}

TEST(HugePages, FallBackToSmallOnesIfTheMemoryLimitHasNoRoom) {
  World world({HugePagePolicy::Always, parts + 2});
  world.store(page(0), 1);
  world.store(page(parts), 2);
  EXPECT_TRUE(world.huge(0));
  EXPECT_FALSE(world.huge(parts));
  EXPECT_EQ(world.stats().fallbacks, 1u);
  EXPECT_EQ(world.frames_in_use(), parts + 1);
}

TEST(HugePages, APromotionCopiesThePagesAndClearsTheOthers) {
  World world({HugePagePolicy::Promote, 0, 3});
  for (const std::uint64_t number : {2, 0}) world.store(page(number) + 16, 10 + number);
  EXPECT_FALSE(world.huge(0));
  EXPECT_EQ(world.frames_in_use(), 2u);
  world.store(page(7) + 16, 17);
  EXPECT_TRUE(world.huge(0));
  EXPECT_EQ(world.frames_in_use(), parts);
  for (const std::uint64_t number : {0, 2, 7}) EXPECT_EQ(world.load(page(number) + 16), 10 + number);
  EXPECT_EQ(world.load(page(1) + 16), 0u);
  EXPECT_EQ(world.stats().promotions, 1u);
  EXPECT_EQ(world.stats().copied_bytes, 3 * page_bytes);
}

TEST(HugePages, APromotionInvalidatesTheSmallPagesOnOtherCores) {
  World world({HugePagePolicy::Promote, 0, 3});
  world.store(page(0), 1);
  world.store(page(0), 2, 1);  // the other core's TLB has its old frame
  world.store(page(1), 3);
  world.store(page(2), 4);
  ASSERT_TRUE(world.huge(0));
  world.store(page(0), 5, 1);
  EXPECT_EQ(world.load(page(0)), 5u);
}

TEST(HugePages, APromotionCountsThePagesThatAreStillThere) {
  World world({HugePagePolicy::Promote, 0, 3});
  world.store(page(0), 1);
  world.store(page(1), 1);
  world.call(LayoutOperation::Discard, 0, 2);
  world.store(page(2), 1);
  EXPECT_FALSE(world.huge(2));
  world.store(page(3), 1);
  world.store(page(4), 1);
  EXPECT_TRUE(world.huge(2));
}

TEST(HugePages, AReservationIsFilledInPlace) {
  World world({HugePagePolicy::Reserve});
  world.store(page(5), 5);
  const PhysicalAddress at = world.kernel.frame_table()[*world.kernel.frame_of(0, page(5))].at;
  EXPECT_EQ(at.value() % huge_bytes, 5 * page_bytes);
  EXPECT_EQ(world.kernel.reserved_frames(), parts - 1);
  for (const std::uint64_t number : {0, 1, 2, 3, 4, 6}) world.store(page(number), number);
  EXPECT_FALSE(world.huge(0));
  world.store(page(7), 7);
  EXPECT_TRUE(world.huge(0));
  for (std::uint64_t number = 0; number < parts; ++number) EXPECT_EQ(world.load(page(number)), number);
  EXPECT_EQ(world.stats().copied_bytes, 0u);
  EXPECT_EQ(world.kernel.reserved_frames(), 0u);
  EXPECT_EQ(world.kernel.frame_table()[*world.kernel.frame_of(0, page(5))].at, at);
}

TEST(HugePages, AReservationIsBrokenBeforeMemoryIsExhausted) {
  World world({HugePagePolicy::Reserve, 0, 0, FramePolicy::Buddy, 64 * page_bytes});
  for (std::uint64_t number = 0; number < 48; ++number) world.store(page(number % 16 * parts + number / 16), number);
  EXPECT_NE(world.stats().reservations_broken, 0u);
  for (std::uint64_t number = 0; number < 48; ++number) {
    EXPECT_EQ(world.load(page(number % 16 * parts + number / 16)), number);
  }
}

TEST(HugePages, AReservationEndsWhenAPageOfItLeaves) {
  World world({HugePagePolicy::Reserve});
  world.store(page(0), 1);
  world.store(page(1), 1);
  world.call(LayoutOperation::Discard, 0, 1);
  EXPECT_EQ(world.kernel.reserved_frames(), 0u);
  EXPECT_EQ(world.stats().reservations_broken, 1u);
  EXPECT_EQ(world.frames_in_use(), 1u);
}

TEST(HugePages, ChangingAPartSplitsThem) {
  World world({});
  for (std::uint64_t number = 0; number < 3 * parts; ++number) world.store(page(number) + 8, 100 + number);
  world.store(page(parts), 1, 1);
  world.call(LayoutOperation::Discard, 2, 1);
  EXPECT_FALSE(world.huge(0));
  EXPECT_EQ(world.load(page(2) + 8), 0u);
  world.call(LayoutOperation::Protect, 2 * parts - 1, 2);
  EXPECT_FALSE(world.huge(parts));
  EXPECT_FALSE(world.huge(2 * parts));
  EXPECT_EQ(world.stats().demotions, 3u);
  for (const std::uint64_t number : {std::uint64_t{1}, 2 * parts - 1, 2 * parts, 3 * parts - 1}) {
    EXPECT_EQ(world.load(page(number) + 8), 100 + number);
  }
}

TEST(HugePages, ChangingThemWhollyDoesNotSplitThem) {
  World world({});
  for (std::uint64_t number = 0; number < 2 * parts; ++number) world.store(page(number), 100 + number);
  world.call(LayoutOperation::Protect, 0, 2 * parts);
  EXPECT_TRUE(world.huge(0));
  world.call(LayoutOperation::Remap, 0, 2 * parts, 8 * parts);
  EXPECT_TRUE(world.huge(8 * parts));
  EXPECT_EQ(world.load(page(9 * parts + 3)), 100 + parts + 3);
  world.call(LayoutOperation::Remap, 8 * parts, parts, parts);
  EXPECT_TRUE(world.huge(parts));
  EXPECT_EQ(world.load(page(parts + 3)), 103u);
  world.call(LayoutOperation::Unmap, parts, parts);
  EXPECT_EQ(world.frames_in_use(), parts);
  EXPECT_EQ(world.stats().demotions, 0u);
  world.call(LayoutOperation::Remap, 9 * parts, parts, 4 * parts + 1);  // to another place within a huge page
  EXPECT_EQ(world.stats().demotions, 1u);
  EXPECT_EQ(world.load(page(4 * parts + 1 + 3)), 100 + parts + 3);
}

TEST(HugePages, AreSharedByAForkAndSplitByAWrite) {
  World world({});
  for (std::uint64_t number = 0; number < parts; ++number) world.store(page(number), 100 + number);
  world.call(LayoutOperation::Fork, 0, 1);
  EXPECT_TRUE(world.huge(0));
  EXPECT_TRUE(world.huge(0, 1));
  EXPECT_EQ(world.frames_in_use(), parts);
  world.store(page(3), 1, 1, 1);
  EXPECT_TRUE(world.huge(0));
  EXPECT_FALSE(world.huge(0, 1));
  EXPECT_EQ(world.frames_in_use(), parts + 1);
  EXPECT_EQ(world.load(page(3)), 103u);
  EXPECT_EQ(world.load(page(3), 1, 1), 1u);
  EXPECT_EQ(world.load(page(4), 1, 1), 104u);
}

TEST(HugePages, ThatNobodySharesAnyMoreAreWrittenWithoutASplit) {
  World world({});
  world.store(page(0), 1);
  world.call(LayoutOperation::Fork, 0, 1);
  LayoutChange exit;
  exit.operation = LayoutOperation::Exit;
  exit.asid = 1;
  world.call(exit);
  world.store(page(5), 2);
  EXPECT_TRUE(world.huge(0));
  EXPECT_EQ(world.kernel.stats().reuse_faults, 1u);
  EXPECT_EQ(world.kernel.stats().copy_faults, 0u);
}

TEST(HugePages, AnEvictionSplitsThemAndTheirContentSurvives) {
  World world({HugePagePolicy::Always, parts + 1});
  for (std::uint64_t number = 0; number < parts; ++number) world.store(page(number), 100 + number);
  for (std::uint64_t number = 0; number < 4; ++number) world.store(page(64 + number * parts), number);
  EXPECT_FALSE(world.huge(0));
  EXPECT_EQ(world.stats().demotions, 1u);
  EXPECT_EQ(world.kernel.state_of(0, page(0)), PageState::Swapped);
  for (std::uint64_t number = 0; number < parts; ++number) EXPECT_EQ(world.load(page(number)), 100 + number);
}

TEST(HugePages, AreOneEntryOfReplacementUntilTheyAreSplit) {
  World world({HugePagePolicy::Promote, parts + 2});
  for (std::uint64_t number = 0; number < parts; ++number) world.store(page(number), 1);
  ASSERT_TRUE(world.huge(0));
  const std::uint64_t others = 10 * parts;
  for (const std::uint64_t number : {0, 1, 2, 3}) world.store(page(others + number), 1);
  // First in, first out: the huge page, of which one page leaves, then the small ones, then its parts.
  EXPECT_EQ(world.kernel.state_of(0, page(0)), PageState::Swapped);
  EXPECT_EQ(world.kernel.state_of(0, page(1)), PageState::Resident);
  EXPECT_EQ(world.kernel.state_of(0, page(others)), PageState::Swapped);
}

/// A read-only entry of arm64 cannot say that its page is dirty.
TEST(HugePages, ADirtyOneMakesAllItsPartsDirty) {
  Settings settings{HugePagePolicy::Always, 513};
  settings.mode = "arm64-4k";
  World world(settings);
  world.store(page(5), 55);
  world.call(LayoutOperation::Fork, 0, 1);
  world.reserve(512, 512, HugePages::No);
  for (std::uint64_t number = 512; number < 522; ++number) world.store(page(number), 1);
  EXPECT_EQ(world.kernel.state_of(0, page(5)), PageState::Swapped);
  EXPECT_EQ(world.load(page(5), 1, 1), 55u);
}

/// Fills the world's memory with small pages so that no block is free, then gives every second one back.
void fragment(World& world) {
  world.reserve(0, 1024, HugePages::No);
  for (std::uint64_t number = 0; number < 40; ++number) world.store(page(number), 1000 + number);
  for (std::uint64_t number = 0; number < 40; number += 2) world.call(LayoutOperation::Discard, number, 1);
  world.reserve(1024, parts);
}

TEST(HugePages, CompactionMovesPagesToMakeAHugeFrame) {
  for (const bool compact : {false, true}) {
    World world({HugePagePolicy::Always, 0, 0, FramePolicy::Buddy, 48 * page_bytes, compact});
    fragment(world);
    world.store(page(1), 2001, 1);  // the other core's TLB has a page that moves
    world.store(page(1024), 7);
    EXPECT_EQ(world.huge(1024), compact);
    EXPECT_EQ(world.stats().fallbacks, compact ? 0u : 1u);
    EXPECT_EQ(world.stats().compactions, compact ? 1u : 0u);
    EXPECT_EQ(world.stats().moved_pages != 0, compact);
    world.store(page(1), 2002, 1);
    EXPECT_EQ(world.load(page(1)), 2002u);
    for (std::uint64_t number = 3; number < 40; number += 2) EXPECT_EQ(world.load(page(number)), 1000 + number);
    EXPECT_EQ(world.load(page(1025)), 0u);
  }
}

TEST(HugePages, APageThatMovesWaitsForItsNewFrame) {
  World world({HugePagePolicy::Always, 0, 0, FramePolicy::Buddy, 48 * page_bytes});
  fragment(world);
  std::vector<std::uint64_t> moving;
  for (std::uint64_t number = 1; number < 40; number += 4) world.store(page(number), 3000 + number, 1);  // in its TLB
  world.cores.begin_access(0, 0, page(1024), AccessKind::Store, 7);
  for (std::uint64_t number = 1; number < 40; number += 2) {
    if (world.kernel.state_of(0, page(number)) == PageState::Arriving) moving.push_back(number);
  }
  ASSERT_FALSE(moving.empty());
  world.cores.begin_access(1, 0, page(moving.back()), AccessKind::Store, 9);  // its TLB may still have the old frame
  ASSERT_TRUE(world.finish(1));
  ASSERT_TRUE(world.finish(0));
  EXPECT_EQ(world.load(page(moving.back())), 9u);
  EXPECT_EQ(world.load(page(moving.back()), 1), 9u);
}

TEST(HugePages, CompactionIsDeferredAfterAFailure) {
  World world({HugePagePolicy::Always, 0, 0, FramePolicy::Buddy, 48 * page_bytes});
  world.reserve(0, 1024, HugePages::No);
  world.reserve(1024, 1024);
  for (std::uint64_t number = 0; number < 40; ++number) world.store(page(number), 1);
  for (const std::uint64_t tried : {0, 1, 2, 3}) world.store(page(1024 + tried * parts), 1);
  EXPECT_EQ(world.stats().fallbacks, 4u);
  EXPECT_EQ(world.stats().compactions_failed, 2u);  // the first, and after two that were left out
}

TEST(HugePages, CountWhatWasNeverTouched) {
  World world({});
  world.store(page(0), 1);
  world.store(page(3), 1);
  const auto figure = [&](const std::string& name) {
    StatSet figures;
    world.kernel.report(figures);
    for (const StatSet::Figure& each : figures.figures()) {
      if (each.name == name) return each.count;
    }
    return ~std::uint64_t{0};
  };
  EXPECT_EQ(figure("kernel.huge.pages"), 1u);
  EXPECT_EQ(figure("kernel.huge.untouched_bytes"), (parts - 1) * page_bytes);  // these cores do not show their accesses
  for (const std::uint64_t number : {0, 3, 3}) world.kernel.would_fault(0, page(number), {AccessKind::Store, true});
  EXPECT_EQ(figure("kernel.huge.untouched_bytes"), (parts - 2) * page_bytes);
}

/// The kernel's first access to a part that the program never used makes it the kernel's own, as with small pages.
TEST(HugePages, APartBelongsToWhoeverTouchesItFirst) {
  PagingControls controls;
  controls.riscv.svadu = true;
  const auto mode = make_paging_mode("sv39", controls);
  PhysicalMemory memory;
  std::vector<FrameAllocator> frames;
  frames.emplace_back(std::uint64_t{1} << 26, mode->page_bytes(), FrameAllocatorConfig{});
  OsConfig config = World::config_of({});
  config.frames = FramePolicy::Sequential;
  config.huge_pages.size.bytes = 16 * page_bytes;
  DemandKernel kernel(config, mode, memory, frames, 1);
  const auto fault = [&](VirtualAddress va, bool user, FaultReason reason) {
    KernelWork work;
    kernel.handle_fault({0, va, {AccessKind::Load, user}, {reason, 0, 0}, 0, Cycles(0)}, work);
    while (!work.done()) {
      const KernelStep step = work.current();
      work.finish_step();
      if (step.kind == KernelStep::Kind::Commit) kernel.commit(step, 0, Cycles(0), work);
    }
    const PhysicalMemory& content = memory;
    return reference_walk(*mode, content, kernel.root(0), va, {AccessKind::Load, user}).translated;
  };
  EXPECT_TRUE(fault(page(1), true, FaultReason::NotPresent));
  ASSERT_TRUE(kernel.in_huge_page(0, page(2)));
  EXPECT_TRUE(fault(page(2), false, FaultReason::Permission));  // without SUM it may not read the program's pages
  EXPECT_FALSE(kernel.in_huge_page(0, page(2)));
  EXPECT_TRUE(fault(page(3), true, FaultReason::NotPresent));
}

TEST(HugePages, TheUseOfASmallPageIsNotCounted) {
  for (const HugePagePolicy policy : {HugePagePolicy::Promote, HugePagePolicy::Advised}) {
    Settings settings;
    settings.policy = policy;
    World world(settings);
    world.store(page(0), 1);
    EXPECT_FALSE(world.kernel.would_fault(0, page(0), {AccessKind::Store, true}));
    EXPECT_FALSE(world.kernel.in_huge_page(0, page(0)));
  }
}

}  // namespace
}  // namespace tablewalk::huge_pages_test
