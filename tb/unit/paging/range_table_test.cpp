// The range table as bits in memory, against a plain map of pages.

#include "paging/range_table.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "paging/table_builder.h"
#include "support/dice.h"
#include "support/range_search.h"

namespace tablewalk::test::range_table_test {
namespace {

constexpr std::uint64_t page_bytes = 4096;

Translation page_at(std::uint64_t frame, bool writable = true) {
  Translation page;
  page.page = PhysicalAddress(frame * page_bytes);
  page.page_shift = page.whole_shift = 12;
  page.rights.write = writable;
  page.dirty = true;
  return page;
}

VirtualAddress address(std::uint64_t number) {
  return VirtualAddress(number * page_bytes);
}

/// What the entries in memory say, in order.
std::vector<RangeEntry> entries_in(const PhysicalMemory& memory, const RangeRegister& where) {
  std::vector<RangeEntry> entries;
  for (std::uint64_t i = 0; i < where.entries; ++i) {
    RangeEntry::Words words{};
    for (unsigned word = 0; word < 4; ++word) {
      words[word] = memory.read(where.table + i * RangeEntry::bytes + word * 8, 8);
    }
    entries.push_back(RangeEntry::decode(words).value());
  }
  return entries;
}

struct Bench {
  explicit Bench(std::uint64_t least_pages = 1) : table(memory, frames, least_pages) {}

  std::vector<RangeEntry> entries() const { return entries_in(memory, table.where()); }
  void remove(std::uint64_t number) { table.remove(address(number), address(number) + (page_bytes - 1)); }

  PhysicalMemory memory;
  FrameAllocator frames{std::uint64_t{1} << 32, page_bytes, {}};
  RangeTable table;
};

TEST(RangeTable, AnEntryIsThirtyTwoBytesOfTheDocumentedLayout) {
  Bench bench;
  Translation page = page_at(0x55, false);
  page.rights = {true, false, true, false, true, 9};
  page.global = true;
  page.level = 1;
  bench.table.add(address(0x40), page);
  const PhysicalAddress at = bench.table.where().table;
  EXPECT_EQ(at.value() % RangeEntry::bytes, 0u);
  EXPECT_EQ(bench.memory.read(at, 8), 0x40000u);
  EXPECT_EQ(bench.memory.read(at + 8, 8), 0x40fffu);
  EXPECT_EQ(bench.memory.read(at + 16, 8), 0x15000u);
  EXPECT_EQ(bench.memory.read(at + 24, 8), 0x09010c6bu) << "valid, read, execute, privileged execute, global";
  const RangeEntry entry = bench.entries().at(0);
  EXPECT_TRUE(entry.rights == page.rights);
  EXPECT_EQ(entry.level, 1u);
  EXPECT_EQ(entry.translation(VirtualAddress(0x40123)).page.value(), 0x55000u);
}

TEST(RangeTable, APageBetweenTwoRangesJoinsThem) {
  Bench bench;
  bench.table.add(address(8), page_at(108));
  bench.table.add(address(10), page_at(110));
  EXPECT_EQ(bench.entries().size(), 2u);
  bench.table.add(address(9), page_at(109));
  ASSERT_EQ(bench.entries().size(), 1u);
  EXPECT_EQ(bench.entries()[0].first, address(8));
  EXPECT_EQ(bench.entries()[0].last.value(), address(11).value() - 1);
  EXPECT_EQ(bench.table.pages(), 3u);
}

TEST(RangeTable, PagesThatDifferInAnythingAreInDifferentRanges) {
  const auto ranges = [](const Translation& second) {
    Bench bench;
    bench.table.add(address(8), page_at(108));
    bench.table.add(address(9), second);
    return bench.entries().size();
  };
  EXPECT_EQ(ranges(page_at(109)), 1u);
  EXPECT_EQ(ranges(page_at(110)), 2u);
  EXPECT_EQ(ranges(page_at(109, false)), 2u);
  Translation other = page_at(109);
  other.global = true;
  EXPECT_EQ(ranges(other), 2u);
  other = page_at(109);
  other.level = 1;
  EXPECT_EQ(ranges(other), 2u);
}

TEST(RangeTable, APageThatAStoreWouldMarkOrThatIsAPartOfALargerOneIsInNoRange) {
  Bench bench;
  Translation clean = page_at(108);
  clean.dirty = false;
  bench.table.add(address(8), clean);
  Translation part = page_at(109);
  part.whole_shift = 13;
  bench.table.add(address(9), part);
  EXPECT_EQ(bench.entries().size(), 0u);
}

TEST(RangeTable, APageTakenOutOfTheMiddleLeavesTwoRanges) {
  Bench bench(2);
  for (std::uint64_t number = 8; number < 13; ++number) bench.table.add(address(number), page_at(100 + number));
  bench.remove(10);
  ASSERT_EQ(bench.entries().size(), 2u);
  EXPECT_EQ(bench.entries()[0].last.value(), address(10).value() - 1);
  EXPECT_EQ(bench.entries()[1].first, address(11));
  bench.remove(8);
  EXPECT_EQ(bench.entries().size(), 1u) << "a page is left, less than the table has";
  bench.table.add(address(8), page_at(108));
  EXPECT_EQ(bench.entries().size(), 2u);
}

TEST(RangeTable, ASmallPageReplacesTheLargeOneAroundIt) {
  Bench bench;
  Translation large = page_at(512);
  large.page_shift = large.whole_shift = 21;
  bench.table.add(address(512), large);
  large.page = PhysicalAddress(1024 * page_bytes);
  bench.table.add(address(1024), large);
  ASSERT_EQ(bench.entries().size(), 1u);
  bench.table.add(address(513), page_at(7));
  const auto entries = bench.entries();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].first, address(513));
  EXPECT_EQ(entries[0].page_shift, 12u);
  EXPECT_EQ(entries[1].first, address(1024));
}

TEST(RangeTable, ASearchReadsOneEntryForEachDoublingOfTheTable) {
  Bench bench;
  for (std::uint64_t number = 0; number < 1000; ++number) bench.table.add(address(2 * number), page_at(5000 - number));
  for (std::uint64_t number = 0; number < 1000; ++number) {
    unsigned reads = 0;
    const auto found = search(bench.memory, bench.table.where(), address(2 * number) + 77, &reads);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->first, address(2 * number));
    EXPECT_LE(reads, 10u);
    EXPECT_FALSE(search(bench.memory, bench.table.where(), address(2 * number + 1)).has_value());
  }
}

TEST(RangeTable, ASearchInAnArrayThatWasReplacedFindsNothing) {
  Bench bench;
  bench.table.add(address(0), page_at(77));
  const RangeRegister before = bench.table.where();
  for (std::uint64_t number = 1; number <= 64; ++number) bench.table.add(address(2 * number), page_at(500 - number));
  ASSERT_NE(bench.table.where().table, before.table);
  EXPECT_FALSE(search(bench.memory, before, address(0)).has_value());
  EXPECT_TRUE(search(bench.memory, bench.table.where(), address(0)).has_value());
}

TEST(RangeTable, OnlyPagesWhoseEntryNoWalkWouldChangeAreSettled) {
  const std::shared_ptr<const PagingMode> mode = make_paging_mode("x86-64");
  PhysicalMemory memory;
  FrameAllocator frames(std::uint64_t{1} << 32, page_bytes, {});
  TableBuilder tables(mode, memory, frames);
  const auto settled = [&](std::uint64_t number, const LeafSpec& spec) {
    tables.map(address(number), PhysicalAddress(number * page_bytes), page_bytes, spec);
    return settled_page(*mode, memory, tables.root(), address(number)).has_value();
  };
  LeafSpec spec;
  EXPECT_TRUE(settled(1, spec));
  spec.dirty = false;
  EXPECT_FALSE(settled(2, spec));
  spec.accessed = false;
  EXPECT_FALSE(settled(3, spec));
  spec = {};
  spec.rights.user = spec.rights.write = false;
  EXPECT_TRUE(settled(4, spec));
  EXPECT_FALSE(settled_page(*mode, memory, tables.root(), address(5)).has_value());
}

/// Pages by number, and the maximal runs of them.
class Oracle {
 public:
  void add(std::uint64_t number, const Translation& page) { pages_[number] = page; }
  void remove(std::uint64_t number) { pages_.erase(number); }
  std::vector<RangeEntry> runs(std::uint64_t least_pages) const {
    std::vector<RangeEntry> all;
    for (auto page = pages_.begin(); page != pages_.end();) {
      const auto first = page;
      std::uint64_t length = 1;
      while (++page != pages_.end() && page->first == first->first + length &&
             page->second.page == first->second.page + length * page_bytes &&
             page->second.rights == first->second.rights) {
        ++length;
      }
      if (length < least_pages) continue;
      RangeEntry run;
      run.first = address(first->first);
      run.last = VirtualAddress(address(first->first + length).value() - 1);
      run.offset = first->second.page.value() - run.first.value();
      run.rights = first->second.rights;
      run.page_shift = 12;
      all.push_back(run);
    }
    return all;
  }

 private:
  std::map<std::uint64_t, Translation> pages_;
};

TEST(RangeTable, HasTheLongestRunsOfPagesAfterAnyChanges) {
  for (const std::uint64_t seed : printed_seeds(200)) {
    Dice dice(seed);
    const std::uint64_t least_pages = dice.between(1, 4);
    const std::uint64_t pages = dice.between(4, 400);
    Bench bench(least_pages);
    Oracle oracle;
    for (unsigned change = 0; change < 300; ++change) {
      const std::uint64_t number = dice.between(0, pages - 1);
      if (dice.chance(25)) {
        bench.remove(number);
        oracle.remove(number);
      } else {
        const Translation page = page_at(number + 1000 * dice.between(1, 2), dice.chance(90));
        bench.table.add(address(number), page);
        oracle.add(number, page);
      }
      if (change % 10 != 0) continue;
      const std::vector<RangeEntry> expected = oracle.runs(least_pages);
      const std::vector<RangeEntry> found = bench.entries();
      ASSERT_EQ(found.size(), expected.size()) << "seed " << seed << ", change " << change;
      std::uint64_t in_ranges = 0;
      for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_TRUE(found[i].first == expected[i].first && found[i].last == expected[i].last &&
                    found[i].agrees(expected[i]))
            << "seed " << seed << ", change " << change << ", entry " << i;
        in_ranges += ((found[i].last - found[i].first) >> 12) + 1;
      }
      ASSERT_EQ(bench.table.pages(), in_ranges);
      const VirtualAddress behind = bench.table.where().table.value() == 0
                                        ? VirtualAddress()
                                        : VirtualAddress(found.empty() ? 0 : found.back().last.value() + 1);
      ASSERT_FALSE(search(bench.memory, bench.table.where(), behind + pages * page_bytes).has_value());
    }
  }
}

}  // namespace
}  // namespace tablewalk::test::range_table_test
