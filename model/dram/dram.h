#pragma once

#include "dram/dram_channel.h"
#include "links/access_link.h"
#include "links/timed_module.h"
#include "links/upstream_ports.h"
#include "memory/physical_memory.h"
#include "stats/histogram.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// Notified of the accesses that a memory has completed: reads, and writes that its controller has accepted. Observers
/// never change a result.
class DramObserver {
 public:
  virtual ~DramObserver() = default;
  /// `arrived`: the access, in that cycle; `answered`: when its sender has the response.
  virtual void completed(const MemoryAccess& access, const DramLocation& place, const DramNote& note, Cycles arrived,
                         Cycles answered) = 0;
};

struct DramStats {
  std::uint64_t reads = 0;  ///< including compare-and-swaps
  std::uint64_t writes = 0;
  std::uint64_t table_reads = 0;
  std::uint64_t row_hits = 0;
  std::uint64_t row_misses = 0;
  std::uint64_t row_conflicts = 0;
  std::uint64_t forwarded_reads = 0;  ///< served from the write buffer
  std::uint64_t refresh_stalls = 0;
  std::uint64_t bus_busy_clocks = 0;
  Histogram queue_cycles;    ///< of reads served by the devices
  Histogram latency_cycles;  ///< of reads
};

/// Main memory with its controller: the channels, with time. Serves whole lines, also for smaller accesses, and gives
/// walkers the bytes of the entry. Any number of upstream neighbours, each on a registered link; accesses are taken in
/// the cycle in which they become visible, oldest first, then lowest port first, and arrive at their channel at the
/// next edge of the memory clock. Entries are read and swapped when the access is taken, and so in that order. Writes
/// are posted: they complete when the controller has room for them.
class Dram : public TimedModule {
 public:
  /// `ports`: number of upstream neighbours. Throws InputError if a row cannot hold a line.
  Dram(sc_core::sc_module_name name, const DramConfig& config, std::uint64_t core_mhz, std::uint64_t line_bytes,
       PhysicalMemory& memory, unsigned ports);

  tlm::tlm_target_socket<64>& cpu_side(unsigned port) { return cpu_side_.port(port).socket; }

  void observe(DramObserver& observer) { observer_ = &observer; }
  const DramStats& stats() const { return stats_; }
  void reset_stats() { stats_ = {}; }
  /// Adds this memory's figures under `prefix`.
  void report(const std::string& prefix, StatSet& figures) const;

  // Called by the ports.
  bool receive_access(unsigned port, MemoryAccess& access, Cycles& cycle);

 private:
  void on_cycle() override;

  /// An outstanding access.
  struct Pending {
    MemoryAccess* access = nullptr;
    unsigned port = 0;
    Cycles seen;
  };

  void take_arrivals(Cycles cycle);
  void take(unsigned port, MemoryAccess& access, Cycles cycle, Clocks edge);
  void answer(DramChannel& channel);
  [[gnu::noinline]] void tell_observer(const Pending& pending, const DramNote& note, Cycles answered);
  void count_read(const Pending& pending, const DramNote& note, Cycles answered);
  void count_row(const DramNote& note);
  std::uint32_t hold(const Pending& pending);

  PhysicalMemory& memory_;
  AddressMap map_;
  MemoryClock clock_;
  DramTimings timings_;
  unsigned line_shift_;
  std::vector<DramChannel> channels_;
  Clocks next_note_ = Clocks::never();  ///< the clock to wake for
  std::vector<Pending> pending_;        ///< by token
  std::vector<std::uint32_t> free_tokens_;
  UpstreamPorts<AccessTargetPort<Dram>, MemoryAccess> cpu_side_;
  DramStats stats_;
  DramObserver* observer_ = nullptr;
};

}  // namespace tablewalk
