#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dram/dram_config.h"
#include "dram/memory_clock.h"
#include "stats/histogram.h"

namespace tablewalk {

/// One request to a memory that stands alone.
struct MemoryRequest {
  PhysicalAddress address;
  bool write = false;
};

/// Gives the next request; false after the last one.
using RequestStream = std::function<bool(MemoryRequest&)>;

/// Streams of requests for whole lines, decided by a seed.
enum class StreamKind : std::uint8_t {
  Random,       ///< reads, uniform over 4 GiB
  Mixed,        ///< the same, a third of them writes
  Sequential,   ///< reads of consecutive lines
  RowConflicts  ///< reads, each of another row of one bank, wrapping at 4 GiB, one line further in each lap
};

/// Their names as the command line takes them, in the order of StreamKind.
const std::vector<std::string>& stream_names();
/// Endless. The config has passed its checks.
RequestStream make_stream(StreamKind kind, const DramConfig& config, std::uint64_t line_bytes, std::uint64_t seed);

/// How a memory is driven.
struct MemoryLoad {
  std::uint64_t requests = 30000;  ///< at most
  std::uint32_t in_flight =
      1;                       ///< without a mean gap: this many at once, each followed by one a clock after its answer
  double mean_gap_clocks = 0;  ///< above 0: Poisson arrivals with this mean distance, whatever is answered
  std::uint64_t seed = 1;      ///< of the arrivals
};

/// What the memory made of it.
struct MemoryLoadResult {
  Histogram latency_clocks;  ///< of reads, from arrival to answer
  std::uint64_t requests = 0;
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t forwarded = 0;  ///< reads answered from the write buffer
  std::uint64_t row_hits = 0;
  std::uint64_t row_misses = 0;
  std::uint64_t row_conflicts = 0;
  std::uint64_t refresh_stalls = 0;
  Clocks duration;  ///< from the first arrival to the last answer
};

/// Drives a memory with a stream until the last request is answered.
MemoryLoadResult run_memory_load(const DramConfig& config, std::uint64_t line_bytes, const RequestStream& stream,
                                 const MemoryLoad& load);

}  // namespace tablewalk
