#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "memory/physical_memory.h"
#include "paging/paging_mode.h"

namespace tablewalk::x86_mode_test {
namespace {

// Bit positions as printed in the Intel SDM, volume 3 (tables 4-4 to 4-6 and 4-15 to 4-20), defined independently here.
constexpr std::uint64_t bit(unsigned position) {
  return std::uint64_t{1} << position;
}
constexpr std::uint64_t frame_4k = 0x12345000;

using Kind = EntryView::Kind;

template <class Change>
PagingControls with(Change change) {
  PagingControls controls;
  change(controls.x86);
  return controls;
}

/// The effect of setting one bit in a present entry.
struct BitCase {
  const char* name;
  unsigned level;
  std::uint64_t entry;
  Kind kind;
  std::uint64_t target = 0;
  bool write = false;
  bool user = false;
  bool execute = true;
  bool accessed = false;
  bool dirty = false;
  bool global = false;
};

void expect_decodes(const PagingMode& mode, const BitCase& expected) {
  SCOPED_TRACE(expected.name);
  const EntryView view = mode.decode(expected.entry, expected.level);
  ASSERT_EQ(view.kind, expected.kind);
  if (view.kind == Kind::Absent) return;
  if (view.kind == Kind::Malformed) {
    EXPECT_EQ(view.malformed, FaultReason::Reserved);
    return;
  }
  EXPECT_EQ(view.target.value(), expected.target);
  EXPECT_TRUE(view.rights.read);
  EXPECT_EQ(view.rights.write, expected.write);
  EXPECT_EQ(view.rights.user, expected.user);
  EXPECT_EQ(view.rights.execute, expected.execute);
  EXPECT_EQ(view.accessed, expected.accessed);
  EXPECT_EQ(view.dirty, expected.dirty);
  EXPECT_EQ(view.global, expected.global);
}

TEST(X8664Entries, EveryBitMeansWhatTheManualSays) {
  const auto mode_made = make_paging_mode("x86-64");
  const PagingMode& mode = *mode_made;
  const std::uint64_t p = bit(0) | frame_4k;
  const std::uint64_t large = bit(0) | bit(7);
  const std::uint64_t gib = 0x40000000;
  const std::uint64_t two_mib = 0x200000;
  const std::vector<BitCase> cases = {
      {"PTE not present, all else ignored", 0, ~bit(0), Kind::Absent},
      {"PDE not present, all else ignored", 1, ~bit(0), Kind::Absent},
      {"PML4E not present, all else ignored", 3, ~bit(0), Kind::Absent},
      {"PTE P", 0, p, Kind::Leaf, frame_4k},
      {"PTE RW", 0, p | bit(1), Kind::Leaf, frame_4k, true},
      {"PTE US", 0, p | bit(2), Kind::Leaf, frame_4k, false, true},
      {"PTE PWT, PCD ignored", 0, p | bit(3) | bit(4), Kind::Leaf, frame_4k},
      {"PTE A", 0, p | bit(5), Kind::Leaf, frame_4k, false, false, true, true},
      {"PTE D", 0, p | bit(6), Kind::Leaf, frame_4k, false, false, true, false, true},
      {"PTE PAT", 0, p | bit(7), Kind::Leaf, frame_4k},
      {"PTE G", 0, p | bit(8), Kind::Leaf, frame_4k, false, false, true, false, false, true},
      {"PTE 11:9 ignored", 0, p | bit(9) | bit(10) | bit(11), Kind::Leaf, frame_4k},
      {"PTE frame 51:12", 0, bit(0) | (bit(52) - bit(12)), Kind::Leaf, bit(52) - bit(12)},
      {"PTE 62:52 ignored", 0, p | (bit(63) - bit(52)), Kind::Leaf, frame_4k},
      {"PTE NX", 0, p | bit(63), Kind::Leaf, frame_4k, false, false, false},
      {"PDE pointer", 1, p, Kind::Pointer, frame_4k},
      {"PDE pointer RW US A NX", 1, p | bit(1) | bit(2) | bit(5) | bit(63), Kind::Pointer, frame_4k, true, true, false,
       true},
      {"PDE pointer, 6 and 8 ignored", 1, p | bit(6) | bit(8), Kind::Pointer, frame_4k},
      {"PDE 2 MiB", 1, large | two_mib, Kind::Leaf, two_mib},
      {"PDE 2 MiB PAT at 12", 1, large | two_mib | bit(12), Kind::Leaf, two_mib},
      {"PDE 2 MiB D G", 1, large | two_mib | bit(6) | bit(8), Kind::Leaf, two_mib, false, false, true, false, true,
       true},
      {"PDPTE pointer", 2, p, Kind::Pointer, frame_4k},
      {"PDPTE 1 GiB", 2, large | gib, Kind::Leaf, gib},
      {"PDPTE 1 GiB PAT at 12", 2, large | gib | bit(12), Kind::Leaf, gib},
      {"PML4E pointer", 3, p, Kind::Pointer, frame_4k},
      {"PML4E PS is reserved", 3, p | bit(7), Kind::Malformed},
  };
  for (const BitCase& one : cases) expect_decodes(mode, one);
}

TEST(X8664Entries, BitsBelowALargeFrameAreReserved) {
  const auto mode_made = make_paging_mode("x86-64");
  const PagingMode& mode = *mode_made;
  for (unsigned position = 13; position <= 20; ++position) {
    expect_decodes(mode, {"PDE 2 MiB", 1, bit(0) | bit(7) | bit(position), Kind::Malformed});
  }
  for (unsigned position = 13; position <= 29; ++position) {
    expect_decodes(mode, {"PDPTE 1 GiB", 2, bit(0) | bit(7) | bit(position), Kind::Malformed});
  }
  expect_decodes(mode, {"PDE 2 MiB first frame bit", 1, bit(0) | bit(7) | bit(21), Kind::Leaf, bit(21)});
  expect_decodes(mode, {"PDPTE 1 GiB first frame bit", 2, bit(0) | bit(7) | bit(30), Kind::Leaf, bit(30)});
}

/// SDM volume 3, 4.4.1: the processor checks them when CR3 is loaded. Memory can hold any, and a walk continues.
TEST(X86PaePointers, AWalkDoesNotLookAtReservedBits) {
  const auto mode = make_paging_mode("x86-pae", with([](X86Controls& x86) { x86.maxphyaddr = 36; }));
  for (unsigned position = 1; position < 64; ++position) {
    const bool address = position >= 12 && position < 36;
    const EntryView view = mode->decode(bit(0) | bit(position), 2);
    EXPECT_EQ(view.kind, Kind::Pointer) << position;
    EXPECT_EQ(view.target.value(), address ? bit(position) : 0) << position;
    EXPECT_TRUE(view.accessed) << position;
    EXPECT_EQ(mode->decode(bit(position), 2).kind, Kind::Absent) << position;
  }
}

TEST(X86PaePointers, WhatAProcessorWouldNotLoadIsTold) {
  const auto mode = make_paging_mode("x86-pae", with([](X86Controls& x86) { x86.maxphyaddr = 36; }));
  const auto refusal = [&](unsigned index, std::uint64_t entry) {
    PhysicalMemory memory;
    memory.write(PhysicalAddress(0x1020 + 8 * index), 8, entry);
    return mode->root_refusal(memory, PhysicalAddress(0x1020));
  };
  for (unsigned position = 1; position < 64; ++position) {
    const bool reserved = (position >= 1 && position <= 2) || (position >= 5 && position <= 8) || position >= 36;
    EXPECT_EQ(refusal(position % 4, bit(0) | bit(position)).empty(), !reserved) << position;
    EXPECT_EQ(refusal(position % 4, bit(position)), "") << position << ", not present";
  }
  EXPECT_EQ(refusal(2, 0x8000000000003021),
            "reserved bits are set in the PDPT at 0x1020: entry 2 (0x8000000000003021) has bits 5 63; a processor "
            "refuses to load this CR3 (#GP)");
  EXPECT_EQ(make_paging_mode("x86-64")->root_refusal({}, PhysicalAddress(0)), "");
}

TEST(X8664Entries, FrameBitsFromMaxphyaddrUpAreReservedAtEveryLevel) {
  const auto mode_made = make_paging_mode("x86-64-la57", with([](X86Controls& x86) { x86.maxphyaddr = 40; }));
  const PagingMode& mode = *mode_made;
  EXPECT_EQ(mode.physical_limit(), bit(40));
  for (unsigned level = 0; level < 5; ++level) {
    expect_decodes(mode, {"bit 39", level, bit(0) | bit(39), level == 0 ? Kind::Leaf : Kind::Pointer, bit(39)});
    for (unsigned position = 40; position <= 51; ++position) {
      expect_decodes(mode, {"from bit 40", level, bit(0) | bit(position), Kind::Malformed});
      expect_decodes(mode, {"absent", level, bit(position), Kind::Absent});
    }
  }
}

TEST(X8664Entries, PageSizeIsReservedInTheTwoTopLevelsOfLa57) {
  const auto mode_made = make_paging_mode("x86-64-la57");
  const PagingMode& mode = *mode_made;
  expect_decodes(mode, {"PML4E", 3, bit(0) | bit(7), Kind::Malformed});
  expect_decodes(mode, {"PML5E", 4, bit(0) | bit(7), Kind::Malformed});
  expect_decodes(mode, {"PML5E pointer", 4, bit(0) | frame_4k, Kind::Pointer, frame_4k});
}

TEST(X8632Entries, EveryBitMeansWhatTheManualSays) {
  const auto mode_made = make_paging_mode("x86-32");
  const PagingMode& mode = *mode_made;
  const std::uint64_t p = bit(0) | frame_4k;
  const std::uint64_t large = bit(0) | bit(7);
  const std::vector<BitCase> cases = {
      {"PTE not present, all else ignored", 0, 0xFFFFFFFE, Kind::Absent},
      {"PDE not present, all else ignored", 1, 0xFFFFFFFE, Kind::Absent},
      {"PTE P", 0, p, Kind::Leaf, frame_4k},
      {"PTE RW", 0, p | bit(1), Kind::Leaf, frame_4k, true},
      {"PTE US", 0, p | bit(2), Kind::Leaf, frame_4k, false, true},
      {"PTE PWT, PCD ignored", 0, p | bit(3) | bit(4), Kind::Leaf, frame_4k},
      {"PTE A", 0, p | bit(5), Kind::Leaf, frame_4k, false, false, true, true},
      {"PTE D", 0, p | bit(6), Kind::Leaf, frame_4k, false, false, true, false, true},
      {"PTE PAT", 0, p | bit(7), Kind::Leaf, frame_4k},
      {"PTE G", 0, p | bit(8), Kind::Leaf, frame_4k, false, false, true, false, false, true},
      {"PTE 11:9 ignored", 0, p | bit(9) | bit(10) | bit(11), Kind::Leaf, frame_4k},
      {"PTE frame 31:12", 0, 0xFFFFF001, Kind::Leaf, 0xFFFFF000},
      {"PDE pointer", 1, p, Kind::Pointer, frame_4k},
      {"PDE pointer RW US A", 1, p | bit(1) | bit(2) | bit(5), Kind::Pointer, frame_4k, true, true, true, true},
      {"PDE pointer, 6 and 8 ignored", 1, p | bit(6) | bit(8), Kind::Pointer, frame_4k},
      {"PDE 4 MiB", 1, large | 0xFFC00000, Kind::Leaf, 0xFFC00000},
      {"PDE 4 MiB PAT at 12", 1, large | 0x400000 | bit(12), Kind::Leaf, 0x400000},
      {"PDE 4 MiB D G", 1, large | bit(6) | bit(8), Kind::Leaf, 0, false, false, true, false, true, true},
      {"PDE 4 MiB, bit 13 is physical bit 32", 1, large | bit(13), Kind::Leaf, bit(32)},
      {"PDE 4 MiB, bit 20 is physical bit 39", 1, large | bit(20), Kind::Leaf, bit(39)},
      {"PDE 4 MiB, bit 21 is reserved", 1, large | bit(21), Kind::Malformed},
      {"PDE pointer, bit 21 belongs to the frame", 1, bit(0) | bit(21), Kind::Pointer, bit(21)},
  };
  for (const BitCase& one : cases) expect_decodes(mode, one);
}

TEST(X86Entries, WhatIsEncodedIsWhatIsDecoded) {
  const auto long_mode_made = make_paging_mode("x86-64-la57");
  const PagingMode& long_mode = *long_mode_made;
  const auto short_mode_made = make_paging_mode("x86-32");
  const PagingMode& short_mode = *short_mode_made;
  for (const PagingMode* mode : {&long_mode, &short_mode}) {
    for (const PageSize& size : mode->page_sizes()) {
      for (unsigned flags = 0; flags < 64; ++flags) {
        const auto flag = [&](unsigned position) { return (flags >> position & 1) != 0; };
        const LeafSpec spec{{true, flag(0), flag(1), flag(2)}, flag(3), flag(4), flag(5)};
        const PhysicalAddress frame(3 * size.bytes());
        const EntryView view = mode->decode(mode->encode_leaf(frame, size, spec), size.level);
        ASSERT_EQ(view.kind, Kind::Leaf);
        EXPECT_EQ(view.target, frame);
        EXPECT_EQ(view.rights.write, flag(0));
        EXPECT_EQ(view.rights.execute, flag(1) || mode == &short_mode) << "32-bit entries cannot forbid execution";
        EXPECT_EQ(view.rights.user, flag(2));
        EXPECT_EQ(view.accessed, flag(3));
        EXPECT_EQ(view.dirty, flag(4));
        EXPECT_EQ(view.global, flag(5));
      }
    }
  }
}

TEST(X86Entries, MarkingUsedSetsAccessedAndIfAskedDirtyAndNothingElse) {
  const auto mode_made = make_paging_mode("x86-64");
  const PagingMode& mode = *mode_made;
  EXPECT_EQ(mode.mark_used(bit(0), false), bit(0) | bit(5));
  EXPECT_EQ(mode.mark_used(bit(0) | bit(63), true), bit(0) | bit(5) | bit(6) | bit(63));
}

TEST(X86Rights, EveryLevelMustGrantAndAnyLevelMayForbidExecution) {
  const auto mode_made = make_paging_mode("x86-32");
  const PagingMode& mode = *mode_made;
  for (unsigned above = 0; above < 8; ++above) {
    for (unsigned below = 0; below < 8; ++below) {
      const auto rights = [](unsigned bits) {
        return Rights{true, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 2) != 0};
      };
      EXPECT_EQ(mode.combine(rights(above), rights(below)), rights(above & below));
    }
  }
}

TEST(X86Rights, AccessesAreAllowedAsWithWriteProtectAndWithoutSmepOrSmap) {
  const auto mode_made = make_paging_mode("x86-64");
  const PagingMode& mode = *mode_made;
  for (unsigned bits = 0; bits < 8; ++bits) {
    const Rights rights{true, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
    for (const bool user : {false, true}) {
      const bool reachable = !user || rights.user;
      EXPECT_EQ(mode.allows(rights, {AccessKind::Load, user}), reachable);
      EXPECT_EQ(mode.allows(rights, {AccessKind::Store, user}), reachable && rights.write);
      EXPECT_EQ(mode.allows(rights, {AccessKind::Fetch, user}), reachable && rights.execute);
    }
  }
}

TEST(X86Faults, ErrorCodesAreThoseOfTheManual) {
  const auto long_mode_made = make_paging_mode("x86-64");
  const PagingMode& long_mode = *long_mode_made;
  const auto short_mode_made = make_paging_mode("x86-32");
  const PagingMode& short_mode = *short_mode_made;
  struct Case {
    FaultReason reason;
    AccessKind kind;
    bool user;
    std::uint32_t long_code;   ///< P=1, W=2, U=4, RSVD=8, I=16
    std::uint32_t short_code;  ///< without NX the fetch bit stays clear
  };
  const std::vector<Case> cases = {
      {FaultReason::NotPresent, AccessKind::Load, false, 0, 0},
      {FaultReason::NotPresent, AccessKind::Load, true, 4, 4},
      {FaultReason::NotPresent, AccessKind::Store, false, 2, 2},
      {FaultReason::NotPresent, AccessKind::Store, true, 6, 6},
      {FaultReason::NotPresent, AccessKind::Fetch, true, 20, 4},
      {FaultReason::Permission, AccessKind::Load, true, 5, 5},
      {FaultReason::Permission, AccessKind::Store, false, 3, 3},
      {FaultReason::Permission, AccessKind::Store, true, 7, 7},
      {FaultReason::Permission, AccessKind::Fetch, false, 17, 1},
      {FaultReason::Permission, AccessKind::Fetch, true, 21, 5},
      {FaultReason::Reserved, AccessKind::Load, false, 9, 9},
      {FaultReason::Reserved, AccessKind::Store, true, 15, 15},
      {FaultReason::Reserved, AccessKind::Fetch, true, 29, 13},
      {FaultReason::NonCanonical, AccessKind::Store, true, 0, 0},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(long_mode.error_code(one.reason, 0, {one.kind, one.user}), one.long_code) << to_string(one.reason);
    EXPECT_EQ(short_mode.error_code(one.reason, 0, {one.kind, one.user}), one.short_code) << to_string(one.reason);
  }
}

TEST(X86Addresses, CanonicalHalvesEndWhereTheManualSays) {
  const auto four_made = make_paging_mode("x86-64");
  const PagingMode& four = *four_made;
  const auto five_made = make_paging_mode("x86-64-la57");
  const PagingMode& five = *five_made;
  const auto two_made = make_paging_mode("x86-32");
  const PagingMode& two = *two_made;
  const auto translates = [](const PagingMode& mode, std::uint64_t va) { return mode.translates(VirtualAddress(va)); };
  EXPECT_TRUE(translates(four, 0));
  EXPECT_TRUE(translates(four, 0x00007FFFFFFFFFFF));
  EXPECT_FALSE(translates(four, 0x0000800000000000));
  EXPECT_FALSE(translates(four, 0xFFFF7FFFFFFFFFFF));
  EXPECT_TRUE(translates(four, 0xFFFF800000000000));
  EXPECT_TRUE(translates(four, 0xFFFFFFFFFFFFFFFF));
  EXPECT_TRUE(translates(five, 0x00FFFFFFFFFFFFFF));
  EXPECT_FALSE(translates(five, 0x0100000000000000));
  EXPECT_FALSE(translates(five, 0xFEFFFFFFFFFFFFFF));
  EXPECT_TRUE(translates(five, 0xFF00000000000000));
  EXPECT_TRUE(translates(two, 0xFFFFFFFF));
  EXPECT_FALSE(translates(two, 0x100000000));
}

}  // namespace
}  // namespace tablewalk::x86_mode_test
