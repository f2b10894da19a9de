#include "os/segmented_kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tablewalk::segmented_kernel_test {
namespace {

using testing::ElementsAre;

constexpr Access load{AccessKind::Load, true};
constexpr Access fetch{AccessKind::Fetch, true};

PageFault fault_at(std::uint64_t va, FaultReason reason) {
  PageFault fault;
  fault.va = VirtualAddress(va);
  fault.access = load;
  fault.fault.reason = reason;
  return fault;
}

/// Records what it is called for.
class Recorder final : public Kernel {
 public:
  PhysicalAddress root(AddressSpaceId) override { return PhysicalAddress(0x5000); }
  void before_walk(AddressSpaceId, VirtualAddress va, Access) override { walked.push_back(va.value()); }
  bool is_mapped(AddressSpaceId, VirtualAddress va) override {
    asked.push_back(va.value());
    return va.value() < 0x20000;
  }
  void handle_fault(const PageFault& fault, KernelWork& work) override {
    repaired.push_back(fault.va.value());
    work.compute(Cycles(7));
  }

  std::vector<std::uint64_t> walked;
  std::vector<std::uint64_t> asked;
  std::vector<std::uint64_t> repaired;
};

/// Code at 0x10000 and data at 0x20000 for the addresses 0 to 0xffff, of which the first 32 KiB are within the limits.
SegmentationConfig two_segments(SegmentationKind kind) {
  SegmentationConfig config;
  config.kind = kind;
  config.segments.resize(2);
  for (SegmentConfig& segment : config.segments) {
    segment.to = 0xffff;
    segment.limit = 0x7fff;
  }
  config.segments[0].used_by = SegmentUse::Fetch;
  config.segments[0].type = SegmentType::Code;
  config.segments[1].used_by = SegmentUse::Data;
  if (kind != SegmentationKind::Direct) {
    config.segments[0].base = 0x10000;
    config.segments[1].base = 0x20000;
  }
  return config;
}

struct Bench {
  explicit Bench(SegmentationKind kind, bool skip_faults = false, bool several_cores = false)
      : segments(two_segments(kind)),
        kernel(std::make_unique<Recorder>(), segments, {memory_bytes, 4096, frames, several_cores}, skip_faults),
        paging(dynamic_cast<Recorder&>(kernel.paging())) {}

  static constexpr std::uint64_t memory_bytes = 1 << 20;
  std::vector<FrameAllocator> frames = one_pool();
  SegmentTable segments;
  SegmentedKernel kernel;
  Recorder& paging;

 private:
  static std::vector<FrameAllocator> one_pool() {
    std::vector<FrameAllocator> pools;
    pools.emplace_back(memory_bytes, 4096, FrameAllocatorConfig{});
    return pools;
  }
};

TEST(SegmentedKernel, GivesLinearAddressesToTheKernelThatPages) {
  Bench bench(SegmentationKind::Paged);
  EXPECT_EQ(bench.kernel.root(0), PhysicalAddress(0x5000));
  bench.kernel.before_walk(0, VirtualAddress(0x123), load);
  bench.kernel.before_walk(0, VirtualAddress(0x123), fetch);
  bench.kernel.before_walk(0, VirtualAddress(0x8000), load);
  EXPECT_THAT(bench.paging.walked, ElementsAre(0x20123, 0x10123)) << "nothing is mapped for a segment fault";
  KernelWork work;
  bench.kernel.handle_fault(fault_at(0x10, FaultReason::NotPresent), work);
  EXPECT_EQ(work.steps().at(0).cycles, Cycles(7));
  EXPECT_THAT(bench.paging.repaired, ElementsAre(0x20010));
}

TEST(SegmentedKernel, AsksForTheFetchOnASingleCoreAndForBothOnSeveral) {
  Bench single(SegmentationKind::Paged);
  EXPECT_TRUE(single.kernel.is_mapped(0, VirtualAddress(0x10)));
  EXPECT_THAT(single.paging.asked, ElementsAre(0x10010));
  Bench several(SegmentationKind::Paged, false, true);
  EXPECT_FALSE(several.kernel.is_mapped(0, VirtualAddress(0x10))) << "the data is not";
  EXPECT_TRUE(several.kernel.is_mapped(0, VirtualAddress(0x8000))) << "it never will be";
}

TEST(SegmentedKernel, BaseAndLimitNeedsNoTables) {
  Bench bench(SegmentationKind::BaseLimit);
  EXPECT_EQ(bench.kernel.root(3), PhysicalAddress(0));
  bench.kernel.before_walk(3, VirtualAddress(0x10), load);
  EXPECT_TRUE(bench.kernel.is_mapped(3, VirtualAddress(0x10)));
  EXPECT_TRUE(bench.paging.walked.empty());
  EXPECT_TRUE(bench.paging.asked.empty());
  EXPECT_EQ(bench.segments.look_up(VirtualAddress(0x10), 4, 3, load).address, 3 * 0x28000 + 0x20010u);
  EXPECT_THROW(bench.kernel.root(6), InputError) << "seven times 160 KiB are more than 1 MiB";
}

TEST(SegmentedKernel, DirectSegmentsGetFramesOfTheirOwn) {
  Bench bench(SegmentationKind::Direct);
  bench.kernel.root(0);
  const std::uint64_t code = bench.segments.look_up(VirtualAddress(0), 4, 0, fetch).address;
  const std::uint64_t data = bench.segments.look_up(VirtualAddress(0), 4, 0, load).address;
  EXPECT_NE(code, data);
  bench.kernel.root(1);
  bench.kernel.root(0);
  EXPECT_EQ(bench.segments.look_up(VirtualAddress(0), 4, 0, fetch).address, code) << "placed once";
  EXPECT_NE(bench.segments.look_up(VirtualAddress(0), 4, 1, fetch).address, code);
  for (unsigned frame = 0; frame < 100; ++frame) {
    const std::uint64_t page = bench.frames[0].allocate_page(VirtualAddress(frame << 12), 4096).value();
    EXPECT_TRUE(page < code || page >= code + 0x10000) << frame;
    EXPECT_TRUE(page < data || page >= data + 0x10000) << frame;
  }
}

TEST(SegmentedKernel, SkipsSegmentFaultsOrEndsTheRun) {
  const PageFault fault = fault_at(0x8000, FaultReason::SegmentLimit);
  KernelWork work;
  Bench skips(SegmentationKind::Paged, true);
  skips.kernel.handle_fault(fault, work);
  EXPECT_TRUE(work.done());
  EXPECT_EQ(work.then, KernelWork::Then::Skip);
  Bench ends(SegmentationKind::Paged);
  EXPECT_THROW(ends.kernel.handle_fault(fault, work), InputError);
  EXPECT_TRUE(ends.paging.repaired.empty());
}

}  // namespace
}  // namespace tablewalk::segmented_kernel_test
