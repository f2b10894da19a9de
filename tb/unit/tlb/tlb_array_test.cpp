#include "tlb/tlb_array.h"

#include <gtest/gtest.h>

namespace tablewalk::tlb_array_test {
namespace {

constexpr Access load{AccessKind::Load, true};
constexpr Access store{AccessKind::Store, true};
constexpr std::uint8_t everything = 0x3f;

Translation page(std::uint64_t physical, unsigned shift = 12, bool global = false) {
  Translation translation;
  translation.page = PhysicalAddress(physical);
  translation.page_shift = static_cast<std::uint8_t>(shift);
  translation.whole_shift = translation.page_shift;
  translation.global = global;
  translation.dirty = true;
  return translation;
}

TlbArrayConfig of(std::uint32_t entries, std::uint32_t ways, std::vector<ByteSize> sizes = {}) {
  TlbArrayConfig config;
  config.entries = entries;
  config.ways = ways;
  config.page_sizes = std::move(sizes);
  return config;
}
const std::vector<unsigned> x86_64_shifts{12, 21, 30};

/// The array's translation of an address; 0 if there is none.
std::uint64_t lookup(TlbArray& array, std::uint64_t va, Access access = load, AddressSpaceId asid = 0) {
  const Translation* found = array.find(VirtualAddress(va), asid, access);
  return found == nullptr ? 0 : found->physical(VirtualAddress(va)).value();
}

TEST(TlbArray, TranslatesEveryByteOfThePageAndNoneBeside) {
  TlbArray array(of(4, 0), x86_64_shifts);
  array.install(VirtualAddress(0x7000), 0, page(0x5000), everything);
  EXPECT_EQ(lookup(array, 0x7000), 0x5000u);
  EXPECT_EQ(lookup(array, 0x7fff), 0x5fffu);
  EXPECT_EQ(lookup(array, 0x6fff), 0u);
  EXPECT_EQ(lookup(array, 0x8000), 0u);
}

TEST(TlbArray, HoldsPagesOfSeveralSizes) {
  TlbArray array(of(8, 4), x86_64_shifts);  // all three are in set 1
  array.install(VirtualAddress(0x1000), 0, page(0x5000), everything);
  array.install(VirtualAddress(0x40000000), 0, page(0x80000000, 30), everything);
  array.install(VirtualAddress(0x200000), 0, page(0x600000, 21), everything);
  EXPECT_EQ(lookup(array, 0x1234), 0x5234u);
  EXPECT_EQ(lookup(array, 0x2abcde), 0x6abcdeu);
  EXPECT_EQ(lookup(array, 0x7fffffff), 0xbfffffffu);
  EXPECT_EQ(lookup(array, 0x400000), 0u);
}

TEST(TlbArray, KeepsOnlyTheSizesOfItsConfig) {
  const TlbArray array(of(8, 2, {ByteSize{4096}, ByteSize{1 << 30}}), x86_64_shifts);
  EXPECT_TRUE(array.holds(12));
  EXPECT_FALSE(array.holds(21));
  EXPECT_TRUE(array.holds(30));
  EXPECT_EQ(array.largest_shift_within(30), 30u);
  EXPECT_EQ(array.largest_shift_within(29), 12u) << "part of a 2M page";
  EXPECT_EQ(TlbArray(of(8, 2, {ByteSize{1 << 21}}), x86_64_shifts).largest_shift_within(20), std::nullopt);
}

TEST(TlbArray, A64KPageOfSixteenEntriesIsOneTranslation) {
  const auto mode = make_paging_mode("sv39");
  std::vector<unsigned> shifts;
  for (const PageSize& size : mode->page_sizes()) shifts.push_back(size.shift);
  TlbArray array(of(1, 0), shifts);
  array.install(VirtualAddress(0x345000), 0, page(0x670000, 16), everything);
  EXPECT_EQ(lookup(array, 0x340000), 0x670000u);
  EXPECT_EQ(lookup(array, 0x34ffff), 0x67ffffu);
  EXPECT_EQ(lookup(array, 0x33ffff), 0u);
  EXPECT_EQ(lookup(array, 0x350000), 0u);
  EXPECT_EQ(TlbArray(of(1, 0, {ByteSize{4096}, ByteSize{1 << 21}}), shifts).largest_shift_within(16), 12u);
}

TEST(TlbArray, AddressSpacesDoNotSeeEachOther) {
  TlbArray array(of(4, 0), x86_64_shifts);
  array.install(VirtualAddress(0x7000), 1, page(0x5000), everything);
  array.install(VirtualAddress(0x7000), 2, page(0x9000), everything);
  EXPECT_EQ(lookup(array, 0x7000, load, 1), 0x5000u);
  EXPECT_EQ(lookup(array, 0x7000, load, 2), 0x9000u);
  EXPECT_EQ(lookup(array, 0x7000, load, 3), 0u);
}

TEST(TlbArray, EverybodySeesGlobalPages) {
  TlbArray array(of(4, 0), x86_64_shifts);
  array.install(VirtualAddress(0x7000), 1, page(0x5000, 12, true), everything);
  EXPECT_EQ(lookup(array, 0x7000, load, 2), 0x5000u);
}

TEST(TlbArray, ServesOnlyTheAccessesItWasToldOf) {
  TlbArray array(of(4, 0), x86_64_shifts);
  array.install(VirtualAddress(0x7000), 0, page(0x5000), static_cast<std::uint8_t>(1U << TlbArray::code_of(load)));
  EXPECT_EQ(lookup(array, 0x7000, load), 0x5000u);
  EXPECT_EQ(lookup(array, 0x7000, store), 0u);
  EXPECT_EQ(lookup(array, 0x7000, {AccessKind::Load, false}), 0u);
  EXPECT_EQ(lookup(array, 0x7000, {AccessKind::Fetch, true}), 0u);
}

TEST(TlbArray, RenewedEntryTakesThePlaceOfTheOldOne) {
  TlbArray array(of(2, 0), x86_64_shifts);
  array.install(VirtualAddress(0x7000), 0, page(0x5000), 0);
  array.install(VirtualAddress(0x8000), 0, page(0x6000), everything);
  array.install(VirtualAddress(0x7000), 0, page(0x5000), everything);
  EXPECT_EQ(lookup(array, 0x7000, store), 0x5000u);
  EXPECT_EQ(lookup(array, 0x8000), 0x6000u) << "nobody had to leave";
}

TEST(TlbArray, AnotherSpacesWalkRenewsAGlobalPageForEverybody) {
  TlbArray array(of(2, 0), x86_64_shifts);
  array.install(VirtualAddress(0x7000), 1, page(0x5000, 12, true),
                static_cast<std::uint8_t>(1U << TlbArray::code_of(load)));
  array.install(VirtualAddress(0x8000), 1, page(0x6000), everything);
  EXPECT_EQ(lookup(array, 0x7000, store, 2), 0u);
  array.install(VirtualAddress(0x7000), 2, page(0x5000, 12, true), everything);
  for (const AddressSpaceId asid : {1, 2, 3}) EXPECT_EQ(lookup(array, 0x7000, store, asid), 0x5000u) << asid;
  EXPECT_EQ(lookup(array, 0x8000, load, 1), 0x6000u) << "nobody had to leave";
}

TEST(TlbArray, UseKeepsAPage) {
  TlbArray array(of(2, 0), x86_64_shifts);
  array.install(VirtualAddress(0x1000), 0, page(0x5000), everything);
  array.install(VirtualAddress(0x2000), 0, page(0x6000), everything);
  lookup(array, 0x1000);
  array.install(VirtualAddress(0x3000), 0, page(0x7000), everything);
  EXPECT_EQ(lookup(array, 0x1000), 0x5000u);
  EXPECT_EQ(lookup(array, 0x2000), 0u);
}

TEST(TlbArray, LastPageOfASizeThatLeftIsNotFoundAnyMore) {
  TlbArray array(of(1, 0), x86_64_shifts);
  array.install(VirtualAddress(0x200000), 0, page(0x600000, 21), everything);
  array.install(VirtualAddress(0x1000), 0, page(0x5000), everything);
  EXPECT_EQ(lookup(array, 0x200000), 0u);
  array.install(VirtualAddress(0x200000), 0, page(0x600000, 21), everything);
  EXPECT_EQ(lookup(array, 0x200000), 0x600000u) << "and is again when it comes back";
  EXPECT_EQ(lookup(array, 0x1000), 0u);
}

TEST(TlbArray, SetsAreChosenByThePageNumberOfTheSize) {
  TlbArray array(of(4, 1), x86_64_shifts);
  for (std::uint64_t number = 0; number < 4; ++number) {
    array.install(VirtualAddress(number << 12), 0, page((number + 16) << 12), everything);
  }
  for (std::uint64_t number = 0; number < 4; ++number) EXPECT_EQ(lookup(array, number << 12), (number + 16) << 12);
  array.install(VirtualAddress(4 << 12), 0, page(64 << 12), everything);
  EXPECT_EQ(lookup(array, 0), 0u);
  EXPECT_EQ(lookup(array, 1 << 12), std::uint64_t{17} << 12);
}

Invalidation of_page(std::uint64_t va, AddressSpaceId asid = 0) {
  return {Invalidation::Scope::Page, VirtualAddress(va), asid};
}
Invalidation of_space(AddressSpaceId asid) {
  return {Invalidation::Scope::AddressSpace, VirtualAddress(0), asid};
}

TEST(TlbArrayInvalidation, OfAPageTakesThatPageOfThatSpace) {
  TlbArray array(of(8, 0), x86_64_shifts);
  array.install(VirtualAddress(0x7000), 1, page(0x5000), everything);
  array.install(VirtualAddress(0x7000), 2, page(0x9000), everything);
  array.install(VirtualAddress(0x8000), 1, page(0x6000), everything);
  EXPECT_EQ(array.invalidate(of_page(0x7fff, 1)), 1u);
  EXPECT_EQ(lookup(array, 0x7000, load, 1), 0u);
  EXPECT_EQ(lookup(array, 0x7000, load, 2), 0x9000u);
  EXPECT_EQ(lookup(array, 0x8000, load, 1), 0x6000u);
}

TEST(TlbArrayInvalidation, OfAPageTakesLargePagesAroundIt) {
  TlbArray array(of(8, 4), x86_64_shifts);
  array.install(VirtualAddress(0x40000000), 0, page(0x80000000, 30), everything);
  array.install(VirtualAddress(0x200000), 0, page(0x600000, 21), everything);
  EXPECT_EQ(array.invalidate(of_page(0x3fffff)), 1u);
  EXPECT_EQ(lookup(array, 0x200000), 0u);
  EXPECT_EQ(array.invalidate(of_page(0x3fffffff)), 0u);
  EXPECT_EQ(lookup(array, 0x40000000), 0x80000000u);
  EXPECT_EQ(array.invalidate(of_page(0x7fffffff)), 1u);
  EXPECT_EQ(lookup(array, 0x40000000), 0u);
}

TEST(TlbArrayInvalidation, OfAPageTakesGlobalOnesWhateverTheSpace) {
  TlbArray array(of(8, 0), x86_64_shifts);
  array.install(VirtualAddress(0x7000), 1, page(0x5000, 12, true), everything);
  EXPECT_EQ(array.invalidate(of_page(0x7000, 2)), 1u);
  EXPECT_EQ(lookup(array, 0x7000, load, 1), 0u);
}

TEST(TlbArrayInvalidation, OfASpaceLeavesGlobalPagesAndOtherSpaces) {
  TlbArray array(of(8, 0), x86_64_shifts);
  array.install(VirtualAddress(0x7000), 1, page(0x5000), everything);
  array.install(VirtualAddress(0x200000), 1, page(0x600000, 21), everything);
  array.install(VirtualAddress(0x8000), 1, page(0x6000, 12, true), everything);
  array.install(VirtualAddress(0x7000), 2, page(0x9000), everything);
  EXPECT_EQ(array.invalidate(of_space(1)), 2u);
  EXPECT_EQ(lookup(array, 0x7000, load, 1), 0u);
  EXPECT_EQ(lookup(array, 0x200000, load, 1), 0u);
  EXPECT_EQ(lookup(array, 0x8000, load, 1), 0x6000u);
  EXPECT_EQ(lookup(array, 0x7000, load, 2), 0x9000u);
}

TEST(TlbArrayInvalidation, OfAllTakesGlobalPagesToo) {
  TlbArray array(of(8, 0), x86_64_shifts);
  array.install(VirtualAddress(0x7000), 1, page(0x5000), everything);
  array.install(VirtualAddress(0x8000), 1, page(0x6000, 12, true), everything);
  EXPECT_EQ(array.invalidate({}), 2u);
  EXPECT_EQ(array.invalidate({}), 0u);
  EXPECT_EQ(lookup(array, 0x8000, load, 1), 0u);
}

TEST(TlbArrayInvalidation, TakesEveryPartOfAPageThatIsHeldInParts) {
  TlbArray array(of(8, 0), x86_64_shifts);
  const auto part = [](std::uint64_t physical) {
    Translation translation = page(physical);
    translation.whole_shift = 21;
    return translation;
  };
  array.install(VirtualAddress(0x200000), 0, part(0x600000), everything);
  array.install(VirtualAddress(0x3ff000), 0, part(0x7ff000), everything);
  array.install(VirtualAddress(0x400000), 0, part(0x800000), everything);
  EXPECT_EQ(array.invalidate(of_page(0x200000)), 2u);
  EXPECT_EQ(lookup(array, 0x3ff000), 0u);
  EXPECT_EQ(lookup(array, 0x400000), 0x800000u);
}

TEST(TlbArrayInvalidation, WorksOnAddressesOfTheUpperHalf) {
  TlbArray array(of(8, 0), x86_64_shifts);
  constexpr std::uint64_t high = 0xffffffff80000000;
  array.install(VirtualAddress(high), 0, page(0x40000000, 30), everything);
  array.install(VirtualAddress(high + 0x1000), 0, page(0x5000), everything);
  EXPECT_EQ(array.invalidate(of_page(high + 0x1fff)), 2u);
}

TEST(TlbArrayInvalidation, SizesAreCountedSoThatTheOthersAreStillFound) {
  TlbArray array(of(8, 0), x86_64_shifts);
  array.install(VirtualAddress(0x200000), 0, page(0x600000, 21), everything);
  array.install(VirtualAddress(0x400000), 0, page(0x800000, 21), everything);
  array.invalidate(of_page(0x200000));
  EXPECT_EQ(lookup(array, 0x400000), 0x800000u);
  array.invalidate(of_page(0x400000));
  array.install(VirtualAddress(0x400000), 0, page(0xa00000, 21), everything);
  EXPECT_EQ(lookup(array, 0x400000), 0xa00000u);
  for (std::uint64_t va = 0; va < 8 * 4096; va += 4096) array.install(VirtualAddress(va), 0, page(va), everything);
  EXPECT_EQ(lookup(array, 0x400000), 0u) << "evicted";
  array.install(VirtualAddress(0x200000), 0, page(0x600000, 21), everything);
  EXPECT_EQ(lookup(array, 0x200000), 0x600000u);
}

/// Two arrays, the second without pages of 4K.
std::vector<TlbArray> small_and_large() {
  std::vector<TlbArray> arrays;
  arrays.emplace_back(of(4, 0, {ByteSize{4096}}), x86_64_shifts);
  arrays.emplace_back(of(4, 0, {ByteSize{1 << 21}}), x86_64_shifts);
  return arrays;
}

TEST(InstallIn, ChoosesTheArrayThatHoldsTheLargestPart) {
  const auto mode = make_paging_mode("x86-64");
  std::vector<TlbArray> arrays = small_and_large();
  const Translation found = page(0x80000000, 30);
  EXPECT_TRUE(install_in(arrays, *mode, VirtualAddress(0x40212345), 0, found));
  EXPECT_EQ(lookup(arrays[0], 0x40212345), 0u);
  EXPECT_EQ(lookup(arrays[1], 0x40212345), 0x80212345u);
  EXPECT_EQ(arrays[1].invalidate(of_page(0x7fffffff)), 1u) << "it is a part of that page";
}

TEST(InstallIn, AnArrayOfSmallerPartsBehindTheBestOneDoesNotTakeIts) {
  const auto mode = make_paging_mode("x86-64");
  std::vector<TlbArray> arrays;
  arrays.emplace_back(of(2, 0, {ByteSize{1 << 21}}), x86_64_shifts);
  arrays.emplace_back(of(2, 0, {ByteSize{4096}}), x86_64_shifts);
  EXPECT_TRUE(install_in(arrays, *mode, VirtualAddress(0x212345), 0, page(0x40000000, 21)));
  EXPECT_EQ(lookup(arrays[0], 0x212345), 0x40012345u);
  EXPECT_EQ(lookup(arrays[1], 0x212345), 0u);
}

TEST(InstallIn, PartOfAPartStillBelongsToTheWholePage) {
  const auto mode = make_paging_mode("x86-64");
  std::vector<TlbArray> arrays = small_and_large();
  Translation part = page(0x80212000);  // the part of a 2M page in a lower TLB
  part.whole_shift = 21;
  EXPECT_TRUE(install_in(arrays, *mode, VirtualAddress(0x40212345), 0, part));
  EXPECT_EQ(arrays[0].invalidate(of_page(0x40400000)), 0u);
  EXPECT_EQ(arrays[0].invalidate(of_page(0x40200000)), 1u);
}

TEST(InstallIn, ArraysThatHoldNoPartAreLeftAlone) {
  const auto mode = make_paging_mode("x86-64");
  std::vector<TlbArray> arrays;
  arrays.emplace_back(of(4, 0, {ByteSize{1 << 21}}), x86_64_shifts);
  EXPECT_FALSE(install_in(arrays, *mode, VirtualAddress(0x1000), 0, page(0x5000)));
}

bool allowed(const Translation& translation, Access access) {
  const auto mode = make_paging_mode("x86-64");
  return (allowed_accesses(*mode, translation) >> TlbArray::code_of(access) & 1) != 0;
}

TEST(AllowedAccesses, StoreNeedsTheDirtyBit) {
  Translation translation = page(0x5000);
  EXPECT_TRUE(allowed(translation, store));
  translation.dirty = false;
  EXPECT_FALSE(allowed(translation, store));
  EXPECT_TRUE(allowed(translation, load));
}

TEST(AllowedAccesses, RightsDecide) {
  Translation translation = page(0x5000);
  translation.rights = {true, false, false, true};
  EXPECT_FALSE(allowed(translation, store));
  EXPECT_FALSE(allowed(translation, {AccessKind::Fetch, true}));
  EXPECT_TRUE(allowed(translation, load));
  translation.rights = {true, true, true, false};
  EXPECT_FALSE(allowed(translation, load));
  EXPECT_TRUE(allowed(translation, {AccessKind::Load, false}));
}

TEST(InstallIn, EachPageServesWhatItsOwnRightsAndDirtyBitAllow) {
  const auto mode = make_paging_mode("x86-64");
  std::vector<TlbArray> arrays;
  arrays.emplace_back(of(8, 0), x86_64_shifts);
  const auto put = [&](std::uint64_t va, bool write, bool dirty) {
    Translation translation = page(va + 0x100000);
    translation.rights.write = write;
    translation.dirty = dirty;
    ASSERT_TRUE(install_in(arrays, *mode, VirtualAddress(va), 0, translation));
  };
  put(0x1000, true, true);
  put(0x2000, false, true);
  put(0x3000, true, true);
  put(0x4000, true, false);
  put(0x5000, true, true);
  for (const std::uint64_t va : {0x1000U, 0x3000U, 0x5000U}) EXPECT_NE(lookup(arrays[0], va, store), 0u) << va;
  for (const std::uint64_t va : {0x2000U, 0x4000U}) {
    EXPECT_EQ(lookup(arrays[0], va, store), 0u) << va;
    EXPECT_NE(lookup(arrays[0], va, load), 0u) << va;
  }
}

TEST(AllowedAccesses, SupervisorsOfRiscvReachUserPagesAsSumSays) {
  PagingControls controls;
  Translation translation = page(0x5000, 16);
  translation.rights = {true, true, true, true, false};
  const auto bits = [&] { return allowed_accesses(*make_paging_mode("sv39", controls), translation); };
  const auto one = [](AccessKind kind, bool user) { return 1U << TlbArray::code_of({kind, user}); };
  const unsigned by_users = one(AccessKind::Fetch, true) | one(AccessKind::Load, true) | one(AccessKind::Store, true);
  EXPECT_EQ(bits(), by_users);
  controls.riscv.sum = true;
  EXPECT_EQ(bits(), by_users | one(AccessKind::Load, false) | one(AccessKind::Store, false));
}

TEST(TlbArrayConfig, LookupTakesAtLeastACycle) {
  TlbArrayConfig config;
  config.latency_cycles = Cycles(0);
  std::string key;
  config.check([&](const char* found, const std::string&) { key = found; });
  EXPECT_EQ(key, "latency_cycles");
}

TEST(TlbConfig, LooksUpAtLeastOneInACycle) {
  TlbConfig config;
  std::string key;
  const auto note = [&](const char* found, const std::string&) { key = found; };
  config.check(note);
  EXPECT_EQ(key, "");
  config.lookups_per_cycle = 0;
  config.check(note);
  EXPECT_EQ(key, "lookups_per_cycle");
}

}  // namespace
}  // namespace tablewalk::tlb_array_test
