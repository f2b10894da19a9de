#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "protocol/translation_request.h"

namespace tablewalk {

/// One walk as it happened: what the walk log prints and what a co-simulation compares.
struct WalkRecord {
  struct EntryRead {
    std::uint8_t level = 0;
    bool update = false;  ///< a compare-and-swap of the accessed and dirty bits, not a read
    PhysicalAddress address;
    Cycles presented;  ///< the cycle in which the request stands at the memory
    Cycles answered;
    ServedBy served_by = ServedBy::L1;
  };
  /// A walk reads at most one entry for each level; each may be updated, and looked at again if an update found it
  /// changed. More than this many are counted but not listed.
  static constexpr unsigned most_reads = 3 * max_levels;
  static constexpr std::uint8_t no_hit = 0xff;

  std::uint64_t id = 0;  ///< in order of taking
  VirtualAddress va;
  AddressSpaceId asid = 0;
  Access access;
  std::optional<VirtualAddress> instruction;  ///< whose fetch or data it is; none before the trace's first fetch
  Cycles requested;                           ///< the request stands at the walker
  Cycles taken;
  Cycles answered;                       ///< the answer stands at the requester
  std::uint8_t walk_cache_hit = no_hit;  ///< level of the remembered entry
  unsigned entry_reads = 0;
  unsigned entry_updates = 0;
  std::array<EntryRead, most_reads> reads;
  unsigned merged = 0;    ///< further requests that it answered
  unsigned restarts = 0;  ///< how often an invalidation sent it back to the root; its reads are those of all attempts
  Answer answer;

  /// Makes it the record of a fresh walk. The list of reads keeps what nobody looks at.
  void reset() {
    walk_cache_hit = no_hit;
    entry_reads = 0;
    entry_updates = 0;
    merged = 0;
    restarts = 0;
  }
  /// Where the read that is under way is noted; it counts when it is answered.
  EntryRead& next_read() { return reads[listed() < most_reads ? listed() : most_reads - 1]; }
  unsigned listed() const {
    return entry_reads + entry_updates < most_reads ? entry_reads + entry_updates : most_reads;
  }
};

}  // namespace tablewalk
