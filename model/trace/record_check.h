#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "trace/event_form.h"
#include "trace/record.h"
#include "trace/stream_reader.h"

namespace tablewalk {

/// Whether (address, size) is a valid access: a size from 1 to max_record_size, no end beyond 2^64.
inline bool is_possible_access(std::uint64_t address, std::uint64_t size) {
  return size - 1 < max_record_size && address <= ~std::uint64_t{0} - (size - 1);
}

/// Whether a record is an event with only the fields that apply to it.
inline bool is_possible_event(const Record& record) {
  if (record.size != 0 || record.distance != 0 || record.privilege != Privilege::User) return false;
  if (!is_event(record.kind) || static_cast<unsigned>(record.kind) >= record_kinds) return false;
  const EventForm& form = form_of(record.kind);
  return (form.has_address || record.address.value() == 0) && (form.asid != AsidField::None || record.asid == 0);
}

/// Whether a record is valid in a trace.
inline bool is_possible_record(const Record& record) {
  if (is_event(record.kind)) return is_possible_event(record);
  if (record.distance != 0 && record.kind == RecordKind::Fetch) return false;
  return record.privilege <= Privilege::Supervisor && is_possible_access(record.address.value(), record.size);
}

/// Why is_possible_access() returned false, for a message.
inline std::string why_impossible(std::uint64_t address, std::uint64_t size) {
  if (size - 1 >= max_record_size) {
    return fmt::format("an access of {} bytes: expected a size from 1 to {}", size, max_record_size);
  }
  return fmt::format("an access of {} bytes at {:#x} ends beyond 64 bits of address", size, address);
}

/// A record has a dependence in a trace declared to have none.
constexpr const char* why_no_distance =
    "a record has a load distance: expected none, since the trace is not declared to record dependences";

/// A change of the layout in a trace declared to have none.
constexpr const char* why_no_layout =
    "a change of the layout: expected none, since the trace is not declared to have one";

/// Why is_possible_record() returned false, for a message.
inline std::string why_impossible(const Record& record) {
  if (is_event(record.kind))
    return "an event with a size, a distance, a privilege, an address or an id that its kind does not have";
  if (record.privilege > Privilege::Supervisor) {
    return fmt::format("privilege {}: expected 0 (user) or 1 (supervisor)", static_cast<unsigned>(record.privilege));
  }
  if (record.kind == RecordKind::Fetch && record.distance != 0) return "a fetch with a load distance";
  return why_impossible(record.address.value(), record.size);
}

}  // namespace tablewalk
