#include "coherence/coherence_config.h"

#include <gtest/gtest.h>

#include <string>

#include "support/refused_keys.h"

namespace tablewalk::coherence_config_test {
namespace {

std::string refused(std::uint64_t directory_cycles, std::uint64_t snoop_cycles) {
  CoherenceConfig config;
  config.directory_cycles = Cycles(directory_cycles);
  config.snoop_cycles = Cycles(snoop_cycles);
  return test::refused(config);
}

TEST(CoherenceConfig, AGrantedLineReachesItsCoreBeforeTheNextSnoop) {
  EXPECT_EQ(refused(1, 4), "");
  EXPECT_EQ(refused(1, 3), "snoop_cycles");
  EXPECT_EQ(refused(7, 10), "");
  EXPECT_EQ(refused(7, 9), "snoop_cycles");
}

TEST(CoherenceConfig, LinksAreRegistered) {
  EXPECT_EQ(refused(0, 15), "directory_cycles");
  EXPECT_EQ(refused(0, 2), "directory_cycles snoop_cycles");
}

}  // namespace
}  // namespace tablewalk::coherence_config_test
