// The RTL storage arrays, each alone, compared with the model: LRU order, a walk cache, a TLB.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "associative/replacement.h"
#include "rtl/array_bench.h"
#include "walker/translation_caches.h"

namespace tablewalk::test::array_test {
namespace {

template <class Shape>
class Arrays : public testing::Test {};

struct ShapeNames {
  template <class Shape>
  static std::string GetName(int) {
    if (std::is_same_v<Shape, FourSets>) return "FourSets";
    return std::is_same_v<Shape, OneWay> ? "OneWay" : "FullyAssociative";
  }
};
using Shapes = testing::Types<FourSets, FullyAssociative, OneWay>;
TYPED_TEST_SUITE(Arrays, Shapes, ShapeNames);

TYPED_TEST(Arrays, TheOldestWayIsTheModelsVictim) {
  constexpr std::uint32_t sets = TypeParam::entries / TypeParam::ways;
  for (const std::uint64_t seed : printed_seeds(20)) {
    Dice dice(seed);
    auto& pins = lasting_model<typename TypeParam::Pins>();
    reset(pins);
    ReplacementState model(Replacement::Lru, sets, TypeParam::ways, 1);
    for (unsigned cycle = 0; cycle < 1000; ++cycle) {
      pins.touch_i = dice.chance(50);
      pins.fill_i = dice.chance(50);
      pins.touch_set_i = dice.number(0, sets - 1);
      pins.touch_way_i = dice.number(0, TypeParam::ways - 1);
      pins.fill_set_i = dice.number(0, sets - 1);
      pins.fill_way_i = dice.number(0, TypeParam::ways - 1);
      pins.eval();
      if (pins.touch_i) model.touch(pins.touch_set_i, pins.touch_way_i);
      if (pins.fill_i) {  // meaningful only then
        ASSERT_EQ(int{pins.oldest_o}, static_cast<int>(model.victim(pins.fill_set_i))) << "seed " << seed;
        model.filled(pins.fill_set_i, pins.fill_way_i);
      }
      clock(pins);
    }
  }
}

TYPED_TEST(Arrays, TheWalkCacheFindsWhatTheModelFinds) {
  unsigned hits = 0;
  for (const std::uint64_t seed : printed_seeds(30)) {
    Dice dice(seed);
    const rtl::Mode& tested = rtl::modes[dice.number(1, 8)];
    const auto mode = make_paging_mode(tested.name);
    WalkCacheConfig config;
    config.level = 1;
    config.entries = TypeParam::entries;
    config.ways = TypeParam::ways;
    TranslationCaches model({config}, *mode, false);
    Questions questions(dice, *mode);
    auto& pins = lasting_model<typename TypeParam::Pins>();
    reset(pins);
    pins.lookup_mode_i = pins.remember_mode_i = tested.code;
    for (unsigned cycle = 0; cycle < 2000; ++cycle) {
      const VirtualAddress va = questions.address();
      pins.lookup_i = dice.chance(60);
      pins.lookup_va_i = va.value();
      pins.lookup_asid_i = questions.asid();
      pins.remember_i = dice.chance(30);
      const VirtualAddress remembered = questions.address();
      const WalkStart start{0, PhysicalAddress(rtl::random_bits(dice) & low_bits(56)),
                            rtl::rights_of(dice.number(0, 511)), dice.chance(50)};
      pins.remember_va_i = remembered.value();
      pins.remember_asid_i = questions.asid();
      pins.remember_page_i = start.table.value();
      pins.remember_rights_i = rtl::rights_bits(start.rights);
      pins.remember_global_i = start.global;
      pins.invalidate_i = 0;
      const Invalidation invalidation = questions.invalidation();
      if (dice.chance(8)) set_invalidation(pins, invalidation);
      pins.eval();
      // In the order of the contract: look up, fill, invalidate.
      if (pins.lookup_i) {
        const auto found = model.find(va, pins.lookup_asid_i);
        ASSERT_EQ(pins.cache_hit_o != 0, found.has_value()) << "seed " << seed << " cycle " << cycle;
        if (found) {
          ASSERT_EQ(pins.cache_table_o, found->table.value()) << "seed " << seed << " cycle " << cycle;
          ASSERT_EQ(pins.cache_rights_o, rtl::rights_bits(found->rights));
          ASSERT_EQ(pins.cache_global_o != 0, found->global);
          ++hits;
        }
      } else {
        ASSERT_EQ(int{pins.cache_hit_o}, 0);
      }
      if (pins.remember_i) model.remember(remembered, pins.remember_asid_i, start);
      if (pins.invalidate_i) model.invalidate(invalidation);
      clock(pins);
    }
  }
  EXPECT_GT(hits, 1000u);
}

/// A translation as from a walk or another TLB. Size and globalness follow from the address: inconsistent translations
/// are a software error with undefined results.
Translation random_translation(Dice& dice, const PagingMode& mode, VirtualAddress va) {
  const std::uint64_t region = va.value() >> 30 & 3;
  std::vector<PageSize> sizes;
  for (const PageSize& size : mode.page_sizes()) {
    if (size.shift <= 30) sizes.push_back(size);
  }
  const PageSize& size = sizes[region % sizes.size()];
  Translation made;
  made.level = static_cast<std::uint8_t>(size.level);
  made.whole_shift = static_cast<std::uint8_t>(size.shift);
  made.page_shift = made.whole_shift;
  // A part: what another TLB holds of the page, or its part within physical memory.
  if (region == 3 && size.level > 0) made.page_shift = size.shift == 30 ? 29 : 12;
  made.page = PhysicalAddress(rtl::random_bits(dice) & low_bits(56) & ~low_bits(made.page_shift));
  made.rights = rtl::rights_of(dice.number(0, 511));
  made.global = (va.value() >> 34 & 1) != 0;
  made.dirty = dice.chance(60);
  return made;
}

TYPED_TEST(Arrays, TheTlbFindsWhatTheModelFinds) {
  unsigned hits = 0;
  for (const std::uint64_t seed : printed_seeds(30)) {
    Dice dice(seed);
    TlbPair<TypeParam> tlb(rtl::modes[dice.number(1, 8)], rtl::random_controls(dice));
    Questions questions(dice, tlb.mode());
    for (unsigned cycle = 0; cycle < 2500; ++cycle) {
      // In the order of the contract: look up, fill, invalidate.
      if (dice.chance(60)) {
        const Access access{static_cast<AccessKind>(dice.number(0, 2)), dice.chance(50)};
        tlb.look_up(questions.address(), questions.asid(), access, hits);
        if (testing::Test::HasFatalFailure())
          FAIL() << "seed " << seed << " " << tlb.mode().name() << " cycle " << cycle;
      }
      const VirtualAddress filled = questions.address();
      if (dice.chance(30)) tlb.fill(filled, questions.asid(), random_translation(dice, tlb.mode(), filled));
      if (dice.chance(8)) tlb.invalidate(questions.invalidation());
      tlb.end_cycle();
    }
  }
  EXPECT_GT(hits, 500u);
}

/// An address with its page, whose size follows from the address.
struct Mapped {
  VirtualAddress va;
  PageSize size;
};

Mapped random_page_of_sv57(Dice& dice, const PagingMode& mode) {
  const std::vector<PageSize>& sizes = mode.page_sizes();
  const std::uint64_t region = dice.number(0, static_cast<std::uint32_t>(sizes.size() - 1));
  const std::uint64_t va =
      region << 49 | dice.between(0, 1) << 48 | dice.between(0, 2) << 39 | dice.between(0, 2) << 12;
  return {VirtualAddress(va), sizes[region]};
}

TEST(HugeArray, TheTlbFindsWhatTheModelFindsOfPagesUpTo256TiB) {
  unsigned hits = 0;
  std::set<unsigned> found;
  for (const std::uint64_t seed : printed_seeds(30)) {
    Dice dice(seed);
    TlbPair<HugePages> tlb(rtl::modes[8], {});
    for (unsigned cycle = 0; cycle < 2500; ++cycle) {
      const unsigned before = hits;
      const Mapped looked_up = random_page_of_sv57(dice, tlb.mode());
      tlb.look_up(looked_up.va, rtl::random_space(dice), {AccessKind::Load, true}, hits);
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << " cycle " << cycle;
      if (hits != before) found.insert(looked_up.size.shift);
      if (dice.chance(40)) {
        const Mapped filled = random_page_of_sv57(dice, tlb.mode());
        Translation made;
        made.level = static_cast<std::uint8_t>(filled.size.level);
        made.page_shift = made.whole_shift = static_cast<std::uint8_t>(filled.size.shift);
        made.page = PhysicalAddress(rtl::random_bits(dice) & low_bits(56) & ~low_bits(made.page_shift));
        made.rights = rtl::rights_of(0x1FF);
        tlb.fill(filled.va, rtl::random_space(dice), made);
      }
      if (dice.chance(8)) {
        Invalidation invalidation;
        invalidation.scope = Invalidation::Scope::Page;
        invalidation.va = random_page_of_sv57(dice, tlb.mode()).va;
        invalidation.asid = rtl::random_space(dice);
        tlb.invalidate(invalidation);
      }
      tlb.end_cycle();
    }
  }
  EXPECT_GT(hits, 500u);
  EXPECT_EQ(found.count(39) + found.count(48), 2u);
}

// Cases without a counterpart in the model, and readable examples.

struct Pins : Varray_pins {
  Pins() { reset(*this); }
  void remember(std::uint64_t va, unsigned mode, unsigned asid, std::uint64_t page, bool global = false) {
    remember_i = 1;
    remember_va_i = va;
    remember_mode_i = static_cast<std::uint8_t>(mode);
    remember_asid_i = static_cast<std::uint16_t>(asid);
    remember_page_i = page;
    remember_page_shift_i = 12;
    remember_rights_i = 0x1F;
    remember_global_i = global;
    remember_dirty_i = 1;
    clock(*this);
    remember_i = 0;
  }
  void look_up(std::uint64_t va, unsigned mode, unsigned asid) {
    lookup_i = 1;
    lookup_va_i = va;
    lookup_mode_i = static_cast<std::uint8_t>(mode);
    lookup_asid_i = static_cast<std::uint16_t>(asid);
    lookup_access_i = 1;
    lookup_user_i = 1;
    eval();
  }
  bool cached(std::uint64_t va, unsigned mode, unsigned asid) {
    look_up(va, mode, asid);
    return cache_hit_o != 0;
  }
  bool translated(std::uint64_t va, unsigned mode, unsigned asid) {
    look_up(va, mode, asid);
    return tlb_hit_o != 0;
  }
  void invalidate_page_of_every_space(std::uint64_t va) {
    invalidate_i = inv_vaddr_valid_i = inv_global_i = 1;
    inv_all_i = inv_asid_valid_i = 0;
    inv_vaddr_i = va;
    inv_pointers_i = static_cast<std::uint8_t>(Invalidation::Pointers::OnTheWay);
    clock(*this);
    invalidate_i = 0;
  }
};
constexpr unsigned x86_64 = 3;
constexpr unsigned sv39 = 6;

TEST(RtlWalkCache, APointerOfOneModeIsNoneOfAnother) {
  Pins& pins = lasting_model<Pins>();
  pins.remember(0x40001000, sv39, 1, 0xA000);
  EXPECT_TRUE(pins.cached(0x40001000, sv39, 1));
  EXPECT_FALSE(pins.cached(0x40001000, x86_64, 1));
  EXPECT_FALSE(pins.cached(0x40001000, sv39, 2));
  EXPECT_TRUE(pins.cached(0x401FF000, sv39, 1)) << "of the same 2 MiB";
  EXPECT_FALSE(pins.cached(0x40200000, sv39, 1));
}

/// Of level 1, where the two have equal prefixes.
TEST(RtlWalkCache, PointersOfTwoModesAtOnePlaceAreBothRemembered) {
  Pins& pins = lasting_model<Pins>();
  pins.remember(0x40001000, sv39, 1, 0xA000);
  pins.remember(0x40001000, x86_64, 1, 0xB000);
  EXPECT_TRUE(pins.cached(0x40001000, sv39, 1));
  EXPECT_EQ(pins.cache_table_o, 0xA000u);
  EXPECT_TRUE(pins.cached(0x40001000, x86_64, 1));
  EXPECT_EQ(pins.cache_table_o, 0xB000u);
}

/// Including what is filled in the same cycle, of whatever space.
TEST(RtlWalkCache, EverythingIsEverythingWhateverElseTheInvalidationSays) {
  Pins& pins = lasting_model<Pins>();
  pins.remember(0x40001000, sv39, 1, 0xA000);
  pins.invalidate_i = pins.inv_all_i = pins.inv_asid_valid_i = pins.inv_vaddr_valid_i = 1;
  pins.inv_asid_i = 7;
  pins.remember(0x80001000, sv39, 1, 0xB000);
  pins.invalidate_i = 0;
  EXPECT_FALSE(pins.cached(0x40001000, sv39, 1));
  EXPECT_FALSE(pins.cached(0x80001000, sv39, 1));
}

TEST(RtlWalkCache, WhatIsRememberedIsFoundFromTheNextCycleOn) {
  Pins& pins = lasting_model<Pins>();
  pins.remember_i = pins.lookup_i = 1;
  pins.remember_va_i = pins.lookup_va_i = 0x40001000;
  pins.eval();
  EXPECT_EQ(int{pins.cache_hit_o}, 0);
  clock(pins);
  EXPECT_EQ(int{pins.cache_hit_o}, 1);
}

TEST(RtlWalkCache, APageOfEverySpaceTakesThePointersOfAll) {
  Pins& pins = lasting_model<Pins>();
  pins.remember(0x40001000, sv39, 1, 0xA000);
  pins.remember(0x40001000, sv39, 2, 0xB000);
  pins.remember(0x40200000, sv39, 1, 0xC000);
  pins.invalidate_page_of_every_space(0x40100000);
  EXPECT_FALSE(pins.cached(0x40001000, sv39, 1));
  EXPECT_FALSE(pins.cached(0x40001000, sv39, 2));
  EXPECT_TRUE(pins.cached(0x40200000, sv39, 1));
}

TEST(RtlWalkCache, NeitherSpaceNorAddressIsEverything) {
  Pins& pins = lasting_model<Pins>();
  pins.remember(0x40001000, sv39, 1, 0xA000);
  pins.remember(0x80001000, x86_64, 2, 0xB000);
  pins.invalidate_i = pins.inv_global_i = 1;
  pins.inv_pointers_i = static_cast<std::uint8_t>(Invalidation::Pointers::Every);
  clock(pins);
  pins.invalidate_i = 0;
  EXPECT_FALSE(pins.cached(0x40001000, sv39, 1));
  EXPECT_FALSE(pins.cached(0x80001000, x86_64, 2));
  EXPECT_FALSE(pins.translated(0x40001000, sv39, 1));
  EXPECT_FALSE(pins.translated(0x80001000, x86_64, 2));
}

/// Everything below it is global: an invalidation of its space keeps it, one of global pages does not.
TEST(RtlWalkCache, AGlobalPointerOutlivesItsSpace) {
  Pins& pins = lasting_model<Pins>();
  pins.remember(0x40001000, sv39, 1, 0xA000, true);
  pins.remember(0x80001000, sv39, 1, 0xB000);
  pins.invalidate_i = pins.inv_asid_valid_i = 1;
  pins.inv_asid_i = 1;
  pins.inv_pointers_i = static_cast<std::uint8_t>(Invalidation::Pointers::Every);
  clock(pins);
  pins.invalidate_i = 0;
  EXPECT_TRUE(pins.cached(0x40001000, sv39, 1));
  EXPECT_FALSE(pins.cached(0x80001000, sv39, 1));
  pins.invalidate_i = pins.inv_global_i = 1;
  clock(pins);
  pins.invalidate_i = 0;
  EXPECT_FALSE(pins.cached(0x40001000, sv39, 1));
}

/// While a lookup reads another set, which has another mode's pointers.
TEST(RtlWalkCache, APointerThatIsRememberedAgainTakesItsOwnPlace) {
  Pins& pins = lasting_model<Pins>();
  constexpr std::uint64_t other_set = 0x40200000;
  constexpr std::uint64_t again = 0x40000000;
  constexpr std::uint64_t beside = 0x40800000;
  pins.remember(other_set, x86_64, 1, 0xA000);
  pins.remember(again, sv39, 1, 0xB000);
  pins.remember(beside, sv39, 1, 0xC000);
  EXPECT_TRUE(pins.cached(again, sv39, 1));
  clock(pins);  // `beside` is the older one now
  pins.look_up(other_set, x86_64, 1);
  pins.remember(again, sv39, 1, 0xB000);
  EXPECT_TRUE(pins.cached(beside, sv39, 1));
  EXPECT_TRUE(pins.cached(again, sv39, 1));
}

TEST(RtlTlb, APageOfEverySpaceTakesTheTranslationsOfAll) {
  Pins& pins = lasting_model<Pins>();
  pins.remember(0x40001000, sv39, 1, 0xA000);
  pins.remember(0x40001000, sv39, 2, 0xB000);
  pins.remember(0x40002000, sv39, 1, 0xC000);
  pins.invalidate_page_of_every_space(0x40001FFF);
  EXPECT_FALSE(pins.translated(0x40001000, sv39, 1));
  EXPECT_FALSE(pins.translated(0x40001000, sv39, 2));
  EXPECT_TRUE(pins.translated(0x40002000, sv39, 1));
}

TEST(RtlTlb, AGlobalTranslationServesEverySpaceAndOutlivesThem) {
  Pins& pins = lasting_model<Pins>();
  pins.remember(0x40001000, sv39, 1, 0xA000, true);
  EXPECT_TRUE(pins.translated(0x40001000, sv39, 2));
  pins.invalidate_i = pins.inv_asid_valid_i = 1;
  pins.inv_asid_i = 1;
  clock(pins);
  pins.invalidate_i = 0;
  EXPECT_TRUE(pins.translated(0x40001000, sv39, 1));
}

TEST(RtlArrays, AResetEmptiesThemAtOnce) {
  Pins& pins = lasting_model<Pins>();
  pins.remember(0x40001000, sv39, 1, 0xA000);
  EXPECT_TRUE(pins.cached(0x40001000, sv39, 1) && pins.translated(0x40001000, sv39, 1));
  pins.rst_ni = 0;
  pins.eval();  // no clock
  EXPECT_EQ(int{pins.cache_hit_o}, 0);
  EXPECT_EQ(int{pins.tlb_hit_o}, 0);
  constexpr unsigned radix = 0;
  EXPECT_FALSE(pins.cached(0, radix, 0)) << "what a reset leaves is not a pointer of zeros";
  EXPECT_FALSE(pins.translated(0, radix, 0));
}

}  // namespace
}  // namespace tablewalk::test::array_test
