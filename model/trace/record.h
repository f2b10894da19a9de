#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/types.h"

namespace tablewalk {

/// The kind of a trace record. Values are part of the native format: never renumber.
enum class RecordKind : std::uint8_t {
  Fetch = 0,   ///< instruction fetch
  Load = 1,    ///< data read
  Store = 2,   ///< data write
  Modify = 3,  ///< one instruction reads and then writes the same data (Lackey's M): one access
  // Events: the kernel invalidates TLBs and walk caches, or switches the address space. cpu/trace_event.h says what
  // each covers in which paging mode. The first three apply to every architecture.
  InvalidatePage = 4,  ///< the page at `address` in address space `asid` was changed
  InvalidateAsid = 5,  ///< all of address space `asid` that is not global
  InvalidateAll = 6,   ///< everything
  SwitchSpace = 7,     ///< the root register is written: `asid` runs from now on
  // x86
  Invlpg = 8,
  InvpcidAddress = 9,
  InvpcidContext = 10,
  InvpcidAll = 11,
  InvpcidAllNotGlobal = 12,
  MovToCr3 = 13,  ///< with bit 63 clear: as SwitchSpace, and also invalidates what is not global of `asid`
  // RISC-V: SFENCE.VMA, by which of its registers are x0
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
  // About the trace itself; the core does nothing.
  Thread = 24,  ///< the following records are of thread `asid`; records before the first such event are of thread 0
};
constexpr unsigned record_kinds = 25;
/// The kinds of access, which come first.
constexpr unsigned access_kinds = 4;

/// How many records are read, decoded or written in one go: few enough to stay in the L2 cache.
constexpr std::size_t batch_records = 4096;

/// Whether records of this kind are events rather than accesses.
constexpr bool is_event(RecordKind kind) {
  return kind >= RecordKind::InvalidatePage;
}

/// The privilege of an access. Values are part of the native format.
enum class Privilege : std::uint8_t { User = 0, Supervisor = 1 };

/// One memory access of the traced program, or an event. Fields that do not apply to an event are 0: always the size,
/// the address if no page is meant, the address-space id if none is meant.
struct Record {
  VirtualAddress address;
  std::uint16_t size = 0;  ///< bytes, at least 1 for an access
  /// The load that a data access's address depends on: the n-th load or modify before this record in its thread,
  /// whatever the address spaces; 0: none. Only meaningful if the trace records dependences
  /// (TraceDescription::dependences).
  std::uint16_t distance = 0;
  RecordKind kind = RecordKind::Load;
  Privilege privilege = Privilege::User;
  AddressSpaceId asid = 0;  ///< the address space; 0 in traces of one process. In a Thread event, the thread number

  constexpr Record() = default;
  /// A size too large for a record is clamped to the maximum, which is rejected as invalid too.
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
static_assert(sizeof(Record) == 16, "a record is two words, so that large batches are cheap");

}  // namespace tablewalk
