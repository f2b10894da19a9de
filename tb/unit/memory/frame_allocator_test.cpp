#include "memory/frame_allocator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "base/error.h"
#include "memory/permutation.h"

namespace tablewalk::frame_allocator_test {
namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t mebi = std::uint64_t{1} << 20;
constexpr std::uint64_t gibi = std::uint64_t{1} << 30;
constexpr std::uint64_t tebi = std::uint64_t{1} << 40;

class AnyPolicy : public testing::TestWithParam<FramePolicy> {};
INSTANTIATE_TEST_SUITE_P(, AnyPolicy,
                         testing::Values(FramePolicy::Sequential, FramePolicy::Random, FramePolicy::Contiguous,
                                         FramePolicy::Buddy));
class PolicyOfSmallFrames : public testing::TestWithParam<FramePolicy> {};
INSTANTIATE_TEST_SUITE_P(, PolicyOfSmallFrames,
                         testing::Values(FramePolicy::Sequential, FramePolicy::Random, FramePolicy::Contiguous));

/// Live blocks by first byte; they must not overlap.
class LiveBlocks {
 public:
  void add(PhysicalAddress address, std::uint64_t bytes, std::uint64_t memory_bytes) {
    const std::uint64_t first = address.value();
    ASSERT_EQ(first % bytes, 0u) << "block of " << bytes << " is not aligned to its size";
    ASSERT_GE(first, page) << "frame 0 was handed out";
    ASSERT_LE(first + bytes, memory_bytes);
    const auto after = blocks_.lower_bound(first);
    if (after != blocks_.end()) {
      ASSERT_LE(first + bytes, after->first);
    }
    if (after != blocks_.begin()) {
      ASSERT_LE(std::prev(after)->first + std::prev(after)->second, first);
    }
    blocks_[first] = bytes;
  }
  void remove(PhysicalAddress address) { blocks_.erase(address.value()); }

 private:
  std::map<std::uint64_t, std::uint64_t> blocks_;
};

struct Block {
  bool table;
  PhysicalAddress address;
  std::uint64_t bytes;
};

TEST_P(AnyPolicy, BlocksOfAnySizeAreAlignedInsideMemoryAndNeverOverlap) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::uint64_t memory_bytes = 4 * gibi;
  FrameAllocator frames(memory_bytes, page, {GetParam(), random()});
  LiveBlocks live;
  std::vector<Block> held;
  const std::vector<std::uint64_t> sizes = {128, 512, page, page, page, 16 * page, 2 * mebi};
  for (int i = 0; i < 6000; ++i) {
    if (!held.empty() && random() % 3 == 0) {
      std::swap(held[random() % held.size()], held.back());
      const Block block = held.back();
      held.pop_back();
      live.remove(block.address);
      block.table ? frames.release_table(block.address, block.bytes) : frames.release_page(block.address, block.bytes);
      continue;
    }
    const std::uint64_t bytes = sizes[random() % (i % 50 == 0 ? sizes.size() : sizes.size() - 2)];
    const bool table = bytes < page || random() % 2 == 0;
    const VirtualAddress va((random() % 100000) * page);
    const PhysicalAddress address =
        table ? frames.allocate_table(bytes) : frames.allocate_page(va, bytes, static_cast<AddressSpaceId>(i % 3));
    live.add(address, bytes, memory_bytes);
    if (HasFatalFailure()) return;
    held.push_back({table, address, bytes});
  }
}

TEST_P(AnyPolicy, TheSameRequestsGetTheSameFrames) {
  const auto run = [](FramePolicy policy) {
    FrameAllocator frames(tebi, page, {policy, 42});
    std::vector<std::uint64_t> addresses;
    for (std::uint64_t i = 0; i < 5000; ++i) {
      addresses.push_back(frames.allocate_page(VirtualAddress(i * 37 % 4096 * page), page).value());
      if (i % 7 == 0) addresses.push_back(frames.allocate_table(128 << i % 8).value());
    }
    return addresses;
  };
  EXPECT_EQ(run(GetParam()), run(GetParam()));
}

TEST_P(AnyPolicy, HandsOutEveryFrameButZeroAndThenSaysHowLargeMemoryIs) {
  const std::uint64_t frame_count = 1300;  // not a whole number of contiguous blocks
  FrameAllocator frames(frame_count * page, page, {GetParam(), 7});
  std::set<std::uint64_t> seen;
  for (std::uint64_t i = 1; i < frame_count; ++i) {
    seen.insert(frames.allocate_page(VirtualAddress(i * 100 * page), page).value() / page);
  }
  EXPECT_EQ(seen.size(), frame_count - 1);
  EXPECT_EQ(*seen.begin(), 1u);
  EXPECT_EQ(*seen.rbegin(), frame_count - 1);
  try {
    frames.allocate_page(VirtualAddress(0), page);
    FAIL() << "a frame beyond the last one was handed out";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "simulated memory of 5200K has no room for another block of 4K: expected a larger memory.bytes, or "
                 "smaller pages");
  }
  frames.release_page(PhysicalAddress(77 * page), page);
  EXPECT_EQ(frames.allocate_page(VirtualAddress(0), page).value(), 77 * page);
}

TEST_P(AnyPolicy, ATableOf512GiBFitsATebibyteBesideSmallFrames) {
  FrameAllocator frames(tebi, page, {GetParam(), 3});
  for (std::uint64_t i = 0; i < 1000; ++i) frames.allocate_page(VirtualAddress(i * mebi), page);
  EXPECT_EQ(frames.allocate_table(512 * gibi).value(), 512 * gibi);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_LT(frames.allocate_page(VirtualAddress(i * mebi + page), page).value(), 512 * gibi);
  }
  EXPECT_THROW(frames.allocate_table(512 * gibi), InputError);
}

TEST_P(PolicyOfSmallFrames, LargeBlocksComeFromTheTopAndFillTheGapsAlignmentLeft) {
  FrameAllocator frames(16 * gibi, page, {GetParam(), 3});
  EXPECT_EQ(frames.allocate_page(VirtualAddress(0), 2 * mebi).value(), 16 * gibi - 2 * mebi);
  EXPECT_EQ(frames.allocate_page(VirtualAddress(0), gibi).value(), 14 * gibi);
  const std::uint64_t in_gap = frames.allocate_page(VirtualAddress(0), 2 * mebi).value();
  EXPECT_GE(in_gap, 15 * gibi);
  EXPECT_LT(in_gap, 16 * gibi - 2 * mebi);
}

TEST_P(AnyPolicy, ALargePageThatIsNotToBeHadIsNoError) {
  FrameAllocator frames(4 * mebi, page, {GetParam(), 3});
  EXPECT_EQ(frames.try_allocate_page(VirtualAddress(0), gibi), std::nullopt);
  EXPECT_EQ(frames.try_allocate_page(VirtualAddress(0), 2 * mebi), PhysicalAddress(2 * mebi));
  EXPECT_EQ(frames.try_allocate_page(VirtualAddress(0), 2 * mebi), std::nullopt) << "frame 0 is never allocated";
  try {
    frames.allocate_page(VirtualAddress(0), 2 * mebi);
    FAIL() << "a third block was handed out";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("simulated memory of 4M has no room for another block of 2M"));
  }
  for (int i = 1; i < 512; ++i) EXPECT_TRUE(frames.try_allocate_page(VirtualAddress(i * page), page).has_value());
  EXPECT_EQ(frames.try_allocate_page(VirtualAddress(0), page), std::nullopt);
}

TEST_P(PolicyOfSmallFrames, NothingIsMovedOrReported) {
  FrameAllocator frames(4 * mebi, page, {GetParam(), 3});
  EXPECT_EQ(frames.compact(page), std::nullopt);
  StatSet figures;
  frames.report(figures);
  EXPECT_TRUE(figures.figures().empty());
}

TEST_P(AnyPolicy, SmallTablesArePackedIntoFrames) {
  FrameAllocator frames(gibi, page, {GetParam(), 3});
  std::set<std::uint64_t> used_frames;
  for (int i = 0; i < 64; ++i) used_frames.insert(frames.allocate_table(128).value() / page);
  EXPECT_EQ(used_frames.size(), 2u);
}

TEST(SequentialFrames, ComeInAscendingOrderFromFrameOne) {
  FrameAllocator frames(gibi, page, {FramePolicy::Sequential, 1});
  EXPECT_EQ(frames.allocate_page(VirtualAddress(0x7000), page).value(), 1 * page);
  EXPECT_EQ(frames.allocate_table(page).value(), 2 * page);
  EXPECT_EQ(frames.allocate_page(VirtualAddress(0x1000), page).value(), 3 * page);
}

TEST(RandomFrames, DependOnTheSeedAndRarelyNeighbourEachOther) {
  FrameAllocator one(16 * gibi, page, {FramePolicy::Random, 1});
  FrameAllocator two(16 * gibi, page, {FramePolicy::Random, 2});
  int same = 0;
  int neighbours = 0;
  std::uint64_t previous = 0;
  for (std::uint64_t i = 0; i < 10000; ++i) {
    const std::uint64_t frame = one.allocate_page(VirtualAddress(i * page), page).value() / page;
    same += frame == two.allocate_page(VirtualAddress(i * page), page).value() / page ? 1 : 0;
    neighbours += frame == previous + 1 ? 1 : 0;
    previous = frame;
  }
  EXPECT_LE(same, 3);
  EXPECT_LE(neighbours, 3);
}

TEST(ContiguousFrames, NeighbouringPagesGetNeighbouringFramesWhateverTheOrderOfTouching) {
  FrameAllocator frames(4 * gibi, page, {FramePolicy::Contiguous, 1});
  const std::uint64_t region = 0x7f1234600000;
  std::vector<std::uint64_t> order(512);
  for (std::uint64_t i = 0; i < 512; ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937_64(5));
  std::uint64_t base = 0;
  for (const std::uint64_t i : order) {
    const std::uint64_t address = frames.allocate_page(VirtualAddress(region + i * page), page).value();
    frames.allocate_page(VirtualAddress(i * 8 * mebi), page);  // others reserve in between
    if (base == 0) base = address - i * page;
    ASSERT_EQ(address, base + i * page);
  }
  EXPECT_EQ(base % (2 * mebi), 0u) << "the block could back a 2 MiB page";
}

TEST(ContiguousFrames, AddressSpacesDoNotShareReservations) {
  FrameAllocator frames(gibi, page, {FramePolicy::Contiguous, 1});
  const PhysicalAddress one = frames.allocate_page(VirtualAddress(0x1000), page, 1);
  const PhysicalAddress two = frames.allocate_page(VirtualAddress(0x2000), page, 2);
  EXPECT_NE(one.value() / (2 * mebi), two.value() / (2 * mebi));
}

/// Three blocks: of tables, which are more than fit into it, of a region, and of tables again.
TEST(ContiguousFrames, WithoutABlockOfItsOwnARegionGetsTheLowestUnusedFrame) {
  FrameAllocator frames(6 * mebi, page, {FramePolicy::Contiguous, 1});
  EXPECT_EQ(frames.allocate_page(VirtualAddress(0), page), PhysicalAddress(2 * mebi));
  for (int table = 0; table < 511; ++table) frames.allocate_table(page);
  EXPECT_EQ(frames.allocate_table(page), PhysicalAddress(4 * mebi));
  EXPECT_EQ(frames.allocate_page(VirtualAddress(8 * mebi), page), PhysicalAddress(2 * mebi + page));
}

TEST(FrameAllocator, RefusesAMemoryOfLessThanTwoFrames) {
  EXPECT_THROW(FrameAllocator(page, page, {}), InputError);
}

TEST(Permutation, VisitsEveryNumberOnceAtAnySize) {
  for (const std::uint64_t size : {1u, 2u, 3u, 5u, 16u, 17u, 1000u, 4097u}) {
    const Permutation permutation(size, 99);
    std::vector<bool> seen(size);
    for (std::uint64_t i = 0; i < size; ++i) {
      ASSERT_LT(permutation(i), size);
      ASSERT_FALSE(seen[permutation(i)]) << "size " << size << " index " << i;
      seen[permutation(i)] = true;
    }
  }
}

}  // namespace
}  // namespace tablewalk::frame_allocator_test
