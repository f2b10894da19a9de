#include "system/host_memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/host_memory.h"
#include "cache/cache_array.h"
#include "tlb/tlb_array.h"
#include "walker/walk_cache.h"

namespace tablewalk {
namespace {

void add_tlb(std::vector<HostMemoryNeed>& needs, const std::string& name, const TlbConfig& tlb, std::uint64_t tlbs) {
  for (std::size_t i = 0; tlb.enabled && i < tlb.arrays.size(); ++i) {
    needs.push_back({fmt::format("{}.arrays.{}.entries", name, i), tlbs * TlbArray::host_bytes(tlb.arrays[i])});
  }
}

std::string readable(std::uint64_t bytes) {
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / static_cast<double>(1 << 30));
}

}  // namespace

std::vector<HostMemoryNeed> host_memory_of(const MachineConfig& config) {
  std::vector<HostMemoryNeed> needs;
  const std::uint64_t cores = config.cores;
  add_tlb(needs, "itlb", config.itlb, cores);
  add_tlb(needs, "dtlb", config.dtlb, cores);
  add_tlb(needs, "stlb", config.stlb, config.sharing.stlb ? 1 : cores);
  const std::uint64_t walkers = config.sharing.walker ? 1 : cores;
  const std::uint64_t walk_caches = config.sharing.walk_caches ? 1 : walkers;
  for (std::size_t i = 0; i < config.walker.walk_caches.size(); ++i) {
    const WalkCacheConfig& cache = config.walker.walk_caches[i];
    needs.push_back({fmt::format("walker.walk_caches.{}.entries", i),
                     walk_caches * host_bytes_of_walk_cache(config.walker.walk_cache_kind, cache)});
  }
  const auto add_cache = [&](const char* name, const CacheConfig& cache, std::uint64_t caches) {
    if (!cache.enabled) return;
    const std::uint64_t copies = caches * (config.walker_memory == WalkerMemory::Own ? 2 : 1);
    needs.push_back({fmt::format("{}.bytes", name), copies * CacheArray::host_bytes(cache, config.memory.line_bytes)});
  };
  add_cache("l1i", config.l1i, cores);
  add_cache("l1d", config.l1d, cores);
  add_cache("l2", config.l2, config.sharing.l2 ? 1 : cores);
  add_cache("llc", config.llc, 1);
  return needs;
}

void require_host_memory(const MachineConfig& config) {
  constexpr std::uint64_t always_there = std::uint64_t{64} << 20;
  std::uint64_t all = 0;
  HostMemoryNeed largest;
  for (const HostMemoryNeed& need : host_memory_of(config)) {
    all += need.bytes;
    if (need.bytes > largest.bytes) largest = need;
  }
  if (all <= always_there) return;
  const std::uint64_t available = available_host_memory();
  if (all <= available) return;
  throw InputError(fmt::format("{}: needs {} of host memory, the whole machine {}, and {} are available; expected less",
                               largest.key, readable(largest.bytes), readable(all), readable(available)));
}

}  // namespace tablewalk
