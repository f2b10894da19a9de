#include "coherence/directory.h"

#include <algorithm>

namespace tablewalk {
namespace {

/// Whether the access requires that no other core has a copy.
bool must_be_alone(const MemoryAccess& access) {
  return access.is_write() || access.info.owned || access.info.operation == AccessInfo::Operation::CompareAndSwap;
}

bool is_writeback(const MemoryAccess& access) {
  return access.is_write() && access.info.by_cache;
}

constexpr std::uint8_t own_port = 255;

}  // namespace

Directory::Directory(sc_core::sc_module_name name, const CoherenceConfig& config, std::uint64_t line_bytes,
                     unsigned cores, std::vector<std::optional<unsigned>> core_of_port)
    : TimedModule(name, Phase::End),
      memory_side("memory_side", *this),
      config_(config),
      line_shift_(log2_floor(line_bytes)),
      core_of_port_(std::move(core_of_port)),
      caches_(cores),
      cpu_side_("cpu_side", *this, static_cast<unsigned>(core_of_port_.size())) {}

void Directory::add_cache(unsigned core, Cache& cache) {
  cache.make_coherent();
  caches_[core].push_back(&cache);
}

bool Directory::receive_access(unsigned port, MemoryAccess& access, Cycles& cycle) {
  access.info.directory_port = static_cast<std::uint8_t>(port);
  cpu_side_.arrivals().push(cycle, &access, port);
  wake_at(cycle);
  return false;
}

void Directory::receive_response(unsigned, MemoryAccess& access, Cycles visible) {
  if (access.info.directory_port == own_port) {
    access.release();
    return;
  }
  responses_.push(visible, &access);
  wake_at(visible);
}

void Directory::on_cycle() {
  const Cycles cycle = now();
  take_responses(cycle);
  carry_out_snoops(cycle);
  take_answers(cycle);
  take_arrivals(cycle);
}

/// Forwards responses of the memory below, and records lines that a core keeps.
void Directory::take_responses(Cycles cycle) {
  while (responses_.due(cycle)) {
    MemoryAccess& access = *responses_.front();
    responses_.pop();
    if (is_writeback(access)) {
      respond(access, cycle + Cycles(1));
      continue;
    }
    const std::uint32_t transaction = lines_.find(line_of(access))->transaction;
    end(transaction, cycle + Cycles(1));
  }
}

void Directory::carry_out_snoops(Cycles cycle) {
  while (snoops_.due(cycle)) {
    Snoop snoop = snoops_.front();
    snoops_.pop();
    const std::uint64_t line = transactions_[snoop.transaction].line;
    for (Cache* cache : caches_[snoop.core]) {
      if (cache->snoop(address_of(line), snoop.invalidates)) snoop.found_dirty = true;
    }
    Entry& entry = *lines_.find(line);
    entry.owned = false;
    if (snoop.invalidates) entry.holders &= ~(std::uint64_t{1} << snoop.core);
    stats_.dirty_snoops += snoop.found_dirty ? 1 : 0;
    answers_.push(cycle + config_.snoop_cycles, snoop);
    wake_at(cycle + config_.snoop_cycles);
  }
}

void Directory::take_answers(Cycles cycle) {
  while (answers_.due(cycle)) {
    const Snoop answer = answers_.front();
    answers_.pop();
    Transaction& transaction = transactions_[answer.transaction];
    transaction.dirty |= answer.found_dirty;
    if (--transaction.snoops == 0) serve(answer.transaction, cycle);
  }
}

void Directory::take_arrivals(Cycles cycle) {
  Inbox<MemoryAccess*>& arrivals = cpu_side_.arrivals();
  while (arrivals.due(cycle)) {
    MemoryAccess& access = *arrivals.front();
    arrivals.pop();
    take(access, cycle);
  }
}

/// A write-back is forwarded at once: it grants no other core the line.
void Directory::take(MemoryAccess& access, Cycles cycle) {
  if (is_writeback(access)) {
    ++stats_.writebacks;
    memory_side.send(access, cycle + config_.directory_cycles);
    return;
  }
  ++stats_.requests;
  access.info.next = nullptr;
  const std::uint64_t line = line_of(access);
  const Entry* entry = lines_.find(line);
  if (entry == nullptr || entry->transaction == none) return begin(open(line, access), cycle);
  ++stats_.waits;
  Transaction& transaction = transactions_[entry->transaction];
  (transaction.first_waiting == nullptr ? transaction.first_waiting : transaction.last_waiting->info.next) = &access;
  transaction.last_waiting = &access;
}

/// Opens a transaction for a line without one.
std::uint32_t Directory::open(std::uint64_t line, MemoryAccess& access) {
  if (lines_.size() >= cleanup_threshold_) remove_unheld_lines();
  if (free_transactions_.empty()) {
    free_transactions_.push_back(static_cast<std::uint32_t>(transactions_.size()));
    transactions_.emplace_back();
  }
  const std::uint32_t transaction = free_transactions_.back();
  free_transactions_.pop_back();
  transactions_[transaction] = {line, &access, nullptr, nullptr, 0, false};
  lines_.insert(line).transaction = transaction;
  return transaction;
}

/// Sends the snoops that the transaction's access needs, or serves it.
void Directory::begin(std::uint32_t number, Cycles cycle) {
  Transaction& transaction = transactions_[number];
  Entry& entry = *lines_.find(transaction.line);
  const bool alone = must_be_alone(*transaction.access);
  std::uint64_t targets = 0;
  if (alone || entry.owned) targets = others_that_hold(entry, transaction.line, keeper_of(*transaction.access));
  for (std::uint64_t left = targets; left != 0; left &= left - 1) {
    snoops_.push(cycle + config_.snoop_cycles, Snoop{number, lowest_bit(left), alone, false});
    ++transaction.snoops;
    ++stats_.snoops;
    stats_.invalidations += alone ? 1 : 0;
  }
  if (transaction.snoops == 0) return serve(number, cycle);
  wake_at(cycle + config_.snoop_cycles);
}

/// No conflicting copy is left. A core that holds the line and requests ownership needs no data.
void Directory::serve(std::uint32_t number, Cycles cycle) {
  Transaction& transaction = transactions_[number];
  MemoryAccess& access = *transaction.access;
  const Cycles visible = cycle + config_.directory_cycles;
  if (transaction.dirty) write_back(transaction.line, visible);
  const std::optional<unsigned> keeper = keeper_of(access);
  if (keeper && access.info.owned) {
    const auto& caches = caches_[*keeper];
    const bool has_data = std::any_of(caches.begin(), caches.end(),
                                      [&](const Cache* cache) { return cache->holds(address_of(transaction.line)); });
    if (has_data) {
      ++stats_.upgrades;
      return end(number, visible);
    }
  }
  memory_side.send(access, visible);
}

/// Completes the access, with its response visible in cycle `visible`, and starts the next one for the line.
void Directory::end(std::uint32_t number, Cycles visible) {
  Transaction& transaction = transactions_[number];
  MemoryAccess& access = *transaction.access;
  const std::uint64_t line = transaction.line;
  Entry& entry = *lines_.find(line);
  if (const std::optional<unsigned> keeper = keeper_of(access)) {
    const std::uint64_t its_bit = std::uint64_t{1} << *keeper;
    others_that_hold(entry, line, keeper);
    entry.holders |= its_bit;
    entry.owned = entry.holders == its_bit;
    access.info.owned = entry.owned;
  }
  respond(access, visible);
  if (transaction.first_waiting == nullptr) {
    free_transactions_.push_back(number);
    entry.transaction = none;
    if (entry.holders == 0) lines_.erase(line);
    return;
  }
  MemoryAccess* const next = transaction.first_waiting;
  transaction = {line, next, next->info.next, transaction.last_waiting, 0, false};
  begin(number, now());
}

void Directory::respond(MemoryAccess& access, Cycles visible) {
  cpu_side_.port(access.info.directory_port).respond(access, visible);
}

/// Writes modified data found by a snoop to the shared memory, before the request that caused it.
void Directory::write_back(std::uint64_t line, Cycles visible) {
  MemoryAccess& access = pool_.take();
  access.prepare(address_of(line), 1U << line_shift_, true);
  access.info.by_cache = true;
  access.info.directory_port = own_port;
  memory_side.send(access, visible);
}

/// The cores that hold the line, except the requester if it keeps it; stale holders are removed from the entry.
std::uint64_t Directory::others_that_hold(Entry& entry, std::uint64_t line, std::optional<unsigned> keeper) {
  const std::uint64_t asking = keeper ? std::uint64_t{1} << *keeper : 0;
  for (std::uint64_t left = entry.holders & ~asking; left != 0; left &= left - 1) {
    const unsigned core = lowest_bit(left);
    if (!core_holds(core, line)) entry.holders &= ~(std::uint64_t{1} << core);
  }
  return entry.holders & ~asking;
}

bool Directory::core_holds(unsigned core, std::uint64_t line) const {
  return std::any_of(caches_[core].begin(), caches_[core].end(),
                     [&](const Cache* cache) { return cache->holds_or_receives(address_of(line), now()); });
}

std::optional<unsigned> Directory::keeper_of(const MemoryAccess& access) const {
  return access.info.by_cache ? core_of_port_[access.info.directory_port] : std::nullopt;
}

void Directory::remove_unheld_lines() {
  lines_.erase_if([&](std::uint64_t line, Entry& entry) {
    return entry.transaction == none && others_that_hold(entry, line, std::nullopt) == 0;
  });
  // Rarely, and before the table grows if it has room for half as many again.
  const std::size_t some = lines_.size() + lines_.size() / 2;
  const std::size_t most = lines_.room() < some ? 2 * lines_.size() : std::min(2 * lines_.size(), lines_.room());
  cleanup_threshold_ = std::max<std::size_t>(4096, most);
}

void Directory::report(const std::string& prefix, StatSet& figures) const {
  const auto count = [&](const char* name, std::uint64_t value, const char* unit, const char* meaning) {
    return figures.count(prefix + "." + name, value, unit, meaning);
  };
  figures.begin(Section::Directory);
  count("requests", stats_.requests, "requests",
        "lines requested by private caches, and accesses of walkers and cores without a cache above the directory")
      .explain("lines that a core's own caches lacked, or could not write");
  count("upgrades", stats_.upgrades, "requests", "of them, requests to write a line that the core already had");
  count("waits", stats_.waits, "requests", "requests that waited for an earlier one to the same line");
  count("snoops", stats_.snoops, "snoops", "sent to the caches of another core")
      .explain("how often another core had to give up a line, or its write permission");
  count("invalidations", stats_.invalidations, "snoops", "of them, those that invalidated the line");
  count("dirty_snoops", stats_.dirty_snoops, "snoops", "of them, those that found the line modified")
      .explain("the other core had modified the line: it is written back before it is read");
  count("writebacks", stats_.writebacks, "lines", "modified lines evicted by private caches");
}

}  // namespace tablewalk
