#include "dram/dram_timing.h"

#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <random>
#include <set>

namespace tablewalk {
namespace {

constexpr std::uint64_t line_bytes = 64;
constexpr std::uint64_t core_mhz = 1000;  // a cycle is a nanosecond

/// Four banks of rows of four lines, timings easy to add up, no refresh.
DramConfig small_dram() {
  DramConfig config;
  config.banks = 4;
  config.rows = 16;
  config.row_bytes = 256;
  config.t_rcd_ns = 10;
  config.t_cl_ns = 20;
  config.t_cwl_ns = 15;
  config.t_rp_ns = 30;
  config.t_ras_ns = 100;
  config.t_ccd_ns = 5;
  config.t_rtp_ns = 7;
  config.t_wr_ns = 12;
  config.burst_ns = 4;
  config.t_refi_ns = 0;
  config.t_rfc_ns = 0;
  config.controller_ns = 8;
  return config;
}
// What an access takes of an idle channel, by hand.
constexpr std::uint64_t read_hit = 20 + 4 + 8;
constexpr std::uint64_t read_miss = 10 + read_hit;
constexpr std::uint64_t read_conflict = 30 + read_miss;

DramConfig refreshed_dram() {
  DramConfig config = small_dram();
  config.t_refi_ns = 1000;
  config.t_rfc_ns = 50;
  return config;
}

/// The small memory, with accesses named by bank and row.
class SmallDram {
 public:
  explicit SmallDram(const DramConfig& config = small_dram())
      : scheduler_(config, core_mhz, line_bytes), bank_rows_(config.ranks * config.banks * config.channels) {}

  Service read(std::uint64_t arrival, std::uint64_t bank, std::uint64_t row) {
    return scheduler_.schedule(address(bank, row), false, Cycles(arrival));
  }
  Service write(std::uint64_t arrival, std::uint64_t bank, std::uint64_t row) {
    return scheduler_.schedule(address(bank, row), true, Cycles(arrival));
  }

 private:
  PhysicalAddress address(std::uint64_t bank, std::uint64_t row) const {
    return PhysicalAddress((row * bank_rows_ + bank) * 256);
  }

  DramScheduler scheduler_;
  std::uint64_t bank_rows_;  ///< rows of one number, over all banks
};

void expect_service(const Service& service, RowOutcome row, std::uint64_t complete, std::uint64_t queue) {
  EXPECT_EQ(service.row, row);
  EXPECT_EQ(service.complete.count(), complete);
  EXPECT_EQ(service.queue.count(), queue);
}

TEST(DramTimings, NanosecondsAreRoundedUpToCycles) {
  const DramConfig config;
  EXPECT_EQ(DramTimings(config, 3200, 64).rcd, Cycles(44));
  EXPECT_EQ(DramTimings(config, 3000, 64).rcd, Cycles(42)) << "41.25 cycles";
  EXPECT_EQ(DramTimings(config, 3400, 64).burst, Cycles(9)) << "8.5 cycles";
}

TEST(DramTimings, WholeCyclesStayWhole) {
  DramConfig config;
  EXPECT_EQ(DramTimings(config, 3400, 64).refi, Cycles(26520));
  config.t_rp_ns = 17.6;
  EXPECT_EQ(DramTimings(config, 3125, 64).rp, Cycles(55)) << "the product is above 55000 in floating point";
}

TEST(DramTimings, LongLinesTakeSeveralBurstsAndShortOnesAWholeOne) {
  const DramConfig config;
  EXPECT_EQ(DramTimings(config, 4000, 64).burst, Cycles(10));
  EXPECT_EQ(DramTimings(config, 4000, 128).burst, Cycles(20));
  EXPECT_EQ(DramTimings(config, 4000, 32).burst, Cycles(10));
}

TEST(DramTimings, Ddr4AtThreeAndFiveGigahertz) {
  DramScheduler slow(DramConfig{}, 3200, line_bytes);
  EXPECT_EQ(slow.schedule(PhysicalAddress(0), false, Cycles(0)).complete, Cycles(44 + 44 + 8 + 64));
  DramScheduler fast(DramConfig{}, 5000, line_bytes);
  EXPECT_EQ(fast.schedule(PhysicalAddress(0), false, Cycles(0)).complete, Cycles(69 + 69 + 13 + 100));
}

TEST(DramScheduler, FirstAccessOpensItsRow) {
  SmallDram dram;
  expect_service(dram.read(0, 0, 0), RowOutcome::Miss, read_miss, 0);
}

TEST(DramScheduler, OpenRowIsReadWithoutActivating) {
  SmallDram dram;
  dram.read(0, 0, 3);
  expect_service(dram.read(1000, 0, 3), RowOutcome::Hit, 1000 + read_hit, 0);
}

TEST(DramScheduler, OtherRowIsPrechargedFirst) {
  SmallDram dram;
  dram.read(0, 0, 3);
  expect_service(dram.read(1000, 0, 4), RowOutcome::Conflict, 1000 + read_conflict, 0);
}

TEST(DramScheduler, WritesHaveTheirOwnColumnLatency) {
  SmallDram dram;
  expect_service(dram.write(0, 0, 0), RowOutcome::Miss, 10 + 15 + 4 + 8, 0);
  expect_service(dram.write(1000, 0, 0), RowOutcome::Hit, 1000 + 15 + 4 + 8, 0);
}

TEST(DramScheduler, RowStaysOpenForTrasAtLeast) {
  SmallDram early;
  early.read(0, 0, 0);
  expect_service(early.read(99, 0, 1), RowOutcome::Conflict, 100 + read_conflict, 1);
  SmallDram just;
  just.read(0, 0, 0);
  expect_service(just.read(100, 0, 1), RowOutcome::Conflict, 100 + read_conflict, 0);
}

TEST(DramScheduler, HitDoesNotShortenTras) {
  SmallDram dram;
  dram.read(0, 0, 0);
  dram.read(20, 0, 0);
  expect_service(dram.read(60, 0, 1), RowOutcome::Conflict, 100 + read_conflict, 40);
}

TEST(DramScheduler, PrechargeWaitsAfterARead) {
  SmallDram early;
  early.read(0, 0, 0);
  early.read(200, 0, 0);
  expect_service(early.read(206, 0, 1), RowOutcome::Conflict, 207 + read_conflict, 1);
  SmallDram just;
  just.read(0, 0, 0);
  just.read(200, 0, 0);
  expect_service(just.read(207, 0, 1), RowOutcome::Conflict, 207 + read_conflict, 0);
}

TEST(DramScheduler, PrechargeWaitsUntilWrittenDataIsRestored) {
  const std::uint64_t restored = 200 + 15 + 4 + 12;
  SmallDram early;
  early.read(0, 0, 0);
  early.write(200, 0, 0);
  expect_service(early.read(restored - 1, 0, 1), RowOutcome::Conflict, restored + read_conflict, 1);
  SmallDram just;
  just.read(0, 0, 0);
  just.write(200, 0, 0);
  expect_service(just.read(restored, 0, 1), RowOutcome::Conflict, restored + read_conflict, 0);
}

TEST(DramScheduler, ColumnCommandsOfABankKeepTheirDistance) {
  SmallDram early;
  early.read(0, 0, 0);  // its column command is issued in cycle 10
  expect_service(early.read(14, 0, 0), RowOutcome::Hit, 15 + read_hit, 1);
  SmallDram just;
  just.read(0, 0, 0);
  expect_service(just.read(15, 0, 0), RowOutcome::Hit, 15 + read_hit, 0);
}

TEST(DramScheduler, ColumnCommandsOfABankAreABurstApartAtLeast) {
  DramConfig config = small_dram();
  config.t_ccd_ns = 0;
  SmallDram dram(config);
  dram.read(0, 0, 0);  // column command in cycle 10, data from 30 to 33
  // Its column command is possible in cycle 14, but its data from 29 to 32 would meet the read's.
  expect_service(dram.write(0, 0, 0), RowOutcome::Hit, 34 + 4 + 8, 34 - 15);
}

TEST(DramScheduler, ConflictsOfOneBankFollowEachOther) {
  SmallDram dram;
  expect_service(dram.read(0, 0, 0), RowOutcome::Miss, read_miss, 0);
  expect_service(dram.read(0, 0, 1), RowOutcome::Conflict, 100 + read_conflict, 100);
  // The second is activated in cycle 130 and may be precharged in 230.
  expect_service(dram.read(0, 0, 2), RowOutcome::Conflict, 230 + read_conflict, 230);
}

TEST(DramScheduler, BanksWorkInParallelAndShareTheDataBus) {
  SmallDram dram;
  expect_service(dram.read(0, 0, 0), RowOutcome::Miss, read_miss, 0);
  expect_service(dram.read(0, 1, 0), RowOutcome::Miss, read_miss + 4, 4);
  expect_service(dram.read(0, 2, 0), RowOutcome::Miss, read_miss + 8, 8);
}

TEST(DramScheduler, DataBusIsFreeRightAfterABurst) {
  SmallDram early;
  early.read(0, 0, 0);
  expect_service(early.read(3, 1, 0), RowOutcome::Miss, 4 + read_miss, 1);
  SmallDram just;
  just.read(0, 0, 0);
  expect_service(just.read(4, 1, 0), RowOutcome::Miss, 4 + read_miss, 0);
}

/// Bank 0 has been sent a conflict in cycle 1000: its data is on the bus from 1060 to 1063. Bank 1's row is open.
Service hit_beside_a_conflict(std::uint64_t arrival) {
  SmallDram dram;
  dram.read(0, 0, 0);
  dram.read(500, 1, 0);
  dram.read(1000, 0, 1);
  return dram.read(arrival, 1, 0);
}

TEST(DramScheduler, FastBankUsesTheBusBeforeASlowOne) {
  expect_service(hit_beside_a_conflict(1001), RowOutcome::Hit, 1001 + read_hit, 0);
}

TEST(DramScheduler, BurstThatDoesNotFitBeforeAnotherFollowsIt) {
  expect_service(hit_beside_a_conflict(1036), RowOutcome::Hit, 1036 + read_hit, 0);
  expect_service(hit_beside_a_conflict(1037), RowOutcome::Hit, 1064 + 4 + 8, 7);
}

TEST(DramScheduler, ChannelsHaveTheirOwnBuses) {
  DramConfig config = small_dram();
  config.channels = 2;
  config.address_mapping = "row:rank:bank:column:channel";
  DramScheduler dram(config, core_mhz, line_bytes);
  for (std::uint64_t line : {0, 1}) {
    const Service service = dram.schedule(PhysicalAddress(line * line_bytes), false, Cycles(0));
    expect_service(service, RowOutcome::Miss, read_miss, 0);
  }
}

TEST(DramScheduler, ClosedPagesNeverHitAndNeverConflict) {
  DramConfig config = small_dram();
  config.page_policy = PagePolicy::Closed;
  SmallDram dram(config);
  dram.read(0, 0, 0);
  expect_service(dram.read(1000, 0, 0), RowOutcome::Miss, 1000 + read_miss, 0);
  expect_service(dram.read(2000, 0, 1), RowOutcome::Miss, 2000 + read_miss, 0);
}

TEST(DramScheduler, ClosedPageIsPrechargedBeforeTheNextActivate) {
  DramConfig config = small_dram();
  config.page_policy = PagePolicy::Closed;
  SmallDram early(config);
  early.read(0, 0, 0);  // precharged in cycle 100, for 30 cycles
  expect_service(early.read(129, 0, 0), RowOutcome::Miss, 130 + read_miss, 1);
  SmallDram just(config);
  just.read(0, 0, 0);
  expect_service(just.read(130, 0, 0), RowOutcome::Miss, 130 + read_miss, 0);
}

TEST(DramScheduler, AccessInARefreshWaitsForItsEnd) {
  const auto at = [](std::uint64_t arrival) { return SmallDram(refreshed_dram()).read(arrival, 0, 0); };
  expect_service(at(0), RowOutcome::Miss, read_miss, 0);
  expect_service(at(999), RowOutcome::Miss, 999 + read_miss, 0);
  expect_service(at(1000), RowOutcome::Miss, 1050 + read_miss, 50);
  expect_service(at(1049), RowOutcome::Miss, 1050 + read_miss, 1);
  expect_service(at(1050), RowOutcome::Miss, 1050 + read_miss, 0);
  expect_service(at(7000), RowOutcome::Miss, 7050 + read_miss, 50);
  EXPECT_FALSE(at(999).refresh_stalled);
  EXPECT_TRUE(at(1000).refresh_stalled);
  EXPECT_TRUE(at(1049).refresh_stalled);
  EXPECT_FALSE(at(1050).refresh_stalled);
}

TEST(DramScheduler, RefreshClosesTheRows) {
  SmallDram dram(refreshed_dram());
  dram.read(500, 0, 0);
  expect_service(dram.read(900, 0, 0), RowOutcome::Hit, 900 + read_hit, 0);
  expect_service(dram.read(1500, 0, 0), RowOutcome::Miss, 1500 + read_miss, 0);
  expect_service(dram.read(1700, 0, 0), RowOutcome::Hit, 1700 + read_hit, 0);
}

TEST(DramScheduler, AccessBegunBeforeARefreshIsFinished) {
  SmallDram dram(refreshed_dram());
  expect_service(dram.read(999, 0, 0), RowOutcome::Miss, 999 + read_miss, 0);
  // Activated in 999: precharged from 1099 to 1129 at the earliest, later than the refresh's end.
  expect_service(dram.read(1060, 0, 0), RowOutcome::Miss, 1129 + read_miss, 69);
}

TEST(DramScheduler, ConflictThatWaitsIntoARefreshFindsItsBankIdle) {
  SmallDram dram(refreshed_dram());
  dram.read(950, 0, 0);  // may be precharged in 1050
  expect_service(dram.read(960, 0, 1), RowOutcome::Miss, 1080 + read_miss, 120);
}

TEST(DramScheduler, RanksAreRefreshedInTurn) {
  DramConfig config = refreshed_dram();
  config.ranks = 2;
  const auto second_rank = [&](std::uint64_t arrival) { return SmallDram(config).read(arrival, 4, 0); };
  EXPECT_EQ(second_rank(1000).queue, Cycles(0));
  EXPECT_EQ(second_rank(1499).queue, Cycles(0));
  EXPECT_EQ(second_rank(1500).queue, Cycles(50));
  EXPECT_EQ(SmallDram(config).read(1000, 0, 0).queue, Cycles(50));
}

TEST(DramScheduler, FullQueueHoldsItsChannelUp) {
  DramConfig config = small_dram();
  config.bank_queue = 1;
  SmallDram dram(config);
  EXPECT_EQ(dram.read(0, 0, 0).accepted, Cycles(0));  // served in cycle 34
  EXPECT_EQ(dram.read(0, 0, 0).accepted, Cycles(34));
  const Service other_bank = dram.read(0, 1, 0);
  EXPECT_EQ(other_bank.accepted, Cycles(34));
  expect_service(other_bank, RowOutcome::Miss, 34 + read_miss, 34);
}

TEST(DramScheduler, QueueWithRoomHoldsNobodyUp) {
  DramConfig config = small_dram();
  config.bank_queue = 2;
  SmallDram dram(config);
  dram.read(0, 0, 0);  // data in 30 to 33
  dram.read(0, 0, 0);  // data in 35 to 38
  const Service other_bank = dram.read(0, 1, 0);
  EXPECT_EQ(other_bank.accepted, Cycles(0));
  expect_service(other_bank, RowOutcome::Miss, 39 + 4 + 8, 9);
}

/// A memory of any shape and an hour of its life.
class RandomDram {
 public:
  explicit RandomDram(std::mt19937& random) : random_(random) {
    config_ = small_dram();
    config_.channels = 1u << pick(2);
    config_.ranks = 1u << pick(2);
    config_.bank_queue = static_cast<std::uint32_t>(1 + pick(4));
    config_.page_policy = pick(2) == 0 ? PagePolicy::Open : PagePolicy::Closed;
    config_.t_refi_ns = pick(2) == 0 ? 0 : 900;
    config_.t_rfc_ns = 70;
    config_.t_ras_ns = static_cast<double>(10 + pick(100));
    config_.burst_ns = static_cast<double>(1 + pick(8));
    config_.t_ccd_ns = static_cast<double>(pick(8));
  }

  void run(unsigned accesses) {
    DramScheduler scheduler(config_, core_mhz, line_bytes);
    const AddressMap map(config_, line_bytes);
    const DramTimings& timings = scheduler.timings();
    std::map<std::uint32_t, std::set<std::uint64_t>> bursts;  // by channel: their first cycles
    std::map<std::array<std::uint32_t, 3>, Cycles> last_column;
    Cycles arrival;
    for (unsigned i = 0; i < accesses; ++i) {
      arrival += Cycles(pick(4) == 0 ? pick(120) : 0);
      const PhysicalAddress line(pick(1u << 16) * line_bytes);
      const bool write = pick(3) == 0;
      const Service service = scheduler.schedule(line, write, arrival);
      const Cycles latency = write ? timings.cwl : timings.cl;
      const Cycles data = service.complete - timings.controller - timings.burst;
      ASSERT_EQ(service.complete - arrival, service.queue + idle_latency(timings, service.row, write));
      ASSERT_GE(service.accepted, arrival);
      const DramLocation at = map.locate(line);
      take_bus(bursts[at.channel], data.count(), timings.burst.count());
      Cycles& last = last_column[{at.channel, at.rank, at.bank}];
      ASSERT_GE(data - latency, last) << "a bank serves its queue in order, column commands apart";
      last = data - latency + std::max(timings.ccd, timings.burst);
    }
  }

 private:
  std::uint64_t pick(std::uint64_t count) { return random_() % count; }

  static Cycles idle_latency(const DramTimings& timings, RowOutcome row, bool write) {
    Cycles sum = timings.controller + timings.burst + (write ? timings.cwl : timings.cl);
    if (row == RowOutcome::Miss) sum += timings.rcd;
    if (row == RowOutcome::Conflict) sum += timings.rp + timings.rcd;
    return sum;
  }
  static void take_bus(std::set<std::uint64_t>& taken, std::uint64_t start, std::uint64_t burst) {
    const auto after = taken.lower_bound(start);
    if (after != taken.end()) {
      ASSERT_GE(*after, start + burst) << "two bursts overlap";
    }
    if (after != taken.begin()) {
      ASSERT_LE(*std::prev(after) + burst, start) << "two bursts overlap";
    }
    taken.insert(start);
  }

  std::mt19937& random_;
  DramConfig config_;
};

TEST(DramScheduler, BurstsNeverOverlapAndEveryCycleIsQueueOrService) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  for (unsigned round = 0; round < 40; ++round) {
    RandomDram(random).run(2000);
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << ", round " << round;
  }
}

}  // namespace
}  // namespace tablewalk
