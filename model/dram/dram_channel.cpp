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
      place_(devices_.banks()) {}

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
  if (plan_.age != 0 && plan_.bank == bank) return make_plan(at);
  if (banks_[bank].queue.count != 0) consider(bank, std::max(at, bus_free_));
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
    busy_.push_back(access.bank);
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

/// An access has left that bank's queue: who can move up?
void DramChannel::refill(std::uint32_t bank, Clocks at) {
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
  for (const std::uint32_t bank : busy_) consider(bank, first);
  if (refresh_.first_due() > plan_.at) return;
  for (unsigned rank = 0; rank < refresh_.ranks(); ++rank) {
    if (refresh_.due(rank) <= plan_.at) consider_refresh(rank, first);
  }
}

void DramChannel::consider(std::uint32_t number, Clocks from) {
  const Bank& bank = banks_[number];
  const std::uint32_t oldest = bank.queue.first;
  if (!devices_.open(number)) {
    const Clocks at = std::max(from, devices_.earliest_activate(number));
    if (!refresh_.blocks(number, at)) propose(at, pool_[oldest].age, Command::Activate, oldest, number);
    return;
  }
  if (bank.hit[0] != DramQueues::none) consider_column(number, bank.hit[0], from);
  if (bank.hit[1] != DramQueues::none) consider_column(number, bank.hit[1], from);
  if (!may_close(number)) return;
  const Clocks at = std::max(from, devices_.earliest_precharge(number));
  if (!refresh_.blocks(number, at)) propose(at, pool_[oldest].age, Command::Precharge, oldest, number);
}

void DramChannel::consider_column(std::uint32_t number, std::uint32_t hit, Clocks from) {
  const Clocks at = std::max(from, devices_.earliest_column(number, pool_[hit].write));
  if (refresh_.blocks(number, at) && devices_.columns(number) != 0) return;
  propose(at, pool_[hit].age, Command::Column, hit, number);
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
    case Command::Activate: {
      DramAccess& access = pool_[plan.subject];
      note_found(access, RowOutcome::Miss);
      devices_.activate(access.bank, access.row, plan.at);
      return look_for_hits(access.bank);
    }
    case Command::Precharge: {
      DramAccess& access = pool_[plan.subject];
      note_found(access, RowOutcome::Conflict);
      devices_.precharge(access.bank, plan.at);
      return look_for_hits(access.bank);
    }
    case Command::Column:
      return issue_column(plan.subject, plan.at);
    case Command::Close:
      devices_.precharge(plan.subject, plan.at);
      return look_for_hits(plan.subject);
    case Command::Refresh:
      return issue_refresh(plan.subject, plan.at);
  }
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
  const Clocks data_end = devices_.column(number, access.write, at);
  if (!in_order_ && access.write) --writes_like(access.line);
  if (!in_order_ && !access.write) --reads_held_;
  note(access.write ? DramNote::Kind::Written : DramNote::Kind::Read, access, data_end + timings_.controller);
  pool_.remove(bank.queue, index);
  pool_.give_back(index);
  if (bank.queue.count == 0) {
    busy_[place_[number]] = busy_.back();
    place_[busy_.back()] = place_[number];
    busy_.pop_back();
  }
  look_for_hits(number);
  refill(number, at);
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

Clocks DramChannel::service(RowOutcome row) const {
  Clocks clocks = timings_.controller + timings_.cl + timings_.further_reads + timings_.burst;
  if (row != RowOutcome::Hit) clocks += timings_.rcd;
  if (row == RowOutcome::Conflict) clocks += timings_.rp;
  return clocks;
}

void DramChannel::note(DramNote::Kind kind, const DramAccess& access, Clocks complete) {
  DramNote note;
  note.kind = kind;
  note.row = access.found;
  note.refresh_stalled = access.refresh_stalled;
  note.token = access.token;
  note.arrival = access.arrival;
  note.complete = complete;
  if (kind == DramNote::Kind::Read) note.queue = complete - access.arrival - service(access.found);
  notes_.push_back(note);
}

}  // namespace tablewalk
