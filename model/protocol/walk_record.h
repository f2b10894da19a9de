#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "protocol/translation_request.h"

namespace tablewalk {

/// The record of one walk, for the walk log and for co-simulation.
struct WalkRecord {
  struct EntryRead {
    std::uint8_t level = 0;
    bool update = false;  ///< a compare-and-swap of the accessed and dirty bits, not a read
    PhysicalAddress address;
    Cycles presented;  ///< the cycle in which the request is valid at the memory
    Cycles answered;
    ServedBy served_by = ServedBy::L1;
  };
  /// A walk reads at most one entry per level; each may be updated, and read again if it changed before the update.
  /// Further ones are counted but not listed.
  static constexpr unsigned most_reads = 3 * max_levels;
  static constexpr std::uint8_t no_hit = 0xff;

  std::uint64_t id = 0;       ///< in order of start
  TranslationId translation;  ///< of the request that started it
  VirtualAddress va;
  AddressSpaceId asid = 0;   ///< the hardware's id
  AddressSpaceId space = 0;  ///< the kernel's
  Access access;
  std::optional<VirtualAddress> instruction;  ///< the instruction that caused it; none before the trace's first fetch
  Cycles requested;                           ///< the request's arrival at the walker
  Cycles taken;
  Cycles answered;                       ///< the response's arrival at the requester
  std::uint8_t walk_cache_hit = no_hit;  ///< level of the cached entry
  unsigned entry_reads = 0;
  unsigned entry_updates = 0;
  std::array<EntryRead, most_reads> reads;
  unsigned merged = 0;    ///< further requests served
  bool prefetch = false;  ///< for a TLB's prefetcher
  unsigned restarts = 0;  ///< restarts at the root by invalidations; the reads are those of all attempts
  Answer answer;

  /// Resets it for a new walk. Unused entries of the list of reads keep old data.
  void reset() {
    walk_cache_hit = no_hit;
    entry_reads = 0;
    entry_updates = 0;
    merged = 0;
    restarts = 0;
  }
  /// The entry for the outstanding read; it counts when the response arrives.
  EntryRead& next_read() { return reads[listed() < most_reads ? listed() : most_reads - 1]; }
  unsigned listed() const {
    return entry_reads + entry_updates < most_reads ? entry_reads + entry_updates : most_reads;
  }
};

}  // namespace tablewalk
