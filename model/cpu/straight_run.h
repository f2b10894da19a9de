#pragma once

#include <cstdint>

#include "cpu/in_flight.h"
#include "protocol/last_hit.h"

namespace tablewalk {

/// A run of accesses that start back to back. What it changes is kept here, close to the accesses, until its end.
struct StraightRun {
  /// Why it ends.
  enum class End : std::uint8_t {
    Complete,  ///< all have started
    Time,      ///< something else comes before the next one
    Block,     ///< the next one begins a fetch block
    Special,   ///< the next one needs issue()
  };

  // The same for all accesses of start_straight().
  Cycles cycle;                    ///< of the clock
  Cycles hit_latency;              ///< of the first-level data cache
  const LastHit* last_hit;         ///< of the first-level data TLB
  std::uint32_t loading;           ///< LastHit::who_asks() of its loads
  std::uint32_t storing;           ///< and of its stores
  std::uint64_t line_bytes;        ///< 0 if a line may be in two pages
  std::uint64_t data_instruction;  ///< 1 if each data access is an instruction: without fetches
  bool user;
  bool chained;
  bool careful;  ///< may_start() must be asked for each data access

  // The next access.
  Cycles until;  ///< nothing else comes before
  Cycles at;     ///< when it issues
  std::uint32_t issued_in_cycle;
  std::uint64_t instruction;  ///< of the access before
  const Record* record;
  std::uint64_t number;  ///< of its place in the window
  InFlight* place;

  const Record* delivered;   ///< the source's next record
  std::uint64_t waiting;     ///< accesses that wait for their operand
  std::uint64_t unanswered;  ///< accesses that missed the first-level TLB
};

}  // namespace tablewalk
