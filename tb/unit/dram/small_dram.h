#pragma once

#include "dram/dram_config.h"

namespace tablewalk::test {

constexpr std::uint64_t line_bytes = 64;
constexpr std::uint64_t core_mhz = 1000;  // a cycle is a nanosecond, and a clock of the small memory

/// Two groups of two banks of rows of four lines, every timing a different number of clocks, no refresh.
inline DramConfig small_dram() {
  DramConfig config;
  config.data_rate_mts = 2000;
  config.banks = 4;
  config.bank_groups = 2;
  config.rows = 16;
  config.row_bytes = 256;
  config.t_rcd_ns = 10;
  config.t_cl_ns = 20;
  config.t_cwl_ns = 15;
  config.t_rp_ns = 30;
  config.t_ras_ns = 100;
  config.t_rrd_s_ns = 3;
  config.t_rrd_l_ns = 6;
  config.t_faw_ns = 40;
  config.t_ccd_s_ns = 5;
  config.t_ccd_l_ns = 8;
  config.t_ccd_l_wr_ns = 9;
  config.t_wtr_s_ns = 11;
  config.t_wtr_l_ns = 13;
  config.t_rtp_ns = 7;
  config.t_wr_ns = 12;
  config.t_rtrs_ns = 2;
  config.burst_ns = 4;
  config.t_refi_ns = 0;
  config.t_rfc_ns = 0;
  config.controller_ns = 8;
  return config;
}
// Latencies of a read on an idle channel, by hand.
constexpr std::uint64_t read_hit = 20 + 4 + 8;
constexpr std::uint64_t read_miss = 10 + read_hit;
constexpr std::uint64_t read_conflict = 30 + read_miss;

}  // namespace tablewalk::test
