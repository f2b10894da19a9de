// Which pages a walk tells a coalescing TLB about: against the leaves of the tables, one by one.
#include "paging/neighbours.h"

#include <gtest/gtest.h>

#include "paging/reference_walk.h"
#include "paging/table_builder.h"
#include "support/dice.h"

namespace tablewalk::test::neighbours_test {
namespace {

constexpr Access load{AccessKind::Load, true};

struct World {
  explicit World(const std::string& name)
      : mode(make_paging_mode(name)),
        frames(std::uint64_t{1} << 30, mode->page_bytes(), {}),
        tables(mode, memory, frames) {}

  std::uint16_t neighbours(std::uint64_t va, unsigned bytes = 64) const {
    const LinePages line = line_in_tables(*mode, memory, tables.root(), VirtualAddress(va), load, bytes);
    const WalkOutcome walk = reference_walk(*mode, memory, tables.root(), VirtualAddress(va), load);
    return neighbours_of(walk.translation, VirtualAddress(va), line);
  }
  void map(std::uint64_t va, std::uint64_t page, std::uint64_t page_bytes, const LeafSpec& spec = {}) {
    tables.map(VirtualAddress(va), PhysicalAddress(page), page_bytes, spec);
  }

  std::shared_ptr<const PagingMode> mode;
  PhysicalMemory memory;
  FrameAllocator frames;
  TableBuilder tables;
};

/// The pages of the aligned group of 16 around `va` that qualify, each by its own leaf.
std::uint16_t expected_neighbours(const World& world, std::uint64_t va, std::uint64_t page_bytes, unsigned line) {
  const auto own = world.tables.leaf(VirtualAddress(va));
  const std::uint64_t group = va / (16 * page_bytes) * 16 * page_bytes;
  std::uint16_t expected = 0;
  if (world.mode->neighbours_in(line) == 1) return expected;
  const auto table_of = [&](std::uint64_t at) {
    return world.mode->is_radix() ? at / page_bytes >> world.mode->level(0).index_bits : 0;
  };
  for (std::uint64_t i = 0; i < 16; ++i) {
    const std::uint64_t other = group + i * page_bytes;
    if (other == va || table_of(other) != table_of(va) || !world.mode->translates(VirtualAddress(other))) continue;
    const auto leaf = world.tables.leaf(VirtualAddress(other));
    if (!leaf || leaf->view.page_shift != own->view.page_shift) continue;
    const bool same = leaf->view.accessed && leaf->view.dirty == own->view.dirty &&
                      leaf->view.global == own->view.global && leaf->view.rights == own->view.rights;
    const bool contiguous = leaf->view.target.value() - other == own->view.target.value() - va;
    const bool in_line = leaf->at.value() / line == own->at.value() / line;
    if (same && contiguous && in_line) expected = static_cast<std::uint16_t>(expected | 1u << i);
  }
  return expected;
}

class NeighboursIn : public testing::TestWithParam<const char*> {};

TEST_P(NeighboursIn, ALineAreThoseThatQualifyOneByOne) {
  std::uint64_t found = 0;
  for (const std::uint64_t seed : printed_seeds(40)) {
    Dice dice(seed);
    World world(GetParam());
    const std::uint64_t size = world.mode->page_bytes();
    const std::uint64_t base = dice.between(0, 3) * 64 * size;
    std::vector<std::uint64_t> mapped;
    for (std::uint64_t i = 0; i < 64; ++i) {
      const std::uint64_t va = base + i * size;
      if (dice.chance(10) || !world.mode->translates(VirtualAddress(va))) continue;
      LeafSpec spec;
      spec.accessed = dice.chance(85);
      spec.dirty = spec.accessed && dice.chance(85);
      spec.rights.write = dice.chance(90);
      spec.global = dice.chance(10);
      world.map(va, (0x1000 + i + (dice.chance(85) ? 0 : 0x100)) * size, size, spec);
      mapped.push_back(va);
    }
    for (const unsigned line : {16u, 32u, 64u}) {
      if (line < world.mode->largest_read()) continue;
      for (const std::uint64_t va : mapped) {
        const auto leaf = world.tables.leaf(VirtualAddress(va));
        if (!leaf->view.accessed) continue;
        const std::uint16_t neighbours = world.neighbours(va + 7, line);
        ASSERT_EQ(neighbours, expected_neighbours(world, va, size, line))
            << "page " << std::hex << va << ", line " << std::dec << line << ", seed " << seed;
        found += neighbours != 0 ? 1 : 0;
      }
    }
  }
  EXPECT_EQ(found > 100, std::string(GetParam()) != "hashed-chained") << found;
}
INSTANTIATE_TEST_SUITE_P(Modes, NeighboursIn,
                         testing::Values("x86-64", "x86-32", "x86-pae", "sv39", "arm64-4k", "flat32", "radix:3,2/12@8",
                                         "radix:2,6/12@4", "hashed", "hashed-chained"),
                         [](const auto& mode) {
                           std::string name = mode.param;
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

TEST(Neighbours, RightsOfTheLevelsAboveAreThoseOfAll) {
  World world("x86-64");
  for (std::uint64_t i = 0; i < 8; ++i) world.map(i << 12, 0x100000 + (i << 12), 4096);
  EXPECT_EQ(world.neighbours(0x3000), 0xf7);
}

TEST(Neighbours, PagesOfTwoMegabytesHaveThemToo) {
  World world("x86-64");
  for (std::uint64_t i = 6; i < 9; ++i) world.map(i << 21, (16 + i) << 21, 1 << 21);
  EXPECT_EQ(world.neighbours((7 << 21) + 0x1234), 0x40) << "page 8 is in the next line";
}

TEST(Neighbours, APageOfSeveralEntriesHasNone) {
  World world("sv39");
  for (std::uint64_t i = 0; i < 4; ++i) world.map(i << 16, 0x100000 + (i << 16), 1 << 16);
  EXPECT_EQ(world.neighbours(0x10000), 0);
}

TEST(Neighbours, ASmallPageIsNotTheNeighbourOfAnEqualPlaceInAPageOfSeveralEntries) {
  World world("sv39");
  world.map(0x10000, 0x110000, 1 << 16);
  world.map(0x0f000, 0x10f000, 4096);
  world.map(0x0e000, 0x10e000, 4096);
  EXPECT_EQ(world.neighbours(0x0f000), 0x4000);
}

TEST(Neighbours, EntriesBeforeAndAfterASmallTableAreOfAnotherOne) {
  World world("radix:8,1/12@8");  // tables of 16 bytes: four in a line
  for (std::uint64_t i = 0; i < 16; ++i) world.map(i << 12, 0x100000 + (i << 12), 4096);
  EXPECT_EQ(world.neighbours(0x4000), 1u << 5);
  EXPECT_EQ(world.neighbours(0x5000), 1u << 4);
}

}  // namespace
}  // namespace tablewalk::test::neighbours_test
