#pragma once

#include <cstdint>

#include "base/types.h"

namespace tablewalk {

/// What one trace record says. Values are part of the native format: never renumber.
enum class RecordKind : std::uint8_t {
  Fetch = 0,   ///< an instruction is fetched
  Load = 1,    ///< data is read
  Store = 2,   ///< data is written
  Modify = 3,  ///< one instruction reads and then writes the same data (Lackey's M): one access
  // Events: the kernel has changed page tables and has TLBs and walk caches forget.
  InvalidatePage = 4,  ///< what is remembered of the page at `address` in the address space `asid`, global or not
  InvalidateAsid = 5,  ///< all of the address space `asid` that is not global
  InvalidateAll = 6,   ///< everything
};
constexpr unsigned record_kinds = 7;
/// The kinds of access; they come first.
constexpr unsigned access_kinds = 4;

/// Whether records of the kind are events, and no accesses.
constexpr bool is_event(RecordKind kind) {
  return kind >= RecordKind::InvalidatePage;
}

/// With which right an access is made. Values are part of the native format.
enum class Privilege : std::uint8_t { User = 0, Supervisor = 1 };

/// One memory access of the traced program, or an event beside them. In an event what does not apply is 0: the size
/// always, the address when no page is meant, the address-space id when none is.
struct Record {
  VirtualAddress address;
  std::uint32_t size = 0;  ///< bytes, at least 1 in an access
  RecordKind kind = RecordKind::Load;
  Privilege privilege = Privilege::User;
  AddressSpaceId asid = 0;  ///< whose address it is; 0 in traces of one process

  friend bool operator==(const Record& a, const Record& b) {
    return a.address == b.address && a.size == b.size && a.kind == b.kind && a.privilege == b.privilege &&
           a.asid == b.asid;
  }
};
static_assert(sizeof(Record) == 16, "a record is two words, so that readers fill large batches cheaply");

}  // namespace tablewalk
