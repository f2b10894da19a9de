#include "observe/place_counts.h"

#include <gtest/gtest.h>

namespace tablewalk::place_counts_test {
namespace {

PlaceCounts::Count once(std::uint64_t cycles) {
  PlaceCounts::Count count;
  count.times = 1;
  count.cycles = cycles;
  count.served[2] = 1;
  return count;
}

TEST(PlaceCounts, CountEachPlaceOfEachAddressSpace) {
  PlaceCounts counts(12, 100);
  counts.add(0, 0x5000, once(3));
  counts.add(0, 0x5fff, once(4));
  counts.add(0, 0x6000, once(5));
  counts.add(1, 0x5000, once(6));
  const std::vector<PlaceCounts::Place> places = counts.places();
  ASSERT_EQ(places.size(), 3U);
  EXPECT_EQ(places[0].address, 0x5000U);
  EXPECT_EQ(places[0].count.times, 2U);
  EXPECT_EQ(places[0].count.cycles, 7U);
  EXPECT_EQ(places[0].count.served[2], 2U);
  EXPECT_EQ(places[1].address, 0x6000U);
  EXPECT_EQ(places[2].asid, 1U);
}

TEST(PlaceCounts, AreBoundedAndKeepTheirSums) {
  PlaceCounts counts(12, 64);
  for (std::uint64_t i = 0; i < 10'000; ++i) counts.add(0, i << 12, once(2));
  std::uint64_t times = 0;
  for (const PlaceCounts::Place& place : counts.places()) times += place.count.times;
  EXPECT_EQ(times, 10'000U);
  EXPECT_LE(counts.places().size(), 64U);
  EXPECT_EQ(counts.shift(), 20U);  // 40 MB in 64 places
  const PlaceCounts coarser = counts.coarser(10);
  EXPECT_LE(coarser.places().size(), 10U);
  EXPECT_EQ(counts.shift(), 20U);
}

TEST(PlaceCounts, EndWithManyAddressSpaces) {
  PlaceCounts counts(12, 4);
  for (unsigned asid = 0; asid < 100; ++asid) counts.add(static_cast<AddressSpaceId>(asid), 0x1000, once(1));
  EXPECT_EQ(counts.places().size(), 100U);
}

}  // namespace
}  // namespace tablewalk::place_counts_test
