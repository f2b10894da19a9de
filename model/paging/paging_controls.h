#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "base/types.h"
#include "base/units.h"
#include "config/schema.h"

namespace tablewalk {

/// x86 control registers that affect translation, named as in the Intel SDM (volume 3, 4.1.3).
struct X86Controls {
  bool wp = true;
  bool smep = false;
  bool smap = false;
  bool ac = false;
  bool nxe = true;
  bool pge = true;
  bool pse = true;
  bool pcide = true;
  bool pke = false;
  std::uint32_t pkru = 0;
  bool page1gb = true;
  std::uint32_t maxphyaddr = 52;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("wp", wp, "", "CR0.WP: supervisor stores obey the writable bit");
    keys.value("smep", smep, "", "CR4.SMEP: supervisor mode may not fetch from user pages");
    keys.value("smap", smap, "", "CR4.SMAP: supervisor mode may not read or write user pages while AC is clear");
    keys.value("ac", ac, "", "EFLAGS.AC during supervisor accesses: set, it lifts SMAP");
    keys.value("nxe", nxe, "", "IA32_EFER.NXE: bit 63 forbids execution; clear, the bit is reserved");
    keys.value("pge", pge, "", "CR4.PGE: the G bit of a leaf makes it global");
    keys.value("pse", pse, "", "CR4.PSE: 4 MiB pages in x86-32; clear, their PS bit is ignored");
    keys.value("pcide", pcide, "", "CR4.PCIDE: bits 11:0 of CR3 are the address-space id (4 and 5 levels)");
    keys.value("pke", pke, "", "CR4.PKE: protection keys for user pages (4 and 5 levels)");
    keys.value("pkru", pkru, "", "PKRU: two bits per key, access disable and write disable");
    keys.value("page1gb", page1gb, "", "1 GiB pages (CPUID.80000001H:EDX.Page1GB); without, their PS bit is reserved");
    keys.value("maxphyaddr", maxphyaddr, "bits", "MAXPHYADDR: address bits from here up are reserved in entries", 52);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (maxphyaddr < 32 || maxphyaddr > 52) problem("maxphyaddr", "expected 32 to 52 bits");
  }
};

/// RISC-V settings and extensions that affect translation, named as in the privileged manual (volume II, chapters 4 and
/// 5).
struct RiscvControls {
  bool sum = false;
  bool mxr = false;
  bool svadu = true;
  bool svnapot = true;
  bool svpbmt = true;
  std::uint32_t physical_bits = 56;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("sum", sum, "", "sstatus.SUM: supervisor mode may read and write user pages");
    keys.value("mxr", mxr, "", "sstatus.MXR: loads are allowed from executable pages");
    keys.value("svadu", svadu, "",
               "the walker sets A and D (Svadu); false: it faults if a needed one is clear (Svade)");
    keys.value("svnapot", svnapot, "", "64 KiB pages of 16 entries (Svnapot); without, their N bit is reserved");
    keys.value("svpbmt", svpbmt, "", "memory types in bits 62:61 (Svpbmt); without, they are reserved");
    keys.value("physical_bits", physical_bits, "bits",
               "physical address bits: a table or page beyond is an access fault (sv32: at most 34)", 56);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (physical_bits < 16 || physical_bits > 56) problem("physical_bits", "expected 16 to 56 bits");
  }
};

/// The size of a hashed page table, and when it grows.
struct HashedControls {
  ByteSize initial_bytes{16 << 10};
  double max_load = 0.5;
  std::uint32_t growth = 2;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("initial_bytes", initial_bytes, "bytes", "size of a new table: a power of two, a line is 64 bytes",
               std::uint64_t{1} << 40);
    keys.value("max_load", max_load, "", "share of a table's lines that may hold entries; before the next, it grows");
    keys.value("growth", growth, "", "how many times as large a table gets when it grows: 2, 4 or 8", 8);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (!is_power_of_two(initial_bytes.bytes) || initial_bytes.bytes < 512) {
      problem("initial_bytes", "expected a power of two from 512 bytes on");
    }
    if (!(max_load >= 0.125 && max_load <= 0.95)) problem("max_load", "expected 0.125 to 0.95");
    if (growth != 2 && growth != 4 && growth != 8) problem("growth", "expected 2, 4 or 8");
  }
};

/// The anchors of an inverted page table.
struct InvertedControls {
  std::uint32_t frames_per_anchor = 1;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("frames_per_anchor", frames_per_anchor, "", "frames of memory for each anchor (chain): 1, 2, 4 or 8", 8);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (!is_power_of_two(frames_per_anchor) || frames_per_anchor > 8) {
      problem("frames_per_anchor", "expected 1, 2, 4 or 8");
    }
  }
};

/// Which cuckoo walk tables the kernel keeps: none, those of the two larger page sizes, or one for each size.
enum class CuckooWalkTables : std::uint8_t { None, Upper, All };

template <>
struct EnumNames<CuckooWalkTables> {
  static constexpr std::array names = {std::pair{"none", CuckooWalkTables::None},
                                       std::pair{"upper", CuckooWalkTables::Upper},
                                       std::pair{"all", CuckooWalkTables::All}};
};

/// Cuckoo page tables: their ways, and when they are resized.
struct CuckooControls {
  std::uint32_t ways = 3;
  ByteSize initial_bytes{8 << 10};
  double max_load = 0.6;
  double min_load = 0.2;
  std::uint32_t migrated_lines = 4;
  std::uint32_t most_kicks = 32;
  CuckooWalkTables walk_tables = CuckooWalkTables::None;
  ByteSize walk_table_bytes{4 << 10};

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("ways", ways, "", "ways of each table, read in parallel: 2 or 3", 3);
    keys.value("initial_bytes", initial_bytes, "bytes",
               "size of a way of a new table: a power of two, a line is 64 bytes", std::uint64_t{1} << 40);
    keys.value("max_load", max_load, "", "share of a table's lines that may hold entries; before the next, it doubles");
    keys.value("min_load", min_load, "", "share of a table's lines below which it halves");
    keys.value("migrated_lines", migrated_lines, "lines",
               "lines that move to the new table with each insertion or removal during a resize", 1024);
    keys.value("most_kicks", most_kicks, "",
               "lines that an insertion may push to another way; then the table is resized at once", 1024);
    keys.value("walk_tables", walk_tables, "",
               "tables that say which page sizes and ways may have the pages of a section, for "
               "walker.cuckoo_walk_caches: none; upper: of 2M and 1G pages (PMD and PUD); all: also of 4K pages (PTE)");
    keys.value("walk_table_bytes", walk_table_bytes, "bytes",
               "size of each of the two ways of a new walk table: a power of two", std::uint64_t{1} << 40);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (ways != 2 && ways != 3) problem("ways", "expected 2 or 3");
    if (!is_power_of_two(initial_bytes.bytes) || initial_bytes.bytes < 512) {
      problem("initial_bytes", "expected a power of two from 512 bytes on");
    }
    const double most = ways == 2 ? 0.45 : 0.85;
    if (!(max_load >= 0.125 && max_load <= most)) {
      problem("max_load", ways == 2 ? "expected 0.125 to 0.45 for two ways" : "expected 0.125 to 0.85 for three ways");
    }
    if (!(min_load >= 0 && min_load * 2.2 <= max_load)) problem("min_load", "expected 0 to max_load / 2.2");
    if (migrated_lines == 0) problem("migrated_lines", "expected at least 1");
    if (most_kicks == 0) problem("most_kicks", "expected at least 1");
    if (!is_power_of_two(walk_table_bytes.bytes) || walk_table_bytes.bytes < 512) {
      problem("walk_table_bytes", "expected a power of two from 512 bytes on");
    }
  }
};

/// What an implementation of Arm's format may do.
struct ArmControls {
  bool contiguous = true;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("contiguous", contiguous, "",
               "a TLB entry may hold the range of descriptors with the Contiguous bit (arm64-4k: 16, so 64 KiB, 32 MiB "
               "or 16 GiB; arm64-16k: 2 MiB or 1 GiB; arm64-64k: 2 MiB or 16 GiB); false: the hint is ignored");
  }
  template <class Problem>
  void check(Problem&&) const {}
};

/// The registers of all architectures, and the parameters of organisations; a mode uses its own.
struct PagingControls {
  X86Controls x86;
  RiscvControls riscv;
  ArmControls arm;
  HashedControls hashed;
  InvertedControls inverted;
  CuckooControls cuckoo;

  template <class Keys>
  void describe(Keys& keys) {
    keys.group("x86", x86, "control registers of the x86 modes");
    keys.group("riscv", riscv, "control registers and extensions of the RISC-V modes");
    keys.group("arm", arm, "what an implementation of the Arm mode may do");
    keys.group("hashed", hashed, "the tables of the hashed modes");
    keys.group("cuckoo", cuckoo, "the tables of the cuckoo mode");
    keys.group("inverted", inverted, "the table of the inverted mode");
  }
};

}  // namespace tablewalk
