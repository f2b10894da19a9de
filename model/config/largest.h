#pragma once

#include <cstdint>

/// The largest values that config keys take: far above any hardware, far below what would overflow a count. Sums of
/// latencies are the first to: one access waits for at most some thousand others, each for at most a few dozen
/// latencies, which leaves 2^64 for more accesses than a run can make.
namespace tablewalk::largest {

/// From a lookup to its answer: 25 microseconds at 4 GHz; memory on another machine answers in a few.
constexpr std::uint64_t latency_cycles = 100'000;
/// What the kernel does at once: 25 milliseconds at 4 GHz, a page fault that a slow disk serves.
constexpr std::uint64_t event_cycles = 100'000'000;
/// Of one trace, before another one's turn comes: a quarter of a second at 4 GHz.
constexpr std::uint64_t slice_cycles = 1'000'000'000;
/// A timing of the DRAM.
constexpr std::uint64_t nanoseconds = 1'000'000;
/// Translations or pointers of one array.
constexpr std::uint64_t entries = std::uint64_t{1} << 24;
/// Of one cache.
constexpr std::uint64_t cache_bytes = std::uint64_t{64} << 30;
/// What is under way at once: misses of a TLB or a cache, walks, accesses of the core.
constexpr std::uint64_t in_flight = 4096;
/// Requests in the walker at once: several for each walk.
constexpr std::uint64_t requests = 16 * in_flight;
/// Of anything that starts in a cycle.
constexpr std::uint64_t per_cycle = 1024;
/// Fetched ahead of the core.
constexpr std::uint64_t fetch_blocks = 1024;
/// Instructions that the core looks ahead, or that stand between two accesses.
constexpr std::uint64_t instructions = 1'000'000;

}  // namespace tablewalk::largest
