// A cache between modules that implement only the transport interface.

#include <gtest/gtest.h>

#include "cache/first_level_cache.h"
#include "module/access_client.h"
#include "module/fake_memory.h"
#include "module/relays.h"
#include "module/script.h"

namespace tablewalk::transport_test {
namespace {

/// A cache with a core (at once) and a walker (registered) above it. Relayed: with a relay in each of its links.
struct Machine {
  Machine(const char* name, bool relayed)
      : cache(sc_core::sc_module_name((std::string(name) + "_cache").c_str()), ServedBy::L1, CacheConfig{}, 64, bytes,
              {FirstLevelCache::PortKind::AtOnce, FirstLevelCache::PortKind::Registered}),
        lower((std::string(name) + "_lower").c_str(), 20),
        core((std::string(name) + "_core").c_str()),
        walker((std::string(name) + "_walker").c_str()),
        relays{AccessRelay((std::string(name) + "_relay0").c_str()),
               AccessRelay((std::string(name) + "_relay1").c_str()),
               AccessRelay((std::string(name) + "_relay2").c_str())} {
    if (!relayed) {
      core.memory_side.socket.bind(cache.cpu_side(0));
      walker.memory_side.socket.bind(cache.cpu_side(1));
      cache.memory_side.socket.bind(lower.cpu_side());
      // Sockets must be bound: the unused relays are bound to each other.
      for (std::size_t i = 0; i < 3; ++i) relays[i].below.bind(relays[(i + 1) % 3].above);
      return;
    }
    core.memory_side.socket.bind(relays[0].above);
    relays[0].below.bind(cache.cpu_side(0));
    walker.memory_side.socket.bind(relays[1].above);
    relays[1].below.bind(cache.cpu_side(1));
    cache.memory_side.socket.bind(relays[2].above);
    relays[2].below.bind(lower.cpu_side());
  }

  PhysicalMemory bytes;
  FirstLevelCache cache;
  FakeMemory lower;
  AccessClient core;
  AccessClient walker;
  std::array<AccessRelay, 3> relays;
};

TEST(CacheTransport, AnswersInTheSameCyclesAsItsOwnMachine) {
  Machine plain("plain", false);
  Machine relayed("relayed", true);
  Script script("script");
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  std::vector<const MemoryAccess*> asked_plain;
  std::vector<const MemoryAccess*> asked_relayed;
  std::vector<bool> by_core;
  const auto ask_both = [&](std::uint64_t cycle, std::uint64_t address) {
    asked_plain.push_back(&plain.walker.read(cycle, address));
    asked_relayed.push_back(&relayed.walker.read(cycle, address));
    by_core.push_back(false);
  };
  const auto core_asks_both = [&](std::uint64_t cycle, std::uint64_t address) {
    MemoryAccess& first = plain.core.fresh(address);
    MemoryAccess& second = relayed.core.fresh(address);
    script.at(cycle, [&] { plain.core.ask_now(first), relayed.core.ask_now(second); });
    asked_plain.push_back(&first);
    asked_relayed.push_back(&second);
    by_core.push_back(true);
  };
  ask_both(5, 0x1000);         // a miss
  ask_both(6, 0x1020);         // merges with it
  core_asks_both(8, 0x1008);   // merges with it
  core_asks_both(9, 0x2000);   // a miss, on the at-once port
  core_asks_both(90, 0x2010);  // a hit, on the at-once port
  ask_both(91, 0x2018);        // a hit
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();
  for (std::size_t i = 0; i < asked_plain.size(); ++i) {
    const std::uint64_t expected =
        by_core[i] ? plain.core.answered(*asked_plain[i]) : plain.walker.answered(*asked_plain[i]);
    EXPECT_NE(expected, 0u) << i;
    EXPECT_EQ(by_core[i] ? relayed.core.answered(*asked_relayed[i]) : relayed.walker.answered(*asked_relayed[i]),
              expected)
        << i;
  }
  EXPECT_EQ(relayed.cache.stats().hits, 2u);
  EXPECT_EQ(relayed.cache.stats().misses, 4u);
  EXPECT_EQ(relayed.relays[0].requests(), 3u);
  EXPECT_EQ(relayed.relays[0].responses(), 2u) << "a hit is answered inside the call";
  EXPECT_EQ(relayed.relays[1].requests(), 3u);
  EXPECT_EQ(relayed.relays[1].responses(), 3u);
  EXPECT_EQ(relayed.relays[2].requests(), 2u);
  EXPECT_EQ(relayed.relays[2].responses(), 2u);
  EXPECT_EQ(plain.relays[0].requests(), 0u);
}

}  // namespace
}  // namespace tablewalk::transport_test
