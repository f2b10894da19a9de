#pragma once

#include <optional>

#include "cpu/operands.h"
#include "cpu/trace_event.h"
#include "trace/record.h"

namespace tablewalk {

/// The record of its process that a core is starting, and what must happen before the next one.
struct RecordBeingStarted {
  RecordKind kind = RecordKind::Load;
  bool user = true;
  VirtualAddress address;           ///< of the bytes that have not started
  std::uint32_t left = 0;           ///< their number
  AccessParts operand;              ///< the load that the address depends on; no parts if none
  std::uint64_t must_retire = 0;    ///< everything before this must retire before it can enter its buffer
  VirtualAddress fetched;           ///< newest fetch, if any
  std::optional<TraceEvent> fence;  ///< event to complete before the next record
  std::optional<Record> held;       ///< access waiting for the switch to its address space
};

}  // namespace tablewalk
