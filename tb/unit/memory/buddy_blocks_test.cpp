#include "memory/buddy_blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "config/loader.h"
#include "memory/frame_allocator.h"
#include "support/dice.h"
#include "support/frame_by_frame.h"

namespace tablewalk::buddy_blocks_test {
namespace {

using test::Counts;
using test::Dice;
using test::free_blocks;
using test::free_frames;
using test::small_memory;
using test::take;

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t mebi = std::uint64_t{1} << 20;
constexpr std::uint64_t gibi = std::uint64_t{1} << 30;
constexpr unsigned large = 9;  // the order of 2 MiB

TEST(BuddyBlocks, SplitTheSmallestBlockAndKeepTheLowestPart) {
  BuddyBlocks blocks = small_memory(32);
  EXPECT_EQ(free_blocks(blocks), (Counts{1, 1, 1, 1, 1})) << "1, 2-3, 4-7, 8-15, 16-31";
  EXPECT_EQ(take(blocks, 0), 1u);
  EXPECT_EQ(take(blocks, 0), 2u);
  EXPECT_EQ(take(blocks, 1), 4u);
  EXPECT_EQ(take(blocks, 3), 8u);
  EXPECT_EQ(take(blocks, 2), 16u) << "6-7 is too small";
  EXPECT_EQ(free_blocks(blocks), (Counts{1, 1, 1, 1})) << "3, 6-7, 20-23, 24-31";
  EXPECT_EQ(take(blocks, 4), std::nullopt);
  EXPECT_EQ(take(blocks, 0), 3u);
  EXPECT_EQ(take(blocks, 0), 6u);
  EXPECT_EQ(free_blocks(blocks), (Counts{1, 0, 1, 1}));
}

TEST(BuddyBlocks, MergeWithTheirBuddiesWhenGivenBack) {
  BuddyBlocks blocks = small_memory(16);
  for (std::uint64_t frame = 1; frame < 16; ++frame) EXPECT_EQ(take(blocks, 0), frame);
  EXPECT_EQ(take(blocks, 0), std::nullopt);
  blocks.give_back(5, 0);
  blocks.give_back(6, 0);
  EXPECT_EQ(free_blocks(blocks), (Counts{2})) << "neighbours, but no buddies";
  blocks.give_back(4, 0);
  EXPECT_EQ(free_blocks(blocks), (Counts{1, 1}));
  blocks.give_back(7, 0);
  EXPECT_EQ(free_blocks(blocks), (Counts{0, 0, 1}));
}

TEST(BuddyBlocks, OnlyWhatWasTakenIsGivenBack) {
  BuddyBlocks blocks = small_memory(16);
  EXPECT_THROW(blocks.give_back(4, 2), LawViolation);
  EXPECT_EQ(take(blocks, 2), 4u);
  EXPECT_THROW(blocks.give_back(4, 1), LawViolation);
  EXPECT_THROW(blocks.give_back(6, 1), LawViolation);
  blocks.give_back(4, 2);
  EXPECT_THROW(blocks.give_back(4, 2), LawViolation);
}

TEST(BuddyBlocks, DecideAsTheirLawSaysFrameByFrame) {
  for (const std::uint64_t seed : test::printed_seeds(40)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    const std::uint64_t frames = dice.between(2, 300);
    BuddyBlocks blocks = small_memory(frames);
    test::FrameByFrame reference(frames);
    const Counts at_first = free_blocks(blocks);
    std::vector<test::Held> held;
    const unsigned percent = dice.number(20, 60);
    for (int i = 0; i < 400; ++i) {
      if (!held.empty() && dice.chance(percent)) {
        std::swap(held[dice.between(0, held.size() - 1)], held.back());
        blocks.give_back(held.back().first, held.back().order);
        reference.mark(held.back().first, held.back().order, false);
        held.pop_back();
      } else {
        const unsigned order = dice.chance(60) ? 0 : dice.number(0, 5);
        const std::optional<std::uint64_t> first = take(blocks, order);
        ASSERT_EQ(first, reference.take(order));
        if (first) held.push_back({*first, order, false});
      }
      ASSERT_EQ(free_blocks(blocks), reference.counts());
    }
    for (const test::Held& block : held) blocks.give_back(block.first, block.order);
    EXPECT_EQ(free_blocks(blocks), at_first) << "everything merges again";
  }
}

// Fragmentation.

/// The large blocks that can be had, one after the other.
std::set<std::uint64_t> take_all_large(BuddyBlocks& blocks) {
  std::set<std::uint64_t> taken;
  while (const auto first = take(blocks, large)) taken.insert(*first >> large);
  return taken;
}

TEST(FragmentedMemory, HasAFrameInUseInTheShareOfItsBlocks) {
  for (const double share : {0.0, 0.25, 0.5, 1.0}) {
    BuddyBlocks blocks(4 * gibi / page, page, {share, 0}, 7);
    const auto fragments = static_cast<std::uint64_t>(2048 * share);
    EXPECT_EQ(free_frames(blocks), 4 * gibi / page - 1 - fragments);
    const std::size_t whole = take_all_large(blocks).size();
    EXPECT_GE(whole + fragments + 1, 2048u) << "all but the first block, of which frame 0 is in use anyway";
    EXPECT_LE(whole + fragments, 2048u);
    EXPECT_EQ(free_frames(blocks), 4 * gibi / page - 1 - fragments - whole * 512);
  }
}

TEST(FragmentedMemory, DependsOnTheSeed) {
  const auto whole = [](std::uint64_t seed) {
    BuddyBlocks blocks(gibi / page, page, {0.5, 0}, seed);
    return take_all_large(blocks);
  };
  EXPECT_EQ(whole(1), whole(1));
  EXPECT_NE(whole(1), whole(2));
}

TEST(FragmentedMemory, IsCountedAlikeWhetherItIsOpenOrNot) {
  for (const std::uint64_t frames : {3 * gibi / page, 5 * gibi / page / 2, 3 * gibi / page + 1000}) {
    BuddyBlocks blocks(frames, page, {0.3, 0.5}, 3);
    const Counts closed = blocks.free_blocks();
    const auto first = take(blocks, 0);
    ASSERT_TRUE(first.has_value());
    blocks.give_back(*first, 0);
    EXPECT_EQ(blocks.free_blocks(), closed) << "the first of all gibibytes is open";
    take_all_large(blocks);
    BuddyBlocks other(frames, page, {0.3, 0.5}, 3);
    std::vector<std::uint64_t> taken;
    while (const auto block = take(other, large)) taken.push_back(*block);
    for (const std::uint64_t block : taken) other.give_back(block, large);
    EXPECT_EQ(other.free_blocks(), closed) << "all of it";
  }
}

TEST(FragmentedMemory, SmallRequestsFillWhatIsTooSmallForOthers) {
  BuddyBlocks blocks(4 * gibi / page, page, {1, 0}, 7);
  std::set<std::uint64_t> frames;
  for (int i = 0; i < 1000; ++i) frames.insert(take(blocks, 0).value());
  EXPECT_EQ(frames.size(), 1000u);
  EXPECT_LT(*frames.rbegin(), gibi / page) << "only the first gibibyte is open";
  std::set<std::uint64_t> in_blocks;
  for (const std::uint64_t frame : frames) in_blocks.insert(frame >> large);
  EXPECT_EQ(in_blocks.size(), 512u) << "single frames beside those in use, then one half of a pair in each block";
}

TEST(FragmentedMemory, FramesAreInUseAtManyPlacesOfTheirBlocks) {
  BuddyBlocks blocks(4 * gibi / page, page, {1, 0}, 7);
  std::set<std::uint64_t> used;
  for (std::uint64_t frame = 1; frame < 4 * gibi / page; ++frame) used.insert(used.end(), frame);
  while (const auto frame = take(blocks, 0)) used.erase(*frame);
  EXPECT_EQ(used.size(), 2048u);
  std::set<std::uint64_t> blocks_of_used;
  std::set<std::uint64_t> places;
  for (const std::uint64_t frame : used) {
    blocks_of_used.insert(frame >> large);
    places.insert(frame % 512);
  }
  EXPECT_EQ(blocks_of_used.size(), 2048u) << "one in each block";
  EXPECT_GT(places.size(), 480u);
}

TEST(FragmentedMemory, HasAnyFrameInUseButNotFrameZero) {
  int first_in_use = 0;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    BuddyBlocks blocks(1 << large, page, {1, 0}, seed);
    std::set<std::uint64_t> frames;
    while (const auto frame = take(blocks, 0)) frames.insert(*frame);
    ASSERT_EQ(frames.size(), 510u) << "seed " << seed;
    ASSERT_EQ(frames.count(0), 0u);
    first_in_use += frames.count(1) == 0 ? 1 : 0;
  }
  EXPECT_GT(first_in_use, 0);
  EXPECT_LT(first_in_use, 40);
}

// The allocator around them.

TEST(BuddyFrames, AreMovedAndReleasedByAddress) {
  const PhysicalAddress base(8 * gibi);
  FrameAllocator frames(8 * mebi, page, {FramePolicy::Buddy, 1}, base);
  std::vector<PhysicalAddress> pages;
  while (const auto address = frames.try_allocate_page(VirtualAddress(0), page)) pages.push_back(*address);
  EXPECT_EQ(pages.size(), 8 * mebi / page - 1);
  for (const PhysicalAddress address : pages) {
    const std::uint64_t frame = (address - base) / page;
    if (frame != 700 && frame != 1300 && frame != 1301 && frame != 1600 && frame != 1700) {
      frames.release_page(address, page);
    }
  }
  EXPECT_EQ(frames.try_allocate_page(VirtualAddress(0), 2 * mebi), std::nullopt);
  const PhysicalAddress pinned = base + 700 * page;
  const auto moves = frames.compact(2 * mebi, [&](PhysicalAddress address) { return address != pinned; });
  ASSERT_TRUE(moves.has_value());
  ASSERT_EQ(moves->size(), 2u);
  EXPECT_EQ(moves->front().from, base + 1300 * page);
  EXPECT_EQ(moves->front().to, base + 1 * page);
  EXPECT_EQ(moves->front().bytes, page);
  EXPECT_TRUE(moves->front().page);
  EXPECT_EQ(frames.try_allocate_page(VirtualAddress(0), 2 * mebi), base + 1024 * page);
  frames.release_page(moves->front().to, page);
  EXPECT_EQ(frames.compact(gibi), std::nullopt);
}

std::map<std::string, double> report_of(const FrameAllocator& frames) {
  StatSet figures;
  frames.report(figures);
  std::map<std::string, double> values;
  for (const StatSet::Figure& figure : figures.figures()) values[figure.name] = figure.value();
  return values;
}

TEST(BuddyFrames, HoldTablesThatDoNotMove) {
  FrameAllocator frames(8 * mebi, page, {FramePolicy::Buddy, 1});
  std::vector<PhysicalAddress> tables;
  for (int i = 0; i < 3; ++i) tables.push_back(frames.allocate_table(3 * mebi / 2));
  EXPECT_EQ(tables, (std::vector{PhysicalAddress(2 * mebi), PhysicalAddress(4 * mebi), PhysicalAddress(6 * mebi)}));
  EXPECT_EQ(frames.compact(2 * mebi), std::nullopt);
  frames.release_table(tables[1], 3 * mebi / 2);
  EXPECT_EQ(report_of(frames).at("frames.free_blocks.2M"), 1);
  const PhysicalAddress table = frames.allocate_table(3 * page);
  EXPECT_EQ(table, PhysicalAddress(4 * page));
  EXPECT_EQ(frames.allocate_page(VirtualAddress(0), page), PhysicalAddress(page));
  EXPECT_EQ(frames.allocate_table(page), PhysicalAddress(2 * page));
  frames.release_table(table, 3 * page);
  EXPECT_EQ(frames.allocate_page(VirtualAddress(0), 4 * page), table);
  const PhysicalAddress piece = frames.allocate_table(1000);
  EXPECT_EQ(piece, PhysicalAddress(3 * page));
  EXPECT_EQ(frames.allocate_table(1024), piece + 1024);
  frames.release_table(piece, 1000);
  EXPECT_EQ(frames.allocate_table(1024), piece);
}

TEST(BuddyFrames, MoveLargePagesAsAWhole) {
  FrameAllocator frames(8 * mebi, page, {FramePolicy::Buddy, 1});
  std::vector<PhysicalAddress> pages;
  for (int i = 0; i < 7; ++i) pages.push_back(frames.allocate_page(VirtualAddress(0), mebi));
  for (const std::size_t i : {0u, 2u, 4u}) frames.release_page(pages[i], mebi);
  const auto moves = frames.compact(2 * mebi);
  ASSERT_TRUE(moves.has_value());
  ASSERT_EQ(moves->size(), 1u);
  EXPECT_EQ(moves->front().from, pages[1]);
  EXPECT_EQ(moves->front().to, pages[0]);
  EXPECT_EQ(moves->front().bytes, mebi);
}

TEST(BuddyFrames, OnlyAMemoryThatAHostCanHoldIsFragmented) {
  const std::uint64_t tebi = 1024 * gibi;
  FrameAllocator largest(4 * tebi, page, {FramePolicy::Buddy, 1, {1, 0}});
  EXPECT_LT(largest.allocate_page(VirtualAddress(0), page).value(), gibi);
  FrameAllocator whole(std::uint64_t{1} << 56, page, {FramePolicy::Buddy, 1});
  EXPECT_EQ(whole.allocate_table(512 * gibi).value(), 512 * gibi);
  report_of(whole);  // takes no time in proportion to memory
  try {
    FrameAllocator larger(4 * tebi + page, page, {FramePolicy::Buddy, 1, {0.001, 0}});
    FAIL() << "it was fragmented";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "simulated memory of 4294967300K is too large to be fragmented: expected memory.bytes of at most 4T");
  }
}

TEST(BuddyFrames, ReportHowFragmentedTheyAre) {
  FrameAllocator frames(gibi, page, {FramePolicy::Buddy, 1, {1, 0}});
  std::map<std::string, double> values = report_of(frames);
  EXPECT_EQ(values.at("frames.free_bytes"), gibi - 513 * page);
  EXPECT_EQ(values.at("frames.unusable_share.2M"), 1);
  EXPECT_EQ(values.at("frames.unusable_share.1G"), 1);
  EXPECT_EQ(values.at("frames.free_blocks.1M"), 512);
  EXPECT_EQ(values.at("frames.free_blocks.2M"), 0);
  EXPECT_EQ(values.count("frames.free_blocks.2G"), 0u);
  double bytes = 0;
  for (std::uint64_t size = page; size <= gibi; size *= 2) {
    bytes += values.at("frames.free_blocks." + format_byte_size({size})) * static_cast<double>(size);
  }
  EXPECT_EQ(bytes, values.at("frames.free_bytes"));

  FrameAllocator whole(8 * gibi, page, {FramePolicy::Buddy, 1});
  values = report_of(whole);
  EXPECT_EQ(values.at("frames.free_blocks.1G"), 7) << "larger blocks are cut";
  EXPECT_NEAR(values.at("frames.unusable_share.1G"), 1.0 / 8, 1e-6);
  EXPECT_NEAR(values.at("frames.unusable_share.2M"), 1.0 / 4096, 1e-6);
}

TEST(FragmentationConfig, TakesShares) {
  EXPECT_EQ(FragmentationConfig{}.share, 0);
  EXPECT_EQ(FragmentationConfig{}.unmovable, 0);
  const auto message = [](const std::string& setting) -> std::string {
    try {
      load_config<FragmentationConfig>({"", {setting}});
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  for (const char* fine : {"share=0", "share=1", "unmovable=0", "unmovable=1"}) EXPECT_EQ(message(fine), "");
  EXPECT_THAT(message("share=1.1"), testing::HasSubstr("share: not a share of the blocks; expected from 0 to 1"));
  EXPECT_THAT(message("share=-0.1"), testing::HasSubstr("expected from 0 to 1"));
  EXPECT_THAT(message("unmovable=2"), testing::HasSubstr("not a share of the frames; expected from 0 to 1"));
  EXPECT_THAT(message("unmovable=-1"), testing::HasSubstr("expected from 0 to 1"));
}

}  // namespace
}  // namespace tablewalk::buddy_blocks_test
