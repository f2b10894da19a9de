#pragma once

#include <cstdint>

/// The largest values that config keys accept: far above any hardware, far below what could overflow a count. Sums of
/// latencies would overflow first: an access waits for at most a few thousand others, each for at most a few dozen
/// latencies, which leaves room for more accesses than a run can make in 2^64 cycles.
namespace tablewalk::largest {

/// A lookup's latency: 25 microseconds at 4 GHz. Memory of another machine takes a few.
constexpr std::uint64_t latency_cycles = 100'000;
/// A kernel operation: 25 milliseconds at 4 GHz, such as a page fault served by a slow disk.
constexpr std::uint64_t event_cycles = 100'000'000;
/// Time slice of a trace: a quarter of a second at 4 GHz.
constexpr std::uint64_t slice_cycles = 1'000'000'000;
/// A DRAM timing.
constexpr std::uint64_t nanoseconds = 1'000'000;
/// Translations or pointers of one array.
constexpr std::uint64_t entries = std::uint64_t{1} << 24;
/// Size of one cache.
constexpr std::uint64_t cache_bytes = std::uint64_t{64} << 30;
/// The swap device.
constexpr std::uint64_t swap_bytes = std::uint64_t{16} << 40;
/// Memory for pages that may be replaced: the host needs about 40 bytes for each.
constexpr std::uint64_t resident_bytes = std::uint64_t{64} << 30;
/// Concurrent operations: outstanding misses of a TLB or a cache, walks, accesses of the core.
constexpr std::uint64_t in_flight = 4096;
/// Outstanding requests of the walker: several per walk.
constexpr std::uint64_t requests = 16 * in_flight;
/// Anything started per cycle.
constexpr std::uint64_t per_cycle = 1024;
/// Pages prefetched per miss.
constexpr std::uint64_t degree = 64;
/// Blocks fetched ahead of the core.
constexpr std::uint64_t fetch_blocks = 1024;
/// Instructions in the window, or between two accesses.
constexpr std::uint64_t instructions = 1'000'000;

}  // namespace tablewalk::largest
