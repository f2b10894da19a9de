#include "system/topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "system/machine_config.h"

namespace tablewalk {
namespace {

constexpr std::size_t node_kinds = static_cast<std::size_t>(NodeKind::WalkerDram) + 1;

/// A kind of node: whether the machine has it, and whether the cores share one.
struct Part {
  NodeKind kind;
  const char* name;
  bool present;
  bool shared;
};

/// An initiator side of a kind of node, and its possible targets: the first of them that the machine has.
struct Route {
  NodeKind from;
  Side side;
  std::vector<NodeKind> to;
};

/// Whether the cores have walkers of their own with common walk caches.
bool has_shared_walk_caches(const MachineConfig& config) {
  return config.cores > 1 && config.sharing.walk_caches && !config.sharing.walker;
}

/// In the order in which nodes are built and reported.
std::vector<Part> parts_of_program(const MachineConfig& config, const SharingConfig& sharing) {
  const bool free = config.core.free_translation;
  return {
      {NodeKind::Core, "core", true, false},
      {NodeKind::Segment, "segment", config.segmentation.kind != SegmentationKind::None, false},
      {NodeKind::FreeItlb, "free_itlb", free, false},
      {NodeKind::FreeDtlb, "free_dtlb", free, false},
      {NodeKind::Itlb, "itlb", true, false},
      {NodeKind::Dtlb, "dtlb", true, false},
      {NodeKind::Stlb, "stlb", config.stlb.enabled, sharing.stlb},
      {NodeKind::Walker, "walker", true, sharing.walker},
      {NodeKind::WalkCaches, "walk_caches", has_shared_walk_caches(config), true},
      {NodeKind::L1i, "l1i", config.l1i.enabled, false},
      {NodeKind::L1d, "l1d", config.l1d.enabled, false},
      {NodeKind::L2, "l2", config.l2.enabled, sharing.l2},
      {NodeKind::Directory, "directory", config.cores > 1, true},
      {NodeKind::Llc, "llc", config.llc.enabled, true},
      {NodeKind::Dram, "dram", true, true},
  };
}

/// The memory read only by walkers.
std::vector<Part> parts_of_walkers(const MachineConfig& config, const SharingConfig& sharing) {
  const bool own = config.walker_memory == WalkerMemory::Own;
  const auto reads = [&](WalkerReads level, const CacheConfig& cache) {
    return own && config.walker_reads <= level && cache.enabled;
  };
  return {
      {NodeKind::WalkerIdeal, "walker_ideal", config.walker_memory == WalkerMemory::Ideal, sharing.walker},
      {NodeKind::WalkerL1d, "walker_l1d", reads(WalkerReads::L1d, config.l1d), sharing.walker},
      {NodeKind::WalkerL2, "walker_l2", reads(WalkerReads::L2, config.l2), sharing.walker || sharing.l2},
      {NodeKind::WalkerLlc, "walker_llc", reads(WalkerReads::Llc, config.llc), true},
      {NodeKind::WalkerDram, "walker_dram", own, true},
  };
}

/// The possible targets of a walker's reads, in either memory.
std::vector<NodeKind> memory_of_walker(const MachineConfig& config) {
  constexpr std::array levels = {NodeKind::L1d, NodeKind::L2, NodeKind::Llc, NodeKind::Dram};  // by WalkerReads
  std::vector<NodeKind> memory = {NodeKind::WalkerIdeal, NodeKind::WalkerL1d, NodeKind::WalkerL2, NodeKind::WalkerLlc,
                                  NodeKind::WalkerDram};
  memory.insert(memory.end(), levels.begin() + static_cast<std::ptrdiff_t>(config.walker_reads), levels.end());
  return memory;
}

/// The memory below the directory of several cores.
NodeKind first_shared_memory(const MachineConfig& config, const SharingConfig& sharing) {
  if (config.l2.enabled && sharing.l2) return NodeKind::L2;
  return config.llc.enabled ? NodeKind::Llc : NodeKind::Dram;
}

/// In the order of the ports at a common target, core by core, which is also their priority.
std::vector<Route> routes(const MachineConfig& config) {
  using K = NodeKind;
  const std::vector<K> walker_memory = memory_of_walker(config);
  std::vector<Route> all = {
      {K::Core, Side::Itlb, {K::Segment, K::FreeItlb, K::Itlb}},
      {K::Core, Side::Dtlb, {K::Segment, K::FreeDtlb, K::Dtlb}},
      {K::Segment, Side::Itlb, {K::FreeItlb, K::Itlb}},
      {K::Segment, Side::Dtlb, {K::FreeDtlb, K::Dtlb}},
      {K::FreeItlb, Side::Itlb, {K::Itlb}},
      {K::FreeDtlb, Side::Dtlb, {K::Dtlb}},
      {K::Itlb, Side::Walker, {K::Stlb, K::Walker}},
      {K::Dtlb, Side::Walker, {K::Stlb, K::Walker}},
      {K::Stlb, Side::Walker, {K::Walker}},
      {K::Core, Side::Icache, {K::L1i, K::L2, K::Llc, K::Dram}},
      {K::L1i, Side::Memory, {K::L2, K::Llc, K::Dram}},
      {K::Core, Side::Dcache, {K::L1d, K::L2, K::Llc, K::Dram}},
      {K::L1d, Side::Memory, {K::L2, K::Llc, K::Dram}},
      {K::Walker, Side::Memory, walker_memory},
      {K::L2, Side::Memory, {K::Llc, K::Dram}},
      {K::Directory, Side::Memory, {first_shared_memory(config, config.sharing)}},
      {K::Llc, Side::Memory, {K::Dram}},
      {K::WalkerL1d, Side::Memory, {K::WalkerL2, K::WalkerLlc, K::WalkerDram}},
      {K::WalkerL2, Side::Memory, {K::WalkerLlc, K::WalkerDram}},
      {K::WalkerLlc, Side::Memory, {K::WalkerDram}},
  };
  if (has_shared_walk_caches(config)) all.push_back({K::Walker, Side::WalkCaches, {K::WalkCaches}});
  // The range tables are read as page tables are.
  if (config.ranges.enabled()) all.push_back({K::Stlb, Side::Memory, walker_memory});
  return all;
}

/// Whether the link is from a core to its own first level.
bool answers_at_once(NodeKind from, NodeKind to) {
  const bool core =
      from == NodeKind::Core || from == NodeKind::Segment || from == NodeKind::FreeItlb || from == NodeKind::FreeDtlb;
  switch (to) {
    case NodeKind::Segment:
    case NodeKind::FreeItlb:
    case NodeKind::FreeDtlb:
    case NodeKind::Itlb:
    case NodeKind::Dtlb:
    case NodeKind::L1i:
    case NodeKind::L1d:
      return core;
    default:
      return false;
  }
}

class TopologyMaker {
 public:
  explicit TopologyMaker(const MachineConfig& config)
      : config_(config), sharing_(config.cores == 1 ? SharingConfig{} : config.sharing), used_by_(config.cores) {}

  Topology make() {
    add_nodes(parts_of_program(config_, sharing_));
    add_nodes(parts_of_walkers(config_, sharing_));
    add_links(routes(config_));
    number_ports();
    return std::move(topology_);
  }

 private:
  using NodeIndex = std::optional<std::size_t>;

  unsigned cores() const { return static_cast<unsigned>(used_by_.size()); }
  NodeIndex& used_by(unsigned core, NodeKind kind) { return used_by_[core][static_cast<std::size_t>(kind)]; }

  /// Core by core, then the shared ones.
  void add_nodes(const std::vector<Part>& parts) {
    for (unsigned core = 0; core < cores(); ++core) {
      for (const Part& part : parts) {
        if (part.present && !part.shared) add_private(part, core);
      }
    }
    for (const Part& part : parts) {
      if (part.present && part.shared) add_shared(part);
    }
  }
  void add_private(const Part& part, unsigned core) {
    std::string name = part.name;
    if (cores() > 1) name = fmt::format(part.kind == NodeKind::Core ? "core{}" : "core{}.{}", core, part.name);
    used_by(core, part.kind) = topology_.nodes.size();
    topology_.nodes.push_back({part.kind, core, std::move(name), part.name});
  }
  void add_shared(const Part& part) {
    for (unsigned core = 0; core < cores(); ++core) used_by(core, part.kind) = topology_.nodes.size();
    topology_.nodes.push_back({part.kind, std::nullopt, part.name, part.name});
  }

  void add_links(const std::vector<Route>& all) {
    for (unsigned core = 0; core < cores(); ++core) add_links(all, core, true);
    add_links(all, 0, false);
  }
  /// The links from the core's private nodes, or from the shared ones.
  void add_links(const std::vector<Route>& all, unsigned core, bool from_private) {
    for (const Route& route : all) {
      const NodeIndex from = used_by(core, route.from);
      if (from && topology_.nodes[*from].core.has_value() == from_private) add_link(*from, route, core);
    }
  }
  void add_link(std::size_t from, const Route& route, unsigned core) {
    const auto to =
        std::find_if(route.to.begin(), route.to.end(), [&](NodeKind kind) { return used_by(core, kind).has_value(); });
    std::size_t target = used_by(core, *to).value();
    if (!topology_.nodes[from].core && topology_.nodes[target].core) refuse(route.from, *to);
    const NodeIndex directory = used_by(core, NodeKind::Directory);
    if (directory && from != *directory && *to == first_shared_memory(config_, sharing_)) target = *directory;
    topology_.links.push_back({from, route.side, target, 0, answers_at_once(route.from, *to)});
  }

  /// A shared node cannot choose between the cores' private nodes.
  [[noreturn]] void refuse(NodeKind from, NodeKind to) const {
    if (from == NodeKind::Stlb) {
      throw InputError(
          "stlb: it is shared, but each core has its own walker for misses; expected "
          "a shared walker, or an stlb per core");
    }
    throw InputError(fmt::format(
        "walker_reads: the walker is shared, but each core has its own {}; expected {}llc or dram, or a walker "
        "per core",
        to == NodeKind::L2 ? "l2" : "l1d", sharing_.l2 ? "l2, " : ""));
  }

  /// A core's own port of its first-level cache is the last.
  void number_ports() {
    std::vector<unsigned> ports(topology_.nodes.size());
    for (const bool at_once : {false, true}) {
      for (Link& link : topology_.links) {
        if (link.at_once == at_once) link.port = ports[link.to]++;
      }
    }
  }

  const MachineConfig& config_;
  SharingConfig sharing_;
  std::vector<std::array<NodeIndex, node_kinds>> used_by_;  ///< nodes by core and kind, private and shared
  Topology topology_;
};

}  // namespace

std::string Node::systemc_name() const {
  std::string underscored = name;
  std::replace(underscored.begin(), underscored.end(), '.', '_');
  return underscored;
}

std::vector<Link> Topology::links_to(std::size_t node) const {
  std::vector<Link> found;
  std::copy_if(links.begin(), links.end(), std::back_inserter(found),
               [&](const Link& link) { return link.to == node; });
  std::sort(found.begin(), found.end(), [](const Link& a, const Link& b) { return a.port < b.port; });
  return found;
}

const Link& Topology::link_from(std::size_t node, Side side) const {
  return *std::find_if(links.begin(), links.end(),
                       [&](const Link& link) { return link.from == node && link.side == side; });
}

std::optional<std::size_t> Topology::find(NodeKind kind, unsigned core) const {
  const auto node = std::find_if(nodes.begin(), nodes.end(), [&](const Node& candidate) {
    return candidate.kind == kind && candidate.core.value_or(core) == core;
  });
  if (node == nodes.end()) return std::nullopt;
  return static_cast<std::size_t>(node - nodes.begin());
}

Topology make_topology(const MachineConfig& config) {
  return TopologyMaker(config).make();
}

}  // namespace tablewalk
