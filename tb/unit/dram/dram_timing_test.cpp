// The devices: the first clock for each command, on both sides of each timing.

#include "dram/dram_timing.h"

#include <gtest/gtest.h>

#include "unit/dram/small_dram.h"

namespace tablewalk::dram_timing_test {
namespace {

using test::line_bytes;
using test::small_dram;

Clocks at(std::uint64_t clock) {
  return Clocks(clock);
}

// Banks of the small memory: 0 and 2 are in group 0, 1 and 3 in group 1.
constexpr unsigned bank = 0;
constexpr unsigned neighbour = 2;  // in the same group
constexpr unsigned other_group = 1;

class Devices : public testing::Test {
 protected:
  static DramDevices made(const DramConfig& config) { return {config, DramTimings(config, line_bytes)}; }

  DramDevices devices = made(small_dram());
};

TEST(DramTimings, NanosecondsAreRoundedUpToClocks) {
  DramConfig config;
  config.t_rcd_ns = 13.75;
  EXPECT_EQ(DramTimings(config, 64).rcd, at(22));
  config.t_rcd_ns = 13.76;
  EXPECT_EQ(DramTimings(config, 64).rcd, at(23));
}

TEST(DramTimings, DefaultsAreTheClocksOfDdr4_3200) {
  const DramTimings t(DramConfig{}, 64);
  const std::vector<Clocks> clocks{t.cl,  t.cwl,   t.rcd,   t.rp,    t.ras,   t.rrd_s,    t.rrd_l,
                                   t.faw, t.ccd_s, t.ccd_l, t.wtr_s, t.wtr_l, t.ccd_l_wr, t.wr,
                                   t.rtp, t.rfc,   t.refi,  t.rtrs,  t.burst};
  const std::vector<std::uint64_t> expected{22, 16, 22, 22, 52, 4, 8, 34, 4, 8, 4, 12, 8, 24, 12, 560, 12480, 1, 4};
  for (std::size_t i = 0; i < clocks.size(); ++i) EXPECT_EQ(clocks[i].count(), expected[i]) << "timing " << i;
}

TEST(DramTimings, LongTimingsAreNotBelowTheShortOnes) {
  DramConfig config = small_dram();
  config.t_rrd_l_ns = config.t_ccd_l_ns = config.t_ccd_l_wr_ns = config.t_wtr_l_ns = 0;
  config.t_ccd_s_ns = 1;
  const DramTimings t(config, 64);
  EXPECT_EQ(t.rrd_l, t.rrd_s);
  EXPECT_EQ(t.wtr_l, t.wtr_s);
  EXPECT_EQ(t.ccd_s, t.burst) << "bursts do not overlap";
  EXPECT_EQ(t.ccd_l, t.burst);
  EXPECT_EQ(t.ccd_l_wr, t.burst);
}

TEST(DramTimings, LongLinesAreSeveralColumnCommandsOfABank) {
  const DramTimings four(small_dram(), 256);
  EXPECT_EQ(four.further_reads, at(3 * 8));
  EXPECT_EQ(four.further_writes, at(3 * 9));
  EXPECT_EQ(four.bus_time(), at(16));
  EXPECT_EQ(DramTimings(small_dram(), 16).bus_time(), at(4)) << "a short line takes a whole burst";
}

TEST_F(Devices, ColumnCommandsWaitTrcdAfterTheActivate) {
  devices.activate(bank, 3, at(100));
  EXPECT_TRUE(devices.open(bank));
  EXPECT_EQ(devices.row(bank), 3u);
  EXPECT_EQ(devices.earliest_column(bank, false), at(110));
  EXPECT_EQ(devices.earliest_column(bank, true), at(110));
}

TEST_F(Devices, PrechargeWaitsTrasAfterTheActivateAndTrtpAfterARead) {
  devices.activate(bank, 0, at(100));
  EXPECT_EQ(devices.earliest_precharge(bank), at(200));
  devices.column(bank, false, at(192));
  EXPECT_EQ(devices.earliest_precharge(bank), at(200)) << "tRAS is the later one";
  devices.column(bank, false, at(194));
  EXPECT_EQ(devices.earliest_precharge(bank), at(201));
}

TEST_F(Devices, PrechargeWaitsTwrAfterWrittenData) {
  devices.activate(bank, 0, at(100));
  EXPECT_EQ(devices.column(bank, true, at(180)), at(180 + 15 + 4));
  EXPECT_EQ(devices.earliest_precharge(bank), at(180 + 15 + 4 + 12));
}

TEST_F(Devices, ActivateWaitsTrpAfterThePrecharge) {
  devices.activate(bank, 0, at(100));
  devices.precharge(bank, at(200));
  EXPECT_FALSE(devices.open(bank));
  EXPECT_EQ(devices.earliest_activate(bank), at(230));
}

TEST_F(Devices, ActivatesOfARankAreTrrdApartLongerInOneGroup) {
  devices.activate(bank, 0, at(100));
  EXPECT_EQ(devices.earliest_activate(other_group), at(103));
  EXPECT_EQ(devices.earliest_activate(neighbour), at(106));
}

TEST_F(Devices, ARankTakesFourActivatesInTfaw) {
  DramConfig config = small_dram();
  config.banks = 8;
  DramDevices eight = made(config);
  for (unsigned i = 0; i < 4; ++i) eight.activate(i, 0, at(100 + 7 * i));
  EXPECT_EQ(eight.earliest_activate(4), at(140)) << "the first has left the window";
  eight.activate(4, 0, at(140));
  EXPECT_EQ(eight.earliest_activate(5), at(147)) << "and then the second";
}

TEST_F(Devices, ColumnCommandsAreTccdApartLongerInOneGroup) {
  for (unsigned each : {0u, 1u, 2u}) devices.activate(each, 0, at(10 * each));
  devices.column(bank, false, at(100));
  EXPECT_EQ(devices.earliest_column(bank, false), at(108));
  EXPECT_EQ(devices.earliest_column(neighbour, false), at(108));
  EXPECT_EQ(devices.earliest_column(other_group, false), at(105));
  devices.column(bank, true, at(200));
  EXPECT_EQ(devices.earliest_column(neighbour, true), at(209)) << "tCCD_L_WR";
  EXPECT_EQ(devices.earliest_column(other_group, true), at(205));
}

TEST_F(Devices, ReadsWaitTwtrAfterWrittenDataLongerInOneGroup) {
  for (unsigned each : {0u, 1u, 2u}) devices.activate(each, 0, at(10 * each));
  devices.column(bank, true, at(100));  // data until 119
  EXPECT_EQ(devices.earliest_column(other_group, false), at(119 + 11));
  EXPECT_EQ(devices.earliest_column(neighbour, false), at(119 + 13));
  EXPECT_EQ(devices.earliest_column(bank, false), at(119 + 13));
}

TEST_F(Devices, WritesWaitForTheBusToTurn) {
  for (unsigned each : {0u, 1u}) devices.activate(each, 0, at(10 * each));
  devices.column(bank, false, at(100));  // data until 124, then tRTRS; a write's data comes after 15
  EXPECT_EQ(devices.earliest_column(other_group, true), at(124 + 2 - 15));
}

TEST_F(Devices, RanksShareTheBusWithTrtrsBetweenThem) {
  DramConfig config = small_dram();
  config.ranks = 2;
  DramDevices two = made(config);
  two.activate(0, 0, at(0));
  two.activate(4, 0, at(0));
  EXPECT_EQ(two.earliest_activate(5), at(3)) << "tRRD is a rank's";
  EXPECT_EQ(two.earliest_activate(1), at(3));
  two.column(0, false, at(100));  // data from 120 to 124
  EXPECT_EQ(two.earliest_column(4, false), at(124 + 2 - 20));
  EXPECT_EQ(two.earliest_column(4, true), at(124 + 2 - 15));
  two.column(0, true, at(200));  // data until 219
  EXPECT_EQ(two.earliest_column(4, false), at(219 + 2 - 20)) << "no tWTR in another rank";
  EXPECT_EQ(two.earliest_column(4, true), at(219 + 2 - 15));
}

TEST_F(Devices, RefreshWaitsTrpAndHoldsItsBanksForTrfc) {
  DramConfig config = small_dram();
  config.t_refi_ns = 1000;
  config.t_rfc_ns = 50;
  DramDevices refreshed = made(config);
  refreshed.activate(bank, 0, at(0));
  refreshed.precharge(bank, at(100));
  EXPECT_EQ(refreshed.earliest_refresh(0, 4), at(130));
  refreshed.refresh(0, 4, at(130));
  for (unsigned each = 0; each < 4; ++each) EXPECT_EQ(refreshed.earliest_activate(each), at(180));
}

TEST_F(Devices, ClosedRowsPrechargeThemselvesWhenTheyMay) {
  DramConfig config = small_dram();
  config.page_policy = PagePolicy::Closed;
  DramDevices closed = made(config);
  closed.activate(bank, 0, at(0));
  closed.column(bank, false, at(10));
  EXPECT_FALSE(closed.open(bank));
  EXPECT_EQ(closed.earliest_activate(bank), at(100 + 30)) << "tRAS, tRP";
}

}  // namespace
}  // namespace tablewalk::dram_timing_test
