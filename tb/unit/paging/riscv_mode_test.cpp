#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "paging/reference_walk.h"
#include "paging/table_builder.h"

namespace tablewalk {
namespace {

// Bits as the privileged manual, volume II, prints them (sections Sv32 and Sv39, chapters Svnapot and Svpbmt), written
// out again here: V 0, R 1, W 2, X 3, U 4, G 5, A 6, D 7, PPN from 10, PBMT 62:61, N 63.
constexpr std::uint64_t bit(unsigned position) {
  return std::uint64_t{1} << position;
}
constexpr std::uint64_t full_leaf = 0xCF;  ///< V R W X A D

/// A mode with one way down its tables: an entry in each level for one address.
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
  /// Of the table of that level; that of the root is not special.
  static std::uint64_t table(unsigned level) { return 0x10000 + level * 0x1000; }
  PhysicalAddress place(unsigned level) const {
    const std::uint64_t index = va >> (12 + index_bits * level) & low_bits(index_bits);
    return PhysicalAddress(table(level) + index * (wide ? 8 : 4));
  }
  static std::uint64_t pointer_to(unsigned level) { return table(level) >> 12 << 10 | bit(0); }
  /// The number of a page that a leaf of the level can map, in its place in the entry.
  std::uint64_t frame(unsigned level) const { return bit(10 + index_bits * level); }

  /// Pointers down to `level`, `entry` there, and a full leaf of the supervisor below in case that it is a pointer.
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
  std::uint64_t entry_after = 0;  ///< the last one read
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

/// Walks once, and compares all that a walk leaves behind.
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

/// Every value of the upper bits that makes a difference, with a page number that suits the low bits.
std::vector<std::uint64_t> upper_bits(const Path& path, unsigned level, std::uint64_t low) {
  if (level > 0 && (low & 0xE) == 0) {
    const std::uint64_t number = path.table(level - 1) >> 12 << 10;
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

}  // namespace
}  // namespace tablewalk
