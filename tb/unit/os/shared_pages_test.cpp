// Pages of the page cache, one by one: who shares a frame, what is written back, and what is read ahead.

#include <gtest/gtest.h>

#include "base/error.h"
#include "os/file_readahead.h"
#include "os/memory_timeline.h"
#include "os/shared_memory.h"
#include "support/kernel_cores.h"

namespace tablewalk::shared_pages_test {
namespace {

constexpr std::uint64_t page_bytes = 4096;

VirtualAddress page(std::uint64_t number) {
  return VirtualAddress(number * page_bytes);
}

struct World {
  explicit World(std::uint64_t frame_limit, ReadaheadConfig readahead = {}, bool files_cached = true,
                 const char* tables = "x86-64")
      : mode(make_paging_mode(tables)),
        kernel(config_of(frame_limit, readahead, files_cached), mode, memory, frames, 2),
        cores(kernel, *mode, memory, 2) {
    for (std::uint64_t pool = 0; pool < 2; ++pool) {
      frames.emplace_back(std::uint64_t{1} << 26, mode->page_bytes(), FrameAllocatorConfig{},
                          PhysicalAddress(pool << 26));
    }
  }
  static OsConfig config_of(std::uint64_t frame_limit, ReadaheadConfig readahead, bool files_cached) {
    OsConfig config;
    config.prefault = false;
    config.resident_limit.bytes = frame_limit * page_bytes;
    config.replacement.policy = PageReplacementKind::Fifo;
    config.swap.bytes.bytes = 64 * page_bytes;
    config.readahead = readahead;
    config.files_cached = files_cached;
    return config;
  }
  LayoutChange region(AddressSpaceId asid, std::uint64_t first, std::uint64_t pages, bool shared, const char* file) {
    LayoutChange change;
    change.asid = asid;
    change.first = page(first);
    change.bytes = pages * page_bytes;
    change.read = change.write = change.execute = true;
    change.shared = shared;
    change.file = file != nullptr;
    if (change.file) change.label = file;
    return change;
  }
  bool finish(unsigned core) {
    for (unsigned step = 0; step < 2000 && !cores.done(core); ++step) {
      cores.step(core);
      cores.step(1 - core);
    }
    return cores.done(core);
  }
  void store(AddressSpaceId asid, std::uint64_t number, std::uint64_t value) {
    cores.begin_access(0, asid, page(number), AccessKind::Store, value);
    ASSERT_TRUE(finish(0));
  }
  std::uint64_t load(AddressSpaceId asid, std::uint64_t number) {
    cores.begin_access(1, asid, page(number), AccessKind::Load);
    EXPECT_TRUE(finish(1));
    return cores.loaded(1);
  }
  void call(LayoutOperation operation, AddressSpaceId asid, std::uint64_t first = 0, std::uint64_t pages = 1,
            AddressSpaceId child = 0) {
    LayoutChange change;
    change.operation = operation;
    change.asid = asid;
    change.first = page(first);
    change.bytes = pages * page_bytes;
    change.child = child;
    cores.begin_call(0, change);
    ASSERT_TRUE(finish(0));
  }
  std::optional<FrameSlot> frame(AddressSpaceId asid, std::uint64_t number) {
    return kernel.frame_of(asid, page(number));
  }

  std::shared_ptr<const PagingMode> mode;
  PhysicalMemory memory;
  std::vector<FrameAllocator> frames;
  DemandKernel kernel;
  test::KernelCores cores;
};

/// Executes the steps, without other cores; the last cycle for which one waits.
Cycles last_wait(DemandKernel& kernel, KernelWork& work, Cycles now) {
  Cycles last{0};
  while (!work.done()) {
    const KernelStep step = work.current();
    work.finish_step();
    if (step.kind == KernelStep::Kind::WaitUntil) last = now = step.cycles;
    if (step.kind == KernelStep::Kind::Commit) kernel.commit(step, 0, now, work);
  }
  return last;
}

TEST(SharedPages, OneFileAtDifferentAddressesIsOneFrameAndTheSameAddressOfAnotherIsNot) {
  World world(0);
  world.kernel.begin_layout(world.region(0, 1, 2, true, "file"));
  world.kernel.begin_layout(world.region(1, 5, 2, true, "file"));
  world.kernel.begin_layout(world.region(2, 1, 2, true, "other"));
  world.store(0, 1, 7);
  EXPECT_EQ(world.load(1, 5), 7u);
  EXPECT_EQ(world.load(2, 1), 0u);
  EXPECT_EQ(world.frame(0, 1), world.frame(1, 5));
  EXPECT_NE(world.frame(0, 1), world.frame(2, 1));
  EXPECT_EQ(world.kernel.stats().cache_faults, 1u);
  EXPECT_EQ(world.kernel.stats().file_faults, 2u);
}

/// A process tries every address of the other's memory: it reads none of it, and reaches none of its frames.
TEST(SharedPages, NobodyReachesAnothersFrame) {
  World world(0);
  world.kernel.begin_layout(world.region(0, 0, 4, false, nullptr));
  world.kernel.begin_layout(world.region(0, 4, 4, true, nullptr));
  world.kernel.begin_layout(world.region(0, 8, 4, false, "file"));
  for (std::uint64_t number = 0; number < 12; ++number) world.store(0, number, 100 + number);
  world.kernel.begin_layout(world.region(1, 0, 4, false, nullptr));
  world.kernel.begin_layout(world.region(1, 4, 4, true, nullptr));
  world.kernel.begin_layout(world.region(1, 8, 4, false, "file"));
  for (std::uint64_t number = 0; number < 12; ++number) {
    EXPECT_EQ(world.load(1, number), 0u);
    world.store(1, number, 200 + number);
    EXPECT_NE(world.frame(0, number), world.frame(1, number));
  }
  for (std::uint64_t number = 0; number < 12; ++number) EXPECT_EQ(world.load(0, number), 100 + number);
}

TEST(SharedPages, SharedMemoryStaysSharedAfterAForkAndOutlivesItsMaker) {
  World world(0);
  world.kernel.begin_layout(world.region(0, 1, 2, true, nullptr));
  world.store(0, 1, 7);
  world.call(LayoutOperation::Fork, 0, 0, 1, 1);
  world.store(1, 1, 8);
  EXPECT_EQ(world.load(0, 1), 8u);
  EXPECT_EQ(world.frame(0, 1), world.frame(1, 1));
  EXPECT_EQ(world.kernel.stats().copy_faults, 0u);
  world.store(0, 2, 9);  // touched after the fork
  world.call(LayoutOperation::Exit, 0);
  EXPECT_EQ(world.load(1, 2), 9u);
  world.call(LayoutOperation::Exit, 1);
  EXPECT_EQ(world.kernel.frame_table().in_use(), 0u);
}

TEST(SharedPages, ASwappedSharedPageHasOneSlotAndIsReadBackOnce) {
  World world(3);
  world.kernel.begin_layout(world.region(0, 1, 1, true, nullptr));
  world.kernel.begin_layout(world.region(0, 10, 9, false, nullptr));
  world.store(0, 1, 7);
  world.call(LayoutOperation::Fork, 0, 0, 1, 1);
  for (const std::uint64_t number : {10, 11, 12}) world.store(0, number, 1);
  EXPECT_EQ(world.kernel.state_of(0, page(1)), PageState::Swapped);
  EXPECT_EQ(world.kernel.state_of(1, page(1)), PageState::Swapped);
  EXPECT_EQ(world.kernel.stats().dirty_evictions, 1u);
  EXPECT_EQ(world.load(1, 1), 7u);
  EXPECT_EQ(world.load(0, 1), 7u);
  EXPECT_EQ(world.frame(0, 1), world.frame(1, 1));
  EXPECT_EQ(world.kernel.stats().major_faults, 1u);
  EXPECT_EQ(world.kernel.stats().cache_faults, 1u);
}

TEST(SharedPages, AChangedPageOfAFileIsWrittenBackWithItsLastMapping) {
  World world(0);
  world.kernel.begin_layout(world.region(0, 1, 2, true, "file"));
  world.kernel.begin_layout(world.region(1, 1, 2, true, "file"));
  world.store(0, 1, 7);
  EXPECT_EQ(world.load(0, 2), 0u);
  EXPECT_EQ(world.load(1, 1), 7u);
  world.call(LayoutOperation::Unmap, 0, 1, 2);
  EXPECT_EQ(world.kernel.stats().file_writebacks, 0u);
  world.call(LayoutOperation::Exit, 1);
  EXPECT_EQ(world.kernel.stats().file_writebacks, 1u);
  EXPECT_EQ(world.kernel.frame_table().in_use(), 0u);
  world.kernel.begin_layout(world.region(2, 1, 2, false, "file"));
  EXPECT_EQ(world.load(2, 1), 7u);
}

TEST(SharedPages, MunmapWaitsForTheWriteOfAFilesPage) {
  World world(0);
  world.kernel.begin_layout(world.region(0, 1, 1, true, "file"));
  world.store(0, 1, 7);
  LayoutChange unmap;
  unmap.operation = LayoutOperation::Unmap;
  unmap.first = page(1);
  unmap.bytes = page_bytes;
  KernelWork work;
  world.kernel.handle_call(unmap, 0, world.cores.now(), work);
  EXPECT_GT(last_wait(world.kernel, work, world.cores.now()), SwapConfig().write_cycles);
}

TEST(SharedPages, AChangedPageOfAFileIsWrittenBackWhenItIsEvictedAndACleanOneIsDropped) {
  World world(2);
  world.kernel.begin_layout(world.region(0, 1, 9, true, "file"));
  world.store(0, 1, 7);
  for (const std::uint64_t number : {2, 3, 4, 5}) EXPECT_EQ(world.load(0, number), 0u);
  EXPECT_EQ(world.kernel.stats().file_writebacks, 1u);
  EXPECT_EQ(world.kernel.stats().dropped_evictions, 2u);
  EXPECT_EQ(world.kernel.state_of(0, page(1)), PageState::Filed);
  EXPECT_EQ(world.load(0, 1), 7u);
}

TEST(SharedPages, AWriteToAPrivateFileMappingIsOneFaultAndItsOwn) {
  World world(0);
  world.kernel.begin_layout(world.region(0, 1, 2, false, "file"));
  world.kernel.begin_layout(world.region(1, 1, 2, false, "file"));
  EXPECT_EQ(world.load(0, 1), 0u);
  EXPECT_EQ(world.load(1, 1), 0u);
  EXPECT_EQ(world.frame(0, 1), world.frame(1, 1));
  world.store(0, 1, 7);
  EXPECT_EQ(world.load(1, 1), 0u);
  EXPECT_NE(world.frame(0, 1), world.frame(1, 1));
  EXPECT_EQ(world.kernel.stats().copy_faults, 1u);
  world.store(1, 2, 8);  // never read before
  EXPECT_EQ(world.kernel.stats().file_faults, 2u);
  EXPECT_EQ(world.kernel.stats().copy_faults, 1u);
  EXPECT_EQ(world.load(0, 2), 0u);
}

TEST(SharedPages, CopiesThatNeedMoreFramesThanThereAreAreRefused) {
  World world(1);
  world.kernel.begin_layout(world.region(0, 1, 1, false, "file"));
  EXPECT_EQ(world.load(0, 1), 0u);
  EXPECT_THROW(world.store(0, 1, 7), InputError);
}

TEST(SharedPages, AnAccessToAPageOnItsWayWaitsForTheRestOnly) {
  ReadaheadConfig readahead;
  readahead.file_pages = 8;
  World world(0, readahead, false);
  world.kernel.begin_layout(world.region(0, 0, 16, true, "file"));
  EXPECT_EQ(world.load(0, 0), 0u);
  EXPECT_EQ(world.kernel.stats().major_faults, 1u);
  EXPECT_EQ(world.kernel.stats().read_ahead, 3u);
  KernelWork work;
  const Cycles now = world.cores.now();
  world.kernel.handle_fault({0, page(1), {AccessKind::Load, true}, {}, 0, now}, work);
  std::uint64_t ready = 0;
  for (const KernelStep& step : work.steps()) {
    if (step.kind == KernelStep::Kind::WaitUntil) ready = step.cycles.count();
  }
  const SwapConfig device;
  EXPECT_GT(ready, device.read_cycles.count());
  EXPECT_LT(ready, now.count() + device.read_cycles.count() + 4 * 4682);
  world.kernel.commit(work.steps().back(), 0, Cycles(ready), work);
  EXPECT_EQ(world.kernel.state_of(0, page(1)), PageState::Resident);
  EXPECT_EQ(world.kernel.stats().read_ahead_used, 1u);
  EXPECT_EQ(world.kernel.stats().major_faults, 1u);
}

TEST(SharedPages, APageThatWasReadAheadIsNeededForTheFirstTimeOnce) {
  ReadaheadConfig readahead;
  readahead.file_pages = 8;
  World world(0, readahead, false);
  for (const AddressSpaceId asid : {0, 1}) world.kernel.begin_layout(world.region(asid, 0, 16, true, "file"));
  EXPECT_EQ(world.load(0, 0), 0u);
  for (const AddressSpaceId asid : {0, 1}) {
    world.cores.begin_access(1, asid, page(1), AccessKind::Load);
    while (world.cores.now() < Cycles(10'000'000) && !world.finish(1)) continue;  // for the device
    ASSERT_TRUE(world.cores.done(1));
  }
  EXPECT_EQ(world.frame(0, 1), world.frame(1, 1));
  EXPECT_EQ(world.kernel.stats().read_ahead_used, 1u);
}

/// Memory for four pages, of eight that were written; the first four are being read back.
struct SlotsReadAhead : World {
  explicit SlotsReadAhead(bool shared) : World(4, four_slots()) {
    kernel.begin_layout(region(0, 0, 16, shared, nullptr));
    for (std::uint64_t number = 0; number < 8; ++number) store(0, number, number + 1);
    call(LayoutOperation::Fork, 0, 0, 1, 1);
    EXPECT_EQ(load(0, 0), 1u);
    EXPECT_EQ(kernel.stats().read_ahead, 3u);
  }
  static ReadaheadConfig four_slots() {
    ReadaheadConfig readahead;
    readahead.swap_pages = 4;
    return readahead;
  }
};

TEST(SharedPages, PagesOfAGroupOfSlotsComeBackTogether) {
  SlotsReadAhead world(false);
  for (std::uint64_t number = 1; number < 4; ++number) EXPECT_EQ(world.load(0, number), number + 1);
  EXPECT_EQ(world.kernel.stats().major_faults, 1u);
  EXPECT_EQ(world.kernel.stats().read_ahead_used, 3u);
}

TEST(SharedPages, AnAccessToASlotOnItsWayWaitsForTheRestOnly) {
  SlotsReadAhead world(false);
  KernelWork work;
  world.kernel.handle_fault({0, page(1), {AccessKind::Load, true}, {}, 0, world.cores.now()}, work);
  const Cycles ready = last_wait(world.kernel, work, world.cores.now());
  EXPECT_GT(ready, SwapConfig().read_cycles);
  EXPECT_EQ(world.kernel.state_of(0, page(1)), PageState::Resident);
  EXPECT_EQ(world.kernel.stats().major_faults, 1u);
}

/// An inverted table has entries for the frames of its own process only.
TEST(SharedPages, APageOfAnotherProcessIsReadAheadIntoAFrameOfThatProcess) {
  World world(4, SlotsReadAhead::four_slots(), true, "inverted");
  for (std::uint64_t number = 0; number < 4; ++number) {
    for (const AddressSpaceId asid : {0, 1}) world.store(asid, number, 10 * asid + number + 1);
  }
  EXPECT_EQ(world.load(0, 0), 1u);
  EXPECT_EQ(world.kernel.stats().read_ahead, 3u);
  EXPECT_EQ(world.load(1, 0), 11u);
  EXPECT_EQ(world.load(0, 1), 2u);
  EXPECT_EQ(world.kernel.stats().read_ahead_used, 2u);
  const FrameTable& table = world.kernel.frame_table();
  for (const AddressSpaceId asid : {0, 1}) EXPECT_EQ(table[*world.frame(asid, 0)].at.value() >> 26, asid);
}

TEST(SharedPages, AFrameThatTheDeviceFillsIsNotEvicted) {
  SlotsReadAhead world(false);
  world.store(0, 12, 1);
  EXPECT_EQ(world.kernel.state_of(0, page(0)), PageState::Swapped);
  EXPECT_EQ(world.kernel.stats().read_ahead_unused, 0u);
}

TEST(SharedPages, TwoCoresThatNeedASlotReadAheadGetOneFrame) {
  SlotsReadAhead world(true);
  world.cores.begin_access(0, 0, page(1), AccessKind::Load);
  world.cores.begin_access(1, 1, page(1), AccessKind::Load);
  ASSERT_TRUE(world.finish(0));
  ASSERT_TRUE(world.finish(1));
  EXPECT_EQ(world.cores.loaded(0), 2u);
  EXPECT_EQ(world.cores.loaded(1), 2u);
  EXPECT_EQ(world.frame(0, 1), world.frame(1, 1));
  EXPECT_EQ(world.kernel.stats().major_faults, 1u);
}

TEST(FileReadahead, TheWindowDoublesWhileAFileIsReadInOrder) {
  ReadaheadConfig config;
  config.file_pages = 16;
  FileReadahead readahead(config);
  const auto is = [](FileReadahead::Window window, std::uint64_t first, std::uint64_t pages) {
    return window.pages == pages && (pages == 0 || window.first == first);
  };
  EXPECT_TRUE(is(readahead.missed(2, 0), 1, 3));
  EXPECT_TRUE(is(readahead.used(2, 1), 4, 8));
  EXPECT_TRUE(is(readahead.used(2, 2), 0, 0));
  EXPECT_TRUE(is(readahead.used(2, 4), 12, 16));
  EXPECT_TRUE(is(readahead.used(2, 12), 28, 16));
  EXPECT_TRUE(is(readahead.missed(2, 100), 0, 0));    // not in order
  EXPECT_TRUE(is(readahead.missed(2, 101), 102, 3));  // in order again
  EXPECT_TRUE(is(readahead.missed(3, 50), 0, 0));
  EXPECT_TRUE(is(readahead.missed(4, 0), 1, 3));
  EXPECT_TRUE(is(readahead.missed(4, 4), 5, 7));  // none of the window was used by a fault
}

TEST(SharedMemory, GivesEachMemoryARangeThatMayGrow) {
  SharedMemory memories;
  const std::uint64_t one = memories.create(4096);
  const std::uint64_t two = memories.create(std::uint64_t{3} << 40);
  EXPECT_GE(two, one + (std::uint64_t{1} << 40));
  EXPECT_GT(memories.end_of(two), two + (std::uint64_t{3} << 40));
  EXPECT_EQ(memories.first_of(two + 5), two);
  EXPECT_THROW(memories.create(~std::uint64_t{0}), InputError);
  memories.share(one);
  EXPECT_FALSE(memories.release(one));
  EXPECT_TRUE(memories.release(one));
  memories.remove(one);
  EXPECT_FALSE(memories.exists(one));
  EXPECT_TRUE(memories.exists(two));
}

TEST(MemoryTimeline, CountsThePagesOfTheLastIntervals) {
  TimelineConfig config;
  config.interval_cycles = Cycles(1000);
  config.window = 2;
  MemoryTimeline timeline(config);
  MemorySample state;
  for (const std::uint64_t number : {1, 2, 3, 2}) timeline.touched({0, number});
  state.major_faults = 3;
  EXPECT_FALSE(timeline.due(Cycles(999)));
  timeline.advance(Cycles(1000), state);
  timeline.touched({0, 3});
  timeline.touched({1, 3});
  state.major_faults = 4;
  timeline.advance(Cycles(3500), state);
  const std::vector<MemorySample> samples = timeline.samples(state);
  ASSERT_EQ(samples.size(), 4u);
  const std::uint64_t working_sets[] = {3, 4, 2, 0};
  const std::uint64_t faults[] = {3, 1, 0, 0};
  for (std::size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(samples[i].cycle, 1000 * (i + 1));
    EXPECT_EQ(samples[i].working_set, working_sets[i]) << i;
    EXPECT_EQ(samples[i].major_faults, faults[i]) << i;
  }
}

}  // namespace
}  // namespace tablewalk::shared_pages_test
