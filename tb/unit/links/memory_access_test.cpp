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

TEST(MemoryAccess, IsWhatAForeignTargetExpectsOfANewRequest) {
  AccessPool pool;
  MemoryAccess& access = pool.take();
  access.prepare(PhysicalAddress(0x40), 64, true);
  access.set_response_status(tlm::TLM_OK_RESPONSE);
  access.info.by_cache = access.info.owned = access.info.snooped = access.info.swapped = access.info.table_line = true;
  access.prepare(PhysicalAddress(0x1000), 8, false);
  EXPECT_EQ(access.get_extension<AccessInfo>(), &access.info);
  EXPECT_EQ(access.get_address(), 0x1000u);
  EXPECT_EQ(access.get_data_length(), 8u);
  EXPECT_EQ(access.get_streaming_width(), 8u);
  EXPECT_TRUE(access.is_read());
  EXPECT_EQ(access.get_byte_enable_ptr(), nullptr);
  EXPECT_EQ(access.get_response_status(), tlm::TLM_INCOMPLETE_RESPONSE);
  EXPECT_FALSE(access.is_dmi_allowed());
  EXPECT_FALSE(access.info.by_cache || access.info.owned || access.info.snooped || access.info.swapped);
  EXPECT_FALSE(access.info.table_line || access.wants_entry());
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
