#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "dram/dram_config.h"
#include "dram/memory_clock.h"

namespace tablewalk {

/// A DRAM's timings in its own clocks: nanoseconds are converted here, once, each rounded up, as JEDEC specifies.
struct DramTimings {
  /// The config must have passed its checks. `line_bytes` above 64 take several bursts.
  DramTimings(const DramConfig& config, std::uint64_t line_bytes);

  Clocks rcd, cl, cwl, rp, ras, rtp, wr;
  Clocks rrd_s, rrd_l, faw;
  Clocks ccd_s, ccd_l, ccd_l_wr;
  Clocks wtr_s, wtr_l, rtrs;
  std::uint64_t bursts = 1;  ///< per line
  Clocks burst;              ///< data bus time of 64 bytes, at least 1
  Clocks further_reads;      ///< first to last column command of a line of several bursts; else 0
  Clocks further_writes;
  /// Data bus time of a line.
  Clocks bus_time() const { return Clocks(burst.count() * bursts); }
  Clocks refi, rfc;   ///< interval between two refreshes of a rank, and duration of one; both 0 without refresh
  Clocks controller;  ///< both ways together; added after the data
};

/// The state of a channel's devices: open rows, and the first clock for each command. Banks are numbered over all
/// ranks; the bank group is the low part of the bank number.
///
/// Each earliest_...() is the first clock in which the command meets every timing; commands must be issued at or after
/// that. Choosing a sensible command is up to the caller.
class DramDevices {
 public:
  DramDevices(const DramConfig& config, const DramTimings& timings);

  unsigned banks() const { return static_cast<unsigned>(banks_.size()); }
  unsigned banks_of_rank() const { return banks_of_rank_; }
  bool open(unsigned bank) const { return banks_[bank].open; }
  /// If open.
  std::uint64_t row(unsigned bank) const { return banks_[bank].row; }
  /// Column commands since its row was opened.
  unsigned columns(unsigned bank) const { return banks_[bank].columns; }

  /// For banks that are not open: tRP, tRFC, tRRD_S, tRRD_L, tFAW.
  Clocks earliest_activate(unsigned bank) const {
    const Bank& at = banks_[bank];
    const Rank& rank = ranks_[at.rank];
    return std::max(at.activate, std::max(groups_[at.group].activate, rank.activate));
  }
  /// For open banks: tRAS, tRTP, tWR.
  Clocks earliest_precharge(unsigned bank) const { return banks_[bank].precharge; }
  /// For open banks: tRCD, tCCD_S, tCCD_L, tWTR_S, tWTR_L, tRTRS, the data bus.
  Clocks earliest_column(unsigned bank, bool write) const {
    const Bank& at = banks_[bank];
    return std::max(at.column, std::max(groups_[at.group].column[write], ranks_[at.rank].column[write]));
  }

  void activate(unsigned bank, std::uint64_t row, Clocks at);
  void precharge(unsigned bank, Clocks at);
  /// Returns when the last of the line's data has been transferred.
  Clocks column(unsigned bank, bool write, Clocks at);

  /// Whether one of `count` banks from `first` on is open.
  bool any_open(unsigned first, unsigned count) const;
  /// For refreshing all these banks, none of which may be open.
  Clocks earliest_refresh(unsigned first, unsigned count) const;
  void refresh(unsigned first, unsigned count, Clocks at);

 private:
  struct Bank {
    std::uint32_t rank = 0;
    std::uint32_t group = 0;  ///< over all ranks
    bool open = false;
    std::uint32_t columns = 0;
    std::uint64_t row = 0;
    Clocks activate;
    Clocks precharge;
    Clocks column;
  };
  struct Group {
    Clocks activate;
    std::array<Clocks, 2> column;  ///< [write]
  };
  struct Rank {
    Clocks activate;               ///< tRRD_S and tFAW
    std::array<Clocks, 2> column;  ///< [write]
    std::array<Clocks, 4> window;  ///< when each of the last four activates leaves the tFAW window
    std::uint32_t oldest = 0;
  };

  void close(Bank& bank, Clocks at);

  DramTimings timings_;
  bool auto_precharge_;
  unsigned banks_of_rank_;
  std::vector<Bank> banks_;
  std::vector<Group> groups_;
  std::vector<Rank> ranks_;
};

}  // namespace tablewalk
