#include "system/waterfall.h"

#include <algorithm>

namespace tablewalk {
namespace {

/// A TLB that is never accessed: only its first-level hit latency matters.
TlbConfig never_asked(const TlbConfig& tlb) {
  TlbConfig rest;
  rest.arrays.front().latency_cycles =
      tlb.enabled && !tlb.arrays.empty() ? tlb.arrays.front().latency_cycles : Cycles(1);
  return rest;
}

/// The machine with another walker memory, unless its own is already more ideal.
MachineConfig with_memory(MachineConfig config, WalkerMemory memory) {
  config.walker_memory = std::max(config.walker_memory, memory);
  return config;
}

/// Enough walkers for every request. The SystemC model replaces our RTL, to which it is cycle-equivalent.
MachineConfig with_unlimited_walkers(MachineConfig config) {
  if (config.walker.kind == WalkerKind::Foreign || config.walker.kind == WalkerKind::Instant) return config;
  config.walker.kind = WalkerKind::SystemC;
  config.walker.unlimited = true;
  return config;
}

}  // namespace

MachineConfig with_free_translation(const MachineConfig& config) {
  const MachineConfig defaults;
  MachineConfig free = config;
  free.core.free_translation = true;
  free.segmentation.add_cycles = Cycles(0);
  free.itlb = never_asked(config.itlb);
  free.dtlb = never_asked(config.dtlb);
  free.stlb = defaults.stlb;
  free.walker = defaults.walker;
  free.walker_reads = defaults.walker_reads;
  free.walker_memory = defaults.walker_memory;
  free.sharing.stlb = free.sharing.walker = free.sharing.walk_caches = false;
  return free;
}

std::vector<WaterfallStep> waterfall_of(const MachineConfig& config) {
  std::vector<WaterfallStep> steps;
  steps.push_back({"free_translation", "free translation", with_free_translation(config)});

  MachineConfig instant = config;
  instant.walker.kind = WalkerKind::Instant;
  instant.walker.unlimited = false;
  instant.sharing.walk_caches = false;
  // Nothing but a range TLB reads memory then.
  instant.walker_memory = config.ranges.enabled() ? WalkerMemory::Ideal : WalkerMemory::Shared;
  steps.push_back({"tlb_lookups", "TLB lookups beyond the first level", instant});

  const bool foreign = config.walker.kind == WalkerKind::Foreign;
  const MachineConfig unlimited = with_unlimited_walkers(config);
  steps.push_back({"walk_steps", foreign ? "walk steps, waiting for a walker" : "walk steps, walk-cache misses",
                   with_memory(unlimited, WalkerMemory::Ideal)});
  steps.push_back({"entry_memory", "reading entries from memory", with_memory(unlimited, WalkerMemory::Own)});
  steps.push_back({"cache_sharing", "sharing caches with the program", unlimited});
  if (!foreign) steps.push_back({"walker_wait", "waiting for a walker", config});
  return steps;
}

}  // namespace tablewalk
