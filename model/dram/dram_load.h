#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dram/dram_config.h"
#include "dram/memory_clock.h"
#include "stats/histogram.h"

namespace tablewalk {

/// A request to a memory driven alone.
struct MemoryRequest {
  PhysicalAddress address;
  bool write = false;
};

/// Returns the next request; false after the last one.
using RequestStream = std::function<bool(MemoryRequest&)>;

/// Streams of requests for whole lines, determined by a seed.
enum class StreamKind : std::uint8_t {
  Random,       ///< reads, uniform over 4 GiB
  Mixed,        ///< the same, one third of them writes
  Sequential,   ///< reads of consecutive lines
  RowConflicts  ///< reads, each to another row of one bank, wrapping at 4 GiB, one line further in each pass
};

/// Their names on the command line, in the order of StreamKind.
const std::vector<std::string>& stream_names();
/// Endless. The config must have passed its checks.
RequestStream make_stream(StreamKind kind, const DramConfig& config, std::uint64_t line_bytes, std::uint64_t seed);

/// How the memory is driven.
struct MemoryLoad {
  std::uint64_t requests = 30000;  ///< maximum
  std::uint32_t in_flight = 1;  ///< without a mean gap: requests in flight, each replaced one clock after its response
  double mean_gap_clocks = 0;   ///< above 0: Poisson arrivals with this mean gap, independent of responses
  std::uint64_t seed = 1;       ///< of the arrivals
};

/// The measured results.
struct MemoryLoadResult {
  Histogram latency_clocks;  ///< of reads, from arrival to response
  std::uint64_t requests = 0;
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t forwarded = 0;  ///< reads served from the write buffer
  std::uint64_t row_hits = 0;
  std::uint64_t row_misses = 0;
  std::uint64_t row_conflicts = 0;
  std::uint64_t refresh_stalls = 0;
  Clocks duration;  ///< from the first arrival to the last response
};

/// Drives a memory with a stream until the last response.
MemoryLoadResult run_memory_load(const DramConfig& config, std::uint64_t line_bytes, const RequestStream& stream,
                                 const MemoryLoad& load);

}  // namespace tablewalk
