#include "dram/dram_load.h"

#include <gtest/gtest.h>

#include <set>

#include "unit/dram/small_dram.h"

namespace tablewalk::dram_load_test {
namespace {

using test::line_bytes;

std::vector<MemoryRequest> first_of(StreamKind kind, std::size_t count, std::uint64_t seed = 1) {
  const RequestStream stream = make_stream(kind, DramConfig{}, line_bytes, seed);
  std::vector<MemoryRequest> requests(count);
  for (MemoryRequest& request : requests) EXPECT_TRUE(stream(request));
  return requests;
}

TEST(DramLoad, StreamsAreWhatTheirNamesSay) {
  EXPECT_EQ(first_of(StreamKind::Sequential, 3)[2].address, PhysicalAddress(128));
  const auto conflicts = first_of(StreamKind::RowConflicts, 32769);
  EXPECT_EQ(conflicts[1].address, PhysicalAddress(128 << 10)) << "the next row of the bank";
  EXPECT_EQ(conflicts[32767].address, PhysicalAddress((4ull << 30) - (128 << 10)));
  EXPECT_EQ(conflicts[32768].address, PhysicalAddress(64)) << "the next lap";
  unsigned writes = 0;
  std::set<std::uint64_t> lines;
  for (const MemoryRequest& request : first_of(StreamKind::Mixed, 3000)) {
    writes += request.write;
    lines.insert(request.address.value());
    EXPECT_EQ(request.address.value() % line_bytes, 0u);
    EXPECT_LT(request.address.value(), 4ull << 30);
  }
  EXPECT_NEAR(writes, 1000, 150);
  EXPECT_GT(lines.size(), 2990u);
  EXPECT_NE(first_of(StreamKind::Random, 1, 1)[0].address, first_of(StreamKind::Random, 1, 2)[0].address);
}

TEST(DramLoad, ClosedLoopSendsAClockAfterEachAnswer) {
  MemoryLoad load;
  load.requests = 3;
  std::uint64_t next = 0;
  const RequestStream same_line = [&](MemoryRequest& request) {
    request = {PhysicalAddress(0), false};
    return ++next <= 10;
  };
  const MemoryLoadResult result = run_memory_load(test::small_dram(), line_bytes, same_line, load);
  EXPECT_EQ(result.duration.count(), test::read_miss + 1 + test::read_hit + 1 + test::read_hit);
  EXPECT_EQ(result.requests, 3u);
  EXPECT_EQ(result.row_hits, 2u);
  EXPECT_EQ(result.row_misses, 1u);
}

TEST(DramLoad, EndsWithItsStream) {
  MemoryLoad load;
  load.in_flight = 4;
  std::uint64_t left = 6;
  const RequestStream six = [&](MemoryRequest& request) {
    request = {PhysicalAddress(64 * left), left % 2 == 0};
    return left-- > 0;
  };
  const MemoryLoadResult result = run_memory_load(test::small_dram(), line_bytes, six, load);
  EXPECT_EQ(result.requests, 6u);
  EXPECT_EQ(result.reads, 3u);
  EXPECT_EQ(result.writes, 3u);
  EXPECT_EQ(result.latency_clocks.count(), 3u);
}

TEST(DramLoad, AReadOfALineThatWaitsToBeWrittenUsesNoRow) {
  MemoryLoad load;
  load.requests = load.in_flight = 2;
  bool write = false;
  const RequestStream one_line = [&](MemoryRequest& request) {
    write = !write;
    request = {PhysicalAddress(0), write};
    return true;
  };
  const MemoryLoadResult result = run_memory_load(test::small_dram(), line_bytes, one_line, load);
  EXPECT_EQ(result.forwarded, 1u);
  EXPECT_EQ(result.row_hits + result.row_misses + result.row_conflicts, 0u);
}

TEST(DramLoad, PoissonArrivalsHaveTheirMeanGapAndDoNotDependOnAnswers) {
  MemoryLoad load;
  load.mean_gap_clocks = 50;
  load.requests = 20000;
  const DramConfig config = test::small_dram();
  const MemoryLoadResult result =
      run_memory_load(config, line_bytes, make_stream(StreamKind::Sequential, config, line_bytes, 1), load);
  EXPECT_NEAR(static_cast<double>(result.duration.count()) / 20000, 50, 1.5);
  load.seed = 2;
  const MemoryLoadResult other =
      run_memory_load(config, line_bytes, make_stream(StreamKind::Sequential, config, line_bytes, 1), load);
  EXPECT_NE(result.duration, other.duration);
}

}  // namespace
}  // namespace tablewalk::dram_load_test
