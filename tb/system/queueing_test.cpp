// Walker queues compared with arithmetic (docs/timing.md), and foreign memories below the walker.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "module/plain_memory.h"
#include "module/translation_client.h"
#include "paging/table_builder.h"
#include "walker/systemc_walker.h"

namespace tablewalk::queueing_test {
namespace {

/// A read from presented to answered: the memory takes 6.5.
constexpr std::uint64_t memory_cycles = 7;
/// How long a walk of that many reads occupies its walker.
constexpr std::uint64_t service_of(std::uint64_t reads) {
  return reads * (memory_cycles + 1) + 3;
}

WalkerConfig walkers(std::uint32_t count) {
  WalkerConfig config;
  config.walkers = count;
  return config;
}

/// A walker over its own pages, with a memory of fixed latency below it.
struct Bench : WalkObserver {
  Bench(const std::string& mode_name, std::uint32_t count,
        PlainMemory::Style style = PlainMemory::Style::EndsRequestAtOnce,
        sc_core::sc_time latency = sc_core::sc_time(6500, sc_core::SC_PS))
      : mode(make_paging_mode(mode_name)),
        frames(std::uint64_t{1} << 31, 4096, {}),
        tables(mode, bytes, frames),
        walker("walker", walkers(count), *mode, 1),
        client("client"),
        memory("memory", bytes, style, latency) {
    client.translator_side.socket.bind(walker.tlb_side(0));
    walker.memory_side.socket.bind(memory.socket);
    client.root = tables.root();
    walker.observe(*this);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }

  /// A request for a page that was not requested before.
  void arrive(std::uint64_t cycle) {
    const std::uint64_t va = 4096 * (1 + client.all().size());
    pages.push_back(frames.allocate_page(VirtualAddress(va), 4096));
    tables.map(VirtualAddress(va), pages.back(), 4096);
    client.ask(cycle, va);
  }

  void run() {
    sc_core::sc_start();
    Clockwork::of_simulation().rethrow_failure();
    EXPECT_EQ(memory.unanswered(), 0u);
    ASSERT_EQ(walks.size(), client.all().size());
    std::sort(walks.begin(), walks.end(), [](const WalkRecord& a, const WalkRecord& b) { return a.id < b.id; });
    for (const auto& asked : client.all()) {
      ASSERT_TRUE(asked.answered.has_value());
      EXPECT_EQ(asked.request.answer.translation.page, pages[asked.request.tag]);
    }
  }

  std::vector<std::uint64_t> queues() const {
    std::vector<std::uint64_t> cycles;
    for (const WalkRecord& walk : walks) cycles.push_back((walk.taken - walk.requested).count());
    return cycles;
  }
  void expect_histogram(const std::vector<std::uint64_t>& queues) const {
    std::map<std::uint64_t, std::uint64_t> expected;
    for (std::uint64_t cycles : queues) ++expected[cycles];
    std::map<std::uint64_t, std::uint64_t> found;
    for (const auto& bucket : walker.stats().queue.nonempty_buckets()) found[bucket.low] = bucket.count;
    EXPECT_EQ(found, expected);
  }
  void walk_finished(const WalkRecord& walk) override { walks.push_back(walk); }

  std::shared_ptr<const PagingMode> mode;
  std::vector<PhysicalAddress> pages;  ///< by tag of the request
  PhysicalMemory bytes;
  FrameAllocator frames;
  TableBuilder tables;
  SystemCWalker walker;
  TranslationClient client;
  PlainMemory memory;
  std::vector<WalkRecord> walks;
};

// 512 pages behind one read, and behind four.
constexpr const char* flat = "radix:9/12@8";
constexpr const char* four_levels = "radix:3,2,2,2/12@8";

struct Load {
  std::uint32_t walkers;
  std::uint64_t distance;
};
class DeterministicArrivals : public testing::TestWithParam<Load> {};

TEST_P(DeterministicArrivals, QueueAsTheClosedFormSays) {
  const auto [count, distance] = GetParam();
  Bench bench(flat, count);
  std::vector<std::uint64_t> expected;
  constexpr std::uint64_t service = service_of(1);
  for (std::uint64_t i = 0; i < 60; ++i) {
    bench.arrive(10 + i * distance);
    const std::uint64_t lag = service > count * distance ? service - count * distance : 0;
    expected.push_back(i / count * lag);
  }
  bench.run();
  EXPECT_EQ(bench.queues(), expected);
  bench.expect_histogram(expected);
}

// 11 cycles of service: in balance at 11, 5.5 and 2.75 cycles between arrivals.
INSTANTIATE_TEST_SUITE_P(OneWalker, DeterministicArrivals,
                         testing::Values(Load{1, 1}, Load{1, 4}, Load{1, 10}, Load{1, 11}, Load{1, 12}));
INSTANTIATE_TEST_SUITE_P(TwoWalkers, DeterministicArrivals,
                         testing::Values(Load{2, 1}, Load{2, 4}, Load{2, 5}, Load{2, 6}));
INSTANTIATE_TEST_SUITE_P(FourWalkers, DeterministicArrivals, testing::Values(Load{4, 1}, Load{4, 2}, Load{4, 3}));

class BatchArrivals : public testing::TestWithParam<std::uint32_t> {};

TEST_P(BatchArrivals, QueueAsTheClosedFormSays) {
  const std::uint32_t count = GetParam();
  Bench bench(flat, count);
  std::vector<std::uint64_t> expected;
  for (std::uint64_t batch = 0; batch < 3; ++batch) {
    for (std::uint64_t i = 0; i < 17; ++i) {
      bench.arrive(10 + 1000 * batch);
      expected.push_back(i / count * service_of(1) + i % count);
    }
  }
  bench.run();
  EXPECT_EQ(bench.queues(), expected);
  bench.expect_histogram(expected);
}

INSTANTIATE_TEST_SUITE_P(Walkers, BatchArrivals, testing::Values(1u, 2u, 4u));

TEST(DeterministicArrivals, OfFourReadsHoldTheirWalkerFourTimesAsLongButForTheLookup) {
  Bench bench(four_levels, 1);
  std::vector<std::uint64_t> expected;
  for (std::uint64_t i = 0; i < 20; ++i) {
    bench.arrive(10 + i * 20);
    expected.push_back(i * (service_of(4) - 20));
  }
  bench.run();
  EXPECT_EQ(bench.queues(), expected);
}

class RandomArrivals : public testing::TestWithParam<std::uint32_t> {};

TEST_P(RandomArrivals, QueueAsTheRecurrenceSays) {
  const std::uint32_t count = GetParam();
  const std::uint64_t seed = 20240 + count;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  Bench bench(flat, count);
  std::vector<std::uint64_t> free(count, 0);
  std::vector<std::uint64_t> expected;
  std::uint64_t arrival = 10;
  std::uint64_t last_taken = 0;
  for (int i = 0; i < 400; ++i) {
    // A load of about 0.9; several may arrive in one cycle.
    arrival += random() % (2 * service_of(1) * 10 / (9 * count) + 1);
    bench.arrive(arrival);
    const auto walker = std::min_element(free.begin(), free.end());
    const std::uint64_t taken = std::max({arrival, last_taken + 1, *walker});
    *walker = taken + service_of(1);
    last_taken = taken;
    expected.push_back(taken - arrival);
  }
  bench.run();
  EXPECT_EQ(bench.queues(), expected);
  bench.expect_histogram(expected);
  std::uint64_t sum = 0;
  for (std::uint64_t cycles : expected) sum += cycles;
  EXPECT_GT(sum, 400u) << "there is a queue to speak of";
  EXPECT_DOUBLE_EQ(bench.walker.stats().queue.mean(), static_cast<double>(sum) / 400);
}

INSTANTIATE_TEST_SUITE_P(Walkers, RandomArrivals, testing::Values(1u, 2u, 3u, 4u, 8u));

// Foreign memories.

/// One walk of four reads, each taking `read_cycles` as seen by the walker.
void expect_walk_of_four(Bench& bench, std::uint64_t read_cycles) {
  bench.arrive(10);
  bench.run();
  ASSERT_EQ(bench.walks.size(), 1u);
  EXPECT_EQ(bench.walks[0].entry_reads, 4u);
  EXPECT_EQ(bench.walks[0].answered.count(), 10 + 2 + 4 * (read_cycles + 1));
  EXPECT_EQ(bench.client.all()[0].answered, bench.walks[0].answered.count());
}

TEST(MemoryOfSomebodyElse, ThatEndsRequestsAtOnceServesTheWalker) {
  Bench bench(four_levels, 1);
  expect_walk_of_four(bench, memory_cycles);
}

TEST(MemoryOfSomebodyElse, ThatCompletesEarlyServesTheWalker) {
  Bench bench(four_levels, 1, PlainMemory::Style::Completes);
  expect_walk_of_four(bench, memory_cycles);
}

TEST(MemoryOfSomebodyElse, ThatRespondsOnTheReturnPathIsToldOfItsEnd) {
  Bench bench(four_levels, 1, PlainMemory::Style::RespondsOnReturnPath);
  expect_walk_of_four(bench, memory_cycles);
}

TEST(MemoryOfSomebodyElse, ThatRespondsWithoutEndingTheRequestServesTheWalker) {
  Bench bench(four_levels, 1, PlainMemory::Style::RespondsWithoutEnd);
  expect_walk_of_four(bench, memory_cycles);
}

TEST(MemoryOfSomebodyElse, ThatEndsRequestsLaterServesTheWalker) {
  Bench bench(four_levels, 1, PlainMemory::Style::EndsRequestLater);
  expect_walk_of_four(bench, memory_cycles);
}

TEST(MemoryOfSomebodyElse, ThatAnswersJustAfterAnEdgeIsSeenAtTheNext) {
  Bench bench(four_levels, 1, PlainMemory::Style::EndsRequestAtOnce, sc_core::sc_time(6001, sc_core::SC_PS));
  expect_walk_of_four(bench, 7);
}

TEST(MemoryOfSomebodyElse, ThatAnswersJustBeforeAnEdgeIsSeenAtIt) {
  Bench bench(four_levels, 1, PlainMemory::Style::EndsRequestAtOnce, sc_core::sc_time(6999, sc_core::SC_PS));
  expect_walk_of_four(bench, 7);
}

TEST(MemoryOfSomebodyElse, ThatAnswersAtAnEdgeIsSeenInTheNextCycleLikeEverybody) {
  Bench bench(four_levels, 1, PlainMemory::Style::EndsRequestAtOnce, sc_core::sc_time(6, sc_core::SC_NS));
  expect_walk_of_four(bench, 7);
}

TEST(MemoryOfSomebodyElse, ThatCompletesForAnEdgeIsSeenAtIt) {
  Bench bench(four_levels, 1, PlainMemory::Style::Completes, sc_core::sc_time(7, sc_core::SC_NS));
  expect_walk_of_four(bench, 7);
}

TEST(MemoryOfSomebodyElse, ThatCompletesBetweenEdgesIsSeenAtTheNext) {
  Bench bench(four_levels, 1, PlainMemory::Style::Completes, sc_core::sc_time(6400, sc_core::SC_PS));
  expect_walk_of_four(bench, 7);
}

class CrowdedMemory : public testing::TestWithParam<PlainMemory::Style> {};

// Its request phases are longer than the time between requests, and responses arrive while a later request's is open.
TEST_P(CrowdedMemory, GetsOneRequestAtATime) {
  Bench bench(four_levels, 8, GetParam(), sc_core::sc_time(12300, sc_core::SC_PS));
  for (std::uint64_t i = 0; i < 40; ++i) bench.arrive(10 + i);
  bench.run();
  EXPECT_EQ(bench.memory.requests(), 160u);
}

INSTANTIATE_TEST_SUITE_P(Styles, CrowdedMemory,
                         testing::Values(PlainMemory::Style::EndsRequestAtOnce, PlainMemory::Style::EndsRequestLater,
                                         PlainMemory::Style::RespondsWithoutEnd,
                                         PlainMemory::Style::RespondsOnReturnPath, PlainMemory::Style::Completes));

}  // namespace
}  // namespace tablewalk::queueing_test
