#include "system/machine.h"

#include <algorithm>
#include <functional>

#include "system/host_memory.h"
#include "system/make_walker.h"

namespace tablewalk {

Machine::Machine(const MachineConfig& config, ConstructionOrder order, const std::optional<ImageTables>& tables)
    : config_(config),
      mode_(make_paging_mode(config.paging.mode, config.paging)),
      frames_(config.memory_bytes(), mode_->page_bytes(), {config.os.frames, config.os.frame_seed}) {
  require_host_memory(config_);
  make_kernel(tables);
  plan_memory_ports();
  build(order);
  bind_translation();
  bind_memory();
}

void Machine::make_kernel(const std::optional<ImageTables>& tables) {
  if (!tables) {
    kernel_ = std::make_unique<AddressSpaces>(config_.os, mode_, memory_, frames_);
    return;
  }
  const PhysicalAddress root = mode_->decode_root(tables->root_value).table;  // before the image is read: it throws
  image_ = load_memory_image(tables->image, memory_);
  kernel_ = std::make_unique<ImageSpace>(*mode_, memory_, *image_, root, tables->skip_faults);
}

WalkerReads Machine::memory_at(WalkerReads level) const {
  if (level == WalkerReads::L1d && config_.l1d.enabled) return WalkerReads::L1d;
  if (level <= WalkerReads::L2 && config_.l2.enabled) return WalkerReads::L2;
  if (level <= WalkerReads::Llc && config_.llc.enabled) return WalkerReads::Llc;
  return WalkerReads::Dram;
}

/// SystemC makes ports only while their module is made; so they are counted before.
void Machine::plan_memory_ports() {
  const auto plan = [&](WalkerReads level) { ++planned_ports_[static_cast<unsigned>(memory_at(level))]; };
  plan(WalkerReads::L2);  // the first-level instruction cache, or the core in its place
  plan(WalkerReads::L2);  // the first-level data cache, likewise
  if (config_.walker_memory == WalkerMemory::Shared) plan(config_.walker_reads);
  if (config_.l2.enabled) plan(WalkerReads::Llc);
  if (config_.llc.enabled) plan(WalkerReads::Dram);
}

void Machine::build(ConstructionOrder order) {
  const auto registered = [&](WalkerReads memory) {
    return std::vector<Cache::PortKind>(planned_ports_[static_cast<unsigned>(memory)], Cache::PortKind::Registered);
  };
  std::vector<Cache::PortKind> l1d_ports = registered(WalkerReads::L1d);
  l1d_ports.push_back(Cache::PortKind::AtOnce);
  const unsigned first_levels = 2;
  const unsigned dram_ports = planned_ports_[static_cast<unsigned>(WalkerReads::Dram)];

  std::vector<std::function<void()>> steps{
      [&] { core_.port = std::make_unique<RequestPort>("core", config_.core, neighbours(), *mode_, *kernel_); },
      [&] { core_.itlb = std::make_unique<Tlb>("itlb", Tlb::Service::AtOnce, config_.itlb, *mode_, 1); },
      [&] { core_.dtlb = std::make_unique<Tlb>("dtlb", Tlb::Service::AtOnce, config_.dtlb, *mode_, 1); },
      [&] {
        if (!config_.stlb.enabled) return;
        stlb_ = std::make_unique<Tlb>("stlb", Tlb::Service::Registered, config_.stlb, *mode_, first_levels);
      },
      [&] { walker_ = make_walker(walker_config(), config_.paging, *mode_, memory_, walker_ports()); },
      [&] { core_.l1i = make_cache("l1i", ServedBy::L1, config_.l1i, {Cache::PortKind::AtOnce}); },
      [&] { core_.l1d = make_cache("l1d", ServedBy::L1, config_.l1d, l1d_ports); },
      [&] { l2_ = make_cache("l2", ServedBy::L2, config_.l2, registered(WalkerReads::L2)); },
      [&] { llc_ = make_cache("llc", ServedBy::Llc, config_.llc, registered(WalkerReads::Llc)); },
      [&] {
        dram_ = std::make_unique<Dram>("dram", config_.dram, config_.clock_mhz, config_.memory.line_bytes, memory_,
                                       dram_ports);
      },
      [&] { build_free_translation(); },
      [&] { build_walker_memory(); },
  };
  if (order == ConstructionOrder::MemoryFirst) std::reverse(steps.begin(), steps.end());
  for (const auto& step : steps) step();
}

void Machine::build_free_translation() {
  if (!config_.core.free_translation) return;
  const CoreNeighbours latencies = neighbours();
  core_.free_itlb =
      std::make_unique<FreeTranslator>("free_itlb", latencies.tlb_hit_latency[0], *mode_, memory_, *kernel_);
  core_.free_dtlb =
      std::make_unique<FreeTranslator>("free_dtlb", latencies.tlb_hit_latency[1], *mode_, memory_, *kernel_);
}

void Machine::build_walker_memory() {
  if (config_.walker_memory == WalkerMemory::Ideal) {
    walker_memory_.ideal = std::make_unique<IdealMemory>("walker_ideal", memory_);
  }
  if (config_.walker_memory != WalkerMemory::Own) return;
  const auto add = [&](const char* name, WalkerReads level, ServedBy place, const CacheConfig& config) {
    if (config_.walker_reads > level || !config.enabled) return;
    walker_memory_.caches.push_back(make_cache(name, place, config, {Cache::PortKind::Registered}));
  };
  add("walker_l1d", WalkerReads::L1d, ServedBy::L1, config_.l1d);
  add("walker_l2", WalkerReads::L2, ServedBy::L2, config_.l2);
  add("walker_llc", WalkerReads::Llc, ServedBy::Llc, config_.llc);
  walker_memory_.dram =
      std::make_unique<Dram>("walker_dram", config_.dram, config_.clock_mhz, config_.memory.line_bytes, memory_, 1);
}

/// An unlimited walker has as many slots as there can be requests: one for each page that a TLB above waits for.
WalkerConfig Machine::walker_config() const {
  WalkerConfig walker = config_.walker;
  if (!walker.unlimited) return walker;
  walker.walkers =
      config_.stlb.enabled ? config_.stlb.miss_registers : config_.itlb.miss_registers + config_.dtlb.miss_registers;
  walker.requests = walker.walkers;
  return walker;
}

std::unique_ptr<Cache> Machine::make_cache(const char* name, ServedBy place, const CacheConfig& config,
                                           const std::vector<Cache::PortKind>& ports) {
  if (!config.enabled) return nullptr;
  return std::make_unique<Cache>(name, place, config, config_.memory.line_bytes, memory_, ports);
}

void Machine::bind_translation() {
  const auto bind_core = [](auto& core_side, FreeTranslator* free, Tlb& tlb) {
    if (free == nullptr) return core_side.socket.bind(tlb.cpu_side(0));
    core_side.socket.bind(free->cpu_side());
    free->tlb_side.socket.bind(tlb.cpu_side(0));
  };
  bind_core(core_.port->itlb_side, core_.free_itlb.get(), *core_.itlb);
  bind_core(core_.port->dtlb_side, core_.free_dtlb.get(), *core_.dtlb);
  core_.itlb->walker_side.socket.bind(stlb_ ? stlb_->cpu_side(0) : walker_->tlb_side(0));
  core_.dtlb->walker_side.socket.bind(stlb_ ? stlb_->cpu_side(1) : walker_->tlb_side(1));
  if (stlb_) stlb_->walker_side.socket.bind(walker_->tlb_side(0));
}

void Machine::bind_memory() {
  // In the order of plan_memory_ports().
  auto& fetches = core_.l1i ? core_.l1i->memory_side.socket : core_.port->icache_side.socket;
  auto& data = core_.l1d ? core_.l1d->memory_side.socket : core_.port->dcache_side.socket;
  fetches.bind(next_socket(WalkerReads::L2));
  data.bind(next_socket(WalkerReads::L2));
  bind_walker_memory();
  if (l2_) l2_->memory_side.socket.bind(next_socket(WalkerReads::Llc));
  if (llc_) llc_->memory_side.socket.bind(next_socket(WalkerReads::Dram));
  // The core's own port of its first-level data cache is the last one.
  if (core_.l1i) core_.port->icache_side.socket.bind(core_.l1i->cpu_side(0));
  if (core_.l1d) {
    core_.port->dcache_side.socket.bind(core_.l1d->cpu_side(planned_ports_[static_cast<unsigned>(WalkerReads::L1d)]));
  }
}

void Machine::bind_walker_memory() {
  auto* above = &walker_->memory_side.socket;
  if (walker_memory_.ideal) return above->bind(walker_memory_.ideal->cpu_side());
  for (const auto& cache : walker_memory_.caches) {
    above->bind(cache->cpu_side(0));
    above = &cache->memory_side.socket;
  }
  if (walker_memory_.dram) return above->bind(walker_memory_.dram->cpu_side(0));
  above->bind(next_socket(config_.walker_reads));
}

tlm::tlm_target_socket<64>& Machine::next_socket(WalkerReads level) {
  const WalkerReads memory = memory_at(level);
  const unsigned port = bound_ports_[static_cast<unsigned>(memory)]++;
  switch (memory) {
    case WalkerReads::L1d:
      return core_.l1d->cpu_side(port);
    case WalkerReads::L2:
      return l2_->cpu_side(port);
    case WalkerReads::Llc:
      return llc_->cpu_side(port);
    case WalkerReads::Dram:
      break;
  }
  return dram_->cpu_side(port);
}

CoreNeighbours Machine::neighbours() const {
  const auto tlb_latency = [](const TlbConfig& tlb) {
    return tlb.enabled && !tlb.arrays.empty() ? tlb.arrays.front().latency_cycles : Cycles(1);
  };
  const auto cache_latency = [](const CacheConfig& cache) { return cache.enabled ? cache.latency_cycles : Cycles(0); };
  CoreNeighbours neighbours;
  neighbours.tlb_hit_latency = {tlb_latency(config_.itlb), tlb_latency(config_.dtlb)};
  neighbours.cache_hit_latency = {cache_latency(config_.l1i), cache_latency(config_.l1d)};
  neighbours.cache_at_once = {config_.l1i.enabled, config_.l1d.enabled};
  neighbours.line_shift = log2_floor(config_.memory.line_bytes);
  neighbours.page_shift = mode_->offset_bits();
  return neighbours;
}

void Machine::run() {
  Clockwork& clockwork = Clockwork::of_simulation();
  clockwork.set_lockstep(!config_.core.run_ahead);
  sc_core::sc_start();
  clockwork.rethrow_failure();
}

void Machine::reset_stats() {
  core_.port->reset_stats();
  for (Tlb* tlb : {core_.itlb.get(), core_.dtlb.get(), stlb_.get()}) {
    if (tlb != nullptr) tlb->reset_stats();
  }
  walker_->reset_stats();
  for (Cache* cache : {core_.l1i.get(), core_.l1d.get(), l2_.get(), llc_.get()}) {
    if (cache != nullptr) cache->reset_stats();
  }
  for (const auto& cache : walker_memory_.caches) cache->reset_stats();
  if (walker_memory_.dram) walker_memory_.dram->reset_stats();
  dram_->reset_stats();
}

void Machine::report(StatSet& figures) const {
  core_.port->report(figures);
  core_.itlb->report("itlb", figures);
  core_.dtlb->report("dtlb", figures);
  if (stlb_) stlb_->report("stlb", figures);
  walker_->report(figures);
  if (core_.l1i) core_.l1i->report("l1i", figures);
  if (core_.l1d) core_.l1d->report("l1d", figures);
  if (l2_) l2_->report("l2", figures);
  if (llc_) llc_->report("llc", figures);
  kernel_->report(figures);
  if (!image_) {
    figures.count("tables.touched_bytes", memory_.touched_pages() * PhysicalMemory::page_size, "bytes",
                  "of the tables, what was ever written, in whole pages of 4 KiB: what they cost the host");
  }
  dram_->report("dram", figures);
  for (const auto& cache : walker_memory_.caches) cache->report(cache->basename(), figures);
  if (walker_memory_.dram) walker_memory_.dram->report("walker_dram", figures);
}

}  // namespace tablewalk
