#pragma once

#include <array>
#include <cstdint>

#include "base/types.h"

namespace tablewalk {

/// The rights of a mapping. Read is implied by present in x86 and Arm.
struct Rights {
  bool read = true;
  bool write = true;
  bool execute = true;  ///< at user privilege, or at any if the format does not distinguish
  bool user = true;     ///< accessible at user privilege; the mode defines what that means for supervisor accesses
  bool privileged_execute = true;  ///< at supervisor privilege
  std::uint8_t key = 0;            ///< x86 protection key; 0 elsewhere

  friend constexpr bool operator==(Rights a, Rights b) {
    return a.read == b.read && a.write == b.write && a.execute == b.execute && a.user == b.user &&
           a.privileged_execute == b.privileged_execute && a.key == b.key;
  }
};

/// An access as seen by permission checks.
struct Access {
  AccessKind kind = AccessKind::Load;
  bool user = true;  ///< made at user privilege
};

enum class FaultReason : std::uint8_t {
  None,
  NonCanonical,   ///< outside the translated addresses (x86: #GP without a walk)
  NotPresent,     ///< an entry on the path is not present
  Reserved,       ///< an entry has a reserved bit set or a reserved encoding
  Misaligned,     ///< a large page's frame is not aligned to its size
  PointerAtLeaf,  ///< the last level has a pointer
  Permission,     ///< the rights do not allow the access
  ProtectionKey,  ///< x86: the protection key of the page does not allow the access
  NotAccessed,    ///< the accessed bit is clear and software must set it (RISC-V Svade)
  NotDirty,       ///< a store with a clear dirty bit, which software must set
  OutOfMemory,    ///< the entry to read, or the byte accessed, is beyond physical memory (RISC-V: access fault)
  PageFault,      ///< reported without a reason by a foreign walker; our walks never end with it

  // Before paging, by a segment unit (segment/segment_table.h).
  NoSegment,         ///< no segment for the address
  SegmentType,       ///< the segment's type does not allow the access
  SegmentPrivilege,  ///< the segment's privilege does not allow the access
  SegmentAbsent,     ///< the segment is not present
  SegmentLimit,      ///< a byte of the access is outside the segment's limit
};
constexpr unsigned fault_reasons = 11;  ///< that our walks can end with, including None
/// Whether a segment unit reported it, before any page table was read.
constexpr bool is_segment_fault(FaultReason reason) {
  return reason >= FaultReason::NoSegment;
}
/// For display: `not present`, `reserved bit set`...
const char* to_string(FaultReason reason);
/// Whether a walker's reported reason is consistent with the actual `cause`, possibly less specific.
constexpr bool tells(FaultReason told, FaultReason cause) {
  const bool page_fault = cause != FaultReason::None && cause != FaultReason::OutOfMemory && !is_segment_fault(cause);
  return told == cause || (told == FaultReason::PageFault && page_fault);
}

struct Fault {
  FaultReason reason = FaultReason::None;
  std::uint8_t level = 0;        ///< of the faulting entry; the root's level if none was read
  std::uint32_t error_code = 0;  ///< as reported by the architecture (PagingMode::error_code)
};

/// A finished translation.
struct Translation {
  PhysicalAddress page;  ///< first byte of the physical page
  /// log2 of the bytes covered: of the page, of its part within physical memory, or of the part in a TLB
  std::uint8_t page_shift = 0;
  std::uint8_t whole_shift = 0;  ///< log2 of the whole page's size, as mapped by the leaf
  std::uint8_t level = 0;        ///< of the leaf
  Rights rights;                 ///< effective over the whole path
  bool global = false;
  bool dirty = false;  ///< the leaf's dirty bit is set: a store needs no further walk
  /// Pages that a coalescing TLB may hold together with this one: bit i is the page with that number in the aligned
  /// group of `most_neighbours` pages of this size (paging/neighbours.h). 0 if nothing is known.
  std::uint16_t neighbours = 0;
  std::uint64_t leaf_entry = 0;  ///< in memory after the walk

  PhysicalAddress physical(VirtualAddress va) const {
    return page + (va.value() & ((std::uint64_t{1} << page_shift) - 1));  // no page has 2^64 bytes
  }

  static constexpr unsigned most_neighbours_log2 = 4;
  static constexpr unsigned most_neighbours = 1u << most_neighbours_log2;
};

/// The other pages whose entries are in the line from which a walk read its leaf, with pages of the same size and set
/// accessed bits, each as its own walk would find it.
struct LinePages {
  std::uint16_t held = 0;  ///< bit i: `pages[i]`, with that number in the aligned group of Translation::most_neighbours
  std::array<Translation, Translation::most_neighbours> pages;

  void add(std::uint64_t place, const Translation& page) {
    held = static_cast<std::uint16_t>(held | 1u << place);
    pages[place] = page;
  }
};

/// The result of a whole walk, and what it read.
struct WalkOutcome {
  bool translated = false;
  Translation translation;  ///< if translated
  Fault fault;              ///< if not
  unsigned entry_reads = 0;
  unsigned entry_updates = 0;
};

}  // namespace tablewalk
