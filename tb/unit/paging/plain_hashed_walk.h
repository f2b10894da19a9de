#pragma once

#include <algorithm>
#include <array>
#include <string>

#include "paging/cuckoo_mode.h"
#include "paging/paging_mode.h"
#include "paging/reference_walk.h"

// Walkers of hashed page tables from the description in docs/paging/hashed.md alone, with no name of the model's.

namespace tablewalk::test {

constexpr std::uint64_t page_4k = 4096;
constexpr std::uint64_t page_2m = 2 << 20;
constexpr std::uint64_t page_1g = 1 << 30;
constexpr std::uint64_t all_memory = std::uint64_t{1} << 40;

inline PagingControls controls_of(std::uint64_t initial_bytes, double max_load, std::uint32_t growth = 2) {
  PagingControls controls;
  controls.hashed.initial_bytes = ByteSize{initial_bytes};
  controls.hashed.max_load = max_load;
  controls.hashed.growth = growth;
  controls.cuckoo.initial_bytes = controls.hashed.initial_bytes;
  controls.cuckoo.max_load = std::min(max_load, 0.85);
  controls.cuckoo.min_load = std::min(0.2, controls.cuckoo.max_load / 3);
  controls.cuckoo.migrated_lines = growth / 2;
  return controls;
}

/// What the plain walker found.
struct PlainHashedWalk {
  FaultReason fault = FaultReason::NotPresent;
  std::uint64_t physical = 0;
  unsigned shift = 0;
  std::uint64_t entry_at = 0;
  std::uint64_t held = 0;  ///< by the entry before
  unsigned reads = 0;
};

/// The present entry at that address, of that frame, if it allows the access: sets accessed and dirty.
inline void use_frame(PhysicalMemory& memory, std::uint64_t at, unsigned shift, std::uint64_t page, std::uint64_t va,
                      AccessKind kind, bool user, PlainHashedWalk& walk) {
  const std::uint64_t entry = memory.read(PhysicalAddress(at), 8);
  walk.shift = shift;
  walk.entry_at = at;
  walk.held = entry;
  walk.physical = page | (va & ((std::uint64_t{1} << shift) - 1));
  const bool allowed = (!user || (entry & 8) != 0) && (kind != AccessKind::Store || (entry & 2) != 0) &&
                       (kind != AccessKind::Fetch || (entry & 4) != 0);
  walk.fault = page % (std::uint64_t{1} << shift) != 0 ? FaultReason::Misaligned
               : allowed                               ? FaultReason::None
                                                       : FaultReason::Permission;
  if (walk.fault != FaultReason::None) return;
  memory.write(PhysicalAddress(at), 8, entry | (kind == AccessKind::Store ? 0x30 : 0x10));
}

inline void use_entry(PhysicalMemory& memory, std::uint64_t at, unsigned shift, std::uint64_t va, AccessKind kind,
                      bool user, PlainHashedWalk& walk) {
  const std::uint64_t page = memory.read(PhysicalAddress(at), 8) & 0x0000fffffffff000;
  use_frame(memory, at, shift, page, va, kind, user, walk);
}

/// A walk of hashed-chained from the format's description, with no name of the model's.
inline PlainHashedWalk plain_chained(PhysicalMemory& memory, std::uint64_t root, std::uint64_t va, AccessKind kind,
                                     bool user) {
  const std::uint64_t base = root & 0x0000fffffffffe00;
  PlainHashedWalk walk;
  for (unsigned size = 0; size < 3; ++size) {
    if ((root >> (6 + size) & 1) == 0) continue;
    const std::uint64_t page = va >> (12 + 9 * size);
    const std::uint64_t anchor = (page * 4 + size) * 0x9E3779B97F4A7C15u >> (64 - (root & 0x3f));
    ++walk.reads;
    std::uint64_t node = memory.read(PhysicalAddress(base + anchor * 8), 8);
    for (unsigned length = 0; node != 0 && length < 65536; ++length) {
      node -= node % 32;
      if (node >> 48 != 0) {
        walk.fault = FaultReason::OutOfMemory;
        return walk;
      }
      ++walk.reads;
      const std::uint64_t kind_word = memory.read(PhysicalAddress(node + 8), 8);
      if (memory.read(PhysicalAddress(node), 8) == page && kind_word == (1 | size << 2 | root >> 48 << 16)) {
        if ((memory.read(PhysicalAddress(node + 16), 8) & 1) != 0) {
          use_entry(memory, node + 16, 12 + 9 * size, va, kind, user, walk);
        }
        return walk;
      }
      node = memory.read(PhysicalAddress(node + 24), 8);
    }
  }
  return walk;
}

/// A walk of inverted, with one frame per anchor, from the format's description, with no name of the model's.
inline PlainHashedWalk plain_inverted(PhysicalMemory& memory, std::uint64_t root, std::uint64_t va, AccessKind kind,
                                      bool user) {
  const unsigned log2 = root & 0x3f;
  const std::uint64_t anchors = root & 0x0000fffffffffe00;
  const std::uint64_t entries = anchors + (std::uint64_t{8} << log2);
  const std::uint64_t base = anchors >> (12 + log2) << (12 + log2);
  const auto anchor_of = [&](std::uint64_t page, std::uint64_t size, std::uint64_t space) {
    return ((page ^ space << 40) * 4 + size) * 0x9E3779B97F4A7C15u >> (64 - log2);
  };
  PlainHashedWalk walk;
  for (unsigned size = 0; size < 3; ++size) {
    if ((root >> (6 + size) & 1) == 0) continue;
    const std::uint64_t page = va >> (12 + 9 * size);
    const std::uint64_t anchor = anchor_of(page, size, root >> 48);
    unsigned length = 0;
    bool astray = true;
    while (astray) {
      astray = false;
      ++walk.reads;
      std::uint64_t link = memory.read(PhysicalAddress(anchors + anchor * 8), 8);
      while ((link & 1) != 0 && length < 65536 && !astray) {
        const std::uint64_t frame = link & 0x0000fffffffff000;
        const std::uint64_t at = entries + (frame - base) / 4096 * 16;
        ++length;
        if (at >> 48 != 0) {
          walk.fault = FaultReason::OutOfMemory;
          return walk;
        }
        ++walk.reads;
        const std::uint64_t word = memory.read(PhysicalAddress(at), 8);
        const std::uint64_t other = memory.read(PhysicalAddress(at + 8), 8);
        const std::uint64_t its_size = word >> 7 & 3;
        const std::uint64_t its_page = word >> (12 + 9 * its_size);
        if ((word & 1) != 0 && its_size == size && its_page == page && other >> 48 == root >> 48) {
          use_frame(memory, at, 12 + 9 * size, base + (at - entries) / 16 * 4096, va, kind, user, walk);
          return walk;
        }
        const bool removed = its_size == size && its_page == page && other >> 48 == root >> 48;
        const bool elsewhere = removed || its_size == 3 || anchor_of(its_page, its_size, other >> 48) != anchor;
        astray = elsewhere && length < 65536;
        if (astray) length += 64;
        link = other;
      }
    }
  }
  return walk;
}

/// A walk of cuckoo from the format's description. The control registers are the model's; nothing else is.
inline PlainHashedWalk plain_cuckoo(PhysicalMemory& memory, const CuckooRegisters& registers, std::uint64_t va,
                                    AccessKind kind, bool user) {
  constexpr std::uint64_t factors[] = {0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93};
  PlainHashedWalk walk;
  for (unsigned size = 0; size < 3; ++size) {
    if (!registers.in_use[size]) continue;
    walk.reads += registers.ways;
    if (walk.fault != FaultReason::NotPresent || walk.entry_at != 0) continue;
    const unsigned shift = 12 + 9 * size;
    const std::uint64_t number = va >> shift;
    for (unsigned way = 0; way < registers.ways && walk.entry_at == 0; ++way) {
      const CuckooWay& its = registers.tables[size][way];
      std::uint64_t hash = ((number >> 3) * 4 + size) * factors[way];
      hash = (hash ^ hash / 0x100000000) * factors[(way + 1) % 3];
      std::uint64_t at = its.table.value() + hash / (~std::uint64_t{0} / (std::uint64_t{1} << its.lines_log2) + 1) * 64;
      if (its.resizing && at < its.table.value() + its.moved * 64) {
        at = its.next.value() + hash / (~std::uint64_t{0} / (std::uint64_t{1} << its.next_log2) + 1) * 64;
      }
      std::uint64_t words[8];
      for (unsigned i = 0; i < 8; ++i) words[i] = memory.read(PhysicalAddress(at + i * 8), 8);
      const std::uint64_t block = words[3] >> 48 << 48 | words[2] >> 48 << 32 | words[1] >> 48 << 16 | words[0] >> 48;
      const bool is_block = (words[5] >> 48 & 15) == (1 | size << 2) && block == number >> 3 && words[4] >> 48 == 0;
      if (is_block && (words[number & 7] & 1) != 0)
        use_entry(memory, at + (number & 7) * 8, shift, va, kind, user, walk);
    }
  }
  return walk;
}

/// A walk of hashed from the format's description, with no name of the model's.
inline PlainHashedWalk plain_hashed(PhysicalMemory& memory, std::uint64_t root, std::uint64_t va, AccessKind kind,
                                    bool user) {
  const unsigned lines_log2 = root & 0x3f;
  const std::uint64_t base = root & 0x0000fffffffffe00;
  PlainHashedWalk walk;
  for (unsigned size = 0; size < 3; ++size) {
    if ((root >> (6 + size) & 1) == 0) continue;
    const unsigned shift = 12 + 9 * size;
    const std::uint64_t number = va >> shift;
    std::uint64_t line = ((number >> 3) * 4 + size) * 0x9E3779B97F4A7C15u >> (64 - lines_log2);
    for (std::uint64_t probe = 0; probe >> lines_log2 == 0; ++probe) {
      std::uint64_t words[8];
      for (unsigned i = 0; i < 8; ++i) words[i] = memory.read(PhysicalAddress(base + line * 64 + i * 8), 8);
      ++walk.reads;
      const std::uint64_t block = words[3] >> 48 << 48 | words[2] >> 48 << 32 | words[1] >> 48 << 16 | words[0] >> 48;
      const std::uint64_t state = words[5] >> 48;
      if ((state & 3) == 0) break;
      if ((state & 15) == (1 | size << 2) && block == number >> 3 && words[4] >> 48 == root >> 48) {
        if ((words[number & 7] & 1) == 0) break;
        use_entry(memory, base + line * 64 + (number & 7) * 8, shift, va, kind, user, walk);
        return walk;
      }
      line = (line + 1) & ((std::uint64_t{1} << lines_log2) - 1);
    }
  }
  return walk;
}

inline PlainHashedWalk plain_walk(const PagingMode& mode, PhysicalMemory& memory, std::uint64_t root, std::uint64_t va,
                                  Access access) {
  if (mode.name() == "cuckoo") {
    const CuckooRegisters* registers = static_cast<const CuckooMode&>(mode).register_file().find(root & 0xffffff);
    return plain_cuckoo(memory, *registers, va, access.kind, access.user);
  }
  const auto walker = mode.name() == "hashed"     ? plain_hashed
                      : mode.name() == "inverted" ? plain_inverted
                                                  : plain_chained;
  return walker(memory, root, va, access.kind, access.user);
}

/// Empty if the model's walk gives the same as the plain one, and leaves the same bits.
inline std::string difference(const PagingMode& mode, PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va,
                              Access access) {
  // The whole page of memory around the entry, as the plain walk leaves it. Then its update is undone.
  const PlainHashedWalk plain = plain_walk(mode, memory, root.value(), va.value(), access);
  const PhysicalAddress around(plain.entry_at & ~(page_4k - 1));
  std::array<unsigned char, page_4k> expected{};
  std::array<unsigned char, page_4k> left{};
  memory.read_page(around, expected.data());
  const std::uint64_t entry = plain.entry_at == 0 ? 0 : memory.read(PhysicalAddress(plain.entry_at), 8);
  if (plain.entry_at != 0) memory.write(PhysicalAddress(plain.entry_at), 8, plain.held);

  const PhysicalMemory& unchanged = memory;
  const WalkOutcome dry = reference_walk(mode, unchanged, root, va, access);
  const WalkOutcome found = reference_walk(mode, memory, root, va, access);
  const FaultReason reason = found.translated ? FaultReason::None : found.fault.reason;
  if (reason != plain.fault) return std::string("fault: ") + to_string(reason) + ", not " + to_string(plain.fault);
  if (dry.translated != found.translated) return "the walk that writes nothing has another result";
  if (found.entry_reads != plain.reads) {
    return std::to_string(found.entry_reads) + " reads, not " + std::to_string(plain.reads);
  }
  memory.read_page(around, left.data());
  if (left != expected) return "other bits in memory";
  if (!found.translated) return {};
  if (found.translation.physical(va).value() != plain.physical) return "another address";
  if (found.translation.whole_shift != plain.shift) return "another page size";
  if (found.translation.leaf_entry != entry) return "another entry";
  return {};
}

}  // namespace tablewalk::test
