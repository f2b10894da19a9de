#pragma once

#include "cpu/operands.h"
#include "cpu/retirement.h"
#include "protocol/translation_request.h"
#include "trace/record.h"

namespace tablewalk {

constexpr std::uint32_t no_slot = ~std::uint32_t{0};

/// An access started but not retired.
struct InFlight {
  AccessTimes times;
  std::uint64_t instruction = 0;
  VirtualAddress address;
  std::uint32_t size = 0;
  std::uint32_t pending = 0;  ///< outstanding responses
  RecordKind kind = RecordKind::Load;
  bool user = true;
  bool unissued = false;                  ///< it waits for its operand
  std::uint32_t waiting = no_slot;        ///< slot of the newest access waiting for this one's data
  TranslationRequest* faulted = nullptr;  ///< its translation, while a fault is pending
  std::uint64_t record = 0;               ///< number in the trace, from 1; valid while it waits for a translation
};

/// The operand of an access in the window that has not issued.
struct Operand {
  AccessParts parts;             ///< of the load that the address depends on; only those not known to be complete
  Cycles ready;                  ///< earliest issue cycle
  std::uint32_t next = no_slot;  ///< next slot in the list of accesses waiting for the same part
  std::uint64_t record = 0;      ///< as in InFlight
  VirtualAddress fetched;        ///< newest fetch before it
};

}  // namespace tablewalk
