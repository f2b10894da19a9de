// The kernel of range translations with demand paging: blocks of small pages, their ranges, and what is written.

#include <gtest/gtest.h>

#include <set>

#include "support/kernel_cores.h"

namespace tablewalk::eager_blocks_test {
namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t block_pages = 8;

VirtualAddress page(std::uint64_t number) {
  return VirtualAddress(number * page_bytes);
}

/// A kernel that maps blocks of eight pages, and two cores without timing, each with a range TLB.
struct World {
  explicit World(std::uint64_t frame_limit = 0, std::uint64_t memory_bytes = std::uint64_t{1} << 26)
      : kernel(config_of(frame_limit), mode, memory, frames, 2, nullptr, ranges()),
        cores(kernel, *mode, memory, 2, conventions()) {
    frames.emplace_back(memory_bytes, mode->page_bytes(), FrameAllocatorConfig{});
  }
  static OsConfig config_of(std::uint64_t frame_limit) {
    OsConfig config;
    config.prefault = false;
    config.resident_limit.bytes = frame_limit * page_bytes;
    config.replacement.policy = PageReplacementKind::Fifo;
    config.swap.bytes.bytes = 1024 * page_bytes;
    return config;
  }
  static RangesConfig ranges() {
    RangesConfig ranges;
    ranges.entries = 4;
    ranges.least_pages = 1;
    ranges.eager_bytes.bytes = block_pages * page_bytes;
    return ranges;
  }
  static test::CoreConventions conventions() {
    test::CoreConventions conventions;
    conventions.ranges = 4;
    return conventions;
  }
  void access(std::uint64_t number, AccessKind kind, bool user = true) {
    cores.begin_access(0, 0, page(number), kind, 1, user);
    finish();
  }
  void call(LayoutOperation operation, std::uint64_t first, std::uint64_t count, bool write = true) {
    LayoutChange change;
    change.operation = operation;
    change.first = page(first);
    change.bytes = count * page_bytes;
    change.read = true;
    change.write = write;
    cores.begin_call(0, change);
    finish();
  }
  void finish() {
    for (unsigned step = 0; step < 10'000 && !cores.done(0); ++step) {
      cores.step(0);
      cores.step(1);
    }
    ASSERT_TRUE(cores.done(0));
  }
  void reserve(std::uint64_t first, std::uint64_t count, bool write = true) {
    LayoutChange change;
    change.first = page(first);
    change.bytes = count * page_bytes;
    change.read = change.execute = true;
    change.write = write;
    kernel.begin_layout(change);
  }
  bool resident(std::uint64_t number) { return kernel.state_of(0, page(number)) == PageState::Resident; }
  std::uint64_t entries() { return kernel.range_table(0).entries; }

  static std::shared_ptr<const PagingMode> mode_with_smep() {
    PagingControls controls;
    controls.x86.smep = true;
    return make_paging_mode("x86-64", controls);
  }

  std::shared_ptr<const PagingMode> mode = mode_with_smep();
  PhysicalMemory memory;
  std::vector<FrameAllocator> frames;
  DemandKernel kernel;
  test::KernelCores cores;
};

TEST(EagerBlocks, AFirstTouchMapsTheBlockInAdjacentFramesByOneFault) {
  World world;
  world.access(11, AccessKind::Store);
  for (std::uint64_t number = 0; number < 24; ++number) EXPECT_EQ(world.resident(number), number / block_pages == 1);
  EXPECT_EQ(world.entries(), 1u);
  for (std::uint64_t number = 8; number < 16; ++number) world.access(number, AccessKind::Store);
  EXPECT_EQ(world.kernel.stats().zero_faults, 1u);
  EXPECT_EQ(world.cores.range_hits, 8u) << "the access whose fault it was is repeated, and needs no walk either";
}

TEST(EagerBlocks, ABlockThatARegionHasOnlyAPartOfIsMappedPageByPage) {
  World world;
  world.reserve(4, 14);
  world.access(6, AccessKind::Load);
  world.access(10, AccessKind::Load);
  world.access(17, AccessKind::Load);
  for (std::uint64_t number = 0; number < 24; ++number) {
    EXPECT_EQ(world.resident(number), number == 6 || number == 17 || number / block_pages == 1) << number;
  }
}

TEST(EagerBlocks, WithoutRoomForABlockOnePageIsMapped) {
  World limited(block_pages + 1);
  limited.access(0, AccessKind::Store);
  limited.access(8, AccessKind::Store);
  EXPECT_TRUE(limited.resident(7));
  EXPECT_TRUE(limited.resident(8));
  EXPECT_FALSE(limited.resident(9));
}

TEST(EagerBlocks, APageOfTheBlockBelongsToWhoeverTouchesItFirst) {
  World world;
  world.access(0, AccessKind::Store);
  world.access(1, AccessKind::Load);
  world.access(2, AccessKind::Fetch, false);
  EXPECT_EQ(world.kernel.stats().ownership_faults, 1u) << "with SMEP the kernel cannot fetch from a user page";
  EXPECT_EQ(world.entries(), 3u) << "pages 0 and 1, 2, and the rest";
}

TEST(EagerBlocks, EvictionsWriteEveryPageThatTheProgramMayWrite) {
  World world(block_pages);
  world.reserve(0, block_pages);
  world.reserve(32, block_pages, false);
  world.access(3, AccessKind::Load);
  for (std::uint64_t number = 32; number < 40; ++number) world.access(number, AccessKind::Load);
  EXPECT_EQ(world.kernel.stats().dirty_evictions, block_pages) << "no hit in a range says which pages were written";
  for (std::uint64_t number = 0; number < block_pages; ++number) world.access(number, AccessKind::Load);
  EXPECT_EQ(world.kernel.stats().dirty_evictions, block_pages) << "the others are read-only";
}

TEST(EagerBlocks, APageThatWasWritableOnceIsWritten) {
  World world(block_pages);
  world.reserve(0, block_pages);
  world.reserve(32, block_pages, false);
  world.access(0, AccessKind::Store);
  world.call(LayoutOperation::Protect, 0, block_pages, false);
  for (std::uint64_t number = 32; number < 40; ++number) world.access(number, AccessKind::Load);
  EXPECT_EQ(world.kernel.stats().dirty_evictions, block_pages);
}

TEST(EagerBlocks, ABlockThatWasGivenBackIsMappedAgainAsAWhole) {
  World world;
  world.access(0, AccessKind::Store);
  world.call(LayoutOperation::Discard, 0, block_pages);
  EXPECT_EQ(world.entries(), 0u);
  world.access(5, AccessKind::Load);
  EXPECT_TRUE(world.resident(0));
  EXPECT_EQ(world.kernel.stats().zero_faults, 2u);
}

TEST(EagerBlocks, WhatTheKernelWritesToTheRangeTableIsItsTraffic) {
  World world;
  KernelWork work;
  world.kernel.handle_fault({0, page(1), {AccessKind::Store, true}, {}, 0, Cycles(0)}, work);
  std::set<std::uint64_t> written;
  std::uint64_t cleared = 0;
  while (!work.done()) {
    const KernelStep step = work.current();
    work.finish_step();
    if (step.kind == KernelStep::Kind::Commit) world.kernel.commit(step, 0, Cycles(0), work);
    if (step.kind != KernelStep::Kind::Write) continue;
    if (step.task == KernelTask::ClearMemory) {
      cleared += step.bytes;
    } else {
      written.insert(step.address.value());
    }
  }
  EXPECT_EQ(cleared, block_pages * page_bytes);
  EXPECT_EQ(written.count(world.kernel.range_table(0).table.value()), 1u);
}

}  // namespace
}  // namespace tablewalk::eager_blocks_test
