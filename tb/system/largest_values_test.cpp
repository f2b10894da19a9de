// Every number of the config has a maximum: it is accepted, larger values are rejected, and machines with it obey the
// laws.

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "config/loader.h"
#include "config/printer.h"
#include "support/child_run.h"
#include "support/dice.h"
#include "support/random_machine.h"
#include "support/temporary_folder.h"
#include "system/host_memory.h"

namespace tablewalk::test::largest_values_test {
namespace {

/// A config in which every list has an item, so that every key exists.
MachineConfig with_every_key() {
  MachineConfig config;
  config.walker.walk_caches = {WalkCacheConfig{}};
  return config;
}

bool is_number(const ConfigNode& node) {
  return node.kind == ConfigNode::Kind::Value && !node.is_list &&
         (node.scalar == ScalarKind::Whole || node.scalar == ScalarKind::Real || node.scalar == ScalarKind::Bytes);
}

/// Calls `visit(key, node)` for each number of the config.
template <class Visit>
void for_each_number(ConfigNode& node, const std::string& key, const Visit& visit) {
  if (is_number(node)) visit(key, node);
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    ConfigNode& child = node.children[i];
    const std::string name = child.name.empty() ? std::to_string(i) : child.name;
    for_each_number(child, key.empty() ? name : key + "." + name, visit);
  }
}

/// Numbers for which any value is valid.
bool takes_all(const std::string& name) {
  return name == "seed" || name == "frame_seed" || name == "pkru";
}

std::string problem_of(const std::string& key, const std::string& value) {
  MachineConfig config = with_every_key();
  ConfigNode root = bind_config(config);
  try {
    apply_override(root, key + "=" + value);
    check_config(root);
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

TEST(LargestValues, AreTakenAndWhatIsBeyondIsRefusedByName) {
  MachineConfig config = with_every_key();
  ConfigNode root = bind_config(config);
  std::size_t numbers = 0;
  for_each_number(root, "", [&](const std::string& key, ConfigNode& node) {
    if (takes_all(node.name)) return;
    ++numbers;
    if (node.largest != 0) {
      EXPECT_EQ(node.assign({{std::to_string(node.largest), false}}), -1) << key;
      EXPECT_EQ(node.assign({{std::to_string(node.largest + 1), false}}), 0) << key;
    }
    // The rest are checked together with other keys; none accepts the full range of its type.
    const std::string beyond = node.scalar == ScalarKind::Whole ? "4294967295" : "9223372036854775807";
    const std::string problem = problem_of(key, beyond);
    EXPECT_NE(problem.find(key + ": "), std::string::npos) << key << ": " << problem;
    EXPECT_NE(problem.find("expected"), std::string::npos) << key << ": " << problem;
  });
  EXPECT_GE(numbers, 89U);
}

/// Sets each number with that ending to its maximum.
void set_to_largest(MachineConfig& config, const std::string& ending) {
  ConfigNode root = bind_config(config);
  for_each_number(root, "", [&](const std::string& key, ConfigNode& node) {
    const bool ends_so =
        key.size() > ending.size() && key.compare(key.size() - ending.size(), ending.size(), ending) == 0;
    if (!ends_so || node.largest == 0) return;
    ASSERT_EQ(node.assign({{std::to_string(node.largest), false}}), -1) << key;
  });
}

TEST(LargestValues, OfEveryDurationAtOnceMakeMachinesThatObeyTheLaws) {
  for (const std::uint64_t seed : printed_seeds(12)) {
    Dice dice(seed);
    MachineConfig config = random_machine(dice);
    config.walker.kind = WalkerKind::SystemC;
    config.os.prefault = dice.chance(50);
    set_to_largest(config, "_cycles");
    config.clock_mhz = 100000;
    if (dice.chance(50)) {
      set_to_largest(config, "_ns");
      config.dram.t_rfc_ns = 0;  // a refresh that never ends is not a valid machine
    }
    TemporaryFolder folder;
    RunOptions options;
    options.trace_path = folder.write_trace("trace.txt", random_trace(dice, config, 300));
    options.check = true;
    const RunResult result = run_in_child(config, options);
    const std::uint64_t accesses = count_of(result, "core.accesses");
    // Each access takes at least a TLB lookup, and none takes the sum of all.
    EXPECT_GE(count_of(result, "core.cycles"), 100'000U) << to_yaml(config, false);
    // A page fault clears a page, line by line.
    const unsigned bits = config.os.prefault ? 40 : 48;
    EXPECT_LT(count_of(result, "core.cycles"), accesses << bits) << to_yaml(config, false);
  }
}

TEST(HostMemory, IsWhatTheArraysTake) {
  MachineConfig config;
  std::set<std::string> keys;
  for (const HostMemoryNeed& need : host_memory_of(config)) {
    EXPECT_TRUE(keys.insert(need.key).second) << need.key;
    EXPECT_GT(need.bytes, 0U) << need.key;
  }
  EXPECT_EQ(keys, (std::set<std::string>{"itlb.arrays.0.entries", "dtlb.arrays.0.entries", "stlb.arrays.0.entries",
                                         "l1i.bytes", "l1d.bytes", "l2.bytes", "llc.bytes"}));
  // The process's memory matches the prediction.
  TemporaryFolder folder;
  RunOptions options;
  options.trace_path = folder.write("trace.txt", "R 0x1000 8\n");
  const std::uint64_t before = peak_kib_in_child(config, options);
  config.llc.bytes = ByteSize{std::uint64_t{2} << 30};
  const std::uint64_t foretold = host_memory_of(config).back().bytes >> 10;
  const std::uint64_t held = peak_kib_in_child(config, options) - before;
  EXPECT_LE(held, foretold + 4096);
  EXPECT_GE(held, foretold / 2);
}

}  // namespace
}  // namespace tablewalk::test::largest_values_test
