#pragma once

#include <algorithm>
#include <cstdint>

#include "base/types.h"

namespace tablewalk {

/// What one trace record says. Values are part of the native format: never renumber.
enum class RecordKind : std::uint8_t {
  Fetch = 0,   ///< an instruction is fetched
  Load = 1,    ///< data is read
  Store = 2,   ///< data is written
  Modify = 3,  ///< one instruction reads and then writes the same data (Lackey's M): one access
  // Events: the kernel has TLBs and walk caches forget, or switches the address space. What each covers in which
  // paging mode: cpu/trace_event.h. The first three are of every architecture.
  InvalidatePage = 4,  ///< a change of the page at `address` in the address space `asid`
  InvalidateAsid = 5,  ///< all of the address space `asid` that is not global
  InvalidateAll = 6,   ///< everything
  SwitchSpace = 7,     ///< the root's register is written: `asid` runs from now on
  // x86
  Invlpg = 8,
  InvpcidAddress = 9,
  InvpcidContext = 10,
  InvpcidAll = 11,
  InvpcidAllNotGlobal = 12,
  MovToCr3 = 13,  ///< with bit 63 clear: as SwitchSpace, and what is not global of `asid` goes
  // RISC-V: SFENCE.VMA by which of its registers are x0
  SfenceAll = 14,
  SfenceAddress = 15,
  SfenceAsid = 16,
  SfenceAddressAsid = 17,
  // Arm: TLBI
  TlbiVmalle1 = 18,
  TlbiAside1 = 19,
  TlbiVae1 = 20,
  TlbiVaae1 = 21,
  TlbiVale1 = 22,
  TlbiVaale1 = 23,
  // The trace itself, and nothing that a core does
  Thread = 24,  ///< the records from here on are of thread `asid`; before the first such event they are of thread 0
};
constexpr unsigned record_kinds = 25;
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
  std::uint16_t size = 0;  ///< bytes, at least 1 in an access
  /// From which load the address of a data access comes: from the n-th load or modify before this record among those of
  /// its thread, whatever their address spaces; 0 from none. Of use only in a trace that knows
  /// (TraceDescription::dependences).
  std::uint16_t distance = 0;
  RecordKind kind = RecordKind::Load;
  Privilege privilege = Privilege::User;
  AddressSpaceId asid = 0;  ///< whose address it is; 0 in traces of one process. In a Thread event, the thread's number

  constexpr Record() = default;
  /// A size beyond what a record can hold becomes the largest that it can, which no trace may hold either.
  constexpr Record(VirtualAddress at, std::uint32_t bytes, RecordKind what = RecordKind::Load,
                   Privilege right = Privilege::User, AddressSpaceId space = 0)
      : address(at),
        size(static_cast<std::uint16_t>(std::min<std::uint32_t>(bytes, 0xffff))),
        kind(what),
        privilege(right),
        asid(space) {}

  friend bool operator==(const Record& a, const Record& b) {
    return a.address == b.address && a.size == b.size && a.distance == b.distance && a.kind == b.kind &&
           a.privilege == b.privilege && a.asid == b.asid;
  }
};
static_assert(sizeof(Record) == 16, "a record is two words, so that readers fill large batches cheaply");

}  // namespace tablewalk
