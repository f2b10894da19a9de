#pragma once

#include <array>
#include <string_view>

#include "trace/record.h"

namespace tablewalk {

/// Whether an event names an address space, or has a thread number in that field.
enum class AsidField : std::uint8_t { None, Optional, Required, Thread };

/// The text form of an event, and the fields of its record: `WORD [0xADDRESS] [@ASID]`, or `thread N`.
struct EventForm {
  RecordKind kind;
  std::string_view word;
  bool has_address;
  AsidField asid;
};

/// One per kind of event, in the order of their numbers.
constexpr std::array<EventForm, record_kinds - access_kinds> event_forms{{
    {RecordKind::InvalidatePage, "invalidate", true, AsidField::Optional},
    {RecordKind::InvalidateAsid, "invalidate", false, AsidField::Required},
    {RecordKind::InvalidateAll, "invalidate all", false, AsidField::None},
    {RecordKind::SwitchSpace, "switch", false, AsidField::Required},
    {RecordKind::Invlpg, "invlpg", true, AsidField::Optional},
    {RecordKind::InvpcidAddress, "invpcid 0", true, AsidField::Required},
    {RecordKind::InvpcidContext, "invpcid 1", false, AsidField::Required},
    {RecordKind::InvpcidAll, "invpcid 2", false, AsidField::None},
    {RecordKind::InvpcidAllNotGlobal, "invpcid 3", false, AsidField::None},
    {RecordKind::MovToCr3, "mov-cr3", false, AsidField::Required},
    {RecordKind::SfenceAll, "sfence.vma", false, AsidField::None},
    {RecordKind::SfenceAddress, "sfence.vma", true, AsidField::None},
    {RecordKind::SfenceAsid, "sfence.vma", false, AsidField::Required},
    {RecordKind::SfenceAddressAsid, "sfence.vma", true, AsidField::Required},
    {RecordKind::TlbiVmalle1, "tlbi vmalle1", false, AsidField::None},
    {RecordKind::TlbiAside1, "tlbi aside1", false, AsidField::Required},
    {RecordKind::TlbiVae1, "tlbi vae1", true, AsidField::Required},
    {RecordKind::TlbiVaae1, "tlbi vaae1", true, AsidField::None},
    {RecordKind::TlbiVale1, "tlbi vale1", true, AsidField::Required},
    {RecordKind::TlbiVaale1, "tlbi vaale1", true, AsidField::None},
    {RecordKind::Thread, "thread", false, AsidField::Thread},
}};

/// Of an event kind.
constexpr const EventForm& form_of(RecordKind kind) {
  return event_forms[static_cast<unsigned>(kind) - access_kinds];
}

/// Whether the id of such a record (access or event) is an address space.
constexpr bool names_address_space(RecordKind kind) {
  if (!is_event(kind)) return true;
  const AsidField field = form_of(kind).asid;
  return field == AsidField::Optional || field == AsidField::Required;
}

}  // namespace tablewalk
