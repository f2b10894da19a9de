// Cuckoo page tables: rounds, resizes that are under way, and walks among lines that move.
#include "paging/cuckoo_mode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "base/error.h"
#include "paging/reference_walk.h"
#include "paging/table_builder.h"
#include "paging/table_size.h"
#include "support/dice.h"
#include "unit/paging/plain_hashed_walk.h"

namespace tablewalk::test::cuckoo_mode_test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::shared_ptr<const PagingMode> tiny(unsigned ways, unsigned migrated_lines, double max_load) {
  PagingControls controls;
  controls.cuckoo.ways = ways;
  controls.cuckoo.initial_bytes = ByteSize{512};
  controls.cuckoo.max_load = max_load;
  controls.cuckoo.min_load = max_load / 3;
  controls.cuckoo.migrated_lines = migrated_lines;
  return make_paging_mode("cuckoo", controls);
}

std::uint64_t figure(const TableBuilder& tables, const std::string& name) {
  for (const TableFigure& one : tables.figures()) {
    if (one.name == name) return one.value;
  }
  ADD_FAILURE() << "no figure " << name;
  return 0;
}

/// Tables, and what they map: blocks come until there are many, and go until there are few.
class Tides {
 public:
  Tides(Dice& dice, std::shared_ptr<const PagingMode> mode)
      : dice_(dice), mode_(std::move(mode)), frames_(all_memory, 4096, {}), tables_(mode_, memory_, frames_) {}

  void change() {
    if (rises_ ? pages_.size() > 400 : pages_.size() < 10) rises_ = !rises_;
    if (dice_.chance(rises_ ? 80 : 20) || pages_.empty()) {
      const std::uint64_t va = dice_.between(0, 4000) << 15;
      if (!pages_.emplace(va, ++used_ * page_4k).second) return;
      LeafSpec clean;
      clean.accessed = clean.dirty = false;
      tables_.map(VirtualAddress(va), PhysicalAddress(used_ * page_4k), page_4k, clean);
    } else {
      const auto page = std::next(pages_.begin(), static_cast<std::ptrdiff_t>(dice_.between(0, pages_.size() - 1)));
      if (page->first == kept_) return;
      tables_.unmap(VirtualAddress(page->first), page_4k);
      pages_.erase(page);
    }
  }
  void check() const {
    for (const auto& [va, frame] : pages_) {
      const WalkOutcome walk = reference_walk(*mode_, memory_, tables_.root(), VirtualAddress(va), {});
      ASSERT_TRUE(walk.translated) << va;
      ASSERT_EQ(walk.translation.page.value(), frame);
      ASSERT_EQ(walk.entry_reads, static_cast<const CuckooMode&>(*mode_).cuckoo().ways);
    }
  }

  /// Where the entries of all pages are.
  std::map<std::uint64_t, PhysicalAddress> places() const {
    std::map<std::uint64_t, PhysicalAddress> places;
    for (const auto& page : pages_) places[page.first] = tables_.leaf(VirtualAddress(page.first))->at;
    return places;
  }
  /// A page that stays until the next call.
  std::uint64_t keep_one() {
    kept_ = std::next(pages_.begin(), static_cast<std::ptrdiff_t>(dice_.between(0, pages_.size() - 1)))->first;
    return kept_;
  }
  std::uint64_t frame_of(std::uint64_t va) const { return pages_.at(va); }
  const PagingMode& mode() const { return *mode_; }
  const PhysicalMemory& memory() const { return memory_; }
  const TableBuilder& tables() const { return tables_; }
  std::size_t size() const { return pages_.size(); }

 private:
  Dice& dice_;
  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  FrameAllocator frames_;
  TableBuilder tables_;
  std::map<std::uint64_t, std::uint64_t> pages_;  // frame, by address
  std::uint64_t used_ = 0;
  std::uint64_t kept_ = 1;
  bool rises_ = true;
};

TEST(CuckooTables, EveryPageIsFoundWhileTheTablesGrowAndShrink) {
  std::uint64_t growths = 0;
  std::uint64_t shrinkings = 0;
  std::uint64_t kicks = 0;
  for (const std::uint64_t seed : printed_seeds(24)) {
    Dice dice(seed);
    const unsigned ways = dice.number(2, 3);
    Tides tides(dice, tiny(ways, dice.number(1, 4), ways == 2 ? 0.45 : dice.pick<double>({0.3, 0.6, 0.85})));
    for (unsigned i = 0; i < 3000; ++i) {
      tides.change();
      if (i % 10 == 0) tides.check();
      if (HasFatalFailure()) {
        std::printf("seed %llu, change %u\n", static_cast<unsigned long long>(seed), i);
        return;
      }
    }
    growths += figure(tides.tables(), "growths");
    shrinkings += figure(tides.tables(), "shrinkings");
    kicks += figure(tides.tables(), "kicks");
    ASSERT_EQ(figure(tides.tables(), "used_lines"), tides.size());
  }
  std::printf("%llu growths, %llu shrinkings, %llu kicks\n", static_cast<unsigned long long>(growths),
              static_cast<unsigned long long>(shrinkings), static_cast<unsigned long long>(kicks));
  EXPECT_GT(growths, 100u);
  EXPECT_GT(shrinkings, 50u);
  EXPECT_GT(kicks, 500u);
}

/// Walks in progress, with what they have read and updates that they will make, depend on it.
TEST(CuckooTables, TheRootChangesWheneverAnEntryMoves) {
  std::uint64_t moved = 0;
  for (const std::uint64_t seed : printed_seeds(4)) {
    Dice dice(seed);
    const unsigned ways = dice.number(2, 3);
    Tides tides(dice, tiny(ways, dice.number(1, 4), ways == 2 ? 0.45 : dice.pick<double>({0.3, 0.6, 0.85})));
    for (unsigned i = 0; i < 1500; ++i) {
      const PhysicalAddress root = tides.tables().root();
      const auto before = tides.places();
      tides.change();
      const auto after = tides.places();
      for (const auto& [va, at] : before) {
        const auto now = after.find(va);
        if (now == after.end() || now->second == at) continue;
        ++moved;
        ASSERT_NE(tides.tables().root(), root) << "seed " << seed << ", change " << i;
      }
    }
  }
  std::printf("%llu entries moved\n", static_cast<unsigned long long>(moved));
  EXPECT_GT(moved, 1000u);
}

/// As a walker that compares the root when a response arrives: lines that move between two responses never hide a page,
/// and if none has moved, the walk need not begin again.
TEST(CuckooTables, AWalkAmongLinesThatMoveFindsItsPage) {
  std::uint64_t restarts = 0;
  std::uint64_t walks = 0;
  for (const std::uint64_t seed : printed_seeds(40)) {
    Dice dice(seed);
    const unsigned ways = dice.number(2, 3);
    Tides tides(dice, tiny(ways, dice.number(1, 4), ways == 2 ? 0.45 : dice.pick<double>({0.3, 0.6, 0.85})));
    for (unsigned i = 0; i < 50; ++i) tides.change();
    for (unsigned i = 0; i < 500; ++i, ++walks) {
      const VirtualAddress va(tides.keep_one());
      PhysicalAddress root = tides.tables().root();
      Walk walk(tides.mode(), root, va, {});
      std::array<unsigned char, Walk::longest_round> bytes{};
      for (unsigned number = 0; walk.step() == Walk::Step::ReadEntry && number < walk.reads();) {
        tides.memory().read_bytes(walk.read_address(number), 64, bytes.data() + number * 64);
        for (unsigned changes = dice.chance(50) ? dice.number(0, 2) : 0; changes != 0; --changes) tides.change();
        if (tides.tables().root() != root) {
          root = tides.tables().root();
          walk = Walk(tides.mode(), root, va, {});
          number = 0;
          ++restarts;
        } else if (++number == walk.reads()) {
          walk.supply(bytes.data());
          break;
        }
      }
      ASSERT_NE(walk.step(), Walk::Step::Fault) << "seed " << seed << ", walk " << i;
      const PhysicalAddress page = walk.step() == Walk::Step::Done
                                       ? walk.translation().page
                                       : PhysicalAddress(walk.update_expected() & 0x0000fffffffff000);
      ASSERT_EQ(page.value(), tides.frame_of(va.value())) << "seed " << seed << ", walk " << i;
    }
  }
  std::printf("%llu walks, %llu restarts\n", static_cast<unsigned long long>(walks),
              static_cast<unsigned long long>(restarts));
  EXPECT_GT(restarts, walks / 20);
  EXPECT_LT(restarts, 3 * walks);
}

/// All ways and page sizes at once.
TEST(CuckooMode, AWalkIsOneRound) {
  for (const unsigned ways : {2u, 3u}) {
    PagingControls controls;
    controls.cuckoo.ways = ways;
    controls.cuckoo.max_load = 0.45;
    const auto mode = make_paging_mode("cuckoo", controls);
    PhysicalMemory memory;
    FrameAllocator frames(all_memory, 4096, {});
    TableBuilder tables(mode, memory, frames);
    const std::uint64_t sizes[] = {page_2m, page_4k, page_1g};
    for (unsigned used = 0; used < 3; ++used) {
      const PhysicalAddress before = tables.root();
      tables.map_range(VirtualAddress((used + 1) * 8 * page_1g), sizes[used], sizes[used]);
      ASSERT_NE(tables.root(), before) << "other lines are read now";
      for (unsigned page = 0; page <= used + 1; ++page) {
        Walk walk(*mode, tables.root(), VirtualAddress((page + 1) * 8 * page_1g), {});
        ASSERT_EQ(walk.step(), Walk::Step::ReadEntry);
        ASSERT_EQ(walk.reads(), ways * (used + 1));
        std::array<unsigned char, Walk::longest_round> bytes{};
        for (unsigned number = 0; number < walk.reads(); ++number) {
          memory.read_bytes(walk.read_address(number), 64, bytes.data() + number * 64);
        }
        walk.supply(bytes.data());
        ASSERT_EQ(walk.step(), page <= used ? Walk::Step::Done : Walk::Step::Fault);
      }
    }
  }
}

TEST(CuckooTables, TheTablesCountedAreThoseBuilt) {
  for (const std::uint64_t seed : printed_seeds(60)) {
    Dice dice(seed);
    PagingControls controls;
    controls.cuckoo.ways = dice.number(2, 3);
    controls.cuckoo.initial_bytes = ByteSize{std::uint64_t{2048} << dice.number(0, 2)};
    controls.cuckoo.max_load = controls.cuckoo.ways == 2 ? 0.3 : dice.pick<double>({0.2, 0.4, 0.6});
    controls.cuckoo.min_load = 0.05;
    controls.cuckoo.migrated_lines = dice.number(2, 8);
    const auto mode = make_paging_mode("cuckoo", controls);
    PhysicalMemory memory;
    FrameAllocator frames(all_memory, 4096, {});
    TableBuilder tables(mode, memory, frames);
    std::vector<MappedRange> ranges;
    for (unsigned i = 0; i < dice.number(0, 12); ++i) {
      const std::uint64_t bytes = dice.chance(70) ? page_4k : page_2m;
      const std::uint64_t va = i * 16 * page_1g + dice.between(0, 3) * page_4k * (bytes / page_4k);
      const std::uint64_t length = dice.between(1, bytes == page_4k ? 2000 : 60) * bytes;
      tables.map_range(VirtualAddress(va), length, bytes);
      ranges.push_back({VirtualAddress(va), VirtualAddress(va + length - 1), bytes});
    }
    if (figure(tables, "failed_insertions") != 0) continue;
    const TableSize size = table_size(*mode, ranges);
    ASSERT_EQ(size.bytes, tables.table_bytes()) << "seed " << seed;
    ASSERT_EQ(size.tables_per_level, tables.tables_per_level()) << "seed " << seed;
  }
}

TEST(CuckooTables, AMemoryLimitThatForbidsGrowthIsReportedAndChangesNothing) {
  const auto mode = make_paging_mode("cuckoo");
  PhysicalMemory memory;
  FrameAllocator frames(16 * page_4k, page_4k, {});  // room for three ways of 8 KiB, but not for 16 KiB
  TableBuilder tables(mode, memory, frames);
  unsigned mapped = 0;
  const auto fill = [&] {
    for (;; ++mapped) tables.map(VirtualAddress(mapped * 8 * page_4k), PhysicalAddress(page_4k), page_4k);
  };
  EXPECT_THROW(fill(), InputError);
  EXPECT_EQ(mapped, 230u);  // 0.6 of 384 lines
  for (unsigned i = 0; i < 300; ++i) EXPECT_EQ(tables.is_mapped(VirtualAddress(i * 8 * page_4k)), i < mapped) << i;
}

TEST(CuckooMode, RootsAndParametersThatCannotBeAreRefused) {
  const auto mode = make_paging_mode("cuckoo");
  EXPECT_THAT([&] { mode->decode_root(5); }, ThrowsMessage<InputError>(HasSubstr("a set of control registers")));
  const auto problems = [](CuckooControls controls) {
    std::string keys;
    controls.check([&](const std::string& key, const std::string&) { keys += key + " "; });
    return keys;
  };
  EXPECT_EQ(problems({}), "");
  EXPECT_EQ(problems({2, ByteSize{512}, 0.45, 0.2, 1, 1}), "");
  EXPECT_EQ(problems({2, ByteSize{512}, 0.6, 0.2, 1, 1}), "max_load ");
  EXPECT_EQ(problems({4, ByteSize{1000}, 0.9, 0.5, 0, 0}),
            "ways initial_bytes max_load min_load migrated_lines most_kicks ");
}

}  // namespace
}  // namespace tablewalk::test::cuckoo_mode_test
