#include "links/memory_access.h"

#include <gtest/gtest.h>

namespace tablewalk::memory_access_test {
namespace {

TEST(MemoryAccess, CarriesTheBytesOfAnEntry) {
  PhysicalMemory memory;
  memory.write(PhysicalAddress(0x100), 4, 0xa1b2c3d4);
  AccessPool pool;
  MemoryAccess& access = pool.take();
  access.prepare(PhysicalAddress(0x100), 4, false);
  access.transfer_entry(memory);
  EXPECT_EQ(access.entry(), 0xa1b2c3d4u);
  EXPECT_FALSE(access.info.swapped);
  access.release();
}

TEST(MemoryAccess, SwapsOnlyWhatItExpects) {
  PhysicalMemory memory;
  memory.write(PhysicalAddress(0x100), 8, 7);
  AccessPool pool;
  MemoryAccess& access = pool.take();
  access.prepare(PhysicalAddress(0x100), 8, false);
  access.info.operation = AccessInfo::Operation::CompareAndSwap;
  access.info.expected = 6;
  access.info.desired = 9;
  access.transfer_entry(memory);
  EXPECT_TRUE(access.info.swapped);
  EXPECT_EQ(access.info.held, 7u);
  EXPECT_EQ(memory.read(PhysicalAddress(0x100), 8), 7u);
  access.info.expected = 7;
  access.transfer_entry(memory);
  EXPECT_EQ(memory.read(PhysicalAddress(0x100), 8), 9u);
  access.release();
}

TEST(AccessPool, PayloadComesBackWhenItsLastHolderReleasesIt) {
  AccessPool pool;
  MemoryAccess& first = pool.take();
  first.acquire();
  first.release();
  EXPECT_NE(&pool.take(), &first);
  first.release();
  EXPECT_EQ(&pool.take(), &first);
}

}  // namespace
}  // namespace tablewalk::memory_access_test
