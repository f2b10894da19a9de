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
};
constexpr unsigned record_kinds = 4;

/// One memory access of the traced program.
struct Record {
  VirtualAddress address;
  std::uint32_t size = 0;  ///< bytes, at least 1
  RecordKind kind = RecordKind::Load;
  std::uint8_t reserved = 0;
  AddressSpaceId asid = 0;  ///< whose address it is; 0 in traces of one process

  friend bool operator==(const Record& a, const Record& b) {
    return a.address == b.address && a.size == b.size && a.kind == b.kind && a.asid == b.asid;
  }
};
static_assert(sizeof(Record) == 16, "a record is two words, so that readers fill large batches cheaply");

}  // namespace tablewalk
