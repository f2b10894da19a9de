#include "system/topology.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>
#include <set>
#include <tuple>

#include "base/error.h"
#include "config/loader.h"
#include "support/dice.h"
#include "system/machine_config.h"

namespace tablewalk::topology_test {
namespace {

using Sharing = SharingConfig;

Topology make_topology(MachineConfig config, unsigned cores, const Sharing& sharing) {
  config.cores = cores;
  config.sharing = sharing;
  return make_topology(config);
}

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::UnorderedElementsAre;

constexpr std::array side_names = {"itlb", "dtlb", "icache", "dcache", "walker", "memory", "walk_caches"};  // by Side

/// `FROM.SIDE TO:PORT`, with a `!` if it responds at once.
std::vector<std::string> links_of(const Topology& topology) {
  std::vector<std::string> texts;
  for (const Link& link : topology.links) {
    texts.push_back(fmt::format("{}.{} {}:{}{}", topology.nodes[link.from].name,
                                side_names[static_cast<std::size_t>(link.side)], topology.nodes[link.to].name,
                                link.port, link.at_once ? "!" : ""));
  }
  return texts;
}
std::vector<std::string> links_of(const MachineConfig& config) {
  return links_of(make_topology(config, 1, {}));
}

std::vector<std::string> names_of(const Topology& topology) {
  std::vector<std::string> names;
  for (const Node& node : topology.nodes) names.push_back(node.name);
  return names;
}

TEST(Topology, OneCore) {
  const Topology topology = make_topology(MachineConfig(), 1, {});
  EXPECT_THAT(names_of(topology),
              ElementsAre("core", "itlb", "dtlb", "stlb", "walker", "l1i", "l1d", "l2", "llc", "dram"));
  EXPECT_THAT(
      links_of(topology),
      UnorderedElementsAre("core.itlb itlb:0!", "core.dtlb dtlb:0!", "itlb.walker stlb:0", "dtlb.walker stlb:1",
                           "stlb.walker walker:0", "core.icache l1i:0!", "l1i.memory l2:0", "core.dcache l1d:1!",
                           "l1d.memory l2:1", "walker.memory l1d:0", "l2.memory llc:0", "llc.memory dram:0"));
}

TEST(Topology, WithoutAnL2TheWalkerComesAfterTheFirstLevels) {
  MachineConfig config;
  config.l2.enabled = false;
  config.walker_reads = WalkerReads::L2;
  EXPECT_THAT(links_of(config), UnorderedElementsAre("core.itlb itlb:0!", "core.dtlb dtlb:0!", "itlb.walker stlb:0",
                                                     "dtlb.walker stlb:1", "stlb.walker walker:0", "core.icache l1i:0!",
                                                     "l1i.memory llc:0", "core.dcache l1d:0!", "l1d.memory llc:1",
                                                     "walker.memory llc:2", "llc.memory dram:0"));
}

TEST(Topology, TheWalkerComesBeforeTheL2) {
  MachineConfig config;
  config.walker_reads = WalkerReads::Llc;
  EXPECT_THAT(links_of(config), IsSupersetOf({"walker.memory llc:0", "l2.memory llc:1", "core.dcache l1d:0!"}));
}

TEST(Topology, TheWalkerComesBeforeTheLlc) {
  MachineConfig config;
  config.walker_reads = WalkerReads::Dram;
  EXPECT_THAT(links_of(config), IsSupersetOf({"walker.memory dram:0", "llc.memory dram:1"}));
}

TEST(Topology, WithoutAnStlbFirstLevelsAskTheWalker) {
  MachineConfig config;
  config.stlb.enabled = false;
  EXPECT_THAT(links_of(config), UnorderedElementsAre("core.itlb itlb:0!", "core.dtlb dtlb:0!", "itlb.walker walker:0",
                                                     "dtlb.walker walker:1", "core.icache l1i:0!", "l1i.memory l2:0",
                                                     "core.dcache l1d:1!", "l1d.memory l2:1", "walker.memory l1d:0",
                                                     "l2.memory llc:0", "llc.memory dram:0"));
}

TEST(Topology, WithoutCachesAllAreAtTheDram) {
  MachineConfig config;
  for (CacheConfig* cache : {&config.l1i, &config.l1d, &config.l2, &config.llc}) cache->enabled = false;
  EXPECT_THAT(links_of(config), UnorderedElementsAre("core.itlb itlb:0!", "core.dtlb dtlb:0!", "itlb.walker stlb:0",
                                                     "dtlb.walker stlb:1", "stlb.walker walker:0", "core.icache dram:0",
                                                     "core.dcache dram:1", "walker.memory dram:2"));
}

TEST(Topology, OwnMemoryOfTheWalkerIsACopyFromWhereItReads) {
  MachineConfig config;
  config.walker_memory = WalkerMemory::Own;
  EXPECT_THAT(links_of(config),
              UnorderedElementsAre("core.itlb itlb:0!", "core.dtlb dtlb:0!", "itlb.walker stlb:0", "dtlb.walker stlb:1",
                                   "stlb.walker walker:0", "core.icache l1i:0!", "l1i.memory l2:0",
                                   "core.dcache l1d:0!", "l1d.memory l2:1", "walker.memory walker_l1d:0",
                                   "l2.memory llc:0", "llc.memory dram:0", "walker_l1d.memory walker_l2:0",
                                   "walker_l2.memory walker_llc:0", "walker_llc.memory walker_dram:0"));
  config.walker_reads = WalkerReads::L2;
  config.llc.enabled = false;
  const Topology topology = make_topology(config, 1, {});
  EXPECT_THAT(names_of(topology), ElementsAre("core", "itlb", "dtlb", "stlb", "walker", "l1i", "l1d", "l2", "dram",
                                              "walker_l2", "walker_dram"));
  EXPECT_THAT(links_of(topology), IsSupersetOf({"walker.memory walker_l2:0", "walker_l2.memory walker_dram:0"}));
}

TEST(Topology, IdealMemoryOfTheWalkerIsItsOnlyNeighbour) {
  MachineConfig config;
  config.walker_memory = WalkerMemory::Ideal;
  EXPECT_THAT(
      links_of(config),
      UnorderedElementsAre("core.itlb itlb:0!", "core.dtlb dtlb:0!", "itlb.walker stlb:0", "dtlb.walker stlb:1",
                           "stlb.walker walker:0", "core.icache l1i:0!", "l1i.memory l2:0", "core.dcache l1d:0!",
                           "l1d.memory l2:1", "walker.memory walker_ideal:0", "l2.memory llc:0", "llc.memory dram:0"));
}

TEST(Topology, ASegmentUnitIsBetweenTheCoreAndItsTlbs) {
  MachineConfig config;
  config.segmentation.kind = SegmentationKind::Paged;
  EXPECT_THAT(links_of(config), IsSupersetOf({"core.itlb segment:0!", "core.dtlb segment:1!", "segment.itlb itlb:0!",
                                              "segment.dtlb dtlb:0!", "itlb.walker stlb:0", "core.dcache l1d:1!"}));
  config.core.free_translation = true;
  EXPECT_THAT(links_of(config), IsSupersetOf({"core.itlb segment:0!", "core.dtlb segment:1!",
                                              "segment.itlb free_itlb:0!", "segment.dtlb free_dtlb:0!"}));
  EXPECT_THAT(names_of(make_topology(config, 2, {})), IsSupersetOf({"core0.segment", "core1.segment"}));
}

TEST(Topology, FreeTranslationIsBetweenTheCoreAndItsTlbs) {
  MachineConfig config;
  config.core.free_translation = true;
  EXPECT_THAT(
      links_of(config),
      UnorderedElementsAre("core.itlb free_itlb:0!", "core.dtlb free_dtlb:0!", "free_itlb.itlb itlb:0!",
                           "free_dtlb.dtlb dtlb:0!", "itlb.walker stlb:0", "dtlb.walker stlb:1", "stlb.walker walker:0",
                           "core.icache l1i:0!", "l1i.memory l2:0", "core.dcache l1d:1!", "l1d.memory l2:1",
                           "walker.memory l1d:0", "l2.memory llc:0", "llc.memory dram:0"));
}

TEST(Topology, OneCoreSharesNothing) {
  const Sharing everything{true, true, true};
  const MachineConfig config;
  EXPECT_EQ(links_of(make_topology(config, 1, everything)), links_of(config));
  EXPECT_EQ(make_topology(config, 1, everything).nodes[3].core, 0u);
}

TEST(Topology, PrivateNodesHaveTheirCoresNames) {
  MachineConfig config;
  config.walker_memory = WalkerMemory::Own;
  const Topology topology = make_topology(config, 2, {});
  EXPECT_THAT(names_of(topology),
              ElementsAre("core0", "core0.itlb", "core0.dtlb", "core0.stlb", "core0.walker", "core0.l1i", "core0.l1d",
                          "core0.l2", "core1", "core1.itlb", "core1.dtlb", "core1.stlb", "core1.walker", "core1.l1i",
                          "core1.l1d", "core1.l2", "directory", "llc", "dram", "core0.walker_l1d", "core0.walker_l2",
                          "core1.walker_l1d", "core1.walker_l2", "walker_llc", "walker_dram"));
  EXPECT_EQ(topology.nodes[19].systemc_name(), "core0_walker_l1d");
  EXPECT_EQ(topology.find(NodeKind::Stlb, 1), 11u);
  EXPECT_EQ(topology.find(NodeKind::Llc, 1), 17u);
  EXPECT_EQ(topology.find(NodeKind::WalkerIdeal, 1), std::nullopt);
  EXPECT_EQ(topology.link_from(14, Side::Memory).to, 15u);
}

TEST(Topology, PortsAreNumberedCoreByCore) {
  MachineConfig config;
  config.walker_reads = WalkerReads::Llc;
  EXPECT_THAT(
      links_of(make_topology(config, 2, {})),
      IsSupersetOf({"core0.walker.memory directory:0", "core0.l2.memory directory:1", "core1.walker.memory directory:2",
                    "core1.l2.memory directory:3", "directory.memory llc:0", "llc.memory dram:0"}));
  EXPECT_THAT(links_of(make_topology(config, 2, {true, true, true})),
              IsSupersetOf({"core0.itlb.walker stlb:0", "core0.dtlb.walker stlb:1", "core1.itlb.walker stlb:2",
                            "core1.dtlb.walker stlb:3", "core0.l1i.memory directory:0", "core0.l1d.memory directory:1",
                            "core1.l1i.memory directory:2", "core1.l1d.memory directory:3", "walker.memory llc:0",
                            "directory.memory l2:0", "l2.memory llc:1"}));
  config.walker_reads = WalkerReads::L2;
  EXPECT_THAT(links_of(make_topology(config, 2, {true, false, false})),
              IsSupersetOf({"core0.l1i.memory directory:0", "core0.l1d.memory directory:1",
                            "core0.walker.memory directory:2", "core1.l1i.memory directory:3",
                            "core1.l1d.memory directory:4", "core1.walker.memory directory:5"}));
}

TEST(Topology, TheDirectoryIsInFrontOfTheFirstMemoryThatCoresShare) {
  MachineConfig config;
  config.llc.enabled = false;
  EXPECT_THAT(links_of(make_topology(config, 2, {})),
              IsSupersetOf({"core0.l2.memory directory:0", "core1.l2.memory directory:1", "directory.memory dram:0"}));
  config.l1i.enabled = config.l1d.enabled = config.l2.enabled = false;
  EXPECT_THAT(
      links_of(make_topology(config, 2, {})),
      IsSupersetOf({"core0.icache directory:0", "core0.dcache directory:1", "core0.walker.memory directory:2"}));
  // A shared walker is above it too, if it reads through the memory below the directory.
  EXPECT_THAT(links_of(make_topology(config, 2, {false, false, true})),
              IsSupersetOf({"core1.dcache directory:3", "walker.memory directory:4", "directory.memory dram:0"}));
  config = {};
  config.walker_reads = WalkerReads::L2;
  EXPECT_THAT(links_of(make_topology(config, 2, {true, false, true})),
              IsSupersetOf({"core1.l1d.memory directory:3", "walker.memory directory:4", "directory.memory l2:0",
                            "l2.memory llc:0"}));
  EXPECT_EQ(make_topology(config, 1, {}).find(NodeKind::Directory, 0), std::nullopt) << "one core needs none";
  // A walker that reads below it sees no copies, as with one core.
  config = {};
  config.walker_reads = WalkerReads::Dram;
  EXPECT_THAT(links_of(make_topology(config, 2, {})),
              IsSupersetOf({"core0.walker.memory dram:0", "core1.walker.memory dram:1", "llc.memory dram:2"}));
}

std::string refusal(const MachineConfig& config, unsigned cores, const Sharing& sharing) {
  try {
    make_topology(config, cores, sharing);
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

TEST(Topology, ASharedWalkerDoesNotReadThroughAPrivateCache) {
  const Sharing walker_only{false, false, true};
  MachineConfig config;
  EXPECT_EQ(refusal(config, 2, walker_only),
            "walker_reads: the walker is shared, but each core has its own l1d; expected llc or dram, or a "
            "walker per core");
  EXPECT_THAT(refusal(config, 2, {true, false, true}), HasSubstr("expected l2, llc or dram"));
  config.l1d.enabled = false;
  EXPECT_THAT(refusal(config, 2, walker_only), HasSubstr("each core has its own l2"));
  EXPECT_EQ(refusal(config, 2, {true, false, true}), "");
  config.l2.enabled = false;
  EXPECT_EQ(refusal(config, 2, walker_only), "");
}

TEST(Topology, ASharedWalkerMayReadMemoryOfItsOwn) {
  const Sharing walker_only{false, false, true};
  MachineConfig config;
  config.walker_memory = WalkerMemory::Own;
  EXPECT_THAT(links_of(make_topology(config, 2, walker_only)),
              IsSupersetOf({"walker.memory walker_l1d:0", "walker_l1d.memory walker_l2:0"}));
  config.walker_memory = WalkerMemory::Ideal;
  EXPECT_THAT(links_of(make_topology(config, 2, walker_only)), IsSupersetOf({"walker.memory walker_ideal:0"}));
}

TEST(Topology, ASharedStlbHasASharedWalker) {
  MachineConfig config;
  EXPECT_THAT(refusal(config, 2, {false, true, false}), AllOf(HasSubstr("stlb: "), HasSubstr("expected a shared")));
  config.stlb.enabled = false;
  EXPECT_EQ(refusal(config, 2, {false, true, false}), "");
}

/// Whether the config check accepts it.
bool accepted(MachineConfig config, unsigned cores, const Sharing& sharing) {
  config.cores = cores;
  config.sharing = sharing;
  try {
    ConfigNode root = bind_config(config);
    check_config(root);
    return true;
  } catch (const InputError&) {
    return false;
  }
}

TEST(Topology, HasOneTo64Cores) {
  EXPECT_FALSE(accepted({}, 0, {}));
  EXPECT_TRUE(accepted({}, 64, {}));
  EXPECT_FALSE(accepted({}, 65, {}));
}

// Invariants of every machine.

std::set<Side> sides_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::Core:
      return {Side::Itlb, Side::Dtlb, Side::Icache, Side::Dcache};
    case NodeKind::FreeItlb:
      return {Side::Itlb};
    case NodeKind::FreeDtlb:
      return {Side::Dtlb};
    case NodeKind::Itlb:
    case NodeKind::Dtlb:
    case NodeKind::Stlb:
      return {Side::Walker};
    case NodeKind::Dram:
    case NodeKind::WalkerDram:
    case NodeKind::WalkerIdeal:
      return {};
    default:
      return {Side::Memory};
  }
}

void expect_every_side_is_linked_once(const Topology& topology) {
  std::multiset<std::pair<std::size_t, Side>> expected;
  for (std::size_t node = 0; node < topology.nodes.size(); ++node) {
    for (const Side side : sides_of(topology.nodes[node].kind)) expected.emplace(node, side);
  }
  std::multiset<std::pair<std::size_t, Side>> linked;
  for (const Link& link : topology.links) linked.emplace(link.from, link.side);
  EXPECT_EQ(linked, expected);
}

/// And each node except a core has a port.
void expect_ports_without_gaps(const Topology& topology) {
  std::vector<std::set<unsigned>> ports(topology.nodes.size());
  for (const Link& link : topology.links) {
    EXPECT_TRUE(ports[link.to].insert(link.port).second) << topology.nodes[link.to].name << ": port twice";
  }
  for (std::size_t node = 0; node < ports.size(); ++node) {
    const Node& named = topology.nodes[node];
    EXPECT_EQ(ports[node].empty(), named.kind == NodeKind::Core) << named.name;
    const unsigned ends = ports[node].empty() ? 0 : *ports[node].rbegin() + 1;
    EXPECT_EQ(ends, ports[node].size()) << named.name;
  }
}

void expect_nodes_keep_to_their_core(const Topology& topology) {
  for (const Link& link : topology.links) {
    const std::optional<unsigned> from = topology.nodes[link.from].core;
    const std::optional<unsigned> to = topology.nodes[link.to].core;
    EXPECT_TRUE(!to || from == to) << topology.nodes[link.from].name << " to " << topology.nodes[link.to].name;
  }
}

void expect_unique_names(const Topology& topology) {
  std::set<std::string> names;
  std::set<std::string> systemc_names;
  for (const Node& node : topology.nodes) {
    EXPECT_TRUE(names.insert(node.name).second) << node.name;
    EXPECT_TRUE(systemc_names.insert(node.systemc_name()).second) << node.systemc_name();
    EXPECT_EQ(node.systemc_name().find('.'), std::string::npos);
  }
}

/// Repeatedly removes nodes without an initiator.
void expect_no_circle(const Topology& topology) {
  std::vector<unsigned> askers(topology.nodes.size());
  for (const Link& link : topology.links) ++askers[link.to];
  std::vector<std::size_t> unasked;
  for (std::size_t node = 0; node < askers.size(); ++node) {
    if (askers[node] == 0) unasked.push_back(node);
  }
  std::vector<std::vector<std::size_t>> asks(topology.nodes.size());
  for (const Link& link : topology.links) asks[link.from].push_back(link.to);
  std::size_t taken = 0;
  for (; !unasked.empty(); ++taken) {
    const std::size_t node = unasked.back();
    unasked.pop_back();
    for (const std::size_t asked : asks[node]) {
      if (--askers[asked] == 0) unasked.push_back(asked);
    }
  }
  EXPECT_EQ(taken, topology.nodes.size());
}

/// A walker shared by cores must read what they share, and a shared STLB needs a shared walker.
bool possible(const MachineConfig& config, unsigned cores, const Sharing& sharing) {
  if (cores == 1) return true;
  if (sharing.stlb && config.stlb.enabled && !sharing.walker) return false;
  if (!sharing.walker || config.walker_memory != WalkerMemory::Shared) return true;
  if (config.walker_reads == WalkerReads::L1d && config.l1d.enabled) return false;
  return config.walker_reads >= WalkerReads::Llc || sharing.l2 || !config.l2.enabled;
}

void expect_laws(const MachineConfig& config, unsigned cores, const Sharing& sharing) {
  SCOPED_TRACE(
      fmt::format("{} cores, shared: l2 {}, stlb {}, walker {}", cores, sharing.l2, sharing.stlb, sharing.walker));
  ASSERT_EQ(refusal(config, cores, sharing).empty(), possible(config, cores, sharing));
  ASSERT_EQ(accepted(config, cores, sharing), possible(config, cores, sharing));
  if (!possible(config, cores, sharing)) return;
  const Topology topology = make_topology(config, cores, sharing);
  expect_every_side_is_linked_once(topology);
  expect_ports_without_gaps(topology);
  expect_nodes_keep_to_their_core(topology);
  expect_unique_names(topology);
  expect_no_circle(topology);
}

/// A random choice of everything that affects the topology.
MachineConfig random_config(test::Dice& dice) {
  MachineConfig config;
  config.cores = dice.number(1, 5);
  config.sharing = {dice.chance(50), dice.chance(50), dice.chance(50)};
  config.walker_reads =
      dice.pick<WalkerReads>({WalkerReads::L1d, WalkerReads::L2, WalkerReads::Llc, WalkerReads::Dram});
  config.walker_memory = dice.pick<WalkerMemory>({WalkerMemory::Shared, WalkerMemory::Own, WalkerMemory::Ideal});
  for (CacheConfig* cache : {&config.l1i, &config.l1d, &config.l2, &config.llc}) cache->enabled = dice.chance(60);
  for (TlbConfig* tlb : {&config.itlb, &config.dtlb, &config.stlb}) tlb->enabled = dice.chance(70);
  config.core.free_translation = dice.chance(20);
  return config;
}

/// Every path from a core to memory shared by cores passes the directory, except for reads made below it.
void expect_directory_below_private_caches(const Topology& topology) {
  for (const Link& link : topology.links) {
    const Node& from = topology.nodes[link.from];
    const NodeKind to = topology.nodes[link.to].kind;
    const bool cache = from.kind == NodeKind::L1i || from.kind == NodeKind::L1d || from.kind == NodeKind::L2;
    if (!from.core || !cache) continue;
    EXPECT_TRUE(topology.nodes[link.to].core || to == NodeKind::Directory) << from.name;
  }
  const std::size_t directory = topology.find(NodeKind::Directory, 0).value();
  EXPECT_FALSE(topology.nodes[directory].core);
  EXPECT_EQ(topology.links_to(topology.link_from(directory, Side::Memory).to).size(), 1u)
      << "nobody passes it by to the memory that it is in front of";
}

TEST(TopologyLaws, TheConfigCheckRefusesWhatCannotBeBuiltAndNothingElse) {
  unsigned refused = 0;
  for (const std::uint64_t seed : test::printed_seeds(2000)) {
    test::Dice dice(seed);
    const MachineConfig config = random_config(dice);
    expect_laws(config, config.cores, config.sharing);
    const bool possible_one = accepted(config, config.cores, config.sharing);
    if (possible_one && config.cores > 1) {
      expect_directory_below_private_caches(make_topology(config, config.cores, config.sharing));
    }
    refused += possible_one ? 0 : 1;
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
  std::printf("%u refused\n", refused);
}

struct Variant {
  const char* name;
  std::function<void(MachineConfig&)> change;
};

class TopologyOf : public testing::TestWithParam<Variant> {};

TEST_P(TopologyOf, HoldForEveryNumberOfCoresAndEverySharing) {
  MachineConfig config;
  GetParam().change(config);
  for (unsigned cores = 1; cores <= 64; ++cores) {
    for (unsigned shared = 0; shared < 8; ++shared) {
      expect_laws(config, cores, {(shared & 1) != 0, (shared & 2) != 0, (shared & 4) != 0});
      if (HasFailure()) return;
    }
  }
}

const std::vector<Variant> variants = {
    {"Default", [](MachineConfig&) {}},
    {"WalkerReadsL2", [](MachineConfig& config) { config.walker_reads = WalkerReads::L2; }},
    {"WalkerReadsLlc", [](MachineConfig& config) { config.walker_reads = WalkerReads::Llc; }},
    {"WalkerReadsDram", [](MachineConfig& config) { config.walker_reads = WalkerReads::Dram; }},
    {"WithoutL2", [](MachineConfig& config) { config.l2.enabled = false; }},
    {"WithoutStlb", [](MachineConfig& config) { config.stlb.enabled = false; }},
    {"WithoutFirstLevelCaches",
     [](MachineConfig& config) {
       config.l1i.enabled = false;
       config.l1d.enabled = false;
     }},
    {"WithoutLlc", [](MachineConfig& config) { config.llc.enabled = false; }},
    {"OwnWalkerMemory", [](MachineConfig& config) { config.walker_memory = WalkerMemory::Own; }},
    {"IdealWalkerMemory", [](MachineConfig& config) { config.walker_memory = WalkerMemory::Ideal; }},
    {"FreeTranslation", [](MachineConfig& config) { config.core.free_translation = true; }},
};

INSTANTIATE_TEST_SUITE_P(Machines, TopologyOf, testing::ValuesIn(variants),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace tablewalk::topology_test
