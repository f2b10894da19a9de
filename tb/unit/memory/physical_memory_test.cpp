#include "memory/physical_memory.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "base/error.h"

namespace tablewalk::physical_memory_test {
namespace {

TEST(PhysicalMemory, ReadsZeroWhereNothingWasWrittenAndCostsNothing) {
  PhysicalMemory memory;
  EXPECT_EQ(memory.read(PhysicalAddress(0), 8), 0u);
  EXPECT_EQ(memory.read(PhysicalAddress((std::uint64_t{1} << 52) - 8), 8), 0u);
  memory.write(PhysicalAddress(0x5000), 8, 0);
  EXPECT_EQ(memory.touched_pages(), 0u);
}

TEST(PhysicalMemory, IsLittleEndianAtEveryWidth) {
  PhysicalMemory memory;
  memory.write(PhysicalAddress(0x1000), 8, 0x8877665544332211);
  EXPECT_EQ(memory.read(PhysicalAddress(0x1000), 1), 0x11u);
  EXPECT_EQ(memory.read(PhysicalAddress(0x1002), 2), 0x4433u);
  EXPECT_EQ(memory.read(PhysicalAddress(0x1004), 4), 0x88776655u);
  memory.write(PhysicalAddress(0x1004), 2, 0xAAAABBBB);  // only the two low bytes
  EXPECT_EQ(memory.read(PhysicalAddress(0x1000), 8), 0x8877BBBB44332211u);
}

TEST(PhysicalMemory, OverwritesWithZero) {
  PhysicalMemory memory;
  memory.write(PhysicalAddress(64), 4, 7);
  memory.write(PhysicalAddress(64), 4, 0);
  EXPECT_EQ(memory.read(PhysicalAddress(64), 4), 0u);
}

TEST(PhysicalMemory, SwapsOnlyWhatWasExpected) {
  PhysicalMemory memory;
  memory.write(PhysicalAddress(8), 8, 5);
  EXPECT_EQ(memory.compare_and_swap(PhysicalAddress(8), 8, 4, 9), 5u);
  EXPECT_EQ(memory.read(PhysicalAddress(8), 8), 5u);
  EXPECT_EQ(memory.compare_and_swap(PhysicalAddress(8), 8, 5, 9), 5u);
  EXPECT_EQ(memory.read(PhysicalAddress(8), 8), 9u);
}

TEST(PhysicalMemory, RefusesMisalignedAndOddSizedAccesses) {
  PhysicalMemory memory;
  EXPECT_THROW(memory.read(PhysicalAddress(4), 8), LawViolation);
  EXPECT_THROW(memory.write(PhysicalAddress(0), 3, 1), LawViolation);
  EXPECT_THROW(memory.read(PhysicalAddress(0), 16), LawViolation);
  EXPECT_NO_THROW(memory.read(PhysicalAddress(4), 4));
}

TEST(PhysicalMemory, WritesAPageAtOnce) {
  PhysicalMemory memory;
  std::string page(4096, '\0');
  memory.write_page(PhysicalAddress(0x7000), page.data());
  EXPECT_EQ(memory.touched_pages(), 0u) << "a page of zeros costs nothing";
  page[0] = 1;
  page[4095] = 2;
  memory.write_page(PhysicalAddress(0x7000), page.data());
  EXPECT_EQ(memory.read(PhysicalAddress(0x7000), 8), 1u);
  EXPECT_EQ(memory.read(PhysicalAddress(0x7FFF), 1), 2u);
  EXPECT_EQ(memory.touched_pages(), 1u);
  memory.write_page(PhysicalAddress(0x7000), std::string(4096, '\0').data());
  EXPECT_EQ(memory.read(PhysicalAddress(0x7000), 8), 0u) << "zeros overwrite what was there";
  EXPECT_THROW(memory.write_page(PhysicalAddress(0x7008), page.data()), LawViolation);
}

TEST(PhysicalMemory, AgreesWithAMapOverRandomWritesAllOverItsRange) {
  const std::uint64_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  PhysicalMemory memory;
  std::map<std::uint64_t, std::uint64_t> expected;
  std::map<std::uint64_t, bool> pages;
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t address = (random() & low_bits(random() % 53)) & ~std::uint64_t{7};
    const std::uint64_t value = random();
    memory.write(PhysicalAddress(address), 8, value);
    expected[address] = value;
    pages[address / 4096] = true;
  }
  for (const auto& [address, value] : expected) ASSERT_EQ(memory.read(PhysicalAddress(address), 8), value);
  EXPECT_EQ(memory.touched_pages(), pages.size());
}

}  // namespace
}  // namespace tablewalk::physical_memory_test
