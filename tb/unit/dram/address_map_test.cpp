#include "dram/address_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>
#include <set>
#include <tuple>

#include "base/error.h"

namespace tablewalk::address_map_test {
namespace {

constexpr std::uint64_t line_bytes = 64;

auto key_of(const DramLocation& at) {
  return std::make_tuple(at.channel, at.rank, at.bank, at.row, at.column);
}

TEST(AddressMap, DefaultMappingCutsTheAddressFromTheTop) {
  DramConfig config;
  config.channels = 2;
  config.ranks = 4;
  // Bits: 6 of line offset, 7 of column, 1 of channel, 4 of bank, 2 of rank, 16 of row.
  const AddressMap map(config, line_bytes);
  const std::uint64_t address =
      (std::uint64_t{0xBEEF} << 20) | (2u << 18) | (13u << 14) | (1u << 13) | (99u << 6) | 63u;
  const DramLocation expected{1, 2, 13, 0xBEEF, 99};
  EXPECT_EQ(map.locate(PhysicalAddress(address)), expected);
}

TEST(AddressMap, NeighbouringLinesShareARowUntilItsEnd) {
  const AddressMap map(DramConfig{}, line_bytes);
  EXPECT_EQ(map.locate(PhysicalAddress(8191)).bank, 0u);
  EXPECT_EQ(map.locate(PhysicalAddress(8192)).bank, 1u);
  EXPECT_EQ(map.locate(PhysicalAddress(8192)).row, 0u);
  EXPECT_EQ(map.locate(PhysicalAddress(16 * 8192)).row, 1u);
}

TEST(AddressMap, AddressesBeyondTheDevicesAreFurtherRows) {
  DramConfig config;
  config.address_mapping = "bank:row:rank:channel:column";
  const AddressMap map(config, line_bytes);
  const DramLocation last = map.locate(PhysicalAddress(config.capacity_bytes() - 1));
  EXPECT_EQ(last.bank, 15u);
  EXPECT_EQ(last.row, 65535u);
  const DramLocation beyond = map.locate(PhysicalAddress(config.capacity_bytes()));
  EXPECT_EQ(beyond.bank, 0u);
  EXPECT_EQ(beyond.row, 65536u);
}

TEST(AddressMap, LinesAndLocationsCorrespondOneToOne) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::array<const char*, 5> fields = {"row", "rank", "bank", "channel", "column"};
  for (unsigned round = 0; round < 20; ++round) {
    std::shuffle(fields.begin(), fields.end(), random);
    DramConfig config;
    config.address_mapping =
        std::string(fields[0]) + ":" + fields[1] + ":" + fields[2] + ":" + fields[3] + ":" + fields[4];
    config.channels = 1u << random() % 3;
    config.ranks = 1u << random() % 3;
    config.banks = 1u << random() % 4;
    config.rows = 1u << random() % 4;
    config.row_bytes = 64u << random() % 4;
    SCOPED_TRACE(config.address_mapping);
    const AddressMap map(config, line_bytes);
    const std::uint64_t lines = 2 * config.capacity_bytes() / line_bytes;  // half of them beyond the devices
    std::set<decltype(key_of({}))> seen;
    for (std::uint64_t line = 0; line < lines; ++line) {
      const DramLocation at = map.locate(PhysicalAddress(line * line_bytes + random() % line_bytes));
      ASSERT_LT(at.channel, config.channels);
      ASSERT_LT(at.rank, config.ranks);
      ASSERT_LT(at.bank, config.banks);
      ASSERT_LT(at.row, std::uint64_t{2} * config.rows);
      ASSERT_LT(at.column, config.row_bytes / line_bytes);
      seen.insert(key_of(at));
    }
    EXPECT_EQ(seen.size(), lines);
  }
}

TEST(DramLocation, IsTheSameOnlyIfAllItsPartsAre) {
  const DramLocation place{1, 1, 2, 3, 4};
  EXPECT_TRUE(place == (DramLocation{1, 1, 2, 3, 4}));
  for (const DramLocation& other :
       {DramLocation{0, 1, 2, 3, 4}, DramLocation{1, 0, 2, 3, 4}, DramLocation{1, 1, 0, 3, 4},
        DramLocation{1, 1, 2, 0, 4}, DramLocation{1, 1, 2, 3, 0}}) {
    EXPECT_FALSE(place == other);
  }
}

TEST(AddressMap, FullWidthAddressesKeepTheirTopBits) {
  const AddressMap map(DramConfig{}, line_bytes);
  EXPECT_EQ(map.locate(PhysicalAddress(~std::uint64_t{0})).row, ~std::uint64_t{0} >> 17);
}

TEST(AddressMap, RowThatHoldsNoLineIsAnError) {
  DramConfig config;
  config.row_bytes = 32;
  EXPECT_THROW(AddressMap(config, line_bytes), InputError);
}

}  // namespace
}  // namespace tablewalk::address_map_test
