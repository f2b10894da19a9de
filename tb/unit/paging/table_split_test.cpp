#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "paging/reference_walk.h"
#include "paging/table_builder.h"

namespace tablewalk::table_split_test {
namespace {

constexpr std::uint64_t kibi = 1024;
constexpr std::uint64_t mebi = 1024 * kibi;
constexpr std::uint64_t gibi = 1024 * mebi;

struct Case {
  const char* mode;
  std::uint64_t before;
  std::uint64_t after;
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.mode << " " << one.before << " " << one.after;
}

class TableSplit : public testing::TestWithParam<Case> {};

TEST_P(TableSplit, MapsTheSameMemoryWithSmallPages) {
  const Case& one = GetParam();
  const auto mode = make_paging_mode(one.mode);
  PhysicalMemory memory;
  FrameAllocator frames(std::min(64 * gibi, mode->memory_limit()), mode->page_bytes(), {});
  TableBuilder tables(mode, memory, frames);
  const VirtualAddress first(std::uint64_t{3} * one.before);
  const PhysicalAddress page = frames.allocate_page(first, one.before);
  tables.map(first, page, one.before);
  tables.map(first + one.before, frames.allocate_page(first, one.before), one.before);
  LeafSpec spec;
  spec.rights.write = false;
  spec.dirty = false;
  std::vector<TableBuilder::Written> written;
  tables.log_writes(&written);
  const std::uint64_t count = one.before / one.after;
  tables.split(first + (one.before - 1), one.after, spec);
  EXPECT_GE(written.size(), count);
  const PhysicalMemory& content = memory;
  for (std::uint64_t i = 0; i<count; i += count> 100'000 ? 127 : 1) {
    const VirtualAddress va = first + i * one.after + (i * 8) % one.after;
    const WalkOutcome walk = reference_walk(*mode, content, tables.root(), va, {AccessKind::Load, true});
    ASSERT_TRUE(walk.translated);
    ASSERT_EQ(walk.translation.physical(va), page + (va - first));
    ASSERT_EQ(std::uint64_t{1} << walk.translation.page_shift, one.after);
    ASSERT_FALSE(walk.translation.rights.write);
    ASSERT_FALSE(walk.translation.dirty);
  }
  const WalkOutcome next = reference_walk(*mode, content, tables.root(), first + one.before, {AccessKind::Load, true});
  EXPECT_EQ(std::uint64_t{1} << next.translation.page_shift, one.before);
  EXPECT_TRUE(next.translation.rights.write);
  // Each small page can be removed by itself, and the tables go with the last.
  tables.unmap(first, one.after);
  EXPECT_FALSE(tables.is_mapped(first));
  EXPECT_TRUE(tables.is_mapped(first + one.after));
  tables.unmap(first + one.after, 2 * one.before - one.after);
  if (mode->is_radix()) {
    EXPECT_EQ(tables.table_count(), 1u);
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, TableSplit,
                         testing::Values(Case{"x86-64", 2 * mebi, 4 * kibi}, Case{"x86-64", gibi, 2 * mebi},
                                         Case{"x86-64", gibi, 4 * kibi}, Case{"x86-32", 4 * mebi, 4 * kibi},
                                         Case{"x86-pae", 2 * mebi, 4 * kibi}, Case{"sv39", 64 * kibi, 4 * kibi},
                                         Case{"sv39", 2 * mebi, 64 * kibi}, Case{"sv39", gibi, 64 * kibi},
                                         Case{"arm64-4k", 64 * kibi, 4 * kibi}, Case{"arm64-4k", 2 * mebi, 64 * kibi},
                                         Case{"arm64-4k", 32 * mebi, 2 * mebi}, Case{"arm64-4k", 32 * mebi, 64 * kibi},
                                         Case{"arm64-4k", 16 * gibi, 32 * mebi}, Case{"arm64-16k", gibi, 2 * mebi},
                                         Case{"sv32", 4 * mebi, 4 * kibi}, Case{"arm64-4k", 2 * mebi, 4 * kibi},
                                         Case{"hashed", 2 * mebi, 4 * kibi}, Case{"hashed", gibi, 2 * mebi},
                                         Case{"hashed-chained", 2 * mebi, 4 * kibi},
                                         Case{"inverted", 2 * mebi, 4 * kibi}, Case{"inverted", gibi, 2 * mebi},
                                         Case{"cuckoo", 2 * mebi, 4 * kibi}, Case{"cuckoo", gibi, 2 * mebi},
                                         Case{"radix:6,4,3/12@8", 32 * kibi, 4 * kibi}),
                         [](const auto& one) { return "Case" + std::to_string(one.index); });

}  // namespace
}  // namespace tablewalk::table_split_test
