#include "observe/table_map.h"

#include <gtest/gtest.h>

#include "memory/frame_allocator.h"
#include "paging/table_builder.h"

namespace tablewalk::table_map_test {
namespace {

struct World {
  explicit World(const std::string& mode_name) : mode(make_paging_mode(mode_name)) {}
  nlohmann::ordered_json map(const std::vector<PlaceCounts::Place>& lines = {}) const {
    TableMap map(*mode, memory);
    map.add(0, builder.root());
    return map.json(lines);
  }

  std::shared_ptr<const PagingMode> mode;
  PhysicalMemory memory;
  FrameAllocator frames{std::uint64_t{1} << 40, 4096, {}};
  TableBuilder builder{mode, memory, frames};
};

constexpr std::size_t level = 3;
constexpr std::size_t pointers = 7;
constexpr std::size_t leaves = 8;
constexpr std::size_t reads = 9;
constexpr std::size_t occupancy = 10;

TEST(TableMap, ListsEveryTableWithItsOccupancy) {
  World world("x86-64");
  world.builder.map_range(VirtualAddress(0x400000), 16 * 4096, 4096);
  world.builder.map(VirtualAddress(0x8000'0000), PhysicalAddress(0x20'0000), 0x20'0000);
  const auto json = world.map();
  const auto& tables = json["tables"];
  ASSERT_EQ(tables["rows"].size(), world.builder.table_count());
  EXPECT_EQ(tables["visited"], world.builder.table_count());
  const auto& root = tables["rows"][0];
  EXPECT_EQ(root[level], 3);
  EXPECT_EQ(root[pointers], 1);
  const auto& last = tables["rows"][3];
  EXPECT_EQ(last[level], 0);
  EXPECT_EQ(last[leaves], 16);
  // Eight entries in each of two cache lines.
  EXPECT_EQ(last[occupancy], "99" + std::string(62, '0'));
}

TEST(TableMap, FindsTheRegionsAndTheirPageSizes) {
  World world("x86-64");
  world.builder.map_range(VirtualAddress(0x400000), 16 * 4096, 4096);
  world.builder.map(VirtualAddress(0x60'0000), PhysicalAddress(0x20'0000), 0x20'0000);
  world.builder.map(VirtualAddress(0xffff'8000'0000'0000), PhysicalAddress(0x5000), 4096);
  const auto regions = world.map()["regions"]["rows"];
  ASSERT_EQ(regions.size(), 3U);
  EXPECT_EQ(regions[0], nlohmann::ordered_json::parse(R"([0, "0x400000", "0x410000", [[4096, 65536]]])"));
  EXPECT_EQ(regions[1], nlohmann::ordered_json::parse(R"([0, "0x600000", "0x800000", [[2097152, 2097152]]])"));
  EXPECT_EQ(regions[2],
            nlohmann::ordered_json::parse(R"([0, "0xffff800000000000", "0xffff800000001000", [[4096, 4096]]])"));
}

TEST(TableMap, AssignsReadsToTheTableThatHoldsTheirLine) {
  World world("x86-64");
  world.builder.map(VirtualAddress(0x400000), PhysicalAddress(0x5000), 4096);
  const std::uint64_t root = world.builder.root().value();
  PlaceCounts::Count five;
  five.times = 5;
  const auto tables = world.map({{0, root, five}})["tables"]["rows"];
  EXPECT_EQ(tables[0][reads], 5);
  EXPECT_EQ(tables[1][reads], 0);
  EXPECT_EQ(tables[0][11].get<std::string>().substr(0, 2), "20");  // five reads: two factors of 4
}

TEST(TableMap, ReadsOnlyTheWrittenPartOfALargeFlatTable) {
  World world("flat48");
  world.builder.map(VirtualAddress(0x7fff'ffff'f000), PhysicalAddress(0x5000), 4096);
  const auto json = world.map();
  ASSERT_EQ(json["tables"]["rows"].size(), 1U);
  EXPECT_EQ(json["tables"]["rows"][0][leaves], 1);
  EXPECT_EQ(json["regions"]["rows"].size(), 1U);
}

TEST(TableMap, ShowsABoundedNumberOfRegionsThatCoverAllPages) {
  World world("x86-64");
  constexpr std::uint64_t pages = 3000;
  for (std::uint64_t i = 0; i < pages; ++i) {
    world.builder.map(VirtualAddress(i * 8192 + (i / 100 << 30)), PhysicalAddress(0x5000), 4096);
  }
  const auto regions = world.map()["regions"];
  EXPECT_EQ(regions["found"], pages);
  EXPECT_LE(regions["rows"].size(), TableMap::most_shown_regions);
  std::uint64_t mapped = 0;
  for (const auto& row : regions["rows"]) mapped += row[3][0][1].get<std::uint64_t>();
  EXPECT_EQ(mapped, pages * 4096);
}

TEST(TableMap, EndsWithARootThatPointsToItself) {
  World world("x86-64");
  world.builder.map(VirtualAddress(0x400000), PhysicalAddress(0x5000), 4096);
  const PhysicalAddress root = world.builder.root();
  for (std::uint64_t index = 1; index < 512; ++index) {
    world.memory.write(root + index * 8, 8, world.mode->encode_pointer(root, 3));
  }
  const auto tables = world.map()["tables"];
  EXPECT_EQ(tables["cut"], true);
  EXPECT_EQ(tables["visited"], TableMap::most_visited);
  EXPECT_LE(tables["rows"].size(), TableMap::most_shown_tables);
}

}  // namespace
}  // namespace tablewalk::table_map_test
