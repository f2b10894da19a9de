#include "dram/dram_timing.h"

#include <cmath>

namespace tablewalk {
namespace {

/// Rounded up, but for what the product of two exact decimals is off in floating point.
Cycles to_cycles(double ns, std::uint64_t core_mhz) {
  constexpr double noise = 1e-6;
  return Cycles(
      static_cast<std::uint64_t>(std::max(0.0, std::ceil(ns * static_cast<double>(core_mhz) / 1000 - noise))));
}

}  // namespace

DramTimings::DramTimings(const DramConfig& config, std::uint64_t core_mhz, std::uint64_t line_bytes) {
  const auto cycles = [&](double ns) { return to_cycles(ns, core_mhz); };
  rcd = cycles(config.t_rcd_ns);
  cl = cycles(config.t_cl_ns);
  cwl = cycles(config.t_cwl_ns);
  rp = cycles(config.t_rp_ns);
  ras = cycles(config.t_ras_ns);
  ccd = cycles(config.t_ccd_ns);
  rtp = cycles(config.t_rtp_ns);
  wr = cycles(config.t_wr_ns);
  constexpr std::uint64_t burst_bytes = 64;
  const std::uint64_t bursts = std::max<std::uint64_t>(1, line_bytes / burst_bytes);
  burst = std::max(Cycles(1), cycles(config.burst_ns * static_cast<double>(bursts)));
  refi = config.refreshes() ? cycles(config.t_refi_ns) : Cycles(0);
  rfc = config.refreshes() ? cycles(config.t_rfc_ns) : Cycles(0);
  controller = cycles(config.controller_ns);
}

Cycles DataBus::reserve(Cycles earliest, Cycles now) {
  while (head_ < tail_ && starts_[head_] + burst_ <= now) ++head_;
  if (tail_ == starts_.size()) {
    std::copy(starts_.begin() + static_cast<std::ptrdiff_t>(head_), starts_.end(), starts_.begin());
    tail_ -= head_;
    head_ = 0;
  }
  std::size_t place = tail_;
  while (place > head_ && starts_[place - 1] + burst_ > earliest) --place;
  Cycles start = earliest;
  while (place < tail_ && starts_[place] < start + burst_) start = starts_[place++] + burst_;
  for (std::size_t moved = tail_; moved > place; --moved) starts_[moved] = starts_[moved - 1];
  starts_[place] = start;
  ++tail_;
  return start;
}

DramScheduler::DramScheduler(const DramConfig& config, std::uint64_t core_mhz, std::uint64_t line_bytes)
    : map_(config, line_bytes),
      timings_(config, core_mhz, line_bytes),
      policy_(config.page_policy),
      ranks_(config.ranks),
      banks_(config.banks),
      bank_queue_(config.bank_queue),
      bank_state_(std::size_t{config.channels} * config.ranks * config.banks),
      queue_slots_(bank_state_.size() * config.bank_queue) {
  // A bank's accesses in service never outnumber its queue: that many bursts at most are still to come.
  const std::size_t bursts = std::size_t{config.ranks} * config.banks * config.bank_queue;
  channels_.assign(config.channels, Channel{Cycles(0), DataBus(timings_.burst, bursts)});
}

Service DramScheduler::schedule(PhysicalAddress line, bool write, Cycles arrival) {
  const DramLocation place = map_.locate(line);
  Channel& channel = channels_[place.channel];
  const std::size_t index = (std::size_t{place.channel} * ranks_ + place.rank) * banks_ + place.bank;
  Bank& bank = bank_state_[index];
  Cycles& slot = queue_slots_[index * bank_queue_ + bank.oldest_slot];

  const Cycles accepted = accept(channel, bank, slot, arrival);
  const FirstCommand first = begin(bank, place.rank, place.row, std::max(accepted, bank.column_ready));

  const Cycles activate = first.row == RowOutcome::Conflict ? first.at + timings_.rp : first.at;
  const Cycles column_at = first.row == RowOutcome::Hit ? first.at : activate + timings_.rcd;
  const Cycles to_data = write ? timings_.cwl : timings_.cl;
  const Cycles data = channel.bus.reserve(column_at + to_data, accepted);
  const Cycles column = data - to_data;  // a column command waits until its data has the bus
  const Cycles done = data + timings_.burst;

  const Cycles recovered = write ? done + timings_.wr : column + timings_.rtp;
  const Cycles restored = first.row == RowOutcome::Hit ? bank.precharge_ready : activate + timings_.ras;
  bank.open = true;
  bank.row = place.row;
  bank.precharge_ready = std::max(restored, recovered);
  bank.column_ready = column + std::max(timings_.ccd, timings_.burst);
  if (policy_ == PagePolicy::Closed) close_row(bank);
  slot = done;

  const Cycles complete = done + timings_.controller;
  return {accepted, complete, complete - arrival - service_cycles(first.row, write), first.row, first.refresh_stalled};
}

/// Waits for a free place in the bank's queue, and takes it.
Cycles DramScheduler::accept(Channel& channel, Bank& bank, Cycles& slot, Cycles arrival) {
  channel.accepting = std::max({arrival, channel.accepting, slot});
  bank.oldest_slot = bank.oldest_slot + 1 == bank_queue_ ? 0 : bank.oldest_slot + 1;
  return channel.accepting;
}

/// The access's first command: precharge, activate or column, as the row buffer asks for.
DramScheduler::FirstCommand DramScheduler::begin(Bank& bank, std::uint32_t rank, std::uint64_t row, Cycles from) const {
  const RowOutcome found = outcome(bank, row);
  const Cycles at = earliest_command(bank, found, from);
  const std::uint64_t refreshes = refreshes_started(rank, at);
  if (refreshes == bank.refreshes_seen) return {at, found, false};
  if (bank.open) close_row(bank);
  const Cycles ready = earliest_command(bank, RowOutcome::Miss, from);
  const Cycles activate = after_refresh(rank, ready);
  bank.refreshes_seen = refreshes_started(rank, activate);
  return {activate, RowOutcome::Miss, activate != ready};
}

RowOutcome DramScheduler::outcome(const Bank& bank, std::uint64_t row) const {
  if (!bank.open) return RowOutcome::Miss;
  return bank.row == row ? RowOutcome::Hit : RowOutcome::Conflict;
}

Cycles DramScheduler::earliest_command(const Bank& bank, RowOutcome outcome, Cycles from) const {
  switch (outcome) {
    case RowOutcome::Hit:
      return from;
    case RowOutcome::Miss:
      return std::max(from, bank.activate_ready);
    case RowOutcome::Conflict:
      break;
  }
  return std::max(from, bank.precharge_ready);
}

void DramScheduler::close_row(Bank& bank) const {
  bank.open = false;
  bank.activate_ready = bank.precharge_ready + timings_.rp;
}

Cycles DramScheduler::service_cycles(RowOutcome outcome, bool write) const {
  Cycles cycles = (write ? timings_.cwl : timings_.cl) + timings_.burst + timings_.controller;
  if (outcome != RowOutcome::Hit) cycles += timings_.rcd;
  if (outcome == RowOutcome::Conflict) cycles += timings_.rp;
  return cycles;
}

/// Ranks take turns, so that one of them can always be used.
Cycles DramScheduler::refresh_offset(std::uint32_t rank) const {
  return Cycles(timings_.refi.count() * rank / ranks_);
}

std::uint64_t DramScheduler::refreshes_started(std::uint32_t rank, Cycles cycle) const {
  const Cycles offset = refresh_offset(rank);
  if (timings_.refi == Cycles(0) || cycle < offset) return 0;
  return (cycle - offset).count() / timings_.refi.count();
}

/// The cycle itself, or the end of the refresh that it falls into.
Cycles DramScheduler::after_refresh(std::uint32_t rank, Cycles cycle) const {
  const std::uint64_t started = refreshes_started(rank, cycle);
  if (started == 0) return cycle;
  return std::max(cycle, refresh_offset(rank) + Cycles(started * timings_.refi.count()) + timings_.rfc);
}

}  // namespace tablewalk
