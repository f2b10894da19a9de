#include "paging/table_builder.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "base/error.h"
#include "paging/reference_walk.h"

namespace tablewalk::table_builder_test {
namespace {

constexpr std::uint64_t mebi = std::uint64_t{1} << 20;
constexpr std::uint64_t gibi = std::uint64_t{1} << 30;
constexpr std::uint64_t tebi = std::uint64_t{1} << 40;

/// One address space of a mode in its own memory.
struct World {
  explicit World(const std::string& mode_name, std::uint64_t memory_bytes = gibi)
      : mode(make_paging_mode(mode_name)),
        frames(memory_bytes, mode->page_bytes(), {}),
        builder(mode, memory, frames) {}

  WalkOutcome walk(std::uint64_t va, Access access = {}) {
    return reference_walk(*mode, memory, builder.root(), VirtualAddress(va), access);
  }
  std::string error_of_map(std::uint64_t va, std::uint64_t page, std::uint64_t bytes) {
    try {
      builder.map(VirtualAddress(va), PhysicalAddress(page), bytes);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  std::shared_ptr<const PagingMode> mode;
  PhysicalMemory memory;
  FrameAllocator frames;
  TableBuilder builder;
};

TEST(TableBuilder, TheTeachingProcessTakes69TablesOf8832Bytes) {
  World world("radix:5,5,5,5/12@4");
  world.builder.map_range(VirtualAddress(0), 4 * mebi, 4096);
  world.builder.map_range(VirtualAddress(0xFFC00000 & low_bits(32)), 4 * mebi, 4096);
  EXPECT_EQ(world.builder.tables_per_level(), (std::vector<std::uint64_t>{64, 2, 2, 1}));
  EXPECT_EQ(world.builder.table_count(), 69u);
  EXPECT_EQ(world.builder.table_bytes(), 8832u);
}

TEST(TableBuilder, WalksReadAsManyEntriesAsThereAreLevelsAboveTheLeaf) {
  struct Case {
    const char* mode;
    std::uint64_t page_bytes;
    unsigned reads;
  };
  for (const Case& one : {Case{"flat32", 4096, 1},      Case{"x86-32", 4096, 2},
                          Case{"x86-32", 4 * mebi, 1},  Case{"radix:5,5,5,5/12@4", 4096, 4},
                          Case{"x86-64", 4096, 4},      Case{"x86-64", 2 * mebi, 3},
                          Case{"x86-64", gibi, 2},      Case{"x86-64-la57", 4096, 5},
                          Case{"x86-64-la57", gibi, 3}, Case{"sv32", 4096, 2},
                          Case{"sv32", 4 * mebi, 1},    Case{"sv39", 4096, 3},
                          Case{"sv39", 65536, 3},       Case{"sv39", gibi, 1},
                          Case{"sv48", 2 * mebi, 3},    Case{"sv57", 4096, 5},
                          Case{"sv57", 2 * mebi, 4},    Case{"arm64-4k", 4096, 4},
                          Case{"arm64-4k", gibi, 2},    Case{"arm64-16k", 16384, 3},
                          Case{"arm64-64k", 65536, 3}}) {
    World world(one.mode);
    world.builder.map(VirtualAddress(gibi), PhysicalAddress(0), one.page_bytes);
    const WalkOutcome outcome = world.walk(gibi + one.page_bytes - 1);
    ASSERT_TRUE(outcome.translated) << one.mode;
    EXPECT_EQ(outcome.entry_reads, one.reads) << one.mode << " with pages of " << one.page_bytes;
    EXPECT_EQ(outcome.translation.physical(VirtualAddress(gibi + one.page_bytes - 1)).value(), one.page_bytes - 1);
    EXPECT_EQ(outcome.entry_updates, 0u) << "accessed and dirty were set beforehand";
  }
}

TEST(TableBuilder, AFlat48TableCostsTheHostOnlyThePagesItTouches) {
  World world("flat48", tebi);
  world.builder.map_range(VirtualAddress(0x400000), mebi, 4096);
  world.builder.map_range(VirtualAddress(0x7ffffff00000), mebi, 4096);
  EXPECT_EQ(world.builder.table_bytes(), 512 * gibi);
  EXPECT_LE(world.memory.touched_pages(), 4u);
  EXPECT_EQ(world.walk(0x7ffffff01234).entry_reads, 1u);
  world.builder.unmap(VirtualAddress(0x400000), mebi);
  EXPECT_FALSE(world.walk(0x400000).translated);
  EXPECT_TRUE(world.walk(0x7ffffff01234).translated);
}

TEST(TableBuilder, MapsBothCanonicalHalvesToTheirVeryEnds) {
  World world("x86-64");
  world.builder.map_range(VirtualAddress(0x7ffffffff000), 4096, 4096);
  world.builder.map_range(VirtualAddress(0xffff800000000000), 4096, 4096);
  world.builder.map_range(VirtualAddress(0xfffffffffffff000), 4096, 4096);
  EXPECT_TRUE(world.walk(0xffffffffffffffff).translated);
  world.builder.unmap(VirtualAddress(0xffff800000000000), std::uint64_t{1} << 47);
  EXPECT_FALSE(world.builder.is_mapped(VirtualAddress(0xfffffffffffff000)));
  EXPECT_TRUE(world.builder.is_mapped(VirtualAddress(0x7ffffffff000)));
  EXPECT_FALSE(world.builder.is_mapped(VirtualAddress(0x800000000000)));
}

TEST(TableBuilder, SaysWhatIsWrongWithAMapping) {
  World world("x86-64");
  world.builder.map(VirtualAddress(0), PhysicalAddress(0), 2 * mebi);
  world.builder.map(VirtualAddress(gibi), PhysicalAddress(0), 4096);
  EXPECT_EQ(world.error_of_map(0x800000000000, 0, 4096),
            "x86-64: address 0x800000000000 is outside the 48-bit address space");
  EXPECT_EQ(world.error_of_map(0, 0, 8192), "x86-64: has no pages of 8K: expected 4K, 2M, 1G");
  EXPECT_EQ(world.error_of_map(0x200800, 0, 4096),
            "x86-64: page at 0x200800 to physical 0x0: expected both aligned to 4K");
  EXPECT_EQ(world.error_of_map(0x200000, 0x1000, 2 * mebi),
            "x86-64: page at 0x200000 to physical 0x1000: expected both aligned to 2M");
  EXPECT_EQ(world.error_of_map(0x200000, std::uint64_t{1} << 52, 4096),
            "x86-64: physical page 0x10000000000000 does not fit an entry: expected one below 0x10000000000000");
  EXPECT_EQ(world.error_of_map(0x1000, 0, 4096), "x86-64: address 0x1000 is already mapped by a larger page of 2M");
  EXPECT_EQ(world.error_of_map(0, 0, 2 * mebi), "x86-64: address 0x0 is already mapped: expected an unmapped 2M page");
  EXPECT_EQ(world.error_of_map(gibi, 0, gibi),
            "x86-64: address 0x40000000 is already mapped: expected an unmapped 1G page");
  EXPECT_THROW(world.builder.map_range(VirtualAddress(0x2000000), 4097, 4096), InputError);
  EXPECT_THROW(world.builder.map_range(VirtualAddress(0x7ffffffff000), 8192, 4096), InputError);
  EXPECT_EQ(world.builder.table_count(), 5u);
}

TEST(TableBuilder, ARangeThatCoversAPartOfALargePageChangesNothing) {
  World world("x86-64");
  world.builder.map_range(VirtualAddress(0), 4 * mebi, 2 * mebi);
  EXPECT_THROW(world.builder.unmap(VirtualAddress(0), 2 * mebi + 4096), InputError);
  EXPECT_THROW(world.builder.unmap(VirtualAddress(4096), 4 * mebi - 4096), InputError);
  EXPECT_THROW(world.builder.protect(VirtualAddress(mebi), 4096, {}), InputError);
  EXPECT_THROW(world.builder.unmap(VirtualAddress(0), 100), InputError);
  EXPECT_TRUE(world.builder.is_mapped(VirtualAddress(0)));
  EXPECT_TRUE(world.builder.is_mapped(VirtualAddress(2 * mebi)));
}

TEST(TableBuilder, TablesThatAreEmptyGiveTheirFramesBack) {
  World world("x86-64", mebi);  // 256 frames: tables for 80 pages far apart at most
  for (std::uint64_t i = 0; i < 200; ++i) {
    const VirtualAddress va(i << 39);
    world.builder.map(va, PhysicalAddress(0), 4096);
    EXPECT_EQ(world.builder.table_count(), 4u);
    world.builder.unmap(va, 4096);
    EXPECT_EQ(world.builder.table_count(), 1u);
  }
}

TEST(TableBuilder, ARangeEndsWithItsLastByte) {
  World world("x86-64");
  world.builder.map(VirtualAddress(2 * mebi - 4096), PhysicalAddress(mebi), 4096);
  world.builder.map(VirtualAddress(2 * mebi), PhysicalAddress(4 * mebi), 2 * mebi);
  world.builder.map(VirtualAddress(4 * mebi), PhysicalAddress(mebi), 4096);
  EXPECT_NO_THROW(world.builder.unmap(VirtualAddress(2 * mebi - 4096), 4096)) << "the large page begins behind it";
  EXPECT_NO_THROW(world.builder.unmap(VirtualAddress(4 * mebi), 4096)) << "and ends before this one";
  EXPECT_TRUE(world.builder.is_mapped(VirtualAddress(2 * mebi)));
  EXPECT_TRUE(world.builder.is_mapped(VirtualAddress(4 * mebi - 1)));
  EXPECT_FALSE(world.builder.is_mapped(VirtualAddress(2 * mebi - 1)));
  EXPECT_NO_THROW(world.builder.unmap(VirtualAddress(2 * mebi), 2 * mebi));
  EXPECT_EQ(world.builder.table_count(), 1u) << "the root";
}

/// A std::map model of a small address space, by pages of the smallest size.
struct Expected {
  std::uint64_t frame;
  bool write;
};

/// Number of tables needed by a set of mapped smallest pages, counted directly.
std::vector<std::uint64_t> tables_needed(const PagingMode& mode, const std::map<std::uint64_t, Expected>& pages) {
  std::vector<std::uint64_t> counts;
  for (unsigned level = 0; level < mode.levels(); ++level) {
    std::set<std::uint64_t> prefixes;
    if (level == mode.root_level()) prefixes.insert(0);
    const unsigned shift = mode.level(level).index_shift + mode.level(level).index_bits;
    for (const auto& [va, expected] : pages) prefixes.insert((va & low_bits(mode.virtual_bits())) >> shift);
    counts.push_back(prefixes.size());
  }
  return counts;
}

class AnyMode : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(, AnyMode,
                         testing::Values("radix:5,5,5,5/12@4", "radix:3,2,4/13@8", "flat32", "x86-32", "x86-pae",
                                         "x86-64", "x86-64-la57", "sv32", "sv39", "sv48", "sv57", "arm64-4k",
                                         "arm64-16k", "arm64-64k"));

TEST_P(AnyMode, RandomMapUnmapAndProtectAgreeWithAMap) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  World world(GetParam());
  const PagingMode& mode = *world.mode;
  const std::uint64_t page = mode.page_bytes();
  std::map<std::uint64_t, Expected> expected;
  const std::uint64_t span = std::min<std::uint64_t>(mode.virtual_bits() - mode.offset_bits(), 20);
  for (int step = 0; step < 400; ++step) {
    const std::uint64_t first = (random() & low_bits(static_cast<unsigned>(span))) * page;
    const std::uint64_t room = low_bits(mode.virtual_bits()) - first;
    const std::uint64_t bytes = std::min((1 + random() % 200) * page, room / page * page + page);
    const bool write = random() % 2 == 0;
    const LeafSpec spec{{true, write, true, true}};
    const unsigned action = random() % 4;
    if (action == 0) {
      world.builder.unmap(VirtualAddress(first), bytes);
      expected.erase(expected.lower_bound(first), expected.lower_bound(first + bytes));
    } else if (action == 1) {
      world.builder.protect(VirtualAddress(first), bytes, spec);
      for (auto at = expected.lower_bound(first); at != expected.lower_bound(first + bytes); ++at) {
        at->second.write = write;
      }
    } else {
      for (std::uint64_t va = first; va < first + bytes; va += page) {
        if (expected.count(va) != 0) continue;
        const std::uint64_t frame = random() % 1000 * page;
        world.builder.map(VirtualAddress(va), PhysicalAddress(frame), page, spec);
        expected[va] = {frame, write};
      }
    }
    ASSERT_EQ(world.builder.tables_per_level(), tables_needed(mode, expected)) << "after step " << step;
  }
  for (const auto& [va, want] : expected) {
    const WalkOutcome outcome = world.walk(va);
    ASSERT_TRUE(outcome.translated);
    ASSERT_EQ(outcome.translation.page.value(), want.frame);
    ASSERT_EQ(outcome.translation.rights.write, want.write);
  }
  for (int probe = 0; probe < 2000; ++probe) {
    const std::uint64_t va = (random() & low_bits(static_cast<unsigned>(span))) * page;
    ASSERT_EQ(world.builder.is_mapped(VirtualAddress(va)), expected.count(va) != 0);
  }
}

TEST_P(AnyMode, PagesOfEverySizeAreMappedWalkedProtectedAndUnmapped) {
  World world(GetParam(), 16 * mebi);
  const PagingMode& mode = *world.mode;
  for (const PageSize& size : mode.page_sizes()) {
    if (size.bytes() > mode.memory_limit() / 4) continue;
    SCOPED_TRACE(size.bytes());
    const VirtualAddress va(size.bytes());
    const PhysicalAddress page(2 * size.bytes());
    world.builder.map(va, page, size.bytes(), {{true, false, false, true, false}, true, false, true});
    for (const std::uint64_t offset : {std::uint64_t{0}, size.bytes() / 2, size.bytes() - 1}) {
      const WalkOutcome outcome = world.walk((va + offset).value());
      ASSERT_TRUE(outcome.translated);
      EXPECT_EQ(outcome.translation.page, page);
      EXPECT_EQ(outcome.translation.page_shift, size.shift);
      EXPECT_EQ(outcome.translation.level, size.level);
      EXPECT_FALSE(outcome.translation.rights.write);
      EXPECT_FALSE(outcome.translation.dirty);
      EXPECT_TRUE(outcome.translation.global);
    }
    EXPECT_EQ(world.walk(va.value() - 1).fault.reason, FaultReason::NotPresent);
    EXPECT_EQ(world.walk((va + size.bytes()).value()).fault.reason, FaultReason::NotPresent);
    EXPECT_EQ(world.walk(va.value(), {AccessKind::Store, true}).fault.reason, FaultReason::Permission);
    world.builder.protect(va, size.bytes(), {});
    for (const std::uint64_t offset : {std::uint64_t{0}, size.bytes() - 1}) {
      const WalkOutcome outcome = world.walk((va + offset).value(), {AccessKind::Store, true});
      ASSERT_TRUE(outcome.translated);
      EXPECT_EQ(outcome.translation.page, page);
      EXPECT_EQ(outcome.translation.page_shift, size.shift);
      EXPECT_FALSE(outcome.translation.global);
    }
    world.builder.unmap(va, size.bytes());
    EXPECT_FALSE(world.builder.is_mapped(va));
    EXPECT_EQ(world.builder.table_count(), 1u);
  }
}

TEST(SmallWorlds, EveryPageOfEveryTinySplitTranslatesToItsFrameAlone) {
  for (const char* name :
       {"radix:8/4@4", "radix:4,4/4@4", "radix:1,7/4@8", "radix:2,2,2,2/4@4", "radix:1,1,1,1,1,1,1,1/4@8"}) {
    World world(name, mebi);
    for (std::uint64_t page = 0; page < 256; page += 2) {
      world.builder.map(VirtualAddress(page * 16), PhysicalAddress((255 - page) * 16), 16);
    }
    for (std::uint64_t va = 0; va < 4096; ++va) {
      const WalkOutcome outcome = world.walk(va);
      ASSERT_EQ(outcome.translated, va / 16 % 2 == 0) << name << " at " << va;
      ASSERT_EQ(outcome.entry_reads, world.mode->levels());
      if (!outcome.translated) continue;
      ASSERT_EQ(outcome.translation.physical(VirtualAddress(va)).value(), (255 - va / 16) * 16 + va % 16);
    }
    EXPECT_EQ(world.walk(4096).fault.reason, FaultReason::NonCanonical);
    world.builder.unmap(VirtualAddress(0), 4096);
    EXPECT_EQ(world.builder.table_count(), 1u) << "only the root is left";
    EXPECT_EQ(world.memory.read(world.builder.root(), 4), 0u);
  }
}

TEST(SmallWorlds, TwoAddressSpacesMapOneAddressToDifferentFrames) {
  World world("x86-64");
  TableBuilder other(world.mode, world.memory, world.frames, 1);
  world.builder.map_range(VirtualAddress(0x400000), 4096, 4096);
  other.map_range(VirtualAddress(0x400000), 4096, 4096);
  const WalkOutcome theirs = reference_walk(*world.mode, world.memory, other.root(), VirtualAddress(0x400000), {});
  ASSERT_TRUE(theirs.translated);
  EXPECT_NE(theirs.translation.page, world.walk(0x400000).translation.page);
}

}  // namespace
}  // namespace tablewalk::table_builder_test
