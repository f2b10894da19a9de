// Every sequence of map, unmap and protect up to a length, on tables so small that every address can be translated
// after every step, compared with a plain std::map.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "base/error.h"
#include "paging/reference_walk.h"
#include "paging/table_builder.h"

namespace tablewalk {
namespace {

struct Step {
  enum class Kind { Map, Unmap, Protect } kind;
  std::uint64_t va;
  std::uint64_t bytes;
  std::uint64_t frame = 0;  ///< Map
  bool writable = true;     ///< Protect
};

/// The mappings, by first address of the page.
struct Page {
  std::uint64_t bytes;
  std::uint64_t frame;
  bool writable;
};
using Pages = std::map<std::uint64_t, Page>;

const Pages::value_type* page_at(const Pages& pages, std::uint64_t va) {
  const auto next = pages.upper_bound(va);
  if (next == pages.begin()) return nullptr;
  const auto& found = *std::prev(next);
  return va < found.first + found.second.bytes ? &found : nullptr;
}

/// Applies the step to the map; false, without effect, if the step is illegal.
bool apply(Pages& pages, const Step& step) {
  const std::uint64_t end = step.va + step.bytes;
  const auto touches = [&](const Pages::value_type& page) {
    return page.first < end && step.va < page.first + page.second.bytes;
  };
  if (step.kind == Step::Kind::Map) {
    for (const auto& page : pages) {
      if (touches(page)) return false;
    }
    pages[step.va] = {step.bytes, step.frame, true};
    return true;
  }
  for (const auto& page : pages) {
    const bool within = step.va <= page.first && page.first + page.second.bytes <= end;
    if (touches(page) && !within) return false;
  }
  for (auto page = pages.begin(); page != pages.end();) {
    if (!touches(*page)) {
      ++page;
    } else if (step.kind == Step::Kind::Unmap) {
      page = pages.erase(page);
    } else {
      page->second.writable = step.writable;
      ++page;
    }
  }
  return true;
}

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
    sequence_.clear();
    return extend(length);
  }

 private:
  std::uint64_t extend(unsigned length) {
    if (length == 0) return 1;
    std::uint64_t tried = 0;
    for (const Step& step : steps_) {
      sequence_.push_back(&step);
      play();
      if (testing::Test::HasFatalFailure()) return tried;
      tried += extend(length - 1);
      sequence_.pop_back();
    }
    return tried;
  }

  /// Applies the sequence to new tables; only the last step needs checking.
  void play() const {
    PhysicalMemory memory;
    FrameAllocator frames(1 << 16, 16, {});
    TableBuilder tables(mode_, memory, frames);
    Pages pages;
    for (const Step* step : sequence_) {
      const bool legal = apply(pages, *step);
      bool done = true;
      try {
        play_step(tables, *step);
      } catch (const InputError&) {
        done = false;
      }
      ASSERT_EQ(done, legal) << describe();
    }
    expect_tables_to_say(pages, tables, memory);
  }

  static void play_step(TableBuilder& tables, const Step& step) {
    const VirtualAddress va(step.va);
    LeafSpec spec;
    spec.rights.write = step.kind == Step::Kind::Map || step.writable;
    if (step.kind == Step::Kind::Map) tables.map(va, PhysicalAddress(step.frame), step.bytes, spec);
    if (step.kind == Step::Kind::Unmap) tables.unmap(va, step.bytes);
    if (step.kind == Step::Kind::Protect) tables.protect(va, step.bytes, spec);
  }

  void expect_tables_to_say(const Pages& pages, const TableBuilder& tables, const PhysicalMemory& memory) const {
    for (std::uint64_t va = 0; va < space_; ++va) {
      const auto* page = page_at(pages, va);
      for (const AccessKind kind : {AccessKind::Load, AccessKind::Store}) {
        const WalkOutcome found = reference_walk(*mode_, memory, tables.root(), VirtualAddress(va), {kind, true});
        const bool expected = page != nullptr && (kind == AccessKind::Load || page->second.writable);
        ASSERT_EQ(found.translated, expected) << describe() << "then " << va;
        if (expected) {
          ASSERT_EQ(found.translation.physical(VirtualAddress(va)).value(), page->second.frame + (va - page->first))
              << describe() << "then " << va;
          continue;
        }
        const FaultReason reason = page == nullptr ? FaultReason::NotPresent : FaultReason::Permission;
        ASSERT_EQ(found.fault.reason, reason) << describe() << "then " << va;
      }
    }
    ASSERT_EQ(tables.table_count(), tables_for(pages)) << describe();
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

  std::string describe() const {
    std::string text;
    for (const Step* step : sequence_) {
      const char* names[] = {"map", "unmap", "protect"};
      text += std::string(names[static_cast<unsigned>(step->kind)]) + " " + std::to_string(step->va) + "+" +
              std::to_string(step->bytes) + ", ";
    }
    return text;
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
}  // namespace tablewalk
