#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tablewalk {

struct MachineConfig;

/// What a node of a machine is. `Free...` supplies free translation (core.free_translation); `Walker...` other than the
/// walker itself is memory that only walkers read (walker_memory).
enum class NodeKind : std::uint8_t {
  Core,
  FreeItlb,
  FreeDtlb,
  Itlb,
  Dtlb,
  Stlb,
  Walker,
  L1i,
  L1d,
  L2,
  Directory,  ///< between the caches of several cores and the first memory that they share
  Llc,
  Dram,
  WalkerIdeal,
  WalkerL1d,
  WalkerL2,
  WalkerLlc,
  WalkerDram,
};

/// The initiator sides of nodes. A core has the first four, a free translator that of its TLB; a TLB has `Walker`;
/// walkers and caches have `Memory`.
enum class Side : std::uint8_t { Itlb, Dtlb, Icache, Dcache, Walker, Memory };

struct Node {
  NodeKind kind = NodeKind::Core;
  std::optional<unsigned> core;  ///< the core that it belongs to; none: the cores share it
  std::string name;              ///< `dtlb`; of a private node among several cores' `core0.dtlb`
  std::string part;              ///< what stands before its figures: `dtlb`

  /// The same where SystemC wants a name, which has no dots: `core0_dtlb`.
  std::string systemc_name() const;
};

struct Link {
  std::size_t from = 0;  ///< index of the initiator in the topology's nodes
  Side side = Side::Memory;
  std::size_t to = 0;  ///< index of the target
  unsigned port = 0;  ///< number of the target's port: of messages that arrive in one cycle, the lowest port's is first
  bool at_once = false;  ///< a core's own first level, which answers hits inside the call; else the link is registered
};

/// A machine as data: its modules, in the order in which they are built and reported, and what they are bound to.
struct Topology {
  std::vector<Node> nodes;
  std::vector<Link> links;

  /// The links to that node, in the order of its ports.
  std::vector<Link> links_to(std::size_t node) const;
  const Link& link_from(std::size_t node, Side side) const;
  /// The node of that kind that the core uses, its own or a shared one; nothing if the machine has none.
  std::optional<std::size_t> find(NodeKind kind, unsigned core) const;
};

/// The machine that a config describes. What is left out (`enabled: false`) is passed over: its
/// neighbours are linked to each other. One core shares nothing, whatever the config says, and needs no directory.
///
/// Memory that only walkers read is shared as its original is, but never less than the walker above it.
///
/// Throws InputError if a shared node would need a private one: a walker that reads through a private cache, a
/// second-level TLB above private walkers.
Topology make_topology(const MachineConfig& config);

}  // namespace tablewalk
