#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "trace/record.h"

namespace tablewalk {

/// What a record is: its kind, privilege and address space, as one word to compare.
inline std::uint32_t what_is(const Record& record) {
  static_assert(offsetof(Record, kind) == 12 && sizeof(Record) == 16, "they are the record's last four bytes");
  std::uint32_t what = 0;
  std::memcpy(&what, reinterpret_cast<const char*>(&record) + offsetof(Record, kind), sizeof(what));
  return what;
}

/// Tells the accesses of an address space, or only those of one privilege, from events and from other accesses.
class AccessFilter {
 public:
  explicit AccessFilter(AddressSpaceId asid, std::optional<Privilege> privilege = {}) {
    static_assert(access_kinds == 4 && !is_event(static_cast<RecordKind>(access_kinds - 1)));
    Record wanted;
    wanted.kind = RecordKind::Fetch;
    wanted.privilege = privilege.value_or(Privilege::User);
    wanted.asid = asid;
    wanted_ = what_is(wanted);
    Record compared;
    compared.kind = static_cast<RecordKind>(0xff & ~(access_kinds - 1));
    compared.privilege = static_cast<Privilege>(privilege ? 0xff : 0);
    compared.asid = 0xffff;
    compared_ = what_is(compared);
  }

  bool passes(std::uint32_t what) const { return ((what ^ wanted_) & compared_) == 0; }
  bool passes(const Record& record) const { return passes(what_is(record)); }

 private:
  std::uint32_t wanted_ = 0;
  std::uint32_t compared_ = 0;
};

}  // namespace tablewalk
