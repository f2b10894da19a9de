// The inverted page table: its size, its frames, chains that change under walks, and several address spaces in it.
#include "paging/inverted_mode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "base/error.h"
#include "paging/reference_walk.h"
#include "paging/table_builder.h"
#include "paging/table_size.h"
#include "support/dice.h"
#include "unit/paging/plain_hashed_walk.h"

namespace tablewalk::test::inverted_mode_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

PagingControls with_frames_per_anchor(std::uint32_t frames) {
  PagingControls controls;
  controls.inverted.frames_per_anchor = frames;
  return controls;
}

/// Whatever is mapped: 16 bytes for each frame, and the anchors.
TEST(InvertedTables, NeverHaveMoreBytesThanEntriesForEveryFrame) {
  for (const std::uint64_t seed : printed_seeds(100)) {
    Dice dice(seed);
    const std::uint32_t frames_per_anchor = 1u << dice.number(0, 3);
    const auto mode = make_paging_mode("inverted", with_frames_per_anchor(frames_per_anchor));
    const std::uint64_t all = dice.between(200, 20000);
    PhysicalMemory memory;
    FrameAllocator frames(all * page_4k, page_4k, {});
    std::vector<TableBuilder> spaces;
    const std::uint32_t count = dice.number(1, 5);
    for (std::uint32_t space = 0; space < count; ++space) {
      spaces.emplace_back(mode, memory, frames, static_cast<AddressSpaceId>(space));
    }
    const auto bytes = [&] {
      std::uint64_t sum = 0;
      for (const TableBuilder& space : spaces) sum += space.table_bytes();
      return sum;
    };
    const TableSize size = table_size(*mode, {}, all * page_4k);
    std::uint64_t mapped = 0;
    try {
      for (;; ++mapped) {
        spaces[dice.number(0, count - 1)].map_range(VirtualAddress(dice.between(0, low_bits(50)) << 12), page_4k,
                                                    page_4k);
        ASSERT_EQ(bytes(), size.bytes) << "seed " << seed;
      }
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("has no room")) << "seed " << seed;
    }
    ASSERT_GT(mapped, all * 9 / 10) << "seed " << seed;
    ASSERT_EQ(bytes(), size.bytes);
    ASSERT_EQ(size.bytes_per_level[0], all * 16);
    ASSERT_LT(size.bytes_per_level[1] * frames_per_anchor, 2 * 8 * all + 8 * 8 * frames_per_anchor);
    // Another space accounts for the table when the first one ends.
    spaces.erase(spaces.begin());
    ASSERT_EQ(bytes(), spaces.empty() ? 0 : size.bytes);
  }
}

TEST(InvertedTables, TheFramesOfTheTableItselfAreNoPages) {
  const auto mode = make_paging_mode("inverted");
  PhysicalMemory memory;
  FrameAllocator frames(1024 * page_4k, page_4k, {});
  TableBuilder tables(mode, memory, frames);
  const std::uint64_t table = tables.root().value() & 0x0000fffffffffe00;
  unsigned mapped = 0;
  try {
    for (;; ++mapped) tables.map_range(VirtualAddress(mapped * page_4k), page_4k, page_4k);
  } catch (const InputError&) {  // full
  }
  for (unsigned page = 0; page < mapped; ++page) {
    const std::uint64_t frame = tables.leaf(VirtualAddress(page * page_4k))->view.target.value();
    ASSERT_TRUE(frame + page_4k <= table || frame >= table + 1024 * 24) << page;
  }
}

TEST(InvertedTables, AFrameHasOnePage) {
  const auto mode = make_paging_mode("inverted");
  PhysicalMemory memory;
  FrameAllocator frames(4096 * page_4k, page_4k, {});
  TableBuilder one(mode, memory, frames, 1);
  TableBuilder two(mode, memory, frames, 2);
  one.map(VirtualAddress(0x7000), PhysicalAddress(0x5000), page_4k);
  EXPECT_THAT([&] { two.map(VirtualAddress(0x9000), PhysicalAddress(0x5000), page_4k); },
              ThrowsMessage<InputError>(
                  AllOf(HasSubstr("address 0x9000 of space 2 cannot share the frame 0x5000"),
                        HasSubstr("its only entry is of address 0x7000 of space 1; expected another paging.mode"))));
  EXPECT_FALSE(two.is_mapped(VirtualAddress(0x9000)));
  one.unmap(VirtualAddress(0x7000), page_4k);
  two.map(VirtualAddress(0x9000), PhysicalAddress(0x5000), page_4k);
  EXPECT_THAT([&] { one.map(VirtualAddress(0x7000), PhysicalAddress(4096 * page_4k), page_4k); },
              ThrowsMessage<InputError>(HasSubstr("the frame 0x1000000 is outside of the 16 MiB of memory")));
}

TEST(InvertedTables, TheSamePageOfManySpacesIsFoundInEach) {
  for (const std::uint64_t seed : printed_seeds(20)) {
    Dice dice(seed);
    const auto mode = make_paging_mode("inverted", with_frames_per_anchor(1u << dice.number(0, 3)));
    PhysicalMemory memory;
    // As the pools of several processes: part of a memory.
    const PhysicalAddress base(dice.number(0, 3) * (std::uint64_t{1} << 26));
    FrameAllocator frames(std::uint64_t{1} << 26, page_4k, {}, base);
    std::vector<TableBuilder> spaces;
    for (AddressSpaceId space = 0; space < 40; ++space) spaces.emplace_back(mode, memory, frames, space);
    for (unsigned page = 0; page < 50; ++page) {
      for (TableBuilder& space : spaces) space.map_range(VirtualAddress(page * page_4k), page_4k, page_4k);
    }
    std::set<std::uint64_t> used;
    for (unsigned page = 0; page < 50; ++page) {
      for (const TableBuilder& space : spaces) {
        const WalkOutcome walk = reference_walk(*mode, memory, space.root(), VirtualAddress(page * page_4k), {});
        ASSERT_TRUE(walk.translated);
        ASSERT_TRUE(used.insert(walk.translation.page.value()).second);
        ASSERT_GE(walk.translation.page, base);
        ASSERT_EQ(walk.translation.page, space.leaf(VirtualAddress(page * page_4k))->view.target);
      }
    }
  }
}

/// A chain has `pages / anchors` entries on average, half of the others are before a page's own.
TEST(InvertedTables, ChainsAreAsLongAsTheLoadSays) {
  for (const std::uint64_t seed : printed_seeds(1)) {
    Dice dice(seed);
    for (const std::uint32_t frames_per_anchor : {1, 2, 4, 8}) {
      constexpr std::uint64_t all = 1 << 16;
      const auto mode = make_paging_mode("inverted", with_frames_per_anchor(frames_per_anchor));
      PhysicalMemory memory;
      FrameAllocator frames(all * page_4k, page_4k, {});
      TableBuilder tables(mode, memory, frames);
      std::set<std::uint64_t> pages;
      while (pages.size() < all / 2) pages.insert(dice.between(0, low_bits(40)) << 12);
      for (const std::uint64_t va : pages) tables.map_range(VirtualAddress(va), page_4k, page_4k);
      double reads = 0;
      for (const std::uint64_t va : pages) {
        reads += reference_walk(*mode, memory, tables.root(), VirtualAddress(va), {}).entry_reads;
      }
      const double hit = reads / static_cast<double>(pages.size());
      const double formula = 2 + 0.5 * frames_per_anchor / 2;
      std::printf("half of the frames, %u frames per anchor: %.3f reads (formula %.3f)\n", frames_per_anchor, hit,
                  formula);
      EXPECT_NEAR(hit, formula, 0.03) << frames_per_anchor << ", seed " << seed;
    }
  }
}

/// Chains with several entries, which other pages leave and enter between any two reads of a walk.
TEST(InvertedTables, AWalkFindsAPageThatIsMappedAllTheTimeWhateverElseChanges) {
  std::uint64_t astray = 0;
  for (const std::uint64_t seed : printed_seeds(200)) {
    Dice dice(seed);
    const auto mode = make_paging_mode("inverted", with_frames_per_anchor(8));
    PhysicalMemory memory;
    FrameAllocator frames(256 * page_4k, page_4k, {});
    std::vector<TableBuilder> spaces;
    for (AddressSpaceId space = 0; space < 3; ++space) spaces.emplace_back(mode, memory, frames, space);
    std::map<std::pair<unsigned, std::uint64_t>, std::uint64_t> pages;  // frame, by space and address
    std::vector<std::uint64_t> free;
    for (std::uint64_t frame = 1; frame < 100; ++frame) free.push_back(frame * page_4k);
    const auto change = [&](std::pair<unsigned, std::uint64_t> except) {
      const std::pair<unsigned, std::uint64_t> page{dice.number(0, 2), dice.between(0, 200) * page_4k};
      const auto old = pages.find(page);
      if (page == except) return;
      if (old != pages.end()) {
        free.push_back(old->second);
        spaces[page.first].unmap(VirtualAddress(page.second), page_4k);
        pages.erase(old);
      } else if (!free.empty()) {
        const std::size_t taken = dice.between(0, free.size() - 1);
        std::swap(free[taken], free.back());
        spaces[page.first].map(VirtualAddress(page.second), PhysicalAddress(free.back()), page_4k);
        pages[page] = free.back();
        free.pop_back();
      }
    };
    while (pages.size() < 80) change({});
    for (unsigned i = 0; i < 200; ++i) {
      const auto wanted = std::next(pages.begin(), static_cast<std::ptrdiff_t>(dice.between(0, pages.size() - 1)));
      const auto [page, frame] = *wanted;
      const VirtualAddress va(page.second);
      const unsigned still = reference_walk(*mode, memory, spaces[page.first].root(), va, {}).entry_reads;
      Walk walk(*mode, spaces[page.first].root(), va, {});
      unsigned reads = 0;
      while (walk.step() == Walk::Step::ReadEntry) {
        for (unsigned changes = dice.number(0, 12); changes != 0; --changes) change(page);
        std::array<unsigned char, Walk::longest_read> bytes{};
        memory.read_bytes(walk.entry_address(), walk.read_bytes(), bytes.data());
        walk.supply(bytes.data());
        ++reads;
      }
      ASSERT_EQ(walk.step(), Walk::Step::Done) << "seed " << seed << ", walk " << i;
      ASSERT_EQ(walk.translation().page.value(), frame) << "seed " << seed << ", walk " << i;
      astray += reads > still ? 1 : 0;
    }
  }
  std::printf("%llu walks took longer than without changes\n", static_cast<unsigned long long>(astray));
  EXPECT_GT(astray, 100u);
}

TEST(InvertedMode, RootsAndParametersThatCannotBeAreRefused) {
  const auto mode = make_paging_mode("inverted");
  EXPECT_EQ(mode->decode_root(0x0003000000010043).asid, 3);
  EXPECT_THAT([&] { mode->decode_root(0x10042); },
              ThrowsMessage<InputError>(HasSubstr("expected bits 5:0 of 3 to 36")));
  EXPECT_THROW(mode->decode_root(0x10065), InputError);
  std::string keys;
  InvertedControls controls;
  const auto problem = [&](const std::string& key, const std::string&) { keys += key + " "; };
  for (const std::uint32_t frames : {1, 2, 4, 8, 0, 3, 16}) {
    controls.frames_per_anchor = frames;
    controls.check(problem);
  }
  EXPECT_EQ(keys, "frames_per_anchor frames_per_anchor frames_per_anchor ");
  PhysicalMemory memory;
  FrameAllocator frames(16 * page_4k, page_4k, {}, PhysicalAddress(16 * page_4k));
  EXPECT_THAT([&] { TableBuilder(make_paging_mode("inverted", with_frames_per_anchor(8)), memory, frames); },
              ThrowsMessage<InputError>(HasSubstr("expected at least 64 frames per process")));
}

}  // namespace
}  // namespace tablewalk::test::inverted_mode_test
