#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/error.h"
#include "memory/buddy_blocks.h"
#include "support/dice.h"
#include "support/frame_by_frame.h"

namespace tablewalk::compaction_test {
namespace {

using test::Counts;
using test::Dice;
using test::free_blocks;
using test::free_frames;
using test::Held;
using test::small_memory;
using test::take;

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t gibi = std::uint64_t{1} << 30;
constexpr unsigned large = 9;  // the order of 2 MiB

bool anything(std::uint64_t /*frame*/) {
  return true;
}

TEST(Compaction, MovesNothingIfABlockIsFree) {
  BuddyBlocks blocks = small_memory(16);
  const auto moves = blocks.compact(3, anything);
  ASSERT_TRUE(moves.has_value());
  EXPECT_TRUE(moves->empty());
}

/// Fills 32 frames with pages, and gives all back but `kept`.
BuddyBlocks pages_at(const std::set<std::uint64_t>& kept) {
  BuddyBlocks blocks = small_memory(32);
  while (take(blocks, 0)) {
  }
  for (std::uint64_t frame = 1; frame < 32; ++frame) {
    if (kept.count(frame) == 0) blocks.give_back(frame, 0);
  }
  return blocks;
}
std::vector<std::pair<std::uint64_t, std::uint64_t>> places(const std::vector<BuddyBlocks::Move>& moves) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> result;
  for (const BuddyBlocks::Move& move : moves) result.emplace_back(move.from, move.to);
  return result;
}
using Places = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

TEST(Compaction, EmptiesTheBlockWithTheFewestFramesInUse) {
  BuddyBlocks blocks = pages_at({2, 9, 13, 20, 22, 30});
  const auto moves = blocks.compact(3, anything);  // 8-15 and 16-23 have two pages each, 24-31 has one
  ASSERT_TRUE(moves.has_value());
  EXPECT_EQ(places(*moves), (Places{{30, 1}}));
  EXPECT_EQ(take(blocks, 3), 24u);
  EXPECT_THROW(blocks.give_back(30, 0), LawViolation);
  blocks.give_back(1, 0);
}

TEST(Compaction, TakesTheLowestOfBlocksThatCostTheSame) {
  BuddyBlocks blocks = pages_at({2, 9, 13, 20, 22, 26, 30});
  const auto moves = blocks.compact(3, anything);
  ASSERT_TRUE(moves.has_value());
  EXPECT_EQ(places(*moves), (Places{{9, 1}, {13, 3}}));
  EXPECT_EQ(take(blocks, 3), 8u);
}

TEST(Compaction, LeavesPagesThatMayNotMove) {
  BuddyBlocks blocks = pages_at({2, 9, 13, 20, 22, 26, 30});
  const Counts before = free_blocks(blocks);
  const auto moves = blocks.compact(3, [](std::uint64_t frame) { return frame != 13; });
  ASSERT_TRUE(moves.has_value());
  EXPECT_EQ(places(*moves), (Places{{20, 1}, {22, 3}})) << "what was tried in vain has left no trace";
  blocks = pages_at({2, 9, 13, 20, 22, 26, 30});
  EXPECT_EQ(blocks.compact(3, [](std::uint64_t frame) { return frame < 13 || frame == 20; }), std::nullopt);
  EXPECT_EQ(free_blocks(blocks), before);
}

TEST(Compaction, LeavesTables) {
  BuddyBlocks blocks = pages_at({2, 9, 13, 20, 22, 26, 30});
  EXPECT_EQ(blocks.take_for_table(), 1u);
  EXPECT_EQ(blocks.take_for_table(), 3u);
  EXPECT_EQ(blocks.take_for_table(), 8u);
  const auto moves = blocks.compact(3, anything);
  ASSERT_TRUE(moves.has_value());
  EXPECT_EQ(places(*moves), (Places{{20, 12}, {22, 27}}));
}

TEST(Compaction, NeedsRoomElsewhere) {
  BuddyBlocks blocks = small_memory(16);
  while (take(blocks, 0)) {
  }
  for (const std::uint64_t frame : {8u, 9u, 10u, 11u, 1u, 2u, 3u}) blocks.give_back(frame, 0);
  const Counts before = free_blocks(blocks);
  EXPECT_EQ(blocks.compact(3, anything), std::nullopt) << "four pages, but three free frames elsewhere";
  EXPECT_EQ(free_blocks(blocks), before);
  blocks.give_back(4, 0);
  const auto moves = blocks.compact(3, anything);
  ASSERT_TRUE(moves.has_value());
  EXPECT_EQ(places(*moves), (Places{{12, 1}, {13, 4}, {14, 2}, {15, 3}}));
  EXPECT_EQ(take(blocks, 3), 8u);
  EXPECT_EQ(take(blocks, 0), std::nullopt);
}

TEST(Compaction, DoesNotFreeTheBlockThatMemoryCutsShort) {
  BuddyBlocks blocks = small_memory(23);
  while (take(blocks, 0)) {
  }
  for (std::uint64_t frame = 1; frame < 23; ++frame) {
    if (frame != 3 && frame != 9 && frame != 12 && frame != 20) blocks.give_back(frame, 0);
  }
  const auto moves = blocks.compact(3, anything);
  ASSERT_TRUE(moves.has_value());
  EXPECT_EQ(places(*moves), (Places{{9, 1}, {12, 2}})) << "16-22 has one page, but is no block of eight";
}

TEST(Compaction, MovesLargePagesToFreeBlocksOfTheirSize) {
  BuddyBlocks blocks = small_memory(64);
  std::vector<std::uint64_t> quads;
  while (const auto first = take(blocks, 2)) quads.push_back(*first);
  for (const std::uint64_t first : quads) {
    if (first != 20 && first != 32 && first != 40 && first != 48 && first != 60) blocks.give_back(first, 2);
  }
  EXPECT_EQ(take(blocks, 4), std::nullopt);
  const auto moves = blocks.compact(4, anything);
  ASSERT_TRUE(moves.has_value());
  EXPECT_EQ(places(*moves), (Places{{20, 4}}));
  EXPECT_EQ(moves->front().order, 2u);
  EXPECT_EQ(take(blocks, 4), 16u);
  blocks.give_back(4, 2);
}

/// Pages and tables by their first frame.
using Holders = std::map<std::uint64_t, Held>;

/// Fills memory and gives a part of it back.
Holders random_holders(Dice& dice, BuddyBlocks& blocks, unsigned largest_order) {
  Holders held;
  const unsigned percent = dice.number(5, 80);
  const unsigned tables = dice.chance(50) ? 0 : 10;
  while (true) {
    const unsigned order = dice.number(0, largest_order);
    const bool table = dice.chance(tables);
    const auto first = take(blocks, order, table);
    if (!first) break;
    held[*first] = {*first, order, table};
  }
  for (auto block = held.begin(); block != held.end();) {
    if (dice.chance(percent)) {
      ++block;
      continue;
    }
    blocks.give_back(block->second.first, block->second.order);
    block = held.erase(block);
  }
  return held;
}

void follow(const std::vector<BuddyBlocks::Move>& moves, Holders& held) {
  for (const BuddyBlocks::Move& move : moves) {
    ASSERT_EQ(held.count(move.from), 1u);
    Held block = held.at(move.from);
    EXPECT_FALSE(block.table);
    EXPECT_TRUE(move.page);
    EXPECT_EQ(block.order, move.order);
    held.erase(move.from);
    block.first = move.to;
    ASSERT_TRUE(held.emplace(move.to, block).second);
  }
}

/// Whether no aligned block of single frames can be emptied: each has a table, or more pages than would find room.
void expect_impossible(std::uint64_t frames, unsigned order, const Holders& held, std::uint64_t free) {
  const std::uint64_t size = std::uint64_t{1} << order;
  for (std::uint64_t start = size; start + size <= frames; start += size) {
    std::uint64_t used = 0;
    bool table = false;
    for (auto block = held.lower_bound(start); block != held.end() && block->first < start + size; ++block) {
      ++used;
      table = table || block->second.table;
    }
    EXPECT_TRUE(table || free - (size - used) < used) << start;
  }
}

TEST(Compaction, KeepsEveryPageAndEveryFrame) {
  unsigned done = 0;
  const auto seeds = test::printed_seeds(200);
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    const std::uint64_t frames = dice.between(16, 200);
    BuddyBlocks blocks = small_memory(frames);
    const unsigned largest_order = dice.chance(50) ? 0 : 2;
    Holders held = random_holders(dice, blocks, largest_order);
    const unsigned order = dice.number(1, 5);
    const std::uint64_t free = free_frames(blocks);
    const auto moves = blocks.compact(order, anything);
    EXPECT_EQ(free_frames(blocks), free);
    if (moves) follow(*moves, held);
    done += moves && !moves->empty() ? 1 : 0;
    test::FrameByFrame reference(frames);
    for (const auto& [first, block] : held) reference.mark(first, block.order, true);
    ASSERT_EQ(free_blocks(blocks), reference.counts());
    ASSERT_EQ(take(blocks, order).has_value(), moves.has_value());
    if (!moves && largest_order == 0) expect_impossible(frames, order, held, free);
  }
  EXPECT_GT(done, seeds.size() / 5) << "most cases are about something";
}

TEST(Compaction, MovesWhatOthersUseUnlessItIsFixed) {
  for (const double unmovable : {0.0, 0.75, 1.0}) {
    BuddyBlocks blocks(2 * gibi / page, page, {1, unmovable}, 5);
    EXPECT_EQ(take(blocks, large), std::nullopt);
    std::uint64_t freed = 0;
    while (const auto moves = blocks.compact(large, anything)) {
      for (const BuddyBlocks::Move& move : *moves) ASSERT_FALSE(move.page);
      if (freed == 0) {
        EXPECT_EQ(moves->size(), 1u);
      }
      ASSERT_EQ(take(blocks, large), moves->front().from >> large << large);
      ++freed;
    }
    // The block of frame 0 is never free, and what is moved fills three more.
    EXPECT_NEAR(static_cast<double>(freed), 1024 * (1 - unmovable), 4) << unmovable;
  }
}

TEST(Compaction, MovesWhatOthersUseAsOftenAsTheConfigSays) {
  int moved = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    BuddyBlocks blocks(4 << large, page, {1, 0.75}, seed);
    if (!blocks.compact(large, anything)) continue;  // the one that moves is beside frame 0
    ++moved;
    EXPECT_TRUE(take(blocks, large).has_value());
    EXPECT_EQ(blocks.compact(large, anything), std::nullopt) << "one of four";
  }
  EXPECT_GT(moved, 15);
  EXPECT_LT(moved, 40);
}

TEST(Compaction, FindsTheFreeBlocksOfMemoryThatIsNotOpen) {
  BuddyBlocks blocks(2 * gibi / page, page, {0.5, 1}, 5);
  const auto moves = blocks.compact(large, anything);
  ASSERT_TRUE(moves.has_value());
  EXPECT_TRUE(moves->empty());
}

TEST(Compaction, CountsFramesNotPages) {
  BuddyBlocks blocks = small_memory(32);
  std::vector<std::uint64_t> singles;
  EXPECT_EQ(take(blocks, 2), 4u);
  EXPECT_EQ(take(blocks, 2), 8u);
  while (const auto frame = take(blocks, 0)) singles.push_back(*frame);
  for (const std::uint64_t frame : singles) {
    if (frame != 17 && frame != 19 && frame != 24 && frame != 28 && frame != 31) blocks.give_back(frame, 0);
  }
  blocks.give_back(4, 2);
  const auto moves = blocks.compact(3, anything);
  ASSERT_TRUE(moves.has_value());
  EXPECT_EQ(places(*moves), (Places{{17, 1}, {19, 25}})) << "8-15 has one page of four frames";
}

}  // namespace
}  // namespace tablewalk::compaction_test
