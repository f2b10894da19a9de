#include "protocol/walk_record.h"

#include <gtest/gtest.h>

namespace tablewalk::walk_record_test {
namespace {

TEST(WalkRecord, ListsItsReadsAsFarAsThereIsRoom) {
  WalkRecord record;
  EXPECT_EQ(record.listed(), 0u);
  EXPECT_EQ(&record.next_read(), &record.reads[0]);
  record.entry_reads = 2;
  record.entry_updates = 1;
  EXPECT_EQ(record.listed(), 3u);
  EXPECT_EQ(&record.next_read(), &record.reads[3]);
  record.entry_reads = WalkRecord::most_reads;
  EXPECT_EQ(record.listed(), WalkRecord::most_reads);
  EXPECT_EQ(&record.next_read(), &record.reads[WalkRecord::most_reads - 1]) << "further ones are counted only";
}

TEST(WalkRecord, ANewWalkHasReadNothing) {
  WalkRecord record;
  EXPECT_FALSE(record.prefetch);
  record.walk_cache_hit = 2;
  record.entry_reads = 4;
  record.entry_updates = 1;
  record.merged = 3;
  record.restarts = 1;
  record.reset();
  EXPECT_EQ(record.walk_cache_hit, WalkRecord::no_hit);
  EXPECT_EQ(record.listed(), 0u);
  EXPECT_EQ(record.merged + record.restarts, 0u);
}

}  // namespace
}  // namespace tablewalk::walk_record_test
