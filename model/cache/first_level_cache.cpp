#include "cache/first_level_cache.h"

#include <utility>

namespace tablewalk {

FirstLevelCache::FirstLevelCache(sc_core::sc_module_name name, ServedBy place, const CacheConfig& config,
                                 std::uint64_t line_bytes, PhysicalMemory& memory, const std::vector<PortKind>& ports)
    : Cache(name, place, config, line_bytes, memory) {
  array_.remember_ways();
  for (const PortKind kind : ports) {
    if (kind == PortKind::AtOnce) {
      cpu_side_.add<AccessTargetPort<FirstLevelCache>>("cpu_side", *this);
    } else {
      add_registered_port();
    }
  }
}

/// The whole lookup; separate so that the other path makes no calls.
[[gnu::noinline]] bool FirstLevelCache::search(PhysicalAddress address, bool write) {
  CacheArray::Line* line = array_.find_and_remember(address);
  looked_up_ = line == nullptr || (write && !line->owned);
  if (!looked_up_) complete(*line, write);
  return !looked_up_;
}

bool FirstLevelCache::receive_access(unsigned port, MemoryAccess& access, Cycles& cycle) {
  access.info.port = static_cast<std::uint8_t>(port);
  const bool missed = std::exchange(looked_up_, false);
  const bool hit = !missed && look_up(access.physical(), access.is_write());
  looked_up_ = false;
  if (hit) {
    serve(access, place_);
    cycle += config_.latency_cycles;
    return true;
  }
  access.info.missed = cycle;
  if (!start_miss(access, cycle)) stalled_.push(cycle, &access);
  return false;
}

[[gnu::flatten]] void FirstLevelCache::on_cycle() {
  const Cycles cycle = now();
  take_fills(cycle);
  std::uint32_t lookups_left = config_.lookups_per_cycle;
  if (!stalled_.empty()) take_turns(cycle, lookups_left);
  look_up_arrivals(cycle, lookups_left);
  sleep(cycle);
}

/// Miss registers are granted to the access that has waited longest.
[[gnu::noinline]] void FirstLevelCache::take_turns(Cycles cycle, std::uint32_t& lookups_left) {
  if (cpu_side_.arrivals().next_visible() < stalled_.next_visible()) look_up_arrivals(cycle, lookups_left);
  if (!blocked_) retry_stalled(cycle);
}

void FirstLevelCache::retry_stalled(Cycles cycle) {
  while (stalled_.due(cycle)) {
    MemoryAccess& access = *stalled_.front();
    if (!found_after_wait(access, cycle) && !start_miss(access, cycle)) return;
    stalled_.pop();
  }
}

}  // namespace tablewalk
