#include "dram/dram_timing.h"

#include <cmath>

namespace tablewalk {
namespace {

void raise(Clocks& time, Clocks least) {
  time = std::max(time, least);
}

/// From a to b, or 0 if b is not later.
Clocks between(Clocks a, Clocks b) {
  return b > a ? b - a : Clocks(0);
}

}  // namespace

DramTimings::DramTimings(const DramConfig& config, std::uint64_t line_bytes) {
  const auto clocks = [&](double ns) {
    constexpr double noise = 1e-6;  // rounding error of the product of two exact decimals in floating point
    const double exact = ns * static_cast<double>(config.data_rate_mts) / 2000;
    return Clocks(static_cast<std::uint64_t>(std::max(0.0, std::ceil(exact - noise))));
  };
  rcd = clocks(config.t_rcd_ns);
  cl = clocks(config.t_cl_ns);
  cwl = clocks(config.t_cwl_ns);
  rp = clocks(config.t_rp_ns);
  ras = clocks(config.t_ras_ns);
  rtp = clocks(config.t_rtp_ns);
  wr = clocks(config.t_wr_ns);
  rrd_s = clocks(config.t_rrd_s_ns);
  rrd_l = std::max(rrd_s, clocks(config.t_rrd_l_ns));
  faw = clocks(config.t_faw_ns);
  burst = std::max(Clocks(1), clocks(config.burst_ns));
  ccd_s = std::max(burst, clocks(config.t_ccd_s_ns));
  ccd_l = std::max(ccd_s, clocks(config.t_ccd_l_ns));
  ccd_l_wr = std::max(ccd_l, clocks(config.t_ccd_l_wr_ns));
  wtr_s = clocks(config.t_wtr_s_ns);
  wtr_l = std::max(wtr_s, clocks(config.t_wtr_l_ns));
  rtrs = clocks(config.t_rtrs_ns);
  constexpr std::uint64_t burst_bytes = 64;
  bursts = std::max<std::uint64_t>(1, line_bytes / burst_bytes);
  further_reads = Clocks((bursts - 1) * ccd_l.count());
  further_writes = Clocks((bursts - 1) * ccd_l_wr.count());
  if (config.refreshes()) {
    refi = std::max(Clocks(1), clocks(config.t_refi_ns));
    rfc = clocks(config.t_rfc_ns);
  }
  controller = clocks(config.controller_ns);
}

DramDevices::DramDevices(const DramConfig& config, const DramTimings& timings)
    : timings_(timings),
      auto_precharge_(config.page_policy == PagePolicy::Closed),
      banks_of_rank_(config.banks),
      banks_(std::size_t{config.ranks} * config.banks),
      groups_(std::size_t{config.ranks} * config.bank_groups),
      ranks_(config.ranks) {
  for (unsigned bank = 0; bank < banks(); ++bank) {
    banks_[bank].rank = bank / config.banks;
    banks_[bank].group = banks_[bank].rank * config.bank_groups + bank % config.bank_groups;
  }
}

void DramDevices::activate(unsigned bank, std::uint64_t row, Clocks at) {
  Bank& opened = banks_[bank];
  opened.open = true;
  opened.row = row;
  opened.columns = 0;
  opened.column = at + timings_.rcd;
  opened.precharge = at + timings_.ras;
  groups_[opened.group].activate = at + timings_.rrd_l;
  Rank& rank = ranks_[opened.rank];
  rank.window[rank.oldest] = at + timings_.faw;
  rank.oldest = (rank.oldest + 1) % rank.window.size();
  rank.activate = std::max(at + timings_.rrd_s, rank.window[rank.oldest]);
}

void DramDevices::close(Bank& bank, Clocks at) {
  bank.open = false;
  bank.activate = std::max(bank.activate, at + timings_.rp);
}

void DramDevices::precharge(unsigned bank, Clocks at) {
  close(banks_[bank], at);
}

Clocks DramDevices::column(unsigned bank, bool write, Clocks at) {
  const DramTimings& t = timings_;
  Bank& used = banks_[bank];
  const Clocks last = at + (write ? t.further_writes : t.further_reads);  // the line's last column command
  const Clocks data_end = last + (write ? t.cwl : t.cl) + t.burst;
  ++used.columns;
  raise(used.precharge, write ? data_end + t.wr : last + t.rtp);

  Group& group = groups_[used.group];
  Rank& own = ranks_[used.rank];
  // When the bus is free for the other direction or another rank: tRTRS after the end of this data.
  const Clocks turned = data_end + t.rtrs;
  raise(own.column[write], last + t.ccd_s);
  raise(group.column[write], last + (write ? t.ccd_l_wr : t.ccd_l));
  if (write) {
    raise(own.column[0], data_end + t.wtr_s);
    raise(group.column[0], data_end + t.wtr_l);
  } else {
    raise(own.column[1], between(t.cwl, turned));
  }
  if (ranks_.size() > 1) {
    for (Rank& other : ranks_) {
      if (&other == &own) continue;
      raise(other.column[0], between(t.cl, turned));
      raise(other.column[1], between(t.cwl, turned));
    }
  }
  if (auto_precharge_) close(used, used.precharge);
  return data_end;
}

bool DramDevices::any_open(unsigned first, unsigned count) const {
  for (unsigned bank = first; bank < first + count; ++bank) {
    if (banks_[bank].open) return true;
  }
  return false;
}

Clocks DramDevices::earliest_refresh(unsigned first, unsigned count) const {
  Clocks earliest;
  for (unsigned bank = first; bank < first + count; ++bank) raise(earliest, banks_[bank].activate);
  return earliest;
}

void DramDevices::refresh(unsigned first, unsigned count, Clocks at) {
  for (unsigned bank = first; bank < first + count; ++bank) banks_[bank].activate = at + timings_.rfc;
}

}  // namespace tablewalk
