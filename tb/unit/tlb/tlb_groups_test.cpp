// Arrays whose entries hold several pages: what they answer, against a plain list; what an invalidation leaves.

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "paging/paging_mode.h"
#include "support/dice.h"
#include "tlb/tlb_arrays.h"

namespace tablewalk::test::tlb_groups_test {
namespace {

constexpr Access load{AccessKind::Load, true};
constexpr Access store{AccessKind::Store, true};
constexpr std::uint8_t everything = 0x3f;
constexpr std::uint8_t no_stores = 0x0f;
constexpr std::uint64_t page_bytes = 4096;

Translation page(std::uint64_t frame, std::uint16_t neighbours = 0) {
  Translation translation;
  translation.page = PhysicalAddress(frame * page_bytes);
  translation.page_shift = translation.whole_shift = 12;
  translation.dirty = true;
  translation.neighbours = neighbours;
  return translation;
}

TlbArrayConfig of(std::uint32_t entries, std::uint32_t ways, std::uint32_t coalesce) {
  TlbArrayConfig config;
  config.entries = entries;
  config.ways = ways;
  config.coalesce = coalesce;
  return config;
}

TlbArray array_of(std::uint32_t entries, std::uint32_t ways, std::uint32_t coalesce) {
  return TlbArray(of(entries, ways, coalesce), {12, 21});
}

void install(TlbArray& array, std::uint64_t number, const Translation& found, AddressSpaceId asid = 0,
             std::uint8_t allowed = everything) {
  array.install(VirtualAddress(number * page_bytes), asid, found, allowed);
}

/// The frame of a page; nothing if the array does not hold it.
std::optional<std::uint64_t> frame_of(TlbArray& array, std::uint64_t number, AddressSpaceId asid = 0,
                                      Access access = load) {
  const VirtualAddress va(number * page_bytes + 5);
  const Translation* found = array.find(va, asid, access);
  if (found == nullptr) return std::nullopt;
  EXPECT_EQ(found->physical(va).value() % page_bytes, 5u);
  return found->page.value() / page_bytes;
}

TEST(TlbGroups, OneEntryHoldsThePageAndTheNeighboursThatCameWithIt) {
  TlbArray array = array_of(1, 0, 8);
  install(array, 10, page(102, 0b0001'1000'0000'0000));  // pages 11 and 12 of the window
  EXPECT_EQ(frame_of(array, 10), 102u);
  EXPECT_EQ(frame_of(array, 11), 103u);
  EXPECT_EQ(frame_of(array, 12), 104u);
  EXPECT_EQ(frame_of(array, 9), std::nullopt);
  EXPECT_EQ(frame_of(array, 13), std::nullopt);
  EXPECT_EQ(array.coalescing().neighbours, 2u);
  EXPECT_EQ(array.coalescing().used_neighbours, 2u);
  frame_of(array, 11);
  EXPECT_EQ(array.coalescing().used_neighbours, 2u) << "a neighbour's first hit is the miss that was avoided";
}

TEST(TlbGroups, AGroupHoldsItsPagesOnly) {
  TlbArray array = array_of(1, 0, 8);
  install(array, 10, page(102, 0b0001'0000'0000'0000));  // with page 12
  const auto holds = [&](std::uint64_t number) { return array.holds_page(VirtualAddress(number * page_bytes), 0); };
  EXPECT_TRUE(holds(10));
  EXPECT_FALSE(holds(11));
  EXPECT_TRUE(holds(12));
  EXPECT_FALSE(array.holds_page(VirtualAddress(10 * page_bytes), 1)) << "another address space";
}

TEST(TlbGroups, HaveOneTwoFourEightOrSixteenPages) {
  for (std::uint32_t pages = 0; pages <= 64; ++pages) {
    std::string refused;
    of(16, 4, pages).check([&](const char* key, const std::string&) { refused += key; });
    const bool fits = pages == 1 || pages == 2 || pages == 4 || pages == 8 || pages == 16;
    EXPECT_EQ(refused, fits ? "" : "coalesce") << pages;
  }
}

TEST(TlbGroups, NeighboursOutsideOfTheAlignedGroupDoNotFit) {
  TlbArray array = array_of(2, 0, 4);
  install(array, 7, page(107, 0b0000'1001'0111'0000));  // 4, 5, 6, 8 and 11
  for (const std::uint64_t number : {4, 5, 6}) EXPECT_EQ(frame_of(array, number), 100 + number);
  EXPECT_EQ(frame_of(array, 8), std::nullopt);
  EXPECT_EQ(frame_of(array, 11), std::nullopt);
  TlbArray sixteen = array_of(1, 0, 16);
  install(sixteen, 7, page(107, 0b0000'1001'0111'0000));
  EXPECT_EQ(frame_of(sixteen, 11), 111u);
}

TEST(TlbGroups, ContiguousPagesOfOneGroupMeetInOneEntry) {
  TlbArray array = array_of(1, 0, 8);
  install(array, 8, page(108));
  install(array, 15, page(115));
  EXPECT_EQ(frame_of(array, 8), 108u);
  EXPECT_EQ(frame_of(array, 15), 115u);
  EXPECT_EQ(array.coalescing().fills, 2u);
  EXPECT_EQ(array.coalescing().extended, 1u);
  EXPECT_EQ(array.coalescing().pages, 1u + 2u);
  EXPECT_EQ(array.coalescing().neighbours, 0u);
}

TEST(TlbGroups, PagesOfAGroupThatAreNotContiguousHaveEntriesOfTheirOwn) {
  TlbArray array = array_of(2, 0, 8);
  install(array, 8, page(108));
  install(array, 9, page(55));
  EXPECT_EQ(frame_of(array, 8), 108u);
  EXPECT_EQ(frame_of(array, 9), 55u);
  install(array, 10, page(110));
  EXPECT_EQ(frame_of(array, 8), 108u) << "its entry took page 10 in";
  EXPECT_EQ(frame_of(array, 9), 55u);
  EXPECT_EQ(frame_of(array, 10), 110u);
}

TEST(TlbGroups, AFrameBelowItsPlaceInTheGroupIsNoReasonNotToHold) {
  TlbArray array = array_of(1, 0, 8);
  install(array, 15, page(3, 0x4000));  // place 0 of the group would be below address 0
  EXPECT_EQ(frame_of(array, 15), 3u);
  EXPECT_EQ(frame_of(array, 14), 2u);
}

TEST(TlbGroups, PagesWithOtherRightsDirtyBitsOrSpacesDoNotShareAnEntry) {
  const auto entries_needed = [](const Translation& other, AddressSpaceId asid) {
    TlbArray array = array_of(1, 0, 8);
    install(array, 8, page(108));
    install(array, 9, other, asid, other.dirty ? everything : no_stores);
    return frame_of(array, 8) ? 1 : 2;
  };
  Translation other = page(109);
  EXPECT_EQ(entries_needed(other, 0), 1);
  EXPECT_EQ(entries_needed(other, 1), 2);
  other.dirty = false;
  EXPECT_EQ(entries_needed(other, 0), 2);
  other = page(109);
  other.rights.write = false;
  EXPECT_EQ(entries_needed(other, 0), 2);
  other = page(109);
  other.global = true;
  EXPECT_EQ(entries_needed(other, 0), 2);
  other = page(109);
  other.whole_shift = 21;
  EXPECT_EQ(entries_needed(other, 0), 2);
}

TEST(TlbGroups, AFirstStoreMovesItsPageToTheEntryOfDirtyPages) {
  TlbArray array = array_of(2, 0, 8);
  Translation clean = page(108, 0x0e00);
  clean.dirty = false;
  install(array, 8, clean, 0, no_stores);
  EXPECT_EQ(frame_of(array, 9, 0, store), std::nullopt);
  install(array, 9, page(109));
  EXPECT_EQ(frame_of(array, 9, 0, store), 109u);
  EXPECT_EQ(frame_of(array, 10, 0, store), std::nullopt);
  EXPECT_EQ(frame_of(array, 10), 110u);
  EXPECT_EQ(array.invalidate({Invalidation::Scope::Page, VirtualAddress(9 * page_bytes), 0}), 1u) << "it is there once";
}

TEST(TlbGroups, InvalidationOfAPageLeavesItsNeighbours) {
  TlbArray array = array_of(1, 0, 8);
  install(array, 8, page(108, 0xff00));
  EXPECT_EQ(array.invalidate({Invalidation::Scope::Page, VirtualAddress(9 * page_bytes), 1}), 0u) << "another space";
  EXPECT_EQ(array.invalidate({Invalidation::Scope::Page, VirtualAddress(9 * page_bytes), 0}), 1u);
  EXPECT_EQ(frame_of(array, 9), std::nullopt);
  EXPECT_EQ(frame_of(array, 8), 108u);
  EXPECT_EQ(frame_of(array, 15), 115u);
  EXPECT_EQ(array.invalidate({Invalidation::Scope::AddressSpace, VirtualAddress(0), 0}), 7u);
  EXPECT_EQ(frame_of(array, 8), std::nullopt);
  install(array, 8, page(108));
  EXPECT_EQ(frame_of(array, 9), std::nullopt) << "the entry was gone";
}

TEST(TlbGroups, GlobalPagesServeEverySpaceAndStayWhenOneIsInvalidated) {
  TlbArray array = array_of(1, 0, 8);
  Translation global = page(108, 0xff00);
  global.global = true;
  install(array, 8, global, 1);
  EXPECT_EQ(frame_of(array, 9, 2), 109u);
  EXPECT_EQ(array.invalidate({Invalidation::Scope::AddressSpace, VirtualAddress(0), 1}), 0u);
  EXPECT_EQ(array.invalidate({Invalidation::Scope::Page, VirtualAddress(9 * page_bytes), 2}), 1u);
  EXPECT_EQ(frame_of(array, 9, 1), std::nullopt);
  EXPECT_EQ(frame_of(array, 8, 1), 108u);
}

TEST(TlbGroups, PartsOfALargerPageAreNeighboursAndLeaveTogether) {
  const auto mode = make_paging_mode("x86-64");
  std::vector<TlbArray> arrays;
  TlbArrayConfig small = of(1, 0, 8);
  small.page_sizes = {ByteSize{page_bytes}};
  arrays.emplace_back(small, std::vector<unsigned>{12, 21});
  Translation large = page(512);
  large.page_shift = large.whole_shift = 21;
  ASSERT_TRUE(install_in(arrays, *mode, VirtualAddress(1024 * page_bytes + 9 * page_bytes), 0, large));
  for (std::uint64_t part = 8; part < 16; ++part) EXPECT_EQ(frame_of(arrays[0], 1024 + part), 512 + part);
  EXPECT_EQ(frame_of(arrays[0], 1024 + 7), std::nullopt) << "another group";
  EXPECT_EQ(arrays[0].invalidate({Invalidation::Scope::Page, VirtualAddress(1024 * page_bytes), 0}), 8u);
}

TEST(TlbGroups, PagesOfSeveralSizesAreInOneArray) {
  TlbArray array = array_of(2, 0, 8);
  install(array, 8, page(108, 0xff00));
  Translation large = page(1024, 0x0002);
  large.page_shift = large.whole_shift = 21;
  array.install(VirtualAddress(0), 0, large, everything);
  EXPECT_EQ(frame_of(array, 15), 115u);
  EXPECT_EQ(frame_of(array, 512 + 3), 1024u * 1 + 512)
      << "the second page of 2 MiB, whose first byte is that of its frame";
}

TEST(TlbGroups, AHitSaysWhatItsEntryHoldsForATlbAbove) {
  TlbArray array = array_of(4, 0, 4);
  install(array, 13, page(113, 0xffff));
  const Translation* found = array.find(VirtualAddress(14 * page_bytes), 0, load);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->neighbours, 0xf000);
  TlbArray single = array_of(4, 0, 1);
  install(single, 13, page(113, 0xffff));
  EXPECT_EQ(single.find(VirtualAddress(13 * page_bytes), 0, load)->neighbours, 0)
      << "an invalidation of the neighbour leaves this entry";
}

TEST(TlbGroups, TheSetIsThatOfTheGroup) {
  TlbArray array = array_of(2, 1, 8);
  install(array, 0, page(100));
  install(array, 8, page(200));
  EXPECT_EQ(frame_of(array, 0), 100u);
  EXPECT_EQ(frame_of(array, 8), 200u);
  install(array, 17, page(300));
  EXPECT_EQ(frame_of(array, 0), std::nullopt);
  EXPECT_EQ(frame_of(array, 8), 200u);
}

/// The same array as a plain list: entries of a set in order of use.
class PlainGroups {
 public:
  PlainGroups(std::uint32_t sets, std::uint32_t ways, std::uint64_t coalesce)
      : ways_(ways), group_(coalesce), sets_(sets) {}

  std::optional<std::uint64_t> find(std::uint64_t number, AddressSpaceId asid, bool is_store) {
    auto& set = sets_[number / group_ % sets_.size()];
    for (auto entry = set.begin(); entry != set.end(); ++entry) {
      const auto held = entry->frames.find(number);
      if (held == entry->frames.end() || entry->asid != asid || (is_store && !entry->dirty)) continue;
      set.splice(set.begin(), set, entry);
      return held->second;
    }
    return std::nullopt;
  }
  void install(const std::map<std::uint64_t, std::uint64_t>& frames, AddressSpaceId asid, bool dirty) {
    const std::uint64_t number = frames.begin()->first;
    auto& set = sets_[number / group_ % sets_.size()];
    const auto extends = [&](const Entry& entry) {
      const auto& [first, frame] = *entry.frames.begin();
      return entry.asid == asid && entry.dirty == dirty && first / group_ == number / group_ &&
             frame - first == frames.begin()->second - number;
    };
    for (auto entry = set.begin(); entry != set.end();) {
      if (entry->asid == asid && !extends(*entry)) {
        for (const auto& [page, frame] : frames) entry->frames.erase(page);
      }
      entry = entry->frames.empty() ? set.erase(entry) : std::next(entry);
    }
    const auto same = std::find_if(set.begin(), set.end(), extends);
    if (same != set.end()) {
      same->frames.insert(frames.begin(), frames.end());
      return set.splice(set.begin(), set, same);
    }
    set.push_front({asid, dirty, frames});
    if (set.size() > ways_) set.pop_back();
  }
  std::uint64_t invalidate_page(std::uint64_t number, AddressSpaceId asid) {
    std::uint64_t removed = 0;
    for (auto& set : sets_) {
      for (auto entry = set.begin(); entry != set.end();) {
        if (entry->asid == asid) removed += entry->frames.erase(number);
        entry = entry->frames.empty() ? set.erase(entry) : std::next(entry);
      }
    }
    return removed;
  }

 private:
  struct Entry {
    AddressSpaceId asid;
    bool dirty;
    std::map<std::uint64_t, std::uint64_t> frames;
  };
  std::size_t ways_;
  std::uint64_t group_;
  std::vector<std::list<Entry>> sets_;
};

TEST(TlbGroups, AnswerAndForgetAsAPlainListDoes) {
  std::uint64_t hits = 0;
  std::uint64_t removed = 0;
  for (const std::uint64_t seed : printed_seeds(60)) {
    Dice dice(seed);
    const std::uint32_t ways = dice.number(1, 4);
    const std::uint32_t sets = dice.number(1, 3);
    const std::uint32_t coalesce = 1u << dice.number(1, 4);
    TlbArray array = array_of(ways * sets, ways, coalesce);
    PlainGroups plain(sets, ways, coalesce);
    // Frames in runs: the page's number plus one of a few distances.
    std::map<std::pair<AddressSpaceId, std::uint64_t>, std::uint64_t> frames;
    const auto frame = [&](AddressSpaceId asid, std::uint64_t number) -> std::uint64_t& {
      const auto key = std::pair{asid, number};
      if (frames.count(key) == 0) frames[key] = number + 1000 * dice.number(1, 2);
      return frames[key];
    };
    for (unsigned i = 0; i < 3000; ++i) {
      const std::uint64_t number = dice.between(0, 8 * coalesce - 1);
      const auto asid = static_cast<AddressSpaceId>(dice.between(0, 1));
      if (dice.chance(10)) {
        frame(asid, number) = number + 1000 * dice.number(1, 2);
        const std::uint64_t gone = plain.invalidate_page(number, asid);
        removed += gone;
        ASSERT_EQ(array.invalidate({Invalidation::Scope::Page, VirtualAddress(number * page_bytes), asid}), gone)
            << "seed " << seed << ", operation " << i;
        continue;
      }
      const bool is_store = dice.chance(30);
      const auto expected = plain.find(number, asid, is_store);
      ASSERT_EQ(frame_of(array, number, asid, is_store ? store : load), expected)
          << "seed " << seed << ", operation " << i;
      hits += expected ? 1 : 0;
      if (expected) continue;
      std::map<std::uint64_t, std::uint64_t> found{{number, frame(asid, number)}};
      Translation translation = page(frame(asid, number));
      for (std::uint64_t other = number / 16 * 16; other < number / 16 * 16 + 16; ++other) {
        if (other == number || frame(asid, other) - other != frame(asid, number) - number || dice.chance(40)) continue;
        translation.neighbours = static_cast<std::uint16_t>(translation.neighbours | 1u << other % 16);
        if (other / coalesce == number / coalesce) found[other] = frame(asid, other);
      }
      translation.dirty = is_store || dice.chance(50);
      plain.install(found, asid, translation.dirty);
      install(array, number, translation, asid, translation.dirty ? everything : no_stores);
    }
  }
  EXPECT_GT(hits, 1000u);
  EXPECT_GT(removed, 1000u);
}

}  // namespace
}  // namespace tablewalk::test::tlb_groups_test
