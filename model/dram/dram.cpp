#include "dram/dram.h"

#include <string>

namespace tablewalk {

Dram::Dram(sc_core::sc_module_name name, const DramConfig& config, std::uint64_t core_mhz, std::uint64_t line_bytes,
           PhysicalMemory& memory, unsigned ports)
    : TimedModule(name),
      memory_(memory),
      map_(config, line_bytes),
      clock_(config.data_rate_mts, core_mhz),
      timings_(config, line_bytes),
      line_shift_(log2_floor(line_bytes)),
      channels_(config.channels, DramChannel(config, timings_)),
      cpu_side_("cpu_side", *this, ports) {}

bool Dram::receive_access(unsigned port, MemoryAccess& access, Cycles& cycle) {
  cpu_side_.arrivals().push(cycle, &access, port);
  wake_at(cycle);
  return false;
}

void Dram::on_cycle() {
  const Cycles cycle = now();
  if (cpu_side_.arrivals().due(cycle)) take_arrivals(cycle);
  const Clocks last = clock_.last_edge(cycle);
  Clocks next = Clocks::never();
  for (DramChannel& channel : channels_) {
    channel.run(last);
    if (!channel.notes().empty()) answer(channel);
    next = std::min(next, channel.next_note());
  }
  if (next == next_note_) return;
  next_note_ = next;
  if (next != Clocks::never()) wake_at(clock_.cycle_at(next));
}

/// They reach their channels at this edge or the next one.
void Dram::take_arrivals(Cycles cycle) {
  const Clocks edge = clock_.first_edge(cycle);
  Inbox<MemoryAccess*>& arrivals = cpu_side_.arrivals();
  while (arrivals.due(cycle)) {
    MemoryAccess& access = *arrivals.front();
    const unsigned port = arrivals.front_port();
    arrivals.pop();
    take(port, access, cycle, edge);
  }
}

void Dram::take(unsigned port, MemoryAccess& access, Cycles cycle, Clocks edge) {
  if (access.is_write()) {
    ++stats_.writes;
  } else {
    ++stats_.reads;
    if (access.info.table_entry()) ++stats_.table_reads;
  }
  access.info.served_by = ServedBy::Dram;
  if (access.wants_entry()) access.transfer_entry(memory_);
  const DramLocation place = map_.locate(access.physical());
  DramChannel& channel = channels_[place.channel];
  if (edge != Clocks(0)) channel.run(edge - Clocks(1));
  channel.arrive(place, access.physical().value() >> line_shift_, access.is_write(), edge,
                 hold({&access, port, cycle}));
}

std::uint32_t Dram::hold(const Pending& pending) {
  if (free_tokens_.empty()) {
    pending_.push_back(pending);
    return static_cast<std::uint32_t>(pending_.size() - 1);
  }
  const std::uint32_t token = free_tokens_.back();
  free_tokens_.pop_back();
  pending_[token] = pending;
  return token;
}

void Dram::answer(DramChannel& channel) {
  for (const DramNote& note : channel.notes()) {
    if (note.kind == DramNote::Kind::Read || note.kind == DramNote::Kind::Written) count_row(note);
    if (note.kind == DramNote::Kind::Written) continue;
    const Pending& pending = pending_[note.token];
    free_tokens_.push_back(note.token);
    const Cycles answered = std::max(clock_.cycle_at(note.complete), now() + Cycles(1));
    if (note.kind != DramNote::Kind::Accepted) count_read(pending, note, answered);
    if (observer_ != nullptr) tell_observer(pending, note, answered);
    cpu_side_.port(pending.port).respond(*pending.access, answered);
  }
  channel.clear_notes();
}

void Dram::tell_observer(const Pending& pending, const DramNote& note, Cycles answered) {
  observer_->completed(*pending.access, map_.locate(pending.access->physical()), note, pending.seen, answered);
}

void Dram::count_read(const Pending& pending, const DramNote& note, Cycles answered) {
  stats_.latency_cycles.add((answered - pending.seen).count());
  if (note.kind == DramNote::Kind::Forwarded) {
    ++stats_.forwarded_reads;
  } else {
    stats_.queue_cycles.add(clock_.cycle_at(note.queue).count());
  }
}

void Dram::count_row(const DramNote& note) {
  switch (note.row) {
    case RowOutcome::Hit:
      ++stats_.row_hits;
      break;
    case RowOutcome::Miss:
      ++stats_.row_misses;
      break;
    case RowOutcome::Conflict:
      ++stats_.row_conflicts;
      break;
  }
  if (note.refresh_stalled) ++stats_.refresh_stalls;
  stats_.bus_busy_clocks += timings_.bus_time().count();
}

void Dram::report(const std::string& prefix, StatSet& figures) const {
  const auto count = [&](const char* name, std::uint64_t value, const char* unit, const char* meaning) {
    return figures.count(prefix + "." + name, value, unit, meaning);
  };
  figures.begin(Section::Dram);
  count("reads", stats_.reads, "accesses", "reads of main memory").key().explain("reads that missed all caches");
  count("writes", stats_.writes, "accesses", "lines written back to main memory");
  count("table_reads", stats_.table_reads, "accesses", "reads for page walkers").explain("reads of page-table entries");
  count("row_hits", stats_.row_hits, "accesses", "accesses whose row was open in the row buffer")
      .key()
      .explain("reads and writes whose DRAM row was open, the fast case");
  count("row_misses", stats_.row_misses, "accesses", "accesses whose bank had no open row");
  count("row_conflicts", stats_.row_conflicts, "accesses", "accesses whose bank had another row open");
  figures.ratio(prefix + ".row_hit_share", stats_.row_hits, stats_.row_hits + stats_.row_misses + stats_.row_conflicts,
                "share", "row hits / accesses served by the devices");
  count("forwarded_reads", stats_.forwarded_reads, "accesses", "reads served from the write buffer");
  count("refresh_stalls", stats_.refresh_stalls, "accesses", "accesses delayed by a refresh");
  count("bus_busy_cycles", clock_.cycle_at(Clocks(stats_.bus_busy_clocks)).count(), "cycles",
        "data bus time, summed over the channels");
  figures.distribution(prefix + ".queue_cycles", stats_.queue_cycles, "cycles",
                       "waiting for the bank, a refresh, other commands or the data bus, per read");
  figures.distribution(prefix + ".latency_cycles", stats_.latency_cycles, "cycles",
                       "from request to response, per read");
}

}  // namespace tablewalk
