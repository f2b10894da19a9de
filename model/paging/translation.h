#pragma once

#include <cstdint>

#include "base/types.h"

namespace tablewalk {

/// What a mapping allows. Read is implied by present in x86 and Arm.
struct Rights {
  bool read = true;
  bool write = true;
  bool execute = true;             ///< at user privilege; at every privilege where the format does not tell them apart
  bool user = true;                ///< user privilege reaches it; what that means for supervisor accesses the mode says
  bool privileged_execute = true;  ///< at supervisor privilege
  std::uint8_t key = 0;            ///< x86 protection key; 0 elsewhere

  friend constexpr bool operator==(Rights a, Rights b) {
    return a.read == b.read && a.write == b.write && a.execute == b.execute && a.user == b.user &&
           a.privileged_execute == b.privileged_execute && a.key == b.key;
  }
};

/// One access as permission checks see it.
struct Access {
  AccessKind kind = AccessKind::Load;
  bool user = true;  ///< made at user privilege
};

enum class FaultReason : std::uint8_t {
  None,
  NonCanonical,   ///< the address is outside what the mode translates (x86: #GP and no walk)
  NotPresent,     ///< an entry on the way is not present
  Reserved,       ///< an entry has a reserved bit set or a reserved encoding
  Misaligned,     ///< a large page's frame is not aligned to its size
  PointerAtLeaf,  ///< the last level holds a pointer
  Permission,     ///< the rights do not allow the access
  ProtectionKey,  ///< x86: the rights of the page's protection key do not
  NotAccessed,    ///< the accessed bit is clear and software sets it (RISC-V Svade)
  NotDirty,       ///< a store, the dirty bit is clear and software sets it
  OutOfMemory,    ///< the entry to be read, or the byte accessed, lies beyond physical addresses (RISC-V: access fault)
  PageFault,      ///< a walker that was made elsewhere tells no more than that it is one; no walk of ours ends so
};
constexpr unsigned fault_reasons = 11;  ///< that walks of ours end with, None included
/// For people: `not present`, `reserved bit set`...
const char* to_string(FaultReason reason);
/// Whether what a walker tells is the truth, though perhaps not all of it, when `cause` is what a walk meets.
constexpr bool tells(FaultReason told, FaultReason cause) {
  const bool page_fault = cause != FaultReason::None && cause != FaultReason::OutOfMemory;
  return told == cause || (told == FaultReason::PageFault && page_fault);
}

struct Fault {
  FaultReason reason = FaultReason::None;
  std::uint8_t level = 0;        ///< of the entry that faulted; the root's level if none was read
  std::uint32_t error_code = 0;  ///< as the architecture reports it (PagingMode::error_code)
};

/// A finished translation.
struct Translation {
  PhysicalAddress page;  ///< first byte of the physical page
  /// log2 of the bytes it covers: of the page, of the part that lies within physical addresses, or of what a TLB holds
  std::uint8_t page_shift = 0;
  std::uint8_t whole_shift = 0;  ///< the same of the whole page, as the leaf maps it
  std::uint8_t level = 0;        ///< of the leaf
  Rights rights;                 ///< effective over the whole path
  bool global = false;
  bool dirty = false;            ///< the leaf's dirty bit is set: a store needs no further walk
  std::uint64_t leaf_entry = 0;  ///< as memory holds it after the walk

  PhysicalAddress physical(VirtualAddress va) const { return page + (va.value() & low_bits(page_shift)); }
};

/// What a whole walk came to, and what it read.
struct WalkOutcome {
  bool translated = false;
  Translation translation;  ///< if translated
  Fault fault;              ///< if not
  unsigned entry_reads = 0;
  unsigned entry_updates = 0;
};

}  // namespace tablewalk
