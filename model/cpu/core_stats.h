#pragma once

#include <array>
#include <cstdint>

#include "protocol/translation_request.h"
#include "stats/stat_set.h"
#include "trace/record.h"

namespace tablewalk {

struct CoreStats {
  std::array<std::uint64_t, access_kinds> accesses{};  ///< by RecordKind
  std::uint64_t supervisor_accesses = 0;
  std::uint64_t invalidations = 0;
  std::uint64_t calls = 0;             ///< system calls that change the address space
  std::uint64_t switches = 0;          ///< of the address space
  std::uint64_t ids_recycled = 0;      ///< an address space got the hardware id of another one
  std::uint64_t id_rollovers = 0;      ///< all ids of the machine were given anew
  std::uint64_t id_flushes = 0;        ///< flushes because of either
  std::uint64_t lazy_flushes = 0;      ///< of an address space that missed an invalidation while it did not run
  std::uint64_t root_writes = 0;       ///< at entries and exits of an isolated kernel
  std::uint64_t process_switches = 0;  ///< at the end of a time slice or of a trace
  std::uint64_t migrations = 0;        ///< of them: the trace ran on another core before
  std::uint64_t waits_used = 0;        ///< of them: the running trace waited in the kernel
  std::uint64_t shootdowns = 0;        ///< started by this core and sent to at least one other core
  std::uint64_t interrupts = 0;        ///< taken for shootdowns of other cores
  std::uint64_t broadcasts = 0;        ///< invalidations of other cores, without an interrupt
  std::uint64_t instructions = 0;
  std::uint64_t fetch_blocks = 0;  ///< fetched ahead
  std::uint64_t next_line_prefetches = 0;
  std::uint64_t page_straddles = 0;
  std::uint64_t line_straddles = 0;
  std::uint64_t faults = 0;
  std::uint64_t faulted_accesses = 0;
  std::uint64_t translations_requested = 0;
  std::uint64_t translations_answered = 0;
  LatencyBreakdown translation_cycles;  ///< of all translations that missed the first-level TLB
  Histogram translation_latency;        ///< of the same translations, from request to response
};

}  // namespace tablewalk
