#pragma once

#include <optional>

#include "paging/paging_mode.h"
#include "protocol/invalidation.h"
#include "trace/record.h"

namespace tablewalk {

/// What an event of a trace makes a core do: switch the address space, invalidate TLBs and walk caches, or both.
struct TraceEvent {
  std::optional<AddressSpaceId> switch_to;
  std::optional<Invalidation> invalidation;
  bool on_all_cores = false;    ///< the event changes the tables; it is not an instruction of one core
  std::optional<bool> to_user;  ///< with page-table isolation: the privilege to which the core changes
};

/// A change of privilege that writes the root register.
inline TraceEvent mode_event(bool user) {
  TraceEvent event;
  event.to_user = user;
  return event;
}

/// A switch of the address space: a write of the root register.
///
///   x86 without PCIDs   MOV to CR3 removes all that is not global, and every pointer (SDM volume 3, 4.10.4.1)
///   x86 with PCIDs      MOV to CR3 with bit 63 set, as kernels do: removes nothing (same section)
///   RISC-V              writing satp removes nothing (privileged manual, 4.1.11)
///   Arm                 writing TTBR0_EL1 with another ASID removes nothing (Arm ARM, D8.14)
///   others              have address-space ids, like RISC-V
TraceEvent switch_event(AddressSpaceId to, const PagingMode& mode);

/// Whether the mode's architecture has that event; the first kinds exist on every architecture.
bool has_event(const PagingMode& mode, RecordKind kind);

/// What an event record means on a machine of that mode. `running`: the address space that runs.
///
///   event                       invalidates
///   invalidate 0xVA @N          a page whose entry was changed: as INVLPG in x86 modes; else the page, of N or global,
///                               and N's pointers on the way to it
///   invalidate @N               all of N that is not global, and N's pointers
///   invalidate all              everything
///   switch @N                   as switch_event
///   x86 (SDM volume 3, 4.10.4.1)
///     invlpg 0xVA [@N]          the page, of N or global; every pointer of N, whatever the address
///     invpcid 0 0xVA @N         the page of N, not global; N's pointers on the way to it
///     invpcid 1 @N              all of N that is not global, and N's pointers
///     invpcid 2                 everything
///     invpcid 3                 all that is not global, and every pointer
///     mov-cr3 @N                MOV to CR3 with bit 63 clear: as `switch @N`; with PCIDs all of N that is not global
///   RISC-V (privileged manual, 4.2.1: SFENCE.VMA)
///     sfence.vma                everything
///     sfence.vma 0xVA           leaf entries of the page in every address space, also global; no pointer
///     sfence.vma @N             all of N that is not global, and N's pointers except global ones
///     sfence.vma 0xVA @N        leaf entries of the page of N, not global; no pointer
///   Arm (Arm ARM, D8.14: TLBI)
///     tlbi vmalle1              everything
///     tlbi aside1 @N            all of N that is not global, and N's pointers
///     tlbi vae1 0xVA @N         the page, of N or global, and N's pointers on the way to it
///     tlbi vaae1 0xVA           the page in every address space, also global, and pointers on the way to it
///     tlbi vale1 0xVA @N        the page, of N or global; last level only: no pointer
///     tlbi vaale1 0xVA          the page in every address space, also global; no pointer
///
/// Without PCIDs everything belongs to PCID 0, the only one that invpcid may name: type 0 removes the page of the
/// running address space, type 1 all that is not global, and every pointer.
///
/// `processes`: each has its own PCID 0, by an id below it.
///
/// Throws InputError for an instruction that the mode's architecture does not have.
TraceEvent trace_event(const Record& event, const PagingMode& mode, AddressSpaceId running,
                       AddressSpaceId processes = 1);

}  // namespace tablewalk
