#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tablewalk {

struct MachineConfig;

/// The kind of a node. `Free...` supplies free translation (core.free_translation); `Walker...`, except the walker
/// itself, is memory read only by walkers (walker_memory).
enum class NodeKind : std::uint8_t {
  Core,
  Segment,  ///< segment unit of a core (segmentation.kind)
  FreeItlb,
  FreeDtlb,
  Itlb,
  Dtlb,
  Stlb,
  Walker,
  WalkCaches,  ///< those that several walkers share (sharing.walk_caches)
  L1i,
  L1d,
  L2,
  Directory,  ///< between the caches of several cores and the first memory they share
  Llc,
  Dram,
  WalkerIdeal,
  WalkerL1d,
  WalkerL2,
  WalkerLlc,
  WalkerDram,
};

/// The initiator sides of nodes. A core has the first four, a segment unit the first two, a free
/// translator that of its TLB; a TLB has `Walker`, and beside
/// a range TLB `Memory`; walkers and caches have `Memory`, and walkers that share their walk caches `WalkCaches`.
enum class Side : std::uint8_t { Itlb, Dtlb, Icache, Dcache, Walker, Memory, WalkCaches };

struct Node {
  NodeKind kind = NodeKind::Core;
  std::optional<unsigned> core;  ///< the core that it belongs to; none: shared by the cores
  std::string name;              ///< `dtlb`; for a private node of one of several cores `core0.dtlb`
  std::string part;              ///< prefix of its figures: `dtlb`

  /// The SystemC name, which has no dots: `core0_dtlb`.
  std::string systemc_name() const;
};

struct Link {
  std::size_t from = 0;  ///< index of the initiator in the topology's nodes
  Side side = Side::Memory;
  std::size_t to = 0;    ///< index of the target
  unsigned port = 0;     ///< target port number: of messages arriving in one cycle, the lowest port's is first
  bool at_once = false;  ///< a core's own first level, whose hits complete inside the call; else a registered link
};

/// A machine as data: its modules, in the order in which they are built and reported, and their links.
struct Topology {
  std::vector<Node> nodes;
  std::vector<Link> links;

  /// The links to that node, in port order.
  std::vector<Link> links_to(std::size_t node) const;
  const Link& link_from(std::size_t node, Side side) const;
  /// The node of that kind used by the core, private or shared; nothing if there is none.
  std::optional<std::size_t> find(NodeKind kind, unsigned core) const;
};

/// The machine that a config describes. Parts left out (`enabled: false`) are bypassed: their neighbours are linked
/// directly. A single core shares nothing, whatever the config says, and needs no directory.
///
/// Memory read only by walkers is shared like its original, but at least as widely as the walker above it.
///
/// Throws InputError if a shared node would need a private one: a walker that reads through a private cache, a
/// second-level TLB above private walkers.
Topology make_topology(const MachineConfig& config);

}  // namespace tablewalk
