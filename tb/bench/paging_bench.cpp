// Speed of building and walking tables without time: the cost of the reference walk in every checked run.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "paging/reference_walk.h"
#include "paging/table_builder.h"
#include "paging/table_size.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t mebi = std::uint64_t{1} << 20;
constexpr std::uint64_t gibi = std::uint64_t{1} << 30;
constexpr std::uint64_t page = 4096;
const VirtualAddress high_base(0x7f0000000000);
const VirtualAddress low_base(0x40000000);

/// Walks of random pages in a range of `state.range(0)` MiB: with 64 the tables fit a host's caches.
void reference_walks(benchmark::State& state, const char* mode_name, FramePolicy policy) {
  const std::uint64_t bytes = static_cast<std::uint64_t>(state.range(0)) * mebi;
  const auto mode = make_paging_mode(mode_name);
  PhysicalMemory memory;
  FrameAllocator frames(1024 * gibi, page, {policy, 1});
  TableBuilder builder(mode, memory, frames);
  const VirtualAddress base = mode->virtual_bits() > 32 ? high_base : low_base;
  builder.map_range(base, bytes, page);
  std::mt19937_64 random(1);
  std::vector<VirtualAddress> addresses;
  for (int i = 0; i < 1 << 16; ++i) addresses.push_back(base + random() % bytes);
  std::size_t next = 0;
  for (auto _ : state) {
    const WalkOutcome outcome = reference_walk(*mode, memory, builder.root(), addresses[next], {});
    benchmark::DoNotOptimize(outcome.translation.page);
    next = (next + 1) % addresses.size();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(reference_walks, x86_64, "x86-64", FramePolicy::Sequential)->Arg(64)->Arg(1024)->Arg(16384);
BENCHMARK_CAPTURE(reference_walks, x86_64_random_frames, "x86-64", FramePolicy::Random)->Arg(1024);
BENCHMARK_CAPTURE(reference_walks, x86_64_la57, "x86-64-la57", FramePolicy::Sequential)->Arg(64);
BENCHMARK_CAPTURE(reference_walks, x86_pae, "x86-pae", FramePolicy::Sequential)->Arg(64);
BENCHMARK_CAPTURE(reference_walks, x86_32, "x86-32", FramePolicy::Sequential)->Arg(64);
BENCHMARK_CAPTURE(reference_walks, flat48, "flat48", FramePolicy::Sequential)->Arg(64);

/// Tables for 16 GiB of 4 KiB pages, frames included.
void build_16_gib(benchmark::State& state, const char* mode_name, FramePolicy policy) {
  for (auto _ : state) {
    PhysicalMemory memory;
    FrameAllocator frames(1024 * gibi, page, {policy, 1});
    TableBuilder builder(make_paging_mode(mode_name), memory, frames);
    builder.map_range(high_base, 16 * gibi, page);
    benchmark::DoNotOptimize(memory.touched_pages());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(16 * gibi / page));
}
BENCHMARK_CAPTURE(build_16_gib, x86_64_sequential, "x86-64", FramePolicy::Sequential)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(build_16_gib, x86_64_random, "x86-64", FramePolicy::Random)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(build_16_gib, x86_64_contiguous, "x86-64", FramePolicy::Contiguous)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(build_16_gib, flat48, "flat48", FramePolicy::Sequential)->Unit(benchmark::kMillisecond);

/// Counting tables of 100,000 scattered pages without building them.
void count_tables(benchmark::State& state) {
  std::mt19937_64 random(1);
  Footprint footprint(page);
  for (int i = 0; i < 100000; ++i) footprint.touch(VirtualAddress(random() & low_bits(47)), 8);
  const std::vector<MappedRange> ranges = footprint.ranges();
  const auto mode = make_paging_mode("x86-64");
  for (auto _ : state) benchmark::DoNotOptimize(table_size(*mode, ranges).tables);
}
BENCHMARK(count_tables)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tablewalk

BENCHMARK_MAIN();
