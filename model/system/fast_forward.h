#pragma once

#include <cstdint>
#include <functional>

#include "cpu/stops.h"
#include "warming/warmer.h"

namespace tablewalk {

/// Executes the records of a drained core without time, by functional warming.
class FastForward {
 public:
  /// `on_batch`: called now and then; true ends the trace.
  FastForward(Warmer& warmer, std::function<bool()> on_batch) : warmer_(warmer), on_batch_(std::move(on_batch)) {}

  /// Executes up to the record of that number (from 0), or the end of the trace. False if the core itself must execute
  /// the next one: an event, an access that faults, or the first access, which enters an address space.
  bool execute_until(std::uint64_t record, RecordSource& source, const AtStop& core);
  bool saw_fetches() const { return warmer_.saw_fetches(); }

 private:
  Warmer& warmer_;
  std::function<bool()> on_batch_;
};

/// Throws InputError of that option: the trace cannot be skipped through.
[[noreturn]] void refuse_to_skip(const char* option);

}  // namespace tablewalk
