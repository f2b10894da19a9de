#pragma once

#include <optional>

#include "cpu/record_source.h"

namespace tablewalk {

/// What a core runs at a stop of its trace.
struct AtStop {
  bool entered = false;           ///< an address space; if not, the next access enters one
  AddressSpaceId space = 0;       ///< the kernel's id
  AddressSpaceId id = 0;          ///< that of the hardware
  std::optional<bool> only_user;  ///< privilege of the root register's value, with page-table isolation
};

/// Decides what happens where a core reaches the stop of its trace (RecordSource::stop_at).
class Stops {
 public:
  virtual ~Stops() = default;
  /// The core has started every record before the stop. True: it goes on at once, behind the stop that was moved.
  /// False: it must drain first; asked again meanwhile.
  virtual bool passes(RecordSource& source) = 0;
  /// Nothing is in flight. Moves the stop, and may take records from the source that the core then never sees.
  virtual void drained(RecordSource& source, const AtStop& core) = 0;
  /// Whether there was an instruction fetch among the records taken.
  virtual bool saw_fetches() const = 0;
};

}  // namespace tablewalk
