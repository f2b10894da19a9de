#include "support/plain_walk.h"

#include <fmt/format.h>

#include <algorithm>

namespace tablewalk::test {
namespace {

PlainWalk fault(PlainWalk walk, FaultReason reason, unsigned level, std::uint32_t error_code) {
  walk.translated = false;
  walk.reason = reason;
  walk.level = level;
  walk.error_code = error_code;
  return walk;
}

bool bit(std::uint64_t value, unsigned position) {
  return (value >> position & 1) != 0;
}

/// Whether any of bits high..low of a value is set.
bool any(std::uint64_t value, unsigned high, unsigned low) {
  for (unsigned position = low; position <= high; ++position) {
    if (bit(value, position)) return true;
  }
  return false;
}

// ---- x86: Intel SDM volume 3, chapter 4 ----

/// The error code of 4.7.
std::uint32_t page_fault_code(bool present, bool reserved, bool key, AccessKind kind, bool user, bool tells_fetches) {
  std::uint32_t code = 0;
  if (present) code += 1;
  if (kind == AccessKind::Store) code += 2;
  if (user) code += 4;
  if (reserved) code += 8;
  if (kind == AccessKind::Fetch && tells_fetches) code += 16;
  if (key) code += 32;
  return code;
}

bool x86_reserved_32(std::uint64_t entry, unsigned level, const X86Controls& controls) {
  if (level == 0 || !controls.pse || !bit(entry, 7)) return false;
  const unsigned m = controls.maxphyaddr < 40 ? controls.maxphyaddr : 40;
  return any(entry, 21, m - 19);
}

/// 4.4.1: the reserved bits of the four pointers are checked when CR3 is loaded, not by a walk.
bool x86_reserved_pae(std::uint64_t entry, unsigned level, const X86Controls& controls) {
  if (level == 2) return false;
  if (any(entry, 62, controls.maxphyaddr)) return true;
  if (!controls.nxe && bit(entry, 63)) return true;
  return level == 1 && bit(entry, 7) && any(entry, 20, 13);
}

bool x86_reserved_long(std::uint64_t entry, unsigned level, const X86Controls& controls) {
  if (controls.maxphyaddr < 52 && any(entry, 51, controls.maxphyaddr)) return true;
  if (!controls.nxe && bit(entry, 63)) return true;
  if (!bit(entry, 7) || level == 0) return false;
  if (level >= 3) return true;
  if (level == 2) return !controls.page1gb || any(entry, 29, 13);
  return any(entry, 20, 13);
}

/// A leaf found by a walk, and the combined rights.
struct Leaf {
  PhysicalAddress at;
  std::uint64_t entry;
  unsigned bytes;
  unsigned level;
  unsigned shift;
  bool writable;
  bool user_page;
  bool executable;
};

PlainWalk judge_x86(PlainWalk walk, const Leaf& leaf, bool legacy, bool keys, const X86Controls& controls,
                    PhysicalMemory& memory, std::uint64_t va, AccessKind kind, bool user) {
  bool key_denies = false;
  if (keys && leaf.user_page && kind != AccessKind::Fetch) {
    const unsigned key = static_cast<unsigned>(leaf.entry >> 59 & 15);
    if (bit(controls.pkru, 2 * key)) key_denies = true;
    if (bit(controls.pkru, 2 * key + 1) && kind == AccessKind::Store && (user || controls.wp)) key_denies = true;
  }
  bool denied = false;
  if (user && !leaf.user_page) denied = true;
  if (!user && leaf.user_page && kind == AccessKind::Fetch && controls.smep) denied = true;
  if (!user && leaf.user_page && kind != AccessKind::Fetch && controls.smap && !controls.ac) denied = true;
  if (kind == AccessKind::Fetch && !leaf.executable) denied = true;
  if (kind == AccessKind::Store && !leaf.writable && (user || controls.wp)) denied = true;
  if (key_denies || denied) {
    const bool tells_fetches = (!legacy && controls.nxe) || controls.smep;
    return fault(walk, key_denies ? FaultReason::ProtectionKey : FaultReason::Permission, leaf.level,
                 page_fault_code(true, false, key_denies, kind, user, tells_fetches));
  }
  std::uint64_t used = leaf.entry | 0x20;
  if (kind == AccessKind::Store) used |= 0x40;
  if (used != leaf.entry) {
    memory.write(leaf.at, leaf.bytes, used);
    ++walk.updates;
  }
  walk.translated = true;
  walk.level = leaf.level;
  walk.page_bytes = std::uint64_t{1} << leaf.shift;
  std::uint64_t frame = legacy ? leaf.entry & 0xFFFFF000 : leaf.entry & 0x000FFFFFFFFFF000;
  if (leaf.level > 0) {
    frame = frame / walk.page_bytes * walk.page_bytes;
    if (legacy) frame |= (leaf.entry >> 13 & 0xFF) << 32;
  }
  walk.existing_bytes = walk.page_bytes;
  walk.physical = frame + va % walk.page_bytes;
  walk.writable = leaf.writable;
  walk.user = leaf.user_page;
  walk.executable = leaf.executable;
  walk.global = controls.pge && bit(leaf.entry, 8);
  return walk;
}

bool sign_extended(std::uint64_t va, unsigned top) {
  for (unsigned position = top + 1; position < 64; ++position) {
    if (bit(va, position) != bit(va, top)) return false;
  }
  return true;
}

/// Steps 3 and 4 for a valid entry: the problem, if any.
FaultReason riscv_malformed(std::uint64_t pte, bool sv32, unsigned i, const RiscvControls& controls) {
  const bool r = bit(pte, 1);
  const bool w = bit(pte, 2);
  const bool x = bit(pte, 3);
  if (!r && w) return FaultReason::Reserved;
  const bool n = !sv32 && bit(pte, 63);
  const unsigned pbmt = sv32 ? 0 : static_cast<unsigned>(pte >> 61 & 3);
  if (!sv32 && any(pte, 60, 54)) return FaultReason::Reserved;
  if (n && !controls.svnapot) return FaultReason::Reserved;
  if (pbmt != 0 && !controls.svpbmt) return FaultReason::Reserved;
  if (pbmt == 3) return FaultReason::Reserved;
  if (!r && !x) {
    if (bit(pte, 4) || bit(pte, 6) || bit(pte, 7) || n || pbmt != 0) return FaultReason::Reserved;
    return i == 0 ? FaultReason::PointerAtLeaf : FaultReason::None;
  }
  if (n && (i != 0 || (pte >> 10 & 15) != 8)) return FaultReason::Reserved;
  for (unsigned low = 0; low < i * (sv32 ? 10 : 9); ++low) {
    if (bit(pte, 10 + low)) return FaultReason::Misaligned;
  }
  return FaultReason::None;
}

bool riscv_allows(std::uint64_t pte, const RiscvControls& controls, AccessKind kind, bool user) {
  const bool r = bit(pte, 1);
  const bool w = bit(pte, 2);
  const bool x = bit(pte, 3);
  const bool u = bit(pte, 4);
  if (user && !u) return false;
  if (!user && u && (kind == AccessKind::Fetch || !controls.sum)) return false;
  if (kind == AccessKind::Fetch) return x;
  if (kind == AccessKind::Load) return r || (controls.mxr && x);
  return w;
}

}  // namespace

PlainWalk plain_x86_walk(const std::string& mode, const X86Controls& controls, PhysicalMemory& memory,
                         std::uint64_t root, std::uint64_t va, AccessKind kind, bool user) {
  const bool legacy = mode == "x86-32";
  const bool pae = mode == "x86-pae";
  const bool has_xd = !legacy && controls.nxe;
  const bool tells_fetches = has_xd || controls.smep;
  const unsigned bytes = legacy ? 4 : 8;
  const unsigned index_bits = legacy ? 10 : 9;
  const unsigned levels = legacy ? 2 : pae ? 3 : mode == "x86-64" ? 4 : 5;
  PlainWalk walk;
  if (legacy || pae) {
    if (va >> 32 != 0) return fault(walk, FaultReason::NonCanonical, levels - 1, 0);
  } else {
    const unsigned top = levels == 4 ? 47 : 56;
    if (!sign_extended(va, top)) return fault(walk, FaultReason::NonCanonical, levels - 1, 0);
  }

  std::uint64_t table = root;
  bool writable = true;
  bool user_page = true;
  bool executable = true;
  for (unsigned level = levels - 1;; --level) {
    const unsigned shift = 12 + level * index_bits;
    const std::uint64_t index = va >> shift & ((pae && level == 2) ? 3u : (1u << index_bits) - 1);
    const PhysicalAddress at(table + index * bytes);
    std::uint64_t entry = memory.read(at, bytes);
    ++walk.reads;
    if (!bit(entry, 0)) {
      return fault(walk, FaultReason::NotPresent, level,
                   page_fault_code(false, false, false, kind, user, tells_fetches));
    }
    const bool reserved = legacy ? x86_reserved_32(entry, level, controls)
                          : pae  ? x86_reserved_pae(entry, level, controls)
                                 : x86_reserved_long(entry, level, controls);
    if (reserved) {
      return fault(walk, FaultReason::Reserved, level, page_fault_code(true, true, false, kind, user, tells_fetches));
    }
    if (pae && level == 2) {  // no rights and no accessed bit; its address has MAXPHYADDR bits
      table = entry & 0x000FFFFFFFFFF000 & ((std::uint64_t{1} << controls.maxphyaddr) - 1);
      continue;
    }
    const bool leaf = level == 0 || (bit(entry, 7) && (!legacy || controls.pse));
    writable = writable && bit(entry, 1);
    user_page = user_page && bit(entry, 2);
    if (has_xd && bit(entry, 63)) executable = false;
    if (!leaf) {
      if (!bit(entry, 5)) {
        memory.write(at, bytes, entry | 0x20);
        ++walk.updates;
      }
      table = legacy ? entry & 0xFFFFF000 : entry & 0x000FFFFFFFFFF000;
      continue;
    }

    const Leaf found{at, entry, bytes, level, shift, writable, user_page, executable};
    return judge_x86(walk, found, legacy, !legacy && !pae && controls.pke, controls, memory, va, kind, user);
  }
}

// ---- RISC-V: privileged manual, "Virtual Address Translation Process" ----

PlainWalk plain_riscv_walk(const std::string& mode, const RiscvControls& controls, PhysicalMemory& memory,
                           std::uint64_t root, std::uint64_t va, AccessKind kind, bool user) {
  const bool sv32 = mode == "sv32";
  const unsigned levels = sv32 ? 2 : mode == "sv39" ? 3 : mode == "sv48" ? 4 : 5;
  const unsigned pte_bytes = sv32 ? 4 : 8;
  const unsigned vpn_bits = sv32 ? 10 : 9;
  const unsigned physical_bits = sv32 && controls.physical_bits > 34 ? 34 : controls.physical_bits;
  const std::uint32_t page_fault = kind == AccessKind::Fetch ? 12 : kind == AccessKind::Load ? 13 : 15;
  const std::uint32_t access_fault = kind == AccessKind::Fetch ? 1 : kind == AccessKind::Load ? 5 : 7;
  PlainWalk walk;
  const bool in_range = sv32 ? va >> 32 == 0 : sign_extended(va, 12 + levels * 9 - 1);
  if (!in_range) return fault(walk, FaultReason::NonCanonical, levels - 1, page_fault);

  // Steps 1 and 2: a is the table, i the level.
  std::uint64_t a = root;
  bool global = false;
  for (unsigned i = levels - 1;; --i) {
    const std::uint64_t vpn = va >> (12 + i * vpn_bits) & ((1u << vpn_bits) - 1);
    const PhysicalAddress at(a + vpn * pte_bytes);
    if (at.value() >> physical_bits != 0) return fault(walk, FaultReason::OutOfMemory, i, access_fault);
    std::uint64_t pte = memory.read(at, pte_bytes);
    ++walk.reads;
    if (!bit(pte, 0)) return fault(walk, FaultReason::NotPresent, i, page_fault);
    const FaultReason malformed = riscv_malformed(pte, sv32, i, controls);
    if (malformed != FaultReason::None) return fault(walk, malformed, i, page_fault);
    const std::uint64_t ppn = sv32 ? pte >> 10 : pte >> 10 & ((std::uint64_t{1} << 44) - 1);
    global = global || bit(pte, 5);
    if (!bit(pte, 1) && !bit(pte, 3)) {
      a = ppn << 12;
      continue;
    }
    if (!riscv_allows(pte, controls, kind, user)) return fault(walk, FaultReason::Permission, i, page_fault);
    // Accessed and dirty.
    const bool needs_a = !bit(pte, 6);
    const bool needs_d = kind == AccessKind::Store && !bit(pte, 7);
    if ((needs_a || needs_d) && !controls.svadu) {
      return fault(walk, needs_a ? FaultReason::NotAccessed : FaultReason::NotDirty, i, page_fault);
    }
    if (needs_a || needs_d) {
      memory.write(at, pte_bytes, pte | 0x40 | (needs_d ? 0x80 : 0));
      ++walk.updates;
    }
    const bool n = !sv32 && bit(pte, 63);
    const unsigned page_shift = n ? 16 : 12 + i * vpn_bits;
    const std::uint64_t base = n ? (ppn & ~std::uint64_t{15}) << 12 : ppn << 12;
    const std::uint64_t limit = std::uint64_t{1} << physical_bits;
    walk.page_bytes = std::uint64_t{1} << page_shift;
    walk.existing_bytes = base < limit ? std::min(walk.page_bytes, limit - base) : 0;
    walk.physical = base + (va & (walk.page_bytes - 1));
    if (walk.physical >= limit) return fault(walk, FaultReason::OutOfMemory, i, access_fault);
    walk.translated = true;
    walk.level = i;
    walk.writable = bit(pte, 2);
    walk.user = bit(pte, 4);
    walk.executable = bit(pte, 3);
    walk.global = global;
    return walk;
  }
}

PlainWalk plain_walk(const std::string& mode, const PagingControls& controls, PhysicalMemory& memory,
                     std::uint64_t root, std::uint64_t va, AccessKind kind, bool user) {
  if (mode.compare(0, 2, "sv") == 0) return plain_riscv_walk(mode, controls.riscv, memory, root, va, kind, user);
  return plain_x86_walk(mode, controls.x86, memory, root, va, kind, user);
}

std::string difference(const PlainWalk& plain, const WalkOutcome& model, std::uint64_t va) {
  const auto differ = [](const char* what, std::uint64_t expected, std::uint64_t found) {
    return expected == found ? std::string()
                             : fmt::format("{}: {:#x} by the plain walk, {:#x} by the model; ", what, expected, found);
  };
  std::string text = differ("translated", plain.translated, model.translated) +
                     differ("entry reads", plain.reads, model.entry_reads) +
                     differ("entry updates", plain.updates, model.entry_updates);
  if (plain.translated && model.translated) {
    const Translation& found = model.translation;
    text += differ("physical address", plain.physical, found.physical(VirtualAddress(va)).value()) +
            differ("page size", plain.page_bytes, std::uint64_t{1} << found.whole_shift) +
            differ("part that exists", plain.existing_bytes, std::uint64_t{1} << found.page_shift) +
            differ("level", plain.level, found.level) + differ("writable", plain.writable, found.rights.write) +
            differ("user", plain.user, found.rights.user) +
            differ("executable", plain.executable, found.rights.execute) + differ("global", plain.global, found.global);
  }
  if (!plain.translated && !model.translated) {
    text += differ("fault", static_cast<unsigned>(plain.reason), static_cast<unsigned>(model.fault.reason)) +
            differ("fault level", plain.level, model.fault.level) +
            differ("error code", plain.error_code, model.fault.error_code);
  }
  return text;
}

}  // namespace tablewalk::test
