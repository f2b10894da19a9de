#include "dram/dram_channel.h"

namespace tablewalk {

DramChannel::DramChannel(const DramConfig& config, const DramTimings& timings)
    : timings_(timings),
      devices_(config, timings),
      refresh_(config, timings),
      in_order_(config.scheduler == DramSchedulerKind::Fcfs),
      bank_queue_(config.bank_queue),
      read_queue_(config.read_queue),
      write_queue_(config.write_queue),
      write_low_(config.write_low),
      row_hit_limit_(config.row_hit_limit),
      banks_(devices_.banks()) {
  const Clocks hit = timings.controller + timings.cl + timings.further_reads + timings.burst;
  service_ = {hit, hit + timings.rcd, hit + timings.rcd + timings.rp};
}

void DramChannel::arrive(const DramLocation& place, std::uint64_t line, bool write, Clocks at, std::uint32_t token) {
  const bool idle = busy_.empty();
  if (idle) catch_up(at);
  const std::uint32_t index = pool_.take();
  DramAccess& access = pool_[index];
  access.line = line;
  access.row = place.row;
  access.age = next_age_++;
  access.arrival = at;
  access.token = token;
  access.bank = place.rank * devices_.banks_of_rank() + place.bank;
  access.write = write;
  access.found = RowOutcome::Hit;
  access.refresh_stalled = false;
  const std::uint32_t bank = access.bank;
  const std::uint32_t in_buffer = writes_.count;
  if (incoming_.count != 0 || !admit(index, at)) pool_.append(incoming_, index);
  const bool drained = write && writes_.count <= in_buffer;
  // A new hit may forbid closing the row. Otherwise the plan remains valid.
  if (drained || (plan_.command == Command::Precharge && plan_.bank == bank)) return make_plan(at);
  if (banks_[bank].queue.count == 0) return;
  const Clocks first = std::max(at, bus_free_);
  consider(bank, first);
  if (idle) consider_refreshes(first);
}

/// False if there is no room for the access.
inline bool DramChannel::admit(std::uint32_t index, Clocks at) {
  const DramAccess& access = pool_[index];
  if (!in_order_) return access.write ? admit_write(index, at) : admit_read(index, at);
  if (!has_room(access.bank)) return false;
  if (access.write) note(DramNote::Kind::Accepted, access, at);
  enter_bank(index, at);
  return true;
}

bool DramChannel::admit_write(std::uint32_t index, Clocks at) {
  const DramAccess& access = pool_[index];
  if (waits_to_be_written(access.line, access.bank)) {  // the newer data replaces the older
    note(DramNote::Kind::Accepted, access, at);
    pool_.give_back(index);
    return true;
  }
  if (writes_.count == write_queue_) return false;
  note(DramNote::Kind::Accepted, access, at);
  ++writes_like(access.line);
  pool_.append(writes_, index);
  if (draining_ == 0 && (writes_.count == write_queue_ || (busy_.empty() && writes_.count > write_low_))) {
    draining_ = writes_.count;
    drain_writes(at);
  }
  return true;
}

inline bool DramChannel::admit_read(std::uint32_t index, Clocks at) {
  const DramAccess& access = pool_[index];
  if (waits_to_be_written(access.line, access.bank)) {
    note(DramNote::Kind::Forwarded, access, at + Clocks(1) + timings_.controller);
    pool_.give_back(index);
    return true;
  }
  if (reads_held_ == read_queue_) return false;
  ++reads_held_;
  if (draining_ == 0 && has_room(access.bank)) {
    enter_bank(index, at);
  } else {
    pool_.append(reads_, index);
  }
  return true;
}

bool DramChannel::waits_to_be_written(std::uint64_t line, std::uint32_t bank) const {
  if (writes_like_[line % writes_like_.size()] == 0) return false;
  const auto holds = [&](const DramQueues::List& list) {
    for (std::uint32_t index = list.first; index != DramQueues::none; index = pool_[index].next) {
      if (pool_[index].write && pool_[index].line == line) return true;
    }
    return false;
  };
  return holds(writes_) || holds(banks_[bank].queue);
}

inline void DramChannel::enter_bank(std::uint32_t index, Clocks at) {
  DramAccess& access = pool_[index];
  Bank& bank = banks_[access.bank];
  access.refresh_stalled = at < bank.refreshed;
  pool_.append(bank.queue, index);
  bank.forget();
  if (bank.queue.count != 1) return;
  bank.place = static_cast<std::uint32_t>(busy_.size());
  busy_.push_back(access.bank);
}

void DramChannel::drain_writes(Clocks at) {
  std::uint32_t index = writes_.first;
  for (std::uint32_t left = draining_; left != 0; --left) {
    const std::uint32_t next = pool_[index].next;
    if (has_room(pool_[index].bank)) {
      pool_.remove(writes_, index);
      enter_bank(index, at);
      --draining_;
    }
    index = next;
  }
}

/// An access has left that bank's queue: moves others up.
void DramChannel::refill(std::uint32_t bank, Clocks at) {
  if (incoming_.count == 0 && reads_.count == 0 && draining_ == 0 && writes_.count <= write_low_) return;
  const bool drained = draining_ != 0;
  if (draining_ != 0) drain_writes(at);
  if (draining_ == 0 && reads_.count != 0) {
    for (std::uint32_t index = reads_.first; index != DramQueues::none;) {
      const std::uint32_t next = pool_[index].next;
      if ((drained || pool_[index].bank == bank) && has_room(pool_[index].bank)) {
        pool_.remove(reads_, index);
        enter_bank(index, at);
      }
      index = next;
    }
  }
  while (incoming_.count != 0) {
    const std::uint32_t index = incoming_.first;
    pool_.remove(incoming_, index);
    if (admit(index, at)) continue;
    pool_.prepend(incoming_, index);
    break;
  }
  if (busy_.empty() && draining_ == 0 && writes_.count > write_low_) {
    draining_ = writes_.count;
    drain_writes(at);
  }
}

/// Plans the next command, at `from` or later.
inline void DramChannel::make_plan(Clocks from) {
  plan_ = {};
  first_column_ = Clocks::never();
  if (busy_.empty()) return;
  const Clocks first = std::max(from, bus_free_);
  for (const std::uint32_t number : busy_) consider(number, first);
  consider_refreshes(first);
}

void DramChannel::plan_anew(Clocks from) {
  for (const std::uint32_t number : busy_) banks_[number].forget();
  make_plan(from);
}

/// Considers a busy bank's commands. Clock and age are bounded separately, so that the bounds hold for any `from`: the
/// order of two accesses may change when both wait for the command bus.
inline void DramChannel::consider(std::uint32_t number, Clocks from) {
  const Bank& bank = banks_[number];
  if (plan_.is_beaten_by(std::max(from, bank.at), bank.age)) {
    const bool only_oldest = bank.queue.count == 1 || in_order_ || !devices_.open(number);
    if (only_oldest) {
      consider_oldest(number, from);
    } else {
      consider_queue(number, from);
    }
  }
  first_column_ = std::min(first_column_, bank.column);
}

/// For a bank in which only the oldest access can have a command.
inline void DramChannel::consider_oldest(std::uint32_t number, Clocks from) {
  Bank& bank = banks_[number];
  const std::uint32_t index = bank.queue.first;
  const DramAccess& oldest = pool_[index];
  Command command = Command::Activate;
  Clocks to_column = timings_.rcd;
  if (!devices_.open(number)) {
    bank.at = devices_.earliest_activate(number);
  } else if (devices_.row(number) == oldest.row) {
    command = Command::Column;
    to_column = Clocks(0);
    bank.at = devices_.earliest_column(number, oldest.write);
  } else {
    command = Command::Precharge;
    to_column = timings_.rp + timings_.rcd;
    bank.at = devices_.earliest_precharge(number);
  }
  bank.age = oldest.age;
  const Clocks at = std::max(from, bank.at);
  bank.column = at + to_column;
  if (may_be_issued(command, number, at)) plan_.improve({at, oldest.age, command, index, number});
}

/// For a bank with an open row and several accesses.
void DramChannel::consider_queue(std::uint32_t number, Clocks from) {
  Bank& bank = banks_[number];
  const std::uint64_t row = devices_.row(number);
  std::array<std::uint32_t, 2> hits{DramQueues::none, DramQueues::none};  // [write]: the oldest hit
  for (std::uint32_t index = bank.queue.first; index != DramQueues::none; index = pool_[index].next) {
    const DramAccess& access = pool_[index];
    if (access.row == row && hits[access.write] == DramQueues::none) hits[access.write] = index;
  }
  const DramAccess& oldest = pool_[bank.queue.first];
  bank.at = Clocks::never();
  bank.age = oldest.age;
  for (const std::uint32_t hit : hits) {
    if (hit == DramQueues::none) continue;
    const DramAccess& access = pool_[hit];
    const Clocks ready = devices_.earliest_column(number, access.write);
    bank.at = std::min(bank.at, ready);
    bank.age = std::min(bank.age, access.age);
    const Clocks at = std::max(from, ready);
    if (may_be_issued(Command::Column, number, at)) plan_.improve({at, access.age, Command::Column, hit, number});
  }
  bank.column = bank.at;
  const bool used = bank.at != Clocks::never();
  if (oldest.row == row || (used && devices_.columns(number) < row_hit_limit_)) return;
  const Clocks closed = devices_.earliest_precharge(number);
  bank.at = std::min(bank.at, closed);
  const Clocks at = std::max(from, closed);
  bank.column = std::min(bank.column, at + timings_.rp + timings_.rcd);
  if (!may_be_issued(Command::Precharge, number, at)) return;
  plan_.improve({at, oldest.age, Command::Precharge, bank.queue.first, number});
}

/// Whether no refresh due by then forbids the command.
inline bool DramChannel::may_be_issued(Command command, std::uint32_t bank, Clocks at) const {
  if (!refresh_.blocks(bank, at)) return true;
  return command == Command::Column && devices_.columns(bank) == 0;
}

/// Considers refreshes due before the planned command.
inline void DramChannel::consider_refreshes(Clocks from) {
  if (refresh_.first_due() > plan_.at) return;
  for (unsigned rank = 0; rank < refresh_.ranks(); ++rank) {
    if (refresh_.due(rank) <= plan_.at) consider_refresh(rank, from);
  }
}

void DramChannel::consider_refresh(std::uint32_t rank, Clocks from) {
  const Clocks start = std::max(from, refresh_.due(rank));
  const unsigned first = refresh_.first(rank);
  bool open = false;
  for (unsigned bank = first; bank < first + refresh_.count(); ++bank) {
    if (!devices_.open(bank)) continue;
    open = true;
    const Clocks at = std::max(start, devices_.earliest_precharge(bank));
    if (devices_.columns(bank) != 0) plan_.improve({at, 0, Command::Close, bank, bank});
  }
  if (open) return;
  const Clocks at = std::max(start, devices_.earliest_refresh(first, refresh_.count()));
  plan_.improve({at, 0, Command::Refresh, rank, first});
}

/// Issues the refreshes of a period without accesses.
void DramChannel::catch_up(Clocks until) {
  if (refresh_.first_due() >= until) return;
  for (unsigned rank = 0; rank < refresh_.ranks(); ++rank) {
    const unsigned first = rank * devices_.banks_of_rank();
    if (!devices_.any_open(first, devices_.banks_of_rank())) refresh_.skip(rank, until);
  }
  while (true) {
    plan_ = {};
    for (unsigned rank = 0; rank < refresh_.ranks(); ++rank) consider_refresh(rank, bus_free_);
    if (plan_.at >= until) break;
    issue_for_refresh(plan_);
    bus_free_ = plan_.at + Clocks(1);
  }
  plan_ = {};
}

void DramChannel::issue_up_to(Clocks until) {
  do {
    issue();
    make_plan(bus_free_);
  } while (plan_.at <= until);
}

/// Issues the planned command.
inline void DramChannel::issue() {
  const std::uint32_t number = plan_.bank;
  const Clocks at = plan_.at;
  bus_free_ = at + Clocks(1);
  switch (plan_.command) {
    case Command::Activate:
      note_found(pool_[plan_.subject], RowOutcome::Miss);
      devices_.activate(number, pool_[plan_.subject].row, at);
      break;
    case Command::Precharge:
      note_found(pool_[plan_.subject], RowOutcome::Conflict);
      devices_.precharge(number, at);
      break;
    case Command::Column:
      issue_column(plan_.subject, at);
      break;
    case Command::Close:
    case Command::Refresh:
      issue_for_refresh(plan_);
  }
  banks_[number].forget();
}

/// The row outcome of an access is set by its first command that is not a column command.
void DramChannel::note_found(DramAccess& access, RowOutcome found) {
  if (access.found == RowOutcome::Hit) access.found = found;
}

void DramChannel::issue_column(std::uint32_t index, Clocks at) {
  const DramAccess& access = pool_[index];
  const std::uint32_t number = access.bank;
  Bank& bank = banks_[number];
  const Clocks complete = devices_.column(number, access.write, at) + timings_.controller;
  if (access.write) {
    if (!in_order_) --writes_like(access.line);
    note(DramNote::Kind::Written, access, complete);
  } else {
    if (!in_order_) --reads_held_;
    const Clocks queue = complete - access.arrival - service_[static_cast<unsigned>(access.found)];
    notes_.push_back(
        {DramNote::Kind::Read, access.found, access.refresh_stalled, access.token, access.arrival, complete, queue});
  }
  pool_.remove(bank.queue, index);
  pool_.give_back(index);
  if (bank.queue.count == 0) {
    busy_[bank.place] = busy_.back();
    banks_[busy_.back()].place = bank.place;
    busy_.pop_back();
  }
  refill(number, at);
}

void DramChannel::issue_for_refresh(const Plan& plan) {
  if (plan.command == Command::Close) return devices_.precharge(plan.bank, plan.at);
  const std::uint32_t rank = plan.subject;
  const unsigned first = refresh_.first(rank);
  devices_.refresh(first, refresh_.count(), plan.at);
  for (unsigned number = first; number < first + refresh_.count(); ++number) {
    Bank& bank = banks_[number];
    bank.refreshed = plan.at + timings_.rfc;
    for (std::uint32_t index = bank.queue.first; index != DramQueues::none; index = pool_[index].next) {
      pool_[index].refresh_stalled = true;
    }
  }
  refresh_.advance(rank);
}

void DramChannel::note(DramNote::Kind kind, const DramAccess& access, Clocks complete) {
  notes_.push_back({kind, access.found, access.refresh_stalled, access.token, access.arrival, complete, Clocks(0)});
}

}  // namespace tablewalk
