#include "system/machine.h"

#include "system/host_memory.h"
#include "system/make_walker.h"

namespace tablewalk {
namespace {

/// Of a first-level TLB; one that is left out takes a cycle to miss.
Cycles hit_latency(const TlbConfig& tlb) {
  return tlb.enabled && !tlb.arrays.empty() ? tlb.arrays.front().latency_cycles : Cycles(1);
}

std::vector<Cache::PortKind> port_kinds(const std::vector<Link>& links) {
  std::vector<Cache::PortKind> kinds;
  for (const Link& link : links) {
    kinds.push_back(link.at_once ? Cache::PortKind::AtOnce : Cache::PortKind::Registered);
  }
  return kinds;
}

}  // namespace

Machine::Machine(const MachineConfig& config, ConstructionOrder order, const std::optional<ImageTables>& tables)
    : config_(config),
      mode_(make_paging_mode(config.paging.mode, config.paging)),
      frames_(config.memory_bytes(), mode_->page_bytes(), {config.os.frames, config.os.frame_seed}),
      topology_(make_topology(config, 1, {})) {
  require_host_memory(config_);
  make_kernel(tables);
  build(order);
  bind_links();
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

/// SystemC makes ports only while their module is made: how many, the topology knows beforehand.
void Machine::build(ConstructionOrder order) {
  const std::size_t nodes = topology_.nodes.size();
  modules_.resize(nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    const std::size_t index = order == ConstructionOrder::CoreFirst ? i : nodes - 1 - i;
    modules_[index] = make(index);
  }
}

void Machine::bind_links() {
  for (const Link& link : topology_.links) bind(link, modules_[link.from], modules_[link.to]);
}

Module Machine::make(std::size_t index) {
  const Node& node = topology_.nodes[index];
  const std::string name = node.systemc_name();
  const std::vector<Link> above = topology_.links_to(index);
  const auto ports = static_cast<unsigned>(above.size());
  const std::uint64_t line_bytes = config_.memory.line_bytes;
  const auto tlb = [&](Tlb::Service service) {
    return std::make_unique<Tlb>(name.c_str(), service, tlb_config(node.kind), *mode_, ports);
  };
  const auto free_translator = [&](const TlbConfig& replaced) {
    return std::make_unique<FreeTranslator>(name.c_str(), hit_latency(replaced), *mode_, memory_, *kernel_);
  };
  const auto cache = [&](ServedBy place, const CacheConfig& config) {
    return std::make_unique<Cache>(name.c_str(), place, config, line_bytes, memory_, port_kinds(above));
  };
  switch (node.kind) {
    case NodeKind::Core:
      return std::make_unique<RequestPort>(name.c_str(), config_.core, neighbours(index), *mode_, *kernel_);
    case NodeKind::FreeItlb:
      return free_translator(config_.itlb);
    case NodeKind::FreeDtlb:
      return free_translator(config_.dtlb);
    case NodeKind::Itlb:
    case NodeKind::Dtlb:
      return tlb(Tlb::Service::AtOnce);
    case NodeKind::Stlb:
      return tlb(Tlb::Service::Registered);
    case NodeKind::Walker:
      return make_walker(name.c_str(), walker_config(index), config_.paging, *mode_, memory_, ports);
    case NodeKind::L1i:
      return cache(ServedBy::L1, config_.l1i);
    case NodeKind::L1d:
    case NodeKind::WalkerL1d:
      return cache(ServedBy::L1, config_.l1d);
    case NodeKind::L2:
    case NodeKind::WalkerL2:
      return cache(ServedBy::L2, config_.l2);
    case NodeKind::Llc:
    case NodeKind::WalkerLlc:
      return cache(ServedBy::Llc, config_.llc);
    case NodeKind::WalkerIdeal:
      return std::make_unique<IdealMemory>(name.c_str(), memory_);
    case NodeKind::Dram:
    case NodeKind::WalkerDram:
      break;
  }
  return std::make_unique<Dram>(name.c_str(), config_.dram, config_.clock_mhz, line_bytes, memory_, ports);
}

CoreNeighbours Machine::neighbours(std::size_t core) const {
  const auto cache_latency = [](const CacheConfig& cache) { return cache.enabled ? cache.latency_cycles : Cycles(0); };
  const auto at_once = [&](Side side) { return topology_.link_from(core, side).at_once; };
  CoreNeighbours neighbours;
  neighbours.tlb_hit_latency = {hit_latency(config_.itlb), hit_latency(config_.dtlb)};
  neighbours.cache_hit_latency = {cache_latency(config_.l1i), cache_latency(config_.l1d)};
  neighbours.cache_at_once = {at_once(Side::Icache), at_once(Side::Dcache)};
  neighbours.line_shift = log2_floor(config_.memory.line_bytes);
  neighbours.page_shift = mode_->offset_bits();
  return neighbours;
}

/// An unlimited walker has as many slots as there can be requests: one for each page that a TLB above waits for.
WalkerConfig Machine::walker_config(std::size_t walker) const {
  WalkerConfig config = config_.walker;
  if (!config.unlimited) return config;
  config.walkers = 0;
  for (const Link& link : topology_.links_to(walker)) {
    config.walkers += tlb_config(topology_.nodes[link.from].kind).miss_registers;
  }
  config.requests = config.walkers;
  return config;
}

const TlbConfig& Machine::tlb_config(NodeKind kind) const {
  if (kind == NodeKind::Itlb) return config_.itlb;
  return kind == NodeKind::Dtlb ? config_.dtlb : config_.stlb;
}

void Machine::run() {
  Clockwork& clockwork = Clockwork::of_simulation();
  clockwork.set_lockstep(!config_.core.run_ahead);
  sc_core::sc_start();
  clockwork.rethrow_failure();
}

void Machine::reset_stats() {
  for (Module& module : modules_) tablewalk::reset_stats(module);
}

void Machine::report(StatSet& figures) const {
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    // The kernel's figures are between those of the caches and of the memory that its tables are in.
    if (topology_.nodes[i].kind == NodeKind::Dram) report_kernel(figures);
    tablewalk::report(modules_[i], topology_.nodes[i].name, figures);
  }
}

void Machine::report_kernel(StatSet& figures) const {
  kernel_->report(figures);
  if (image_) return;
  figures.count("tables.touched_bytes", memory_.touched_pages() * PhysicalMemory::page_size, "bytes",
                "of the tables, what was ever written, in whole pages of 4 KiB: what they cost the host");
}

}  // namespace tablewalk
