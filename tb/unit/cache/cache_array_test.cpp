#include "cache/cache_array.h"

#include <gtest/gtest.h>

namespace tablewalk::cache_array_test {
namespace {

/// Two sets of two lines of 64 bytes.
CacheArray small_array() {
  CacheConfig config;
  config.bytes = ByteSize{256};
  config.ways = 2;
  return CacheArray(config, 64);
}
PhysicalAddress at(std::uint64_t address) {
  return PhysicalAddress(address);
}

TEST(CacheArray, FindsEveryByteOfALineAndNoneBeside) {
  CacheArray array = small_array();
  array.install(at(0x1040), {});
  EXPECT_NE(array.find(at(0x1040)), nullptr);
  EXPECT_NE(array.find(at(0x107f)), nullptr);
  EXPECT_EQ(array.find(at(0x103f)), nullptr);
  EXPECT_EQ(array.find(at(0x1080)), nullptr);
  EXPECT_EQ(array.line_of(at(0x107f)), at(0x1040));
}

TEST(CacheArray, OnlyADirtyVictimIsToBeWrittenBack) {
  CacheArray array = small_array();
  array.install(at(0x000), {true, false});
  array.install(at(0x080), {});
  const auto dirty = array.install(at(0x100), {});
  EXPECT_TRUE(dirty.dirty);
  EXPECT_EQ(dirty.line, at(0x000));
  EXPECT_FALSE(array.install(at(0x180), {}).dirty) << "0x080 was clean";
}

TEST(CacheArray, SetsDoNotDriveEachOtherOut) {
  CacheArray array = small_array();
  array.install(at(0x000), {});
  array.install(at(0x040), {});
  array.install(at(0x0c0), {});
  array.install(at(0x140), {});
  EXPECT_NE(array.find(at(0x000)), nullptr);
  EXPECT_EQ(array.find(at(0x040)), nullptr);
}

TEST(CacheArray, CountsValidLinesAndThoseOfTables) {
  CacheArray array = small_array();
  array.install(at(0x000), {false, true});
  array.install(at(0x080), {});
  EXPECT_EQ(array.valid_lines(), 2u);
  EXPECT_EQ(array.table_lines(), 1u);
  array.mark_table(*array.find(at(0x080)));
  array.mark_table(*array.find(at(0x080)));
  EXPECT_EQ(array.table_lines(), 2u);
  array.install(at(0x100), {});
  EXPECT_EQ(array.valid_lines(), 2u);
  EXPECT_EQ(array.table_lines(), 1u);
}

TEST(CacheShape, MustBeWholeLinesAndSets) {
  CacheConfig config;
  std::string key;
  const auto note = [&](const std::string& found, const std::string&) { key = found; };
  config.bytes = ByteSize{100};
  check_cache_shape(config, 64, note);
  EXPECT_EQ(key, "bytes");
  config.bytes = ByteSize{640};
  config.ways = 4;
  check_cache_shape(config, 64, note);
  EXPECT_EQ(key, "ways");
  key.clear();
  config.ways = 5;
  check_cache_shape(config, 64, note);
  EXPECT_EQ(key, "");
  config.bytes = ByteSize{100};
  config.enabled = false;
  check_cache_shape(config, 64, note);
  EXPECT_EQ(key, "") << "a cache that is left out has no shape";
}

TEST(CacheArray, ALineThatIsTakenOutIsNotFoundAgain) {
  CacheArray array = small_array();
  array.install(at(0x000), {});
  EXPECT_NE(array.find_again(at(0x000)), nullptr);
  array.erase(at(0x000));
  EXPECT_EQ(array.find_again(at(0x000)), nullptr);
}

TEST(CacheArray, ALineThatIsTakenOutCountsNoMore) {
  CacheArray array = small_array();
  array.install(at(0x000), {false, true});
  array.install(at(0x080), {});
  array.erase(at(0x080));
  EXPECT_EQ(array.valid_lines(), 1u);
  EXPECT_EQ(array.table_lines(), 1u) << "it was none of a table";
  array.erase(at(0x000));
  EXPECT_EQ(array.valid_lines(), 0u);
  EXPECT_EQ(array.table_lines(), 0u);
}

TEST(CacheConfig, IsLeastRecentlyUsedUnlessStatedOtherwise) {
  EXPECT_EQ(CacheConfig{}.replacement, Replacement::Lru);
}

TEST(CacheConfig, WhatWouldNeverEndIsRefusedByName) {
  const auto refused = [](const auto& change) {
    CacheConfig config;
    change(config);
    std::string key;
    config.check([&](const char* found, const std::string&) { key += found; });
    return key;
  };
  EXPECT_EQ(refused([](CacheConfig& config) { config.latency_cycles = config.tag_cycles = Cycles(1); }), "");
  EXPECT_EQ(refused([](CacheConfig& config) { config.latency_cycles = Cycles(0); }), "latency_cycles");
  EXPECT_EQ(refused([](CacheConfig& config) { config.tag_cycles = Cycles(0); }), "tag_cycles");
  EXPECT_EQ(refused([](CacheConfig& config) { config.miss_registers = 0; }), "miss_registers");
  EXPECT_EQ(refused([](CacheConfig& config) { config.lookups_per_cycle = 0; }), "lookups_per_cycle");
}

}  // namespace
}  // namespace tablewalk::cache_array_test
