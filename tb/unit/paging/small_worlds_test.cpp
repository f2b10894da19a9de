// Every sequence of map, unmap and protect up to a length, on tables so small that every address can be translated
// after every step, compared with a plain std::map.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "base/error.h"
#include "paging/reference_walk.h"
#include "paging/table_builder.h"
#include "unit/paging/page_changes.h"

namespace tablewalk::test::small_worlds_test {
namespace {

class World {
 public:
  /// `every_range`: unmap and protect also use ranges that are not aligned, or not as long as a page of some size.
  explicit World(const char* name, bool every_range = false)
      : mode_(make_paging_mode(name)), space_(std::uint64_t{1} << mode_->virtual_bits()) {
    const std::uint64_t page = mode_->page_bytes();
    for (const PageSize& size : mode_->page_sizes()) {
      for (std::uint64_t va = 0; va < space_; va += size.bytes()) {
        steps_.push_back({Step::Kind::Map, va, size.bytes(), 0x400 + 2 * va});
        if (size.bytes() == page) steps_.push_back({Step::Kind::Map, va, page, 0x600});
      }
    }
    for (std::uint64_t bytes = page; bytes <= space_; bytes += every_range ? page : bytes) {
      for (std::uint64_t va = 0; va + bytes <= space_; va += every_range ? page : bytes) {
        steps_.push_back({Step::Kind::Unmap, va, bytes});
        steps_.push_back({Step::Kind::Protect, va, bytes, 0, false});
        if (bytes == page) steps_.push_back({Step::Kind::Protect, va, bytes, 0, true});
      }
    }
  }

  /// Tries every sequence of `length` steps, and checks after each step. Returns the number of sequences.
  std::uint64_t try_all(unsigned length) {
    return test::try_all(steps_, length, sequence_, [this] { play(); });
  }

 private:
  /// Applies the sequence to new tables; only the last step needs checking.
  void play() const {
    static PhysicalMemory memory;  // used again, because a new one costs more than a sequence
    memory.for_each_touched_page([](PhysicalAddress page) { memory.clear_block(page, PhysicalMemory::page_size); });
    FrameAllocator frames(1 << 16, 16, {});
    TableBuilder tables(mode_, memory, frames);
    Pages pages;
    for (const Step* step : sequence_) {
      const bool legal = apply_to(pages, *step);
      ASSERT_EQ(apply_to(tables, *step), legal) << describe(sequence_);
    }
    expect_tables_to_say(pages, tables, memory);
  }

  void expect_tables_to_say(const Pages& pages, const TableBuilder& tables, const PhysicalMemory& memory) const {
    for (std::uint64_t va = 0; va < space_; ++va) {
      const auto* page = page_at(pages, va);
      for (const AccessKind kind : {AccessKind::Load, AccessKind::Store}) {
        const WalkOutcome found = reference_walk(*mode_, memory, tables.root(), VirtualAddress(va), {kind, true});
        const bool expected = page != nullptr && (kind == AccessKind::Load || page->second.writable);
        ASSERT_EQ(found.translated, expected) << describe(sequence_) << "then " << va;
        if (expected) {
          ASSERT_EQ(found.translation.physical(VirtualAddress(va)).value(), page->second.frame + (va - page->first))
              << describe(sequence_) << "then " << va;
          continue;
        }
        const FaultReason reason = page == nullptr ? FaultReason::NotPresent : FaultReason::Permission;
        ASSERT_EQ(found.fault.reason, reason) << describe(sequence_) << "then " << va;
      }
    }
    ASSERT_EQ(tables.table_count(), tables_for(pages)) << describe(sequence_);
  }

  /// The root, and each table on the path to a page.
  std::uint64_t tables_for(const Pages& pages) const {
    std::set<std::pair<unsigned, std::uint64_t>> needed;
    for (const auto& [va, page] : pages) {
      for (unsigned level = mode_->find_page_size(page.bytes)->level; level < mode_->root_level(); ++level) {
        needed.insert({level, va >> (mode_->level(level).index_shift + mode_->level(level).index_bits)});
      }
    }
    return 1 + needed.size();
  }

  std::shared_ptr<const PagingMode> mode_;
  std::uint64_t space_;
  std::vector<Step> steps_;
  std::vector<const Step*> sequence_;
};

TEST(SmallWorlds, EverySequenceOnTwoLevels) {
  EXPECT_EQ(World("radix:1,1/4@4").try_all(4), 28u * 28 * 28 * 28);
}

TEST(SmallWorlds, EverySequenceOnTwoLevelsWithRangesThatCutLargePages) {
  EXPECT_EQ(World("radix:1,1/4@4", true).try_all(3), 34u * 34 * 34);
}

TEST(SmallWorlds, EverySequenceOnAFlatTable) {
  EXPECT_EQ(World("radix:2/4@8").try_all(4), 26u * 26 * 26 * 26);
}

TEST(SmallWorlds, EverySequenceOnThreeLevels) {
  EXPECT_EQ(World("radix:1,1,1/4@4").try_all(3), 60u * 60 * 60);
}

}  // namespace
}  // namespace tablewalk::test::small_worlds_test
