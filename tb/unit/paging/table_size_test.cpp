#include "paging/table_size.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "base/error.h"
#include "paging/table_builder.h"
#include "trace/trace_reader.h"

namespace tablewalk::table_size_test {
namespace {

constexpr std::uint64_t mebi = std::uint64_t{1} << 20;
constexpr std::uint64_t gibi = std::uint64_t{1} << 30;

MappedRange range(std::uint64_t first, std::uint64_t bytes, std::uint64_t page_bytes = 0) {
  return {VirtualAddress(first), VirtualAddress(first + (bytes - 1)), page_bytes};
}

std::string error_of(const std::string& mode, const std::vector<MappedRange>& ranges) {
  try {
    table_size(*make_paging_mode(mode), ranges);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TableSize, TheTeachingProcessTakes69TablesOf8832Bytes) {
  const std::vector<MappedRange> process = {range(0, 4 * mebi), range(0xFFC00000, 4 * mebi)};
  const TableSize tree = table_size(*make_paging_mode("radix:5,5,5,5/12@4"), process);
  EXPECT_EQ(tree.tables_per_level, (std::vector<std::uint64_t>{64, 2, 2, 1}));
  EXPECT_EQ(tree.tables, 69u);
  EXPECT_EQ(tree.bytes, 8832u);
  EXPECT_EQ(tree.flat_bytes, 4194304u);
  EXPECT_EQ(tree.pages, 2048u);
  const TableSize flat = table_size(*make_paging_mode("flat32"), process);
  EXPECT_EQ(flat.tables, 1u);
  EXPECT_EQ(flat.bytes, 4194304u);
}

TEST(TableSize, AnEmptyProcessHasItsRootAlone) {
  const TableSize size = table_size(*make_paging_mode("x86-64"), {});
  EXPECT_EQ(size.tables_per_level, (std::vector<std::uint64_t>{0, 0, 0, 1}));
  EXPECT_EQ(size.bytes, 4096u);
  EXPECT_EQ(size.pages, 0u);
}

TEST(TableSize, TablesOf64BitSpacesAreCountedWithoutOverflow) {
  EXPECT_EQ(table_size(*make_paging_mode("radix:45/12@8"), {}).bytes, std::uint64_t{1} << 48);
  EXPECT_EQ(table_size(*make_paging_mode("radix:60/4@8"), {}).bytes, std::uint64_t{1} << 63);
  const MappedRange everything{VirtualAddress(0), VirtualAddress(~std::uint64_t{0}), 0};
  const TableSize all = table_size(*make_paging_mode("radix:26,26/12@8"), {everything});
  EXPECT_EQ(all.pages, std::uint64_t{1} << 52);
  EXPECT_EQ(all.tables, 1 + (std::uint64_t{1} << 26));
  EXPECT_EQ(all.bytes, (std::uint64_t{1} << 55) + (std::uint64_t{1} << 29));
}

TEST(TableSize, LargePagesNeedNoTablesBelowTheirLevel) {
  const TableSize size = table_size(*make_paging_mode("x86-64"),
                                    {range(0, gibi, 2 * mebi), range(gibi, 4096), range(2 * gibi, gibi, gibi)});
  EXPECT_EQ(size.tables_per_level, (std::vector<std::uint64_t>{1, 2, 1, 1}));
  EXPECT_EQ(size.pages, 512u + 1 + 1);
}

TEST(TableSize, OverlappingRangesCountOnce) {
  const auto mode = make_paging_mode("x86-64");
  const TableSize once = table_size(*mode, {range(0x1000, 0x5000)});
  const TableSize twice = table_size(*mode, {range(0x3fff, 0x2000), range(0x1000, 0x5000), range(0x1800, 1)});
  EXPECT_EQ(once.pages, 5u);
  EXPECT_EQ(twice.pages, 5u);
  EXPECT_EQ(twice.tables, once.tables);
}

TEST(TableSize, BothCanonicalHalvesAreOneTree) {
  const auto mode = make_paging_mode("x86-64");
  const TableSize size = table_size(*mode, {range(0xffff800000000000, 4096), range(0x7ffffffff000, 4096)});
  EXPECT_EQ(size.tables_per_level, (std::vector<std::uint64_t>{2, 2, 2, 1}));
  EXPECT_EQ(table_size(*mode, {{VirtualAddress(0xfffffffffffff000), VirtualAddress(~std::uint64_t{0}), 0}}).pages, 1u);
}

TEST(TableSize, NamesTheFirstAddressThatTheModeCannotHold) {
  EXPECT_EQ(error_of("flat32", {range(0xFFFFF000, 0x2000)}),
            "flat32: address 0x100000000 is outside the 32-bit address space of this mode");
  EXPECT_EQ(error_of("x86-64", {range(0x7ffffffff000, 0x2000)}),
            "x86-64: address 0x800000000000 is outside the 48-bit address space of this mode");
  EXPECT_EQ(error_of("x86-64", {{VirtualAddress(0), VirtualAddress(~std::uint64_t{0}), 0}}),
            "x86-64: address 0x800000000000 is outside the 48-bit address space of this mode");
  EXPECT_EQ(error_of("x86-64", {range(0xffff7ffffffff000, 0x2000)}),
            "x86-64: address 0xffff7ffffffff000 is outside the 48-bit address space of this mode");
  EXPECT_FALSE(translates_all(*make_paging_mode("flat48"), {range(0, 1), range(std::uint64_t{1} << 48, 1)}));
  EXPECT_TRUE(translates_all(*make_paging_mode("flat48"), {range(0, 1), range((std::uint64_t{1} << 48) - 1, 1)}));
}

TEST(TableSize, RefusesPageSizesThatDoNotFit) {
  EXPECT_EQ(error_of("x86-64", {range(0, 8192, 8192)}),
            "x86-64: address 0x0 cannot have pages of 8K: the mode has 4K, 2M, 1G");
  EXPECT_EQ(error_of("x86-64", {range(0, 4 * mebi, 2 * mebi), range(2 * mebi, 4096)}),
            "x86-64: address 0x200000 is mapped both with pages of 2M and of 4K");
}

TEST(TableSize, EqualsWhatTheBuilderBuilds) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (const char* name : {"radix:5,5,5,5/12@4", "radix:3,2,4/13@8", "x86-32", "x86-pae", "x86-64", "x86-64-la57",
                           "sv32", "sv39", "sv48", "sv57", "arm64-4k", "arm64-16k", "arm64-64k"}) {
    const auto mode = make_paging_mode(name);
    PhysicalMemory memory;
    FrameAllocator frames(2 * gibi, mode->page_bytes(), {});
    TableBuilder builder(mode, memory, frames);
    Footprint footprint(mode->page_bytes());
    for (int i = 0; i < 300; ++i) {
      const unsigned bits =
          mode->offset_bits() + static_cast<unsigned>(random() % (mode->virtual_bits() - mode->offset_bits()));
      const VirtualAddress va(random() & low_bits(bits));
      footprint.touch(va, 1);
      const VirtualAddress page(va.value() & ~(mode->page_bytes() - 1));
      if (!builder.is_mapped(page)) builder.map_range(page, mode->page_bytes(), mode->page_bytes());
    }
    const TableSize size = table_size(*mode, footprint.ranges());
    EXPECT_EQ(size.tables_per_level, builder.tables_per_level()) << name;
    EXPECT_EQ(size.bytes, builder.table_bytes()) << name;
    EXPECT_EQ(size.pages, footprint.grains()) << name;
  }
}

TEST(Footprint, AnAccessAcrossAnEdgeTouchesBothPages) {
  Footprint footprint(4096);
  footprint.touch(VirtualAddress(0x1ffc), 4);
  EXPECT_EQ(footprint.grains(), 1u);
  footprint.touch(VirtualAddress(0x1ffd), 4);
  EXPECT_EQ(footprint.grains(), 2u);
  footprint.touch(VirtualAddress(0x9000), 0x2001);
  ASSERT_EQ(footprint.ranges().size(), 2u);
  EXPECT_EQ(footprint.ranges()[0].first.value(), 0x1000u);
  EXPECT_EQ(footprint.ranges()[0].last.value(), 0x2fffu);
  EXPECT_EQ(footprint.ranges()[1].first.value(), 0x9000u);
  EXPECT_EQ(footprint.ranges()[1].last.value(), 0xbfffu);
}

TEST(Footprint, AddressesOfTheUpperHalfKeepTheirHighestBit) {
  Footprint footprint(4096);
  footprint.touch(VirtualAddress(0xffff800000000ffd), 4);
  ASSERT_EQ(footprint.ranges().size(), 1u);
  EXPECT_EQ(footprint.ranges()[0].first.value(), 0xffff800000000000u);
  EXPECT_EQ(footprint.ranges()[0].last.value(), 0xffff800000001fffu);
}

TEST(Footprint, TheLastPageOfTheAddressSpaceIsNotForgotten) {
  Footprint footprint(4096);
  footprint.touch(VirtualAddress(~std::uint64_t{0}), 1);
  ASSERT_EQ(footprint.grains(), 1u);
  EXPECT_EQ(footprint.ranges()[0].last.value(), ~std::uint64_t{0});
}

/// Counts by an independent script for real traces.
TEST(TableSize, EqualsTheIndependentCountsOfRealTraces) {
  const std::filesystem::path folder = std::filesystem::path(TABLEWALK_SOURCE_DIR) / "tb/golden/traces";
  unsigned compared = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const std::string name = file.path().filename().string();
    const std::size_t suffix = name.find(".oracle.json");
    if (suffix == std::string::npos) continue;
    SCOPED_TRACE(name);
    Footprint footprint(4096);
    const auto reader = open_trace((folder / (name.substr(0, suffix) + ".twt")).string());
    std::vector<Record> records(4096);
    while (const std::size_t count = reader->read(records.data(), records.size())) {
      for (std::size_t i = 0; i < count; ++i) footprint.touch(records[i].address, records[i].size);
    }
    const nlohmann::json oracle = nlohmann::json::parse(std::ifstream(file.path()));
    for (const auto& [layout, expected] : oracle.at("page_tables").items()) {
      if (!expected.contains("bits")) continue;  // sizes of flat tables, which follow from the bits alone
      std::string split = "radix:";
      for (const auto& bits : expected.at("bits")) split += bits.dump() + ",";
      split.back() = '/';
      const auto mode = make_paging_mode(split + "12@" + expected.at("pte_bytes").dump());
      const TableSize size = table_size(*mode, footprint.ranges());
      const std::vector<std::uint64_t> root_first(size.tables_per_level.rbegin(), size.tables_per_level.rend());
      EXPECT_EQ(root_first, expected.at("tables_per_level_root_first").get<std::vector<std::uint64_t>>()) << layout;
      EXPECT_EQ(size.tables, expected.at("tables").get<std::uint64_t>()) << layout;
      EXPECT_EQ(size.bytes, expected.at("bytes").get<std::uint64_t>()) << layout;
      ++compared;
    }
  }
  EXPECT_GE(compared, 11u) << "layouts in " << folder;
}

}  // namespace
}  // namespace tablewalk::table_size_test
