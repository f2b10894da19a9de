#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "paging/reference_walk.h"
#include "paging/table_builder.h"
#include "paging/walk.h"

namespace tablewalk::riscv_mode_test {
namespace {

// Bits as printed in the privileged manual, volume II (sections Sv32 and Sv39, chapters Svnapot and Svpbmt), defined
// independently here: V 0, R 1, W 2, X 3, U 4, G 5, A 6, D 7, PPN from 10, PBMT 62:61, N 63.
constexpr std::uint64_t bit(unsigned position) {
  return std::uint64_t{1} << position;
}
constexpr std::uint64_t full_leaf = 0xCF;  ///< V R W X A D

/// A mode with one path through its tables: an entry in each level for one address.
struct Path {
  explicit Path(const std::string& name, const RiscvControls& controls = {}) : riscv(controls) {
    PagingControls all;
    all.riscv = controls;
    mode = make_paging_mode(name, all);
    wide = name != "sv32";
    index_bits = wide ? 9 : 10;
    va = 0x456;
    for (unsigned level = 0; level < mode->levels(); ++level) {
      va |= std::uint64_t{0xB5 - level} << (12 + index_bits * level);
      entries.push_back(0);
    }
  }

  unsigned top() const { return mode->levels() - 1; }
  /// Of the table of that level; the root is not special.
  static std::uint64_t table(unsigned level) { return 0x10000 + level * 0x1000; }
  PhysicalAddress place(unsigned level) const {
    const std::uint64_t index = va >> (12 + index_bits * level) & low_bits(index_bits);
    return PhysicalAddress(table(level) + index * (wide ? 8 : 4));
  }
  static std::uint64_t pointer_to(unsigned level) { return table(level) >> 12 << 10 | bit(0); }
  /// A page number that a leaf of the level can map, in its place in the entry.
  std::uint64_t frame(unsigned level) const { return bit(10 + index_bits * level); }

  /// Pointers down to `level`, `entry` there, and below it a full supervisor leaf in case it is a pointer.
  void set(unsigned level, std::uint64_t entry) {
    for (unsigned above = top(); above > level; --above) put(above, pointer_to(above - 1));
    put(level, entry);
    if (level > 0) put(level - 1, full_leaf | frame(level - 1));
  }
  void put(unsigned level, std::uint64_t entry) {
    entries[level] = entry;
    memory.write(place(level), wide ? 8 : 4, entry);
  }
  std::uint64_t held(unsigned level) const { return memory.read(place(level), wide ? 8 : 4); }
  WalkOutcome walk(Access access) {
    return reference_walk(*mode, memory, PhysicalAddress(table(top())), VirtualAddress(va), access);
  }

  RiscvControls riscv;
  std::shared_ptr<const PagingMode> mode;
  bool wide = false;
  unsigned index_bits = 0;
  std::uint64_t va = 0;
  std::vector<std::uint64_t> entries;
  PhysicalMemory memory;
};

struct Expected {
  FaultReason reason = FaultReason::None;
  unsigned level = 0;
  std::uint64_t physical = 0;
  bool global = false;
  bool dirty = false;
  std::uint64_t entry_after = 0;  ///< the last entry read
};

bool reserved_encoding(const Path& path, std::uint64_t pte, unsigned level) {
  const auto set = [&](unsigned position) { return (pte >> position & 1) != 0; };
  const bool leaf = set(1) || set(3);
  if (!set(1) && set(2)) return true;
  if (!leaf && (set(4) || set(6) || set(7))) return true;
  if (!path.wide) return false;
  for (unsigned position = 54; position <= 60; ++position) {
    if (set(position)) return true;
  }
  const unsigned pbmt = pte >> 61 & 3;
  if (pbmt != 0 && (!path.riscv.svpbmt || !leaf || pbmt == 3)) return true;
  return set(63) && (!path.riscv.svnapot || !leaf || level != 0 || (pte >> 10 & 15) != 8);
}

bool permitted(const Path& path, std::uint64_t pte, Access access) {
  const auto set = [&](unsigned position) { return (pte >> position & 1) != 0; };
  const bool fetch = access.kind == AccessKind::Fetch;
  if (access.user && !set(4)) return false;
  if (!access.user && set(4) && (fetch || !path.riscv.sum)) return false;
  if (fetch) return set(3);
  if (access.kind == AccessKind::Store) return set(2);
  return set(1) || (set(3) && path.riscv.mxr);
}

/// The steps of section "Virtual Address Translation Process", one by one.
Expected translate(const Path& path, Access access) {
  Expected result;
  const bool store = access.kind == AccessKind::Store;
  for (unsigned i = path.top();; --i) {
    const std::uint64_t pte = path.entries[i];
    result.level = i;
    result.entry_after = pte;
    const auto fault = [&](FaultReason reason) {
      result.reason = reason;
      return result;
    };
    if ((pte & bit(0)) == 0) return fault(FaultReason::NotPresent);            // step 3
    if (reserved_encoding(path, pte, i)) return fault(FaultReason::Reserved);  // step 3
    result.global = result.global || (pte & bit(5)) != 0;
    if ((pte & (bit(1) | bit(3))) == 0) {  // step 4
      if (i == 0) return fault(FaultReason::PointerAtLeaf);
      continue;
    }
    std::uint64_t ppn = pte >> 10 & low_bits(path.wide ? 44 : 22);
    const std::uint64_t below = low_bits(path.index_bits * i);
    if ((ppn & below) != 0) return fault(FaultReason::Misaligned);             // step 5
    if (!permitted(path, pte, access)) return fault(FaultReason::Permission);  // steps 6 and 8
    const bool lacks_accessed = (pte & bit(6)) == 0;
    const bool lacks_dirty = store && (pte & bit(7)) == 0;
    if (!path.riscv.svadu && lacks_accessed) return fault(FaultReason::NotAccessed);  // step 9
    if (!path.riscv.svadu && lacks_dirty) return fault(FaultReason::NotDirty);
    result.entry_after = pte | bit(6) | (store ? bit(7) : 0);
    result.dirty = (result.entry_after & bit(7)) != 0;
    const std::uint64_t vpn = path.va >> 12;
    if ((pte >> 63 & 1) != 0) ppn = (ppn & ~std::uint64_t{15}) | (vpn & 15);
    ppn |= vpn & below;
    result.physical = ppn << 12 | (path.va & 0xFFF);
    return result;
  }
}

std::uint32_t page_fault(AccessKind kind) {
  return kind == AccessKind::Fetch ? 12 : kind == AccessKind::Load ? 13 : 15;
}

/// Walks once, and compares all effects of the walk.
void expect_walk(Path& path, Access access) {
  const Expected expected = translate(path, access);
  const WalkOutcome outcome = path.walk(access);
  ASSERT_EQ(outcome.translated, expected.reason == FaultReason::None);
  ASSERT_EQ(path.held(expected.level), expected.entry_after);
  ASSERT_EQ(outcome.entry_updates, expected.entry_after == path.entries[expected.level] ? 0u : 1u);
  ASSERT_EQ(outcome.entry_reads, path.mode->levels() - expected.level);
  if (!outcome.translated) {
    ASSERT_EQ(outcome.fault.reason, expected.reason) << to_string(outcome.fault.reason);
    ASSERT_EQ(outcome.fault.level, expected.level);
    ASSERT_EQ(outcome.fault.error_code, page_fault(access.kind));
    return;
  }
  ASSERT_EQ(outcome.translation.physical(VirtualAddress(path.va)).value(), expected.physical);
  ASSERT_EQ(outcome.translation.level, expected.level);
  ASSERT_EQ(outcome.translation.global, expected.global);
  ASSERT_EQ(outcome.translation.dirty, expected.dirty);
  ASSERT_EQ(outcome.translation.leaf_entry, expected.entry_after);
}

constexpr Access all_accesses[] = {{AccessKind::Fetch, false}, {AccessKind::Load, false}, {AccessKind::Store, false},
                                   {AccessKind::Fetch, true},  {AccessKind::Load, true},  {AccessKind::Store, true}};

RiscvControls controls_of(unsigned number) {
  RiscvControls controls;
  controls.svadu = (number & 1) != 0;
  controls.sum = (number & 2) != 0;
  controls.mxr = (number & 4) != 0;
  controls.svnapot = (number & 8) != 0;
  controls.svpbmt = (number & 16) != 0;
  return controls;
}

/// Every relevant value of the upper bits, with a page number that fits the low bits.
std::vector<std::uint64_t> upper_bits(const Path& path, unsigned level, std::uint64_t low) {
  if (level > 0 && (low & 0xE) == 0) {
    const std::uint64_t number = Path::table(level - 1) >> 12 << 10;
    if (!path.wide) return {number, number | bit(8) | bit(9)};
    return {number,           number | bit(9),  number | bit(54), number | bit(60),
            number | bit(61), number | bit(62), number | bit(63)};
  }
  const std::uint64_t number = path.frame(level);
  if (!path.wide) return {number, number | bit(8) | bit(9), number | bit(10), number | bit(19), number | bit(20)};
  const std::uint64_t napot = bit(63) | path.frame(0) << 6;
  return {number,
          number | bit(9),
          number | bit(10),
          number | bit(9 + 9 * level),
          number | bit(54),
          number | bit(60),
          number | bit(61),
          number | bit(62),
          number | bit(61) | bit(62),
          napot | bit(13),
          napot,
          napot | bit(12),
          napot | bit(13) | bit(10),
          napot | bit(13) | bit(62)};
}

class RiscvWalks : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(, RiscvWalks, testing::Values("sv32", "sv39", "sv48", "sv57"));

TEST_P(RiscvWalks, EveryEntryUnderEveryControlForEveryAccessIsAsInTheManual) {
  for (unsigned number = 0; number < 32; ++number) {
    Path path(GetParam(), controls_of(number));
    for (unsigned level = 0; level < path.mode->levels(); ++level) {
      for (std::uint64_t low = 0; low < 256; ++low) {
        for (const std::uint64_t upper : upper_bits(path, level, low)) {
          for (const Access access : all_accesses) {
            path.set(level, upper | low);
            expect_walk(path, access);
            if (HasFatalFailure()) {
              FAIL() << GetParam() << " controls " << number << " level " << level << " entry " << std::hex
                     << (upper | low) << " access " << static_cast<int>(access.kind)
                     << (access.user ? " user" : " supervisor");
            }
          }
        }
      }
    }
  }
}

TEST_P(RiscvWalks, EachReservedBitAloneIsAFaultInAnyValidEntryAndNothingInAnInvalidOne) {
  Path path(GetParam());
  if (!path.wide) return;
  for (unsigned level = 0; level < path.mode->levels(); ++level) {
    for (unsigned position = 54; position <= 60; ++position) {
      for (std::uint64_t low = 0; low < 256; ++low) {
        const EntryView view = path.mode->decode(path.frame(level) | low | bit(position), level);
        ASSERT_EQ(view.kind, (low & 1) != 0 ? EntryView::Kind::Malformed : EntryView::Kind::Absent) << position;
        ASSERT_EQ(view.malformed, (low & 1) != 0 ? FaultReason::Reserved : FaultReason::None) << position;
      }
    }
  }
}

TEST_P(RiscvWalks, AGlobalPointerMakesEverythingBelowItGlobalAlsoForWalksThatStartBelow) {
  Path path(GetParam());
  for (unsigned level = 0; level < path.mode->levels(); ++level) {
    path.set(0, full_leaf | path.frame(0));
    path.put(level, path.entries[level] | bit(5));
    const Access access{AccessKind::Load, false};
    EXPECT_TRUE(path.walk(access).translation.global) << level;
    Walk walk(*path.mode, PhysicalAddress(Path::table(path.top())), VirtualAddress(path.va), access);
    while (walk.step() == Walk::Step::ReadEntry) {
      walk = Walk(*path.mode, walk.position(), VirtualAddress(path.va), access);
      walk.supply(path.held(walk.level()));
    }
    ASSERT_EQ(walk.step(), Walk::Step::Done);
    EXPECT_TRUE(walk.translation().global) << level;
  }
  path.set(0, full_leaf | path.frame(0));
  EXPECT_FALSE(path.walk({AccessKind::Load, false}).translation.global);
}

TEST_P(RiscvWalks, TheLeafAloneDecidesAboutRights) {
  const auto mode = make_paging_mode(GetParam());
  const Rights nothing{false, false, false, false, false};
  const Rights everything{true, true, true, true, true};
  EXPECT_EQ(mode->combine(nothing, everything), everything);
  EXPECT_EQ(mode->combine(everything, nothing), nothing);
}

TEST_P(RiscvWalks, AnEntryThatChangedBeforeItsUpdateIsLookedAtAfresh) {
  Path path(GetParam());
  const std::uint64_t clean = path.frame(0) | 0x07;  // V R W
  path.set(0, clean);
  Walk walk(*path.mode, PhysicalAddress(Path::table(path.top())), VirtualAddress(path.va), {AccessKind::Store, false});
  while (walk.step() == Walk::Step::ReadEntry) walk.supply(path.held(walk.level()));
  ASSERT_EQ(walk.step(), Walk::Step::UpdateEntry);
  EXPECT_EQ(walk.update_expected(), clean);
  EXPECT_EQ(walk.update_desired(), clean | bit(6) | bit(7)) << "both bits in one update";
  Walk other = walk;
  walk.updated(clean | bit(6));  // another hart loaded from the page
  ASSERT_EQ(walk.step(), Walk::Step::UpdateEntry);
  EXPECT_EQ(walk.update_desired(), clean | bit(6) | bit(7));
  other.updated(clean & ~bit(2));  // it was made read-only meanwhile
  ASSERT_EQ(other.step(), Walk::Step::Fault);
  EXPECT_EQ(other.fault().reason, FaultReason::Permission);
}

/// Walks for all accesses; each must end in the access fault of its kind, at `level`.
void expect_access_faults(Path& path, unsigned level, unsigned reads) {
  for (const Access access : all_accesses) {
    if (access.user) continue;
    const WalkOutcome outcome = path.walk(access);
    EXPECT_EQ(outcome.fault.reason, FaultReason::OutOfMemory);
    EXPECT_EQ(outcome.fault.level, level);
    const bool fetch = access.kind == AccessKind::Fetch;
    EXPECT_EQ(outcome.fault.error_code, fetch ? 1u : access.kind == AccessKind::Load ? 5u : 7u);
    EXPECT_EQ(outcome.entry_reads, reads);
  }
}

TEST_P(RiscvWalks, TablesAndPagesBeyondPhysicalMemoryAreAccessFaults) {
  RiscvControls controls;
  controls.physical_bits = 30;
  Path path(GetParam(), controls);
  const unsigned levels = path.mode->levels();
  EXPECT_EQ(path.mode->physical_limit(), bit(30));
  const std::uint64_t beyond = bit(30) >> 12 << 10;
  for (unsigned level = 1; level < levels; ++level) {
    path.set(level, beyond | bit(0));
    expect_access_faults(path, level - 1, levels - level);
  }
  path.set(0, beyond | 0x0F);  // V R W X
  expect_access_faults(path, 0, levels);
  EXPECT_EQ(path.held(0), beyond | full_leaf) << "the accessed and dirty bits come before the access";
  path.set(0, (beyond - bit(10)) | full_leaf);
  EXPECT_TRUE(path.walk({AccessKind::Load, false}).translated) << "the last page there is";
}

TEST_P(RiscvWalks, PhysicalAddressesHaveAsManyBitsAsThePageNumberAllows) {
  const bool wide = std::string(GetParam()) != "sv32";
  EXPECT_EQ(make_paging_mode(GetParam())->physical_limit(), bit(wide ? 56 : 34));
  Path path(GetParam());
  const std::uint64_t last = bit(wide ? 56 : 34) - 4096;
  EXPECT_EQ(path.mode->decode(last >> 2 | full_leaf, 0).target.value(), last);
}

TEST(RiscvAddresses, AreSignExtendedInTheWideModes) {
  for (const auto& [name, bits] : {std::pair{"sv39", 39u}, std::pair{"sv48", 48u}, std::pair{"sv57", 57u}}) {
    const auto mode = make_paging_mode(name);
    EXPECT_EQ(mode->virtual_bits(), bits);
    const std::uint64_t half = bit(bits - 1);
    const auto translates = [&](std::uint64_t va) { return mode->translates(VirtualAddress(va)); };
    EXPECT_TRUE(translates(0));
    EXPECT_TRUE(translates(half - 1)) << name;
    EXPECT_FALSE(translates(half)) << name;
    EXPECT_FALSE(translates(bit(63) - 1)) << name;
    EXPECT_FALSE(translates(bit(63))) << name;
    EXPECT_FALSE(translates(~half)) << name;
    EXPECT_FALSE(translates(~(half - 1) - 1)) << name;
    EXPECT_TRUE(translates(~(half - 1))) << name;
    EXPECT_TRUE(translates(~std::uint64_t{0})) << name;
    Path path(name);
    path.va = half;
    const WalkOutcome outcome = path.walk({AccessKind::Store, true});
    EXPECT_EQ(outcome.fault.reason, FaultReason::NonCanonical);
    EXPECT_EQ(outcome.fault.error_code, 15u) << "a page fault, unlike x86";
    EXPECT_EQ(outcome.entry_reads, 0u);
  }
  const auto sv32 = make_paging_mode("sv32");
  EXPECT_TRUE(sv32->translates(VirtualAddress(0xFFFFFFFF)));
  EXPECT_FALSE(sv32->translates(VirtualAddress(0x100000000)));
  EXPECT_FALSE(sv32->translates(VirtualAddress(~std::uint64_t{0})));
}

std::string error_of_root(const std::string& name, std::uint64_t satp) {
  try {
    make_paging_mode(name)->decode_root(satp);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(RiscvRoots, SatpHoldsModeAddressSpaceAndPageNumber) {
  const RootRegister sv39 = make_paging_mode("sv39")->decode_root(0x8ABCD00000081234);
  EXPECT_EQ(sv39.table.value(), 0x81234000u);
  EXPECT_EQ(sv39.asid, 0xABCDu);
  const RootRegister sv32 = make_paging_mode("sv32")->decode_root(0xFFC81234);
  EXPECT_EQ(sv32.table.value(), 0x81234000u);
  EXPECT_EQ(sv32.asid, 0x1FFu);
  for (const char* name : {"sv32", "sv39", "sv48", "sv57"}) {
    const auto mode = make_paging_mode(name);
    const RootRegister root{PhysicalAddress(mode->physical_limit() - 4096), 0x155};
    const RootRegister again = mode->decode_root(mode->encode_root(root));
    EXPECT_EQ(again.table, root.table) << name;
    EXPECT_EQ(again.asid, root.asid) << name;
    EXPECT_EQ(mode->encode_root(again), mode->encode_root(root)) << name;
    EXPECT_STREQ(mode->root_register(), "satp");
  }
  EXPECT_EQ(make_paging_mode("sv32")->encode_root({PhysicalAddress(0x5000), 0xFFFF}), 0xFFC00005u) << "9 bits of ASID";
}

TEST(RiscvRoots, AnotherModesSatpIsNamed) {
  EXPECT_EQ(error_of_root("sv39", 0x9000000000081234),
            "sv39: satp 0x9000000000081234 has MODE 9 (sv48); expected 8 (sv39)");
  EXPECT_EQ(error_of_root("sv48", 0xA000000000000000),
            "sv48: satp 0xa000000000000000 has MODE 10 (sv57); expected 9 (sv48)");
  EXPECT_EQ(error_of_root("sv57", 0x8000000000000000),
            "sv57: satp 0x8000000000000000 has MODE 8 (sv39); expected 10 (sv57)");
  EXPECT_EQ(error_of_root("sv57", 0x81234), "sv57: satp 0x81234 has MODE 0 (bare: no translation); expected 10 (sv57)");
  EXPECT_EQ(error_of_root("sv39", 0xB000000000000000),
            "sv39: satp 0xb000000000000000 has MODE 11 (reserved); expected 8 (sv39)");
  EXPECT_EQ(error_of_root("sv32", 0x81234), "sv32: satp 0x81234 has MODE 0 (bare: no translation); expected 1 (sv32)");
  EXPECT_EQ(error_of_root("sv32", 0x8000000000081234), "sv32: satp 0x8000000000081234: expected a register of 32 bits");
}

TEST(RiscvLeaves, RightsThatNoEntryCanSayBecomeReadable) {
  const auto mode = make_paging_mode("sv39");
  const PageSize page{12, 0, 1};
  for (unsigned wanted = 0; wanted < 16; ++wanted) {
    LeafSpec spec;
    spec.rights = {(wanted & 1) != 0, (wanted & 2) != 0, (wanted & 4) != 0, (wanted & 8) != 0};
    const EntryView view = mode->decode(mode->encode_leaf(PhysicalAddress(0x5000), page, spec), 0);
    ASSERT_EQ(view.kind, EntryView::Kind::Leaf) << wanted;
    const bool inexpressible = (wanted & 7) == 0 || (wanted & 7) == 2 || (wanted & 7) == 6;
    EXPECT_EQ(view.rights.read, spec.rights.read || inexpressible) << wanted;
    EXPECT_EQ(view.rights.write, spec.rights.write) << wanted;
    EXPECT_EQ(view.rights.execute, spec.rights.execute) << wanted;
    EXPECT_EQ(view.rights.user, spec.rights.user) << wanted;
    EXPECT_EQ(view.rights.privileged_execute, spec.rights.execute && !spec.rights.user) << wanted;
  }
  const std::uint64_t plain = mode->encode_leaf(PhysicalAddress(0x5000), page, {{}, false, false, false});
  EXPECT_EQ(plain, 0x141Fu) << "V R W X U";
  EXPECT_EQ(mode->encode_leaf(PhysicalAddress(0x5000), page, {{}, true, false, false}), plain | bit(6));
  EXPECT_EQ(mode->encode_leaf(PhysicalAddress(0x5000), page, {{}, false, true, false}), plain | bit(7));
  EXPECT_EQ(mode->encode_leaf(PhysicalAddress(0x5000), page, {{}, false, false, true}), plain | bit(5));
  EXPECT_EQ(mode->encode_pointer(PhysicalAddress(0x5000), 1), 0x1401u) << "V alone";
}

TEST(RiscvPageSizes, AreThoseOfEveryLevelAndOfSvnapot) {
  RiscvControls without;
  without.svnapot = false;
  EXPECT_EQ(page_sizes_text(*make_paging_mode("sv32")), "4K, 4M");
  EXPECT_EQ(page_sizes_text(*make_paging_mode("sv39")), "4K, 64K, 2M, 1G");
  EXPECT_EQ(page_sizes_text(*Path("sv39", without).mode), "4K, 2M, 1G");
  EXPECT_EQ(page_sizes_text(*make_paging_mode("sv48")), "4K, 64K, 2M, 1G, 512G");
  EXPECT_EQ(page_sizes_text(*make_paging_mode("sv57")), "4K, 64K, 2M, 1G, 512G, 256T");
  EXPECT_EQ(make_paging_mode("sv39")->find_page_size(65536)->entries, 16u);
}

TEST(RiscvPageSizes, ANapotPageIsSixteenEqualEntries) {
  const auto mode = make_paging_mode("sv39");
  PhysicalMemory memory;
  FrameAllocator frames(bit(30), 4096, {});
  TableBuilder builder(mode, memory, frames);
  const VirtualAddress va(0x340000);
  builder.map(va, PhysicalAddress(0xABC0000), 65536, {{true, true, false, true}, false, false, false});
  for (std::uint64_t offset = 0; offset < 65536; offset += 4096) {
    const WalkOutcome outcome = reference_walk(*mode, memory, builder.root(), va + offset, {AccessKind::Load, true});
    ASSERT_TRUE(outcome.translated);
    EXPECT_EQ(outcome.translation.page.value(), 0xABC0000u);
    EXPECT_EQ(outcome.translation.page_shift, 16u);
    EXPECT_EQ(outcome.translation.physical(va + offset).value(), 0xABC0000 + offset);
    EXPECT_EQ(outcome.translation.leaf_entry, bit(63) | 0xABC8 << 10 | 0x57) << "V R W U A";
    EXPECT_EQ(outcome.entry_updates, 1u) << "each entry has an accessed bit of its own";
  }
  EXPECT_THROW(builder.map(va + 4096, PhysicalAddress(0), 4096), InputError);
  EXPECT_THROW(builder.unmap(va, 4096), InputError);
  builder.unmap(va, 65536);
  EXPECT_EQ(builder.table_count(), 1u);
}

TEST_P(RiscvWalks, FieldsNameEveryBitOnce) {
  const auto mode = make_paging_mode(GetParam());
  const unsigned bits = 8 * mode->entry_bytes();
  std::vector<std::vector<BitField>> all{mode->root_fields()};
  for (unsigned level = 0; level < mode->levels(); ++level) {
    for (const std::uint64_t entry : {bit(0), full_leaf, full_leaf | bit(63)}) {
      all.push_back(mode->entry_fields(entry, level));
    }
  }
  for (const std::vector<BitField>& fields : all) {
    unsigned above = bits;
    for (const BitField& field : fields) {
      EXPECT_EQ(field.high + 1u, above) << field.name;
      EXPECT_LE(field.low, field.high) << field.name;
      above = field.low;
    }
    EXPECT_EQ(above, 0u);
  }
}

}  // namespace
}  // namespace tablewalk::riscv_mode_test
