#pragma once

#include <string>
#include <vector>

#include "paging/paging_mode.h"
#include "paging/reference_walk.h"

// A walker of flattened page tables from the description in docs/paging/flattened.md alone, with no name of the
// model's.

namespace tablewalk::test {

/// A level: its index bits, and whether it is the upper one of a pair.
struct PlainLevel {
  unsigned bits;
  bool upper;
};

struct PlainFlattenedWalk {
  FaultReason fault = FaultReason::NotPresent;
  std::uint64_t physical = 0;
  unsigned shift = 0;
  unsigned reads = 0;
};

/// `levels`: from the last one to the root, for pages of 4 KiB.
inline PlainFlattenedWalk plain_flattened(PhysicalMemory& memory, const std::vector<PlainLevel>& levels,
                                          std::uint64_t root, std::uint64_t va, AccessKind kind, bool user) {
  PlainFlattenedWalk walk;
  std::vector<unsigned> shifts = {12};
  for (const PlainLevel& level : levels) shifts.push_back(shifts.back() + level.bits);
  if (shifts.back() < 64 && va >> shifts.back() != 0) {
    walk.fault = FaultReason::NonCanonical;
    return walk;
  }
  unsigned above = static_cast<unsigned>(levels.size());  // the level above the table
  std::uint64_t table = root;
  bool write = true;
  bool execute = true;
  bool for_user = true;
  for (;;) {
    const unsigned level = above - ((table & 1) != 0 ? 2 : 1);
    const std::uint64_t index = (va >> shifts[level]) % (std::uint64_t{1} << (shifts[above] - shifts[level]));
    const std::uint64_t at = table / 64 * 64 + index * 8;
    if (at >> 52 != 0) {
      walk.fault = FaultReason::OutOfMemory;
      return walk;
    }
    const std::uint64_t entry = memory.read(PhysicalAddress(at), 8);
    ++walk.reads;
    if ((entry & 1) == 0) return walk;
    const bool leaf = (entry >> 53 & 1) != 0;
    const bool marked = (entry >> 54 & 1) != 0;
    const std::uint64_t target = entry & 0x000fffffffffffc0;
    const unsigned of = level + (marked ? 1 : 0);
    const bool reserved =
        leaf ? marked && (of >= levels.size() || !levels[of].upper) : level > 0 && marked && !levels[level - 1].upper;
    walk.fault = !leaf && level == 0                                      ? FaultReason::PointerAtLeaf
                 : reserved                                               ? FaultReason::Reserved
                 : leaf && target % (std::uint64_t{1} << shifts[of]) != 0 ? FaultReason::Misaligned
                                                                          : FaultReason::None;
    if (walk.fault != FaultReason::None) return walk;
    write = write && (entry & 2) != 0;
    execute = execute && (entry & 4) != 0;
    for_user = for_user && (entry & 8) != 0;
    if (leaf) {
      const bool allowed =
          (!user || for_user) && (kind != AccessKind::Store || write) && (kind != AccessKind::Fetch || execute);
      walk.fault = allowed ? FaultReason::None : FaultReason::Permission;
      if (!allowed) return walk;
      walk.shift = shifts[of];
      walk.physical = target | va % (std::uint64_t{1} << walk.shift);
    }
    memory.write(PhysicalAddress(at), 8, entry | (leaf && kind == AccessKind::Store ? 0x30 : 0x10));
    if (leaf) return walk;
    table = target | (marked ? 1 : 0);
    above = level;
    walk.fault = FaultReason::NotPresent;
  }
}

}  // namespace tablewalk::test
