#include "system/machine.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "cache/first_level_cache.h"
#include "os/segmented_kernel.h"
#include "system/host_memory.h"
#include "system/make_walker.h"
#include "tlb/first_level_tlb.h"
#include "tlb/registered_tlb.h"

namespace tablewalk {
namespace {

/// Hit latency of a first-level TLB; one that is left out takes a cycle to miss.
Cycles hit_latency(const TlbConfig& tlb) {
  return tlb.enabled && !tlb.arrays.empty() ? tlb.arrays.front().latency_cycles : Cycles(1);
}

/// Without address-space ids in the hardware, those of the kernel do.
SpaceServices make_space_services(const MachineConfig& config, const PagingMode& mode) {
  AsidConfig ids = config.os.asids;
  if (!mode.has_asids()) ids.kind = AsidKind::Trace;
  return {SpaceIds(ids, config.cores), config.os.kpti, config.os.kernel_half == KernelHalf::Shared,
          config.os.kpti_cycles};
}

/// For what TLBs that coalesce or prefetch want of a walker.
void prepare_for_tlbs(const MachineConfig& config, PageWalker& walker) {
  if (config.reads_lines()) walker.tell_neighbours(config.memory.line_bytes);
  if (config.prefetches()) walker.expect_prefetches();
}

/// Whether it is a core's own first level, which responds at once.
bool is_first_level(const std::vector<Link>& links_above) {
  return std::any_of(links_above.begin(), links_above.end(), [](const Link& link) { return link.at_once; });
}

std::vector<FirstLevelCache::PortKind> port_kinds(const std::vector<Link>& links_above) {
  using Kind = FirstLevelCache::PortKind;
  std::vector<Kind> kinds;
  for (const Link& link : links_above) kinds.push_back(link.at_once ? Kind::AtOnce : Kind::Registered);
  return kinds;
}

}  // namespace

Machine::Machine(const MachineConfig& config, ConstructionOrder order, const std::optional<ImageTables>& tables,
                 std::size_t processes, std::unique_ptr<FutureUses> future, const MakeMemory& memory)
    : config_(config),
      mode_(make_paging_mode(config.paging.mode, config.paging)),
      shootdowns_(config.shootdown, config.os.shootdown, config.cores),
      spaces_(make_space_services(config, *mode_)),
      topology_(make_topology(config)) {
  require_host_memory(config_);
  make_frames(processes);
  make_kernel(tables, std::move(future));
  if (config_.segmentation.kind != SegmentationKind::None) put_segments_before_paging(tables, processes);
  build(order, memory);
  bind_links();
  for (unsigned core = 0; core < config_.cores; ++core) port(core).use(spaces_, core);
  if (config_.cores > 1) {
    join_cores();
    let_run_ahead();
  }
}

/// Equal parts of memory, each aligned to its size, so that the largest block in it is aligned too.
void Machine::make_frames(std::size_t processes) {
  const std::uint64_t all = config_.memory_bytes(processes);
  const std::uint64_t part = processes == 1 ? all : std::uint64_t{1} << log2_floor(all / processes);
  for (std::size_t process = 0; process < processes; ++process) {
    frames_.emplace_back(part, mode_->page_bytes(),
                         FrameAllocatorConfig{config_.os.frames, config_.os.frame_seed, config_.os.fragmentation},
                         PhysicalAddress(process * part));
  }
}

void Machine::make_kernel(const std::optional<ImageTables>& tables, std::unique_ptr<FutureUses> future) {
  if (!tables && config_.os.prefault) {
    kernel_ = std::make_unique<AddressSpaces>(config_.os, mode_, memory_, frames_, config_.ranges);
    return;
  }
  if (!tables) {
    auto kernel = std::make_unique<DemandKernel>(config_.os, mode_, memory_, frames_, config_.cores, std::move(future),
                                                 config_.ranges);
    demand_kernel_ = kernel.get();
    kernel_ = std::move(kernel);
    return;
  }
  require_radix(*mode_, "a memory image");
  if (config_.os.kpti || config_.os.kernel_half == KernelHalf::Shared) {
    throw InputError("os.kpti, os.kernel_half: a memory image has its own tables; expected false and private");
  }
  if (config_.ranges.enabled()) {
    throw InputError("ranges.entries: a memory image has no range tables; expected 0");
  }
  const PhysicalAddress root =
      mode_->decode_root(tables->root_value).table;  // before the image is read, to report a bad root early
  image_ = load_memory_image(tables->image, memory_);
  kernel_ = std::make_unique<ImageSpace>(*mode_, memory_, *image_, root, tables->skip_faults);
}

void Machine::put_segments_before_paging(const std::optional<ImageTables>& tables, std::size_t processes) {
  if (tables && config_.segmentation.kind != SegmentationKind::Paged) {
    throw InputError("segmentation.kind: the tables of a memory image say where everything is; expected paged or none");
  }
  segments_.emplace(config_.segmentation);
  const SegmentedKernel::Memory memory{config_.memory_bytes(processes), mode_->page_bytes(), frames_,
                                       config_.cores > 1};
  const bool skip_faults = config_.segmentation.skip_faults || (tables && tables->skip_faults);
  kernel_ = std::make_unique<SegmentedKernel>(std::move(kernel_), *segments_, memory, skip_faults);
}

/// SystemC requires that ports are made with their module; the topology gives their number.
void Machine::build(ConstructionOrder order, const MakeMemory& memory) {
  const std::size_t nodes = topology_.nodes.size();
  modules_.resize(nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    const std::size_t index = order == ConstructionOrder::CoreFirst ? i : nodes - 1 - i;
    modules_[index] = make(index, memory);
  }
}

void Machine::bind_links() {
  for (const Link& link : topology_.links) bind(link, modules_[link.from], modules_[link.to]);
}

/// Connects the cores apart from shared memory: shootdowns.
void Machine::join_cores() {
  for (unsigned core = 0; core < config_.cores; ++core) {
    port(core).join(shootdowns_, core);
    auto& directory = module<Directory>(NodeKind::Directory, core);
    for (const NodeKind kind : {NodeKind::L1i, NodeKind::L1d, NodeKind::L2}) {
      if (own_node(kind, core)) directory.add_cache(core, module<Cache>(kind, core));
    }
    take_turns(core);
  }
}

/// The node of that kind that belongs to the core alone; nothing if there is none.
std::optional<std::size_t> Machine::own_node(NodeKind kind, unsigned core) const {
  const std::optional<std::size_t> node = topology_.find(kind, core);
  return node && topology_.nodes[*node].core ? node : std::nullopt;
}

/// No directory keeps instant walkers, and idealised memories of walkers, from reading and setting bits of an entry in
/// the same cycle: what they do in a cycle is done in the order of the cores.
void Machine::take_turns(unsigned core) {
  for (const NodeKind kind : {NodeKind::Walker, NodeKind::WalkerIdeal, NodeKind::WalkerL1d, NodeKind::WalkerL2}) {
    if (kind == NodeKind::Walker && config_.walker.kind != WalkerKind::Instant) continue;
    const std::optional<std::size_t> node = own_node(kind, core);
    if (node) timed_module(modules_[*node])->take_last_seat(TimedModule::Phase::Beginning);
  }
}

/// Lets the cores run ahead of each other, as far as none can affect another.
void Machine::let_run_ahead() {
  const Cycles reach = reach_of_others();
  for (unsigned core = 0; core < config_.cores; ++core) {
    std::vector<Clockwork::Seat> others;
    for_each_module([&](const Node& node, const Module& module) {
      TimedModule* timed = timed_module(module);
      if (timed != nullptr && node.core && node.core != core) others.push_back(timed->seat());
    });
    port(core).watch({Clockwork::of_simulation().all_but(others), reach});
  }
}

/// A core that shares nothing above the directory is affected by others only through snoops and signals. What another
/// core sends in the present cycle is visible to the directory in the next one.
Cycles Machine::reach_of_others() const {
  const SharingConfig& shared = config_.sharing;
  if (shared.l2 || shared.stlb || shared.walker || shared.walk_caches) return Surroundings::soonest;
  const ShootdownConfig& signals = config_.shootdown;
  return std::min({config_.coherence.snoop_cycles + Cycles(2), signals.interrupt_cycles, signals.acknowledge_cycles,
                   signals.broadcast_cycles, signals.broadcast_sync_cycles, Clockwork::most_ahead});
}

Module Machine::make(std::size_t index, const MakeMemory& memory) {
  const Node& node = topology_.nodes[index];
  const std::string name = node.systemc_name();
  const std::vector<Link> above = topology_.links_to(index);
  const auto ports = static_cast<unsigned>(above.size());
  const std::uint64_t line_bytes = config_.memory.line_bytes;
  const auto free_translator = [&](const TlbConfig& replaced) {
    return std::make_unique<FreeTranslator>(name.c_str(), hit_latency(replaced), *mode_, memory_, *kernel_);
  };
  const auto cache = [&](ServedBy place, const CacheConfig& config) -> std::unique_ptr<Cache> {
    if (!is_first_level(above)) {
      return std::make_unique<Cache>(name.c_str(), place, config, line_bytes, memory_, ports);
    }
    return std::make_unique<FirstLevelCache>(name.c_str(), place, config, line_bytes, memory_, port_kinds(above));
  };
  switch (node.kind) {
    case NodeKind::Core:
      return std::make_unique<RequestPort>(name.c_str(), config_.core, neighbours(index), *mode_, *kernel_);
    case NodeKind::Segment:
      return std::make_unique<SegmentUnit>(
          name.c_str(), *segments_,
          SegmentUnit::Timing{{hit_latency(config_.itlb), hit_latency(config_.dtlb)}, config_.segmentation.add_cycles},
          mode_->offset_bits());
    case NodeKind::FreeItlb:
      return free_translator(config_.itlb);
    case NodeKind::FreeDtlb:
      return free_translator(config_.dtlb);
    case NodeKind::Itlb:
    case NodeKind::Dtlb:
      return std::make_unique<FirstLevelTlb>(name.c_str(), tlb_config(node.kind), *mode_, ports);
    case NodeKind::Stlb:
      return make_stlb(name, ports);
    case NodeKind::Walker:
      return make_walker(index, name, ports);
    case NodeKind::WalkCaches:
      return std::make_unique<SharedWalkCaches>(name.c_str(), config_.walker, *mode_, ports);
    case NodeKind::L1i:
      return cache(ServedBy::L1, config_.l1i);
    case NodeKind::L1d:
    case NodeKind::WalkerL1d:
      return cache(ServedBy::L1, config_.l1d);
    case NodeKind::L2:
    case NodeKind::WalkerL2:
      return cache(ServedBy::L2, config_.l2);
    case NodeKind::Directory:
      return std::make_unique<Directory>(name.c_str(), config_.coherence, line_bytes, config_.cores,
                                         cores_above(index));
    case NodeKind::Llc:
    case NodeKind::WalkerLlc:
      return cache(ServedBy::Llc, config_.llc);
    case NodeKind::WalkerIdeal:
      return std::make_unique<IdealMemory>(name.c_str(), memory_, ports);
    case NodeKind::Dram:
    case NodeKind::WalkerDram:
      break;
  }
  return make_memory(index, memory);
}

std::unique_ptr<PageWalker> Machine::make_walker(std::size_t index, const std::string& name, unsigned ports) {
  auto walker = tablewalk::make_walker(name.c_str(), walker_config(index), config_.paging, *mode_, memory_, ports);
  if (mode_->root_moves()) walker->follow_roots(*kernel_);
  prepare_for_tlbs(config_, *walker);
  return walker;
}

std::unique_ptr<Tlb> Machine::make_stlb(const std::string& name, unsigned ports) {
  const RangeSource ranges{config_.ranges, *kernel_};
  return std::make_unique<RegisteredTlb>(name.c_str(), config_.stlb, *mode_, ports,
                                         config_.ranges.enabled() ? &ranges : nullptr);
}

Module Machine::make_memory(std::size_t index, const MakeMemory& memory) {
  const std::string name = topology_.nodes[index].systemc_name();
  const auto ports = static_cast<unsigned>(topology_.links_to(index).size());
  const std::uint64_t line_bytes = config_.memory.line_bytes;
  if (memory) return memory({name.c_str(), ports, line_bytes, memory_});
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

/// By the node's ports.
std::vector<std::optional<unsigned>> Machine::cores_above(std::size_t node) const {
  std::vector<std::optional<unsigned>> cores;
  for (const Link& link : topology_.links_to(node)) cores.push_back(topology_.nodes[link.from].core);
  return cores;
}

std::vector<PageWalker*> Machine::walkers() {
  std::vector<PageWalker*> walkers;
  for (Module& module : modules_) {
    if (auto* walker = std::get_if<std::unique_ptr<PageWalker>>(&module)) walkers.push_back(walker->get());
  }
  return walkers;
}

/// An unlimited walker has one slot per possible request: one per miss register of the TLBs above.
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

void Machine::for_each_module(const std::function<void(const Node&, Module&)>& visit) {
  for (std::size_t i = 0; i < modules_.size(); ++i) visit(topology_.nodes[i], modules_[i]);
}

void Machine::reset_stats() {
  for (Module& module : modules_) tablewalk::reset_stats(module);
  kernel_->reset_stats();
}

void Machine::start_measuring() {
  const Cycles next = Clockwork::of_simulation().now() + Cycles(1);
  for (unsigned core = 0; core < config_.cores; ++core) port(core).start_measuring(next);
}

void Machine::report(StatSet& figures) const {
  if (config_.cores == 1) {
    for (std::size_t i = 0; i < modules_.size(); ++i) report_node(i, figures);
    return;
  }
  std::vector<StatSet> of_core;
  for (unsigned core = 0; core < config_.cores; ++core) {
    of_core.push_back(figures_of(core));
    figures.merge(of_core.back());
  }
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    if (!topology_.nodes[i].core) report_node(i, figures);
  }
  for (unsigned core = 0; core < config_.cores; ++core) {
    figures.merge(of_core[core].prefixed(fmt::format("core{}.", core)));
  }
}

/// Figures of the core's own modules, under the names of a single-core machine.
StatSet Machine::figures_of(unsigned core) const {
  StatSet figures;
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    const Node& node = topology_.nodes[i];
    if (node.core != core) continue;
    tablewalk::report(modules_[i], node.part, figures);
    declare_lookups(i, figures);
  }
  return figures;
}

void Machine::report_node(std::size_t index, StatSet& figures) const {
  const Node& node = topology_.nodes[index];
  // The kernel's figures come between those of the caches and of the memory that holds its tables.
  if (node.kind == NodeKind::Dram) report_kernel(figures);
  tablewalk::report(modules_[index], node.part, figures);
  declare_lookups(index, figures);
}

/// Declares that the lookups of a lower TLB are the misses sent down by those above.
void Machine::declare_lookups(std::size_t index, StatSet& figures) const {
  const auto is_tlb = [&](std::size_t node) { return std::holds_alternative<std::unique_ptr<Tlb>>(modules_[node]); };
  if (!is_tlb(index)) return;
  std::vector<std::string> parts;
  for (const Link& link : topology_.links_to(index)) {
    if (!is_tlb(link.from)) continue;
    for (const char* sent : {".sent_down", ".resent"}) {
      const std::string part = topology_.nodes[link.from].part + sent;
      if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
    }
  }
  if (!parts.empty()) figures.adds_up(topology_.nodes[index].part + ".lookups", parts);
}

void Machine::report_kernel(StatSet& figures) const {
  kernel_->report(figures);
  if (image_) return;
  figures
      .count("tables.touched_bytes", memory_.touched_pages() * PhysicalMemory::page_size, "bytes",
             "part of the tables ever written, in whole pages of 4 KiB: their host memory")
      .at_end()
      .of_trace()
      .in(Section::PageTables)  // the kernel may have reported other sections since
      .key()
      .explain("the part of it ever written: a flat table reserves far more than it uses");
}

}  // namespace tablewalk
