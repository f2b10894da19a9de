#include "dram/dram.h"

#include <string>

namespace tablewalk {

Dram::Dram(sc_core::sc_module_name name, const DramConfig& config, std::uint64_t core_mhz, std::uint64_t line_bytes,
           PhysicalMemory& memory, unsigned ports)
    : TimedModule(name),
      memory_(memory),
      scheduler_(config, core_mhz, line_bytes),
      cpu_side_("cpu_side", *this, ports) {}

bool Dram::receive_access(unsigned port, MemoryAccess& access, sc_core::sc_time& delay) {
  const Cycles visible = clockwork().cycle_after(delay);
  cpu_side_.arrivals(port).push(visible, &access);
  wake_at(visible);
  return false;
}

void Dram::on_cycle() {
  const Cycles cycle = now();
  for (int port = cpu_side_.oldest_arrival(cycle); port >= 0; port = cpu_side_.oldest_arrival(cycle)) {
    const auto index = static_cast<unsigned>(port);
    MemoryAccess& access = *cpu_side_.arrivals(index).front();
    cpu_side_.arrivals(index).pop();
    serve(cpu_side_.port(index), access, cycle);
  }
  const Cycles arrival = cpu_side_.next_visible();
  if (arrival != Cycles::never()) wake_at(arrival);
}

void Dram::serve(AccessTargetPort<Dram>& port, MemoryAccess& access, Cycles cycle) {
  const Service service = scheduler_.schedule(access.physical(), access.is_write(), cycle);
  count(access, service, cycle);
  access.info.served_by = ServedBy::Dram;
  if (access.wants_entry()) access.transfer_entry(memory_);
  const Cycles answered = access.is_write() ? service.accepted : service.complete;
  port.respond(access, std::max(answered, cycle + Cycles(1)));
}

void Dram::count(const MemoryAccess& access, const Service& service, Cycles cycle) {
  if (access.is_write()) {
    ++stats_.writes;
  } else {
    ++stats_.reads;
    if (access.info.table_entry) ++stats_.table_reads;
    stats_.latency_cycles.add((service.complete - cycle).count());
  }
  switch (service.row) {
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
  if (service.refresh_stalled) ++stats_.refresh_stalls;
  stats_.queue_cycles.add(service.queue.count());
  stats_.bus_busy_cycles += scheduler_.timings().burst.count();
}

void Dram::report(const std::string& prefix, StatSet& figures) const {
  const auto count = [&](const char* name, std::uint64_t value, const char* unit, const char* meaning) {
    figures.count(prefix + "." + name, value, unit, meaning);
  };
  count("reads", stats_.reads, "accesses", "reads of main memory");
  count("writes", stats_.writes, "accesses", "lines written back to main memory");
  count("table_reads", stats_.table_reads, "accesses", "reads made for page walkers");
  count("row_hits", stats_.row_hits, "accesses", "accesses that found their row in the row buffer");
  count("row_misses", stats_.row_misses, "accesses", "accesses that found their bank without an open row");
  count("row_conflicts", stats_.row_conflicts, "accesses", "accesses that found another row open");
  figures.real(prefix + ".row_hit_share", ratio(stats_.row_hits, stats_.reads + stats_.writes), "share",
               "row hits / accesses");
  count("refresh_stalls", stats_.refresh_stalls, "accesses", "accesses that waited for the end of a refresh");
  count("bus_busy_cycles", stats_.bus_busy_cycles, "cycles", "data bus time, the sum over the channels");
  figures.distribution(prefix + ".queue_cycles", stats_.queue_cycles, "cycles",
                       "waiting for the bank, a refresh or the data bus, per access");
  figures.distribution(prefix + ".latency_cycles", stats_.latency_cycles, "cycles", "from request to answer, per read");
}

}  // namespace tablewalk
