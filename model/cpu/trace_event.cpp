#include "cpu/trace_event.h"

#include <fmt/format.h>

#include "base/error.h"
#include "trace/event_form.h"

namespace tablewalk {
namespace {

using Scope = Invalidation::Scope;

/// For the architecture-specific kinds.
Architecture architecture_of(RecordKind kind) {
  if (kind >= RecordKind::TlbiVmalle1) return Architecture::Arm;
  if (kind >= RecordKind::SfenceAll) return Architecture::Riscv;
  if (kind >= RecordKind::Invlpg) return Architecture::X86;
  return Architecture::Generic;
}

const char* instructions_of(Architecture architecture) {
  switch (architecture) {
    case Architecture::X86:
      return "invlpg, invpcid, mov-cr3, invalidate or switch";
    case Architecture::Riscv:
      return "sfence.vma, invalidate or switch";
    case Architecture::Arm:
      return "tlbi, invalidate or switch";
    case Architecture::Generic:
      break;
  }
  return "invalidate or switch";
}

void require_instruction(const Record& event, const PagingMode& mode, AddressSpaceId processes) {
  if (event.kind == RecordKind::Thread) {
    throw InputError(fmt::format(
        "'thread {}': the trace has several threads; expected a machine with several cores (--set cores=2 or more), or "
        "a capture with threads mixed or apart (trace capture --threads)",
        event.asid));
  }
  if (!has_event(mode, event.kind)) {
    throw InputError(fmt::format("'{}' is not an instruction of paging mode {}; expected {}", form_of(event.kind).word,
                                 mode.name(), instructions_of(mode.architecture())));
  }
  const bool names_pcid = event.kind == RecordKind::InvpcidAddress || event.kind == RecordKind::InvpcidContext;
  if (names_pcid && !mode.has_asids() && event.asid >= processes) {
    throw InputError(
        fmt::format("'{}' of address space {} without PCIDs; expected address space 0, or "
                    "paging.x86.pcide with 4 or 5 levels",
                    form_of(event.kind).word, event.asid));
  }
}

Scope scope_of(RecordKind kind, const PagingMode& mode) {
  switch (kind) {
    case RecordKind::InvalidatePage:
      return mode.architecture() == Architecture::X86 ? Scope::PageAndPointers : Scope::Page;
    case RecordKind::Invlpg:
      return Scope::PageAndPointers;
    case RecordKind::InvpcidAddress:
      return Scope::PageNotGlobal;
    case RecordKind::InvpcidContext:
      return mode.has_asids() ? Scope::AddressSpace : Scope::AllNotGlobal;
    case RecordKind::InvalidateAsid:
    case RecordKind::SfenceAsid:
    case RecordKind::TlbiAside1:
      return Scope::AddressSpace;
    case RecordKind::InvpcidAllNotGlobal:
      return Scope::AllNotGlobal;
    case RecordKind::SfenceAddress:
    case RecordKind::TlbiVaale1:
      return Scope::LeafOfEverySpace;
    case RecordKind::SfenceAddressAsid:
      return Scope::LeafNotGlobal;
    case RecordKind::TlbiVae1:
      return Scope::Page;
    case RecordKind::TlbiVaae1:
      return Scope::PageOfEverySpace;
    case RecordKind::TlbiVale1:
      return Scope::Leaf;
    default:  // invalidate all, invpcid 2, sfence.vma, tlbi vmalle1
      return Scope::All;
  }
}

}  // namespace

bool has_event(const PagingMode& mode, RecordKind kind) {
  if (kind == RecordKind::Thread) return false;  // architecture-independent: it concerns the trace
  const Architecture its = architecture_of(kind);
  return its == Architecture::Generic || its == mode.architecture();
}

TraceEvent switch_event(AddressSpaceId to, const PagingMode& mode) {
  TraceEvent event;
  event.switch_to = to;
  if (!mode.has_asids()) event.invalidation = Invalidation{Scope::AllNotGlobal, {}, 0, true};
  return event;
}

TraceEvent trace_event(const Record& event, const PagingMode& mode, AddressSpaceId running, AddressSpaceId processes) {
  require_instruction(event, mode, processes);
  if (event.kind == RecordKind::SwitchSpace) return switch_event(event.asid, mode);
  if (event.kind == RecordKind::MovToCr3) {
    TraceEvent written = switch_event(event.asid, mode);
    if (!written.invalidation) written.invalidation = Invalidation{Scope::AddressSpace, {}, event.asid, true};
    return written;
  }
  const bool names_pcid_0 = !mode.has_asids() && event.kind == RecordKind::InvpcidAddress;
  return {std::nullopt, Invalidation{scope_of(event.kind, mode), event.address, names_pcid_0 ? running : event.asid},
          event.kind <= RecordKind::InvalidateAll, std::nullopt};
}

}  // namespace tablewalk
