#include "os/regions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "base/error.h"
#include "support/dice.h"

namespace tablewalk::regions_test {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t page = 4096;

VirtualRange pages(std::uint64_t first, std::uint64_t count) {
  return range_of(VirtualAddress(first * page), count * page);
}

Region anonymous(std::uint64_t first, std::uint64_t count, const Rights& rights = rights_of(true, true, false)) {
  Region region{pages(first, count), {}, 0};
  region.kind.rights = rights;
  return region;
}

Region file(std::uint64_t first, std::uint64_t count, std::uint64_t offset_pages) {
  Region region = anonymous(first, count);
  region.kind.file = true;
  region.kind.label = "/lib/a";
  region.file_offset = offset_pages * page;
  return region;
}

/// `FIRST+PAGES RIGHTS` of every region.
std::string list(const Regions& regions) {
  std::string text;
  for (const Region& region : regions) {
    text += (text.empty() ? "" : ", ") + std::to_string(region.range.first.value() / page) + "+" +
            std::to_string(region.range.bytes() / page) + " " + rights_text(region.kind.rights);
  }
  return text;
}

template <class Change>
std::string refusal(Change change) {
  try {
    change();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Regions, ProtectSplitsAndEqualNeighboursMergeAgain) {
  Regions regions;
  regions.reserve(anonymous(16, 8));
  regions.protect(pages(18, 2), rights_of(true, false, false));
  EXPECT_EQ(list(regions), "16+2 rw-u, 18+2 r--u, 20+4 rw-u");
  regions.protect(pages(18, 2), rights_of(true, true, false));
  EXPECT_EQ(list(regions), "16+8 rw-u");
  regions.unmap(pages(17, 1));
  EXPECT_EQ(list(regions), "16+1 rw-u, 18+6 rw-u");
  regions.reserve(anonymous(17, 1));
  EXPECT_EQ(list(regions), "16+8 rw-u");
  EXPECT_EQ(regions.reserved_bytes(), 8 * page);
}

TEST(Regions, AFileMergesOnlyWithItsContinuation) {
  Regions regions;
  regions.reserve(file(16, 2, 0));
  regions.reserve(file(18, 2, 2));
  EXPECT_EQ(regions.size(), 1u);
  regions.reserve(file(20, 2, 5));
  EXPECT_EQ(regions.size(), 2u);
  regions.unmap(pages(20, 1));
  EXPECT_EQ(regions.find(VirtualAddress(21 * page))->file_offset, 6 * page);
  EXPECT_EQ(regions.size(), 2u);
}

TEST(Regions, AFixedPageSizeIsNeitherCutNorMerged) {
  Regions regions;
  Region huge = anonymous(512, 1024);
  huge.kind.page_bytes = 512 * page;
  regions.reserve(huge);
  EXPECT_THAT(refusal([&] { regions.unmap(pages(600, 1)); }), HasSubstr("expected whole pages of 2M"));
  EXPECT_THAT(refusal([&] { regions.unmap(pages(100, 500)); }), HasSubstr("expected whole pages of 2M"));
  EXPECT_THAT(refusal([&] { regions.reserve(anonymous(1000, 1), Overlap::Replace); }), HasSubstr("whole pages of 2M"));
  regions.reserve(anonymous(2000, 2));
  EXPECT_THAT(refusal([&] { regions.remap(pages(2000, 2), pages(1000, 2), Overlap::Replace); }),
              HasSubstr("expected whole pages of 2M"));
  regions.unmap(pages(2000, 2));
  huge.range = pages(1, 512);
  EXPECT_THAT(refusal([&] { regions.reserve(huge); }), HasSubstr("expected whole pages of 2M"));
  huge.range = pages(1536, 512);
  regions.reserve(huge);
  EXPECT_EQ(list(regions), "512+1024 rw-u, 1536+512 rw-u");
  regions.unmap(pages(512, 512));
  EXPECT_EQ(list(regions), "1024+512 rw-u, 1536+512 rw-u");
}

TEST(Regions, WhatIsRefusedSaysWhatIsThere) {
  Regions regions;
  regions.reserve(file(16, 2, 0));
  EXPECT_EQ(refusal([&] { regions.reserve(anonymous(17, 4)); }),
            "0x11000 to 0x14fff: overlaps 0x10000 to 0x11fff /lib/a; expected a range that is free");
  EXPECT_EQ(refusal([&] { regions.protect(pages(15, 2), {}); }), "0xf000 to 0x10fff: not all of it is reserved");
  EXPECT_EQ(refusal([&] { regions.advise(pages(17, 2), HugePages::Yes); }),
            "0x11000 to 0x12fff: not all of it is reserved");
  EXPECT_EQ(refusal([&] {
              regions.unmap({VirtualAddress(16 * page), VirtualAddress(16 * page + 9)});
            }),
            "0x10000 to 0x10009: expected whole pages of 4K");
  EXPECT_EQ(refusal([&] { regions.remap(pages(15, 2), pages(30, 2)); }),
            "0xf000 to 0x10fff: not in one region; expected a range of one");
  EXPECT_EQ(refusal([&] { regions.remap(pages(16, 2), pages(17, 2)); }),
            "0x10000 to 0x11fff: moved to 0x11000 to 0x12fff, which overlaps it");
  EXPECT_EQ(list(regions), "16+2 rw-u");
}

TEST(Regions, RemapKeepsTheFileOffsetOfWhatMoves) {
  Regions regions;
  regions.reserve(file(16, 4, 10));
  regions.remap(pages(17, 2), pages(40, 3));
  EXPECT_EQ(list(regions), "16+1 rw-u, 19+1 rw-u, 40+3 rw-u");
  EXPECT_EQ(regions.find(VirtualAddress(41 * page))->file_offset, 11 * page);
  EXPECT_EQ(regions.find(VirtualAddress(19 * page))->file_offset, 13 * page);
}

TEST(Regions, AStackGrowsDownToItsLimitAndKeepsItsDistance) {
  Regions regions;
  Region stack = anonymous(10000, 4);
  stack.kind.grows_down = true;
  regions.reserve(stack);
  EXPECT_FALSE(regions.grow_down(VirtualAddress(10001 * page)));  // within
  EXPECT_FALSE(regions.grow_down(VirtualAddress(10004 * page)));  // above
  EXPECT_TRUE(regions.grow_down(VirtualAddress(9998 * page + 8)));
  EXPECT_EQ(list(regions), "9998+6 rw-u");
  EXPECT_FALSE(regions.grow_down(VirtualAddress(9903 * page), 100 * page));
  EXPECT_TRUE(regions.grow_down(VirtualAddress(9904 * page), 100 * page));
  regions.reserve(anonymous(9600, 1));
  EXPECT_FALSE(regions.grow_down(VirtualAddress(9856 * page)));
  EXPECT_TRUE(regions.grow_down(VirtualAddress(9857 * page)));
  EXPECT_EQ(list(regions), "9600+1 rw-u, 9857+147 rw-u");
}

TEST(Regions, NeighboursOfAnAddress) {
  Regions regions;
  EXPECT_EQ(regions.below(VirtualAddress(0)), nullptr);
  EXPECT_EQ(regions.above(VirtualAddress(0)), nullptr);
  regions.reserve(anonymous(16, 2));
  regions.reserve(anonymous(20, 2));
  EXPECT_EQ(regions.below(VirtualAddress(18 * page)), regions.find(VirtualAddress(17 * page)));
  EXPECT_EQ(regions.above(VirtualAddress(18 * page)), regions.find(VirtualAddress(20 * page)));
  EXPECT_EQ(regions.above(VirtualAddress(17 * page)), regions.find(VirtualAddress(20 * page)));
  EXPECT_EQ(regions.below(VirtualAddress(17 * page)), nullptr);
  EXPECT_EQ(regions.above(VirtualAddress(21 * page)), nullptr);
}

/// Random changes against a plain list of pages.
class PlainRegions {
 public:
  struct Page {
    RegionKind kind;
    std::uint64_t file_offset = 0;
  };

  explicit PlainRegions(std::uint64_t first_page) : first_page_(first_page) {}

  bool any(std::uint64_t at, std::uint64_t count) const {
    for (std::uint64_t i = at; i < at + count; ++i) {
      if (pages_.count(i) != 0) return true;
    }
    return false;
  }
  bool all(std::uint64_t at, std::uint64_t count) const {
    for (std::uint64_t i = at; i < at + count; ++i) {
      if (pages_.count(i) == 0) return false;
    }
    return true;
  }
  void put(std::uint64_t at, std::uint64_t count, const RegionKind& kind, std::uint64_t offset) {
    for (std::uint64_t i = 0; i < count; ++i) pages_[at + i] = {kind, kind.file ? offset + i * page : 0};
  }
  void remove(std::uint64_t at, std::uint64_t count) {
    for (std::uint64_t i = at; i < at + count; ++i) pages_.erase(i);
  }
  template <class Change>
  void change(std::uint64_t at, std::uint64_t count, Change change) {
    for (std::uint64_t i = at; i < at + count; ++i) change(pages_[i].kind);
  }
  const Page* find(std::uint64_t at) const {
    const auto found = pages_.find(at);
    return found == pages_.end() ? nullptr : &found->second;
  }
  bool joined(std::uint64_t low) const {
    const Page* a = find(low);
    const Page* b = find(low + 1);
    return a != nullptr && b != nullptr && a->kind.rights == b->kind.rights && a->kind.file == b->kind.file &&
           a->kind.label == b->kind.label && a->kind.huge_pages == b->kind.huge_pages &&
           (!a->kind.file || a->file_offset + page == b->file_offset);
  }
  VirtualRange range(std::uint64_t at, std::uint64_t count) const { return pages(first_page_ + at, count); }
  std::uint64_t size() const { return pages_.size(); }

 private:
  std::uint64_t first_page_;
  std::map<std::uint64_t, Page> pages_;
};

constexpr std::uint64_t universe = 48;

void expect_same(const Regions& regions, const PlainRegions& plain) {
  std::uint64_t starts = 0;
  for (std::uint64_t i = 0; i < universe; ++i) {
    const VirtualAddress va = plain.range(i, 1).first;
    const Region* region = regions.find(va + 5);
    const PlainRegions::Page* expected = plain.find(i);
    ASSERT_EQ(region != nullptr, expected != nullptr) << "page " << i;
    if (expected == nullptr) continue;
    ASSERT_EQ(rights_text(region->kind.rights), rights_text(expected->kind.rights)) << "page " << i;
    ASSERT_EQ(region->kind.huge_pages, expected->kind.huge_pages) << "page " << i;
    ASSERT_EQ(region->kind.label, expected->kind.label) << "page " << i;
    if (region->kind.file) {
      ASSERT_EQ(region->file_offset + (va - region->range.first), expected->file_offset) << "page " << i;
    }
    if (i == 0 || !plain.joined(i - 1)) ++starts;
  }
  ASSERT_EQ(regions.size(), starts) << list(regions);
  ASSERT_EQ(regions.reserved_bytes(), plain.size() * page);
}

/// Makes random changes to both and compares them after each.
class RandomChanges {
 public:
  RandomChanges(test::Dice& dice, std::uint64_t first_page) : dice_(dice), plain_(first_page) {}

  void step() {
    at_ = dice_.between(0, universe - 1);
    count_ = dice_.between(1, std::min<std::uint64_t>(universe - at_, 12));
    const std::uint64_t action = dice_.between(0, 5);
    if (action == 0 || action == 1) reserve(action == 0 ? Overlap::Refuse : Overlap::Replace);
    if (action == 2) unmap();
    if (action == 3) protect();
    if (action == 4) advise();
    if (action == 5) remap();
    expect_same(regions_, plain_);
  }

 private:
  VirtualRange range() const { return plain_.range(at_, count_); }

  void expect(bool accepted, const std::string& refused) {
    EXPECT_EQ(refused == "accepted", accepted) << at_ << "+" << count_ << ": " << refused;
  }
  void reserve(Overlap overlap) {
    Region region{range(), {}, 0};
    region.kind.rights = rights();
    region.kind.file = dice_.chance(50);
    if (region.kind.file) region.file_offset = (at_ + (dice_.chance(20) ? 7 : 0)) * page;
    region.kind.label = dice_.chance(20) ? "[heap]" : "";
    const bool fits = overlap == Overlap::Replace || !plain_.any(at_, count_);
    expect(fits, refusal([&] { regions_.reserve(region, overlap); }));
    if (fits) plain_.put(at_, count_, region.kind, region.file_offset);
  }
  void unmap() {
    regions_.unmap(range());
    plain_.remove(at_, count_);
  }
  void protect() {
    const Rights changed = rights();
    const bool fits = plain_.all(at_, count_);
    expect(fits, refusal([&] { regions_.protect(range(), changed); }));
    if (fits) plain_.change(at_, count_, [&](RegionKind& kind) { kind.rights = changed; });
  }
  void advise() {
    const HugePages advice = dice_.pick<HugePages>({HugePages::Default, HugePages::Yes});
    const bool fits = plain_.all(at_, count_);
    expect(fits, refusal([&] { regions_.advise(range(), advice); }));
    if (fits) plain_.change(at_, count_, [&](RegionKind& kind) { kind.huge_pages = advice; });
  }
  void remap() {
    const std::uint64_t to = dice_.chance(30) ? at_ : dice_.between(0, universe - 1);
    const std::uint64_t size = dice_.between(1, std::min<std::uint64_t>(universe - to, 12));
    const Overlap overlap = dice_.chance(50) ? Overlap::Refuse : Overlap::Replace;
    bool fits = plain_.all(at_, count_);
    for (std::uint64_t i = 0; fits && i + 1 < count_; ++i) fits = plain_.joined(at_ + i);
    if (to != at_ && at_ < to + size && to < at_ + count_) fits = false;
    const std::uint64_t kept = to == at_ ? std::min(size, count_) : 0;
    if (overlap == Overlap::Refuse && plain_.any(to + kept, size - kept)) fits = false;
    expect(fits, refusal([&] { regions_.remap(range(), plain_.range(to, size), overlap); }));
    if (!fits) return;
    const PlainRegions::Page first = *plain_.find(at_);
    plain_.remove(at_, count_);
    plain_.put(to, size, first.kind, first.file_offset);
  }
  Rights rights() { return rights_of(true, dice_.chance(50), false); }

  test::Dice& dice_;
  Regions regions_;
  PlainRegions plain_;
  std::uint64_t at_ = 0;
  std::uint64_t count_ = 0;
};

TEST(Regions, AgreeWithAPlainListOfPages) {
  constexpr std::uint64_t last_pages = (~std::uint64_t{0} / page) - universe + 1;
  for (const std::uint64_t seed : test::printed_seeds(20)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Dice dice(seed);
    RandomChanges changes(dice, dice.pick<std::uint64_t>({0, 1000, last_pages}));
    for (int i = 0; i < 2000 && !testing::Test::HasFailure(); ++i) changes.step();
    ASSERT_FALSE(testing::Test::HasFailure());
  }
}

}  // namespace
}  // namespace tablewalk::regions_test
