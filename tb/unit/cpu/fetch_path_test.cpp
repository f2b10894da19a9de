#include "cpu/fetch_path.h"

#include <gtest/gtest.h>

#include "support/dice.h"
#include "support/listed_trace.h"

namespace tablewalk::fetch_path_test {
namespace {

constexpr unsigned line_shift = 6;

Record fetch(std::uint64_t address, std::uint32_t size = 4, Privilege privilege = Privilege::User,
             AddressSpaceId asid = 0) {
  return {VirtualAddress(address), size, RecordKind::Fetch, privilege, asid};
}
Record load(std::uint64_t address) {
  return {VirtualAddress(address), 8, RecordKind::Load};
}

/// A path along records that have all been read.
struct Bench {
  explicit Bench(std::vector<Record> records)
      : count(records.size()), trace(std::move(records)), source(trace, 0, count), path(line_shift) {
    while (source.read_batch()) {
    }
    path.go_on_from(0);
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> rest() {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks;
    while (const auto block = path.next(source, 0)) blocks.emplace_back(block->record, block->start.value());
    return blocks;
  }
  std::size_t count;
  test::ListedTrace trace;
  RecordSource source;
  FetchPath path;
};
using Blocks = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

TEST(FetchPath, InstructionsInSequenceInOneLineAreABlock) {
  Bench bench({fetch(0x1000), fetch(0x1004), load(0x9000), fetch(0x1008), fetch(0x100c)});
  EXPECT_EQ(bench.rest(), (Blocks{{0, 0x1000}}));
  EXPECT_EQ(bench.path.reached(), 5u);
}

TEST(FetchPath, ABlockEndsWithItsLineAndWithAJump) {
  Bench bench({fetch(0x1038), fetch(0x103c), fetch(0x1040), fetch(0x1050), fetch(0x1050)});
  EXPECT_EQ(bench.rest(), (Blocks{{0, 0x1038}, {2, 0x1040}, {3, 0x1050}, {4, 0x1050}}));
}

TEST(FetchPath, AnInstructionThatReachesIntoTheNextLineBeginsThatBlock) {
  Bench bench({fetch(0x103a), fetch(0x103e), fetch(0x1042)});
  EXPECT_EQ(bench.rest(), (Blocks{{0, 0x103a}, {1, 0x1040}})) << "the third goes on in the second block";
}

TEST(FetchPath, AFetchOfManyLinesIsABlockInEach) {
  Bench bench({fetch(0x1030, 150), fetch(0x10c6)});
  EXPECT_EQ(bench.rest(), (Blocks{{0, 0x1030}, {0, 0x1040}, {0, 0x1080}, {0, 0x10c0}}));
}

TEST(FetchPath, TheRestOfAnInstructionCanBeLeftToTheCore) {
  Bench bench({fetch(0x103e), fetch(0x1042)});
  ASSERT_TRUE(bench.path.next(bench.source, 0));
  bench.path.skip_rest();
  EXPECT_EQ(bench.rest(), (Blocks{})) << "the core fetches the second line with the first instruction";
}

TEST(FetchPath, PrivilegeEndsABlock) {
  Bench bench({fetch(0x1000), fetch(0x1004, 4, Privilege::Supervisor)});
  const auto first = bench.path.next(bench.source, 0);
  const auto second = bench.path.next(bench.source, 0);
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->user);
  EXPECT_FALSE(second->user);
}

TEST(FetchPath, StopsAtAnEventUntilItIsPassed) {
  Bench bench({fetch(0x1000), {VirtualAddress(0x5000), 0, RecordKind::InvalidatePage}, fetch(0x1004)});
  EXPECT_EQ(bench.rest(), (Blocks{{0, 0x1000}}));
  EXPECT_TRUE(bench.path.stopped());
  EXPECT_EQ(bench.path.reached(), 1u);
  bench.path.go_on_from(2);
  EXPECT_EQ(bench.rest(), (Blocks{{2, 0x1004}})) << "a new block, for the line may be another one now";
}

TEST(FetchPath, StopsBeforeAnotherAddressSpace) {
  Bench bench({fetch(0x1000), load(0x1000), fetch(0x1004, 4, Privilege::User, 7)});
  EXPECT_EQ(bench.rest(), (Blocks{{0, 0x1000}}));
  bench.path.go_on_from(2);
  const auto block = bench.path.next(bench.source, 7);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->record, 2u);
}

/// For any trace: walking it with the blocks, each byte of each fetch is in the newest block of its line.
TEST(FetchPath, EveryByteOfEveryFetchIsInABlockOfItsLine) {
  for (const std::uint64_t seed : test::printed_seeds(50)) {
    test::Dice dice(seed);
    std::vector<Record> records;
    std::uint64_t at = 0x1000;
    while (records.size() < 500) {
      if (dice.chance(20)) at = dice.between(0x1000, 0x1400);
      const std::uint32_t size = dice.chance(5) ? dice.number(60, 200) : dice.number(1, 15);
      records.push_back(fetch(at, size));
      at += size;
      if (dice.chance(30)) records.push_back(load(0x9000));
    }
    Bench bench(records);
    const Blocks blocks = bench.rest();
    std::size_t next = 0;
    std::uint64_t line = ~std::uint64_t{0};
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (records[i].kind != RecordKind::Fetch) continue;
      for (std::uint64_t byte = 0; byte < records[i].size; ++byte) {
        const std::uint64_t address = records[i].address.value() + byte;
        if (next < blocks.size() && blocks[next].first == i && blocks[next].second == address) {
          line = address >> line_shift;
          ++next;
        }
        ASSERT_EQ(address >> line_shift, line) << "seed " << seed << " record " << i;
      }
    }
    ASSERT_EQ(next, blocks.size()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace tablewalk::fetch_path_test
