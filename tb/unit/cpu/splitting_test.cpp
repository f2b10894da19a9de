#include <gtest/gtest.h>

#include <vector>

#include "cpu/access_splitter.h"
#include "cpu/record_source.h"

namespace tablewalk::splitting_test {
namespace {

TEST(AccessSplitter, AccessWithinABlockStaysWhole) {
  VirtualAddress address(0x1ff8);
  std::uint32_t size = 8;
  EXPECT_TRUE(within_block(address, size, 12));
  const PagePart part = take_part(address, size, 12);
  EXPECT_EQ(part.address, VirtualAddress(0x1ff8));
  EXPECT_EQ(part.size, 8u);
  EXPECT_EQ(size, 0u);
}

TEST(AccessSplitter, AccessIsCutAtEveryEdge) {
  VirtualAddress address(0x0ffe);
  std::uint32_t size = 2 + 4096 + 3;
  EXPECT_FALSE(within_block(address, size, 12));
  EXPECT_EQ(take_part(address, size, 12).size, 2u);
  const PagePart whole = take_part(address, size, 12);
  EXPECT_EQ(whole.address, VirtualAddress(0x1000));
  EXPECT_EQ(whole.size, 4096u);
  const PagePart rest = take_part(address, size, 12);
  EXPECT_EQ(rest.address, VirtualAddress(0x2000));
  EXPECT_EQ(rest.size, 3u);
  EXPECT_EQ(size, 0u);
}

TEST(AccessSplitter, OneByteTooFarCrossesTheEdge) {
  EXPECT_TRUE(within_block(VirtualAddress(0x3c), 4, 6));
  EXPECT_FALSE(within_block(VirtualAddress(0x3d), 4, 6));
}

TEST(AccessSplitter, LastBlockOfTheAddressSpaceHasAnEndToo) {
  VirtualAddress address(~std::uint64_t{0} - 1);
  std::uint32_t size = 4;
  EXPECT_FALSE(within_block(address, size, 12));
  EXPECT_EQ(take_part(address, size, 12).size, 2u);
  EXPECT_EQ(address, VirtualAddress(0));
}

/// As many numbered records as requested, at most `most_at_once` per read.
class Numbers final : public TraceReader {
 public:
  explicit Numbers(std::uint64_t count, std::size_t most_at_once = 1000) : count_(count), most_(most_at_once) {}
  const TraceDescription& description() const override { return description_; }
  std::size_t read(Record* records, std::size_t capacity) override {
    std::size_t filled = 0;
    while (filled < capacity && filled < most_ && next_ < count_) records[filled++] = {VirtualAddress(next_++), 1};
    return filled;
  }
  double progress() const override { return 0.5; }
  std::uint64_t checksum() const override { return 0; }
  std::uint64_t next() const { return next_; }

 private:
  std::uint64_t count_;
  std::size_t most_;
  std::uint64_t next_ = 0;
  TraceDescription description_;
};

/// Takes the rest, checking the order; returns how many there were.
std::uint64_t take_all(RecordSource& source) {
  const std::uint64_t before = source.delivered();
  do {
    while (const Record* record = source.next()) EXPECT_EQ(record->address.value() + 1, source.delivered());
  } while (source.read_batch());
  return source.delivered() - before;
}

TEST(RecordSource, DeliversEveryRecordInOrder) {
  Numbers trace(10001);
  RecordSource source(trace, 0);
  EXPECT_EQ(take_all(source), 10001u);
}

TEST(RecordSource, LimitEndsTheTraceAndReadsNoFurther) {
  Numbers trace(10001);
  RecordSource source(trace, 5003);
  EXPECT_EQ(take_all(source), 5003u);
  EXPECT_EQ(trace.next(), 5003u);
}

TEST(RecordSource, LimitBeyondTheEndIsNoLimit) {
  Numbers trace(10);
  RecordSource source(trace, 11);
  EXPECT_EQ(take_all(source), 10u);
}

TEST(RecordSource, BatchEndsWhereItIsTold) {
  Numbers trace(100);
  RecordSource source(trace, 0);
  ASSERT_TRUE(source.read_batch(7));
  while (source.next() != nullptr) {
  }
  EXPECT_EQ(source.delivered(), 7u);
  EXPECT_EQ(take_all(source), 93u);
}

TEST(RecordSource, DeliversByCountWhatHasBeenLookedAt) {
  Numbers trace(100);
  RecordSource source(trace, 0);
  EXPECT_EQ(source.peek(), nullptr);
  ASSERT_TRUE(source.read_batch(7));
  source.next();
  const Record* const next = source.peek();
  EXPECT_EQ(next->address.value(), 1u);
  EXPECT_EQ(source.end() - next, 6);
  source.skip(5);
  EXPECT_EQ(source.delivered(), 6u);
  EXPECT_EQ(source.next()->address.value(), 6u);
  EXPECT_EQ(source.peek(), nullptr);
}

TEST(RecordSource, StopEndsTheTraceAtOnce) {
  Numbers trace(100);
  RecordSource source(trace, 0);
  ASSERT_TRUE(source.read_batch());
  source.next();
  source.next();
  source.stop();
  EXPECT_EQ(source.next(), nullptr);
  EXPECT_FALSE(source.read_batch());
  EXPECT_EQ(source.delivered(), 2u);
}

}  // namespace
}  // namespace tablewalk::splitting_test
