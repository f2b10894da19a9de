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
      banks_(devices_.banks()),
      place_(devices_.banks()) {
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
  access.begun = false;
  access.found = RowOutcome::Hit;
  access.refresh_stalled = false;
  const std::uint32_t bank = access.bank;
  const std::uint32_t in_buffer = writes_.count;
  if (incoming_.count != 0 || !admit(index, at)) pool_.append(incoming_, index);
  const bool drained = write && writes_.count <= in_buffer;
  if (idle || drained) return make_plan(at);
  revise_plan(bank, at);
}

/// Something may have entered that bank's queue; else nothing has changed since the plan was made.
void DramChannel::revise_plan(std::uint32_t bank, Clocks at) {
  // A new hit may forbid to close the row. Else what could be done before can still be done.
  if (plan_.command == Command::Precharge && plan_.bank == bank) return make_plan(at);
  if (banks_[bank].queue.count != 0) consider(place_[bank], place_[bank] + 1, std::max(at, bus_free_));
}

/// Whether there is room for it.
bool DramChannel::admit(std::uint32_t index, Clocks at) {
  const DramAccess& access = pool_[index];
  if (!in_order_) return access.write ? admit_write(index, at) : admit_read(index, at);
  if (!has_room(access.bank)) return false;
  if (access.write) note(DramNote::Kind::Accepted, access, at);
  enter_bank(index, at);
  return true;
}

bool DramChannel::admit_write(std::uint32_t index, Clocks at) {
  const DramAccess& access = pool_[index];
  if (waits_to_be_written(access.line, access.bank)) {  // the newer data takes the older's place
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

bool DramChannel::admit_read(std::uint32_t index, Clocks at) {
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

void DramChannel::enter_bank(std::uint32_t index, Clocks at) {
  DramAccess& access = pool_[index];
  Bank& bank = banks_[access.bank];
  access.refresh_stalled = at < bank.refreshed;
  if (bank.queue.count == 0) {
    place_[access.bank] = static_cast<std::uint32_t>(busy_.size());
    busy_.push_back({access.bank, Clocks(0), 0, Clocks(0)});
  } else {
    clear_bounds(access.bank);
  }
  pool_.append(bank.queue, index);
  if (!devices_.open(access.bank) || devices_.row(access.bank) != access.row) return;
  const bool considered = !in_order_ || bank.queue.count == 1;
  if (considered && bank.hit[access.write] == DramQueues::none) bank.hit[access.write] = index;
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

/// An access has left that bank's queue: which can move up?
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

void DramChannel::look_for_hits(std::uint32_t number) {
  Bank& bank = banks_[number];
  bank.hit = {DramQueues::none, DramQueues::none};
  if (bank.queue.count == 0) return;
  clear_bounds(number);
  if (!devices_.open(number)) return;
  const std::uint64_t row = devices_.row(number);
  for (std::uint32_t index = bank.queue.first; index != DramQueues::none; index = pool_[index].next) {
    const DramAccess& access = pool_[index];
    if (access.row == row && bank.hit[access.write] == DramQueues::none) bank.hit[access.write] = index;
    if (in_order_) break;
  }
}

bool DramChannel::may_close(std::uint32_t number) const {
  const Bank& bank = banks_[number];
  if (pool_[bank.queue.first].row == devices_.row(number)) return false;
  const bool used = bank.hit[0] != DramQueues::none || bank.hit[1] != DramQueues::none;
  return !used || devices_.columns(number) >= row_hit_limit_;
}

/// The next command, at `from` or later.
void DramChannel::make_plan(Clocks from) {
  plan_ = {};
  if (busy_.empty()) return;
  const Clocks first = std::max(from, bus_free_);
  consider(0, busy_.size(), first);
  if (refresh_.first_due() > plan_.at) return;
  for (unsigned rank = 0; rank < refresh_.ranks(); ++rank) {
    if (refresh_.due(rank) <= plan_.at) consider_refresh(rank, first);
  }
}

void DramChannel::plan_anew(Clocks from) {
  for (BusyBank& busy : busy_) clear_bounds(busy.number);
  make_plan(from);
}

/// Of the busy banks from `begin` to before `end`, those that may have a better command than the plan. A bank's clock
/// and age are bounded apart, so that the bounds hold for any `from`: which of two accesses comes first may change when
/// both have to wait for the command bus.
void DramChannel::consider(std::size_t begin, std::size_t end, Clocks from) {
  for (std::size_t place = begin; place < end; ++place) {
    BusyBank& busy = busy_[place];
    if (!beats_plan(std::max(from, busy.at), busy.age)) continue;
    if (devices_.open(busy.number)) {
      consider_open(busy, from);
    } else {
      consider_closed(busy, from);
    }
  }
}

void DramChannel::consider_closed(BusyBank& busy, Clocks from) {
  const std::uint32_t oldest = banks_[busy.number].queue.first;
  busy.age = pool_[oldest].age;
  busy.at = devices_.earliest_activate(busy.number);
  const Clocks at = std::max(from, busy.at);
  busy.column = at + timings_.rcd;
  if (!refresh_.blocks(busy.number, at)) propose(at, busy.age, Command::Activate, oldest, busy.number);
}

void DramChannel::consider_open(BusyBank& busy, Clocks from) {
  const Bank& bank = banks_[busy.number];
  const std::uint32_t oldest = bank.queue.first;
  const std::uint64_t age = pool_[oldest].age;
  busy.at = Clocks::never();
  busy.age = age;
  for (const std::uint32_t hit : bank.hit) {
    if (hit == DramQueues::none) continue;
    const DramAccess& access = pool_[hit];
    const Clocks ready = devices_.earliest_column(busy.number, access.write);
    busy.at = std::min(busy.at, ready);
    busy.age = std::min(busy.age, access.age);
    const Clocks at = std::max(from, ready);
    if (refresh_.blocks(busy.number, at) && devices_.columns(busy.number) != 0) continue;
    propose(at, access.age, Command::Column, hit, busy.number);
  }
  busy.column = busy.at;
  if (!may_close(busy.number)) return;
  const Clocks closed = devices_.earliest_precharge(busy.number);
  busy.at = std::min(busy.at, closed);
  const Clocks at = std::max(from, closed);
  busy.column = std::min(busy.column, at + timings_.rp + timings_.rcd);
  if (!refresh_.blocks(busy.number, at)) propose(at, age, Command::Precharge, oldest, busy.number);
}

Clocks DramChannel::next_note() const {
  if (plan_.command == Command::Column) return plan_.at;
  Clocks first = Clocks::never();
  for (const BusyBank& busy : busy_) first = std::min(first, busy.column);
  return std::max(plan_.at, first);
}

void DramChannel::consider_refresh(std::uint32_t rank, Clocks from) {
  const Clocks start = std::max(from, refresh_.due(rank));
  const unsigned first = refresh_.first(rank);
  bool open = false;
  for (unsigned bank = first; bank < first + refresh_.count(); ++bank) {
    if (!devices_.open(bank)) continue;
    open = true;
    const Clocks at = std::max(start, devices_.earliest_precharge(bank));
    if (devices_.columns(bank) != 0) propose(at, 0, Command::Close, bank, bank);
  }
  if (open) return;
  propose(std::max(start, devices_.earliest_refresh(first, refresh_.count())), 0, Command::Refresh, rank, first);
}

/// The refreshes of the time in which there was nothing else to do.
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
    issue(plan_);
  }
}

void DramChannel::step() {
  issue(plan_);
  make_plan(plan_.at + Clocks(1));
}

void DramChannel::issue(const Plan& plan) {
  bus_free_ = plan.at + Clocks(1);
  switch (plan.command) {
    case Command::Activate:
      note_found(pool_[plan.subject], RowOutcome::Miss);
      devices_.activate(plan.bank, pool_[plan.subject].row, plan.at);
      break;
    case Command::Precharge:
      note_found(pool_[plan.subject], RowOutcome::Conflict);
      devices_.precharge(plan.bank, plan.at);
      break;
    case Command::Column:
      issue_column(plan.subject, plan.at);
      break;
    case Command::Close:
      devices_.precharge(plan.bank, plan.at);
      break;
    case Command::Refresh:
      return issue_refresh(plan.subject, plan.at);
  }
  look_for_hits(plan.bank);
  if (plan.command == Command::Column) refill(plan.bank, plan.at);
}

void DramChannel::note_found(DramAccess& access, RowOutcome found) {
  if (access.begun) return;
  access.begun = true;
  access.found = found;
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
  if (bank.queue.count != 0) return;
  busy_[place_[number]] = busy_.back();
  place_[busy_.back().number] = place_[number];
  busy_.pop_back();
}

void DramChannel::issue_refresh(std::uint32_t rank, Clocks at) {
  const unsigned first = refresh_.first(rank);
  devices_.refresh(first, refresh_.count(), at);
  for (unsigned number = first; number < first + refresh_.count(); ++number) {
    Bank& bank = banks_[number];
    bank.refreshed = at + timings_.rfc;
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
