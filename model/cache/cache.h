#pragma once

#include "cache/cache_array.h"
#include "links/access_link.h"
#include "links/timed_module.h"
#include "links/upstream_ports.h"
#include "memory/physical_memory.h"
#include "protocol/miss_registers.h"
#include "protocol/observers.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// A miss is counted when its outcome is known:
/// misses = sent_down + merged_misses + found_after_wait + written_whole.
struct CacheStats {
  std::uint64_t lookups() const { return hits + misses; }  ///< one per access

  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t sent_down = 0;         ///< misses that started a fetch of their line
  std::uint64_t merged_misses = 0;     ///< misses merged with an outstanding fetch
  std::uint64_t found_after_wait = 0;  ///< misses that waited for a free register and then hit
  std::uint64_t written_whole = 0;     ///< whole lines written from above, which need no fetch
  std::uint64_t miss_cycles = 0;  ///< of waits, from the first lookup until the response is visible to the requester
  std::uint64_t waits = 0;        ///< misses that waited for their line and got it
  std::uint64_t table_lookups = 0;
  std::uint64_t table_misses = 0;
  std::uint64_t table_merged_misses = 0;
  std::uint64_t fills = 0;
  std::uint64_t writebacks = 0;  ///< dirty lines written back
  std::uint64_t upgrades = 0;    ///< fetches of lines held without write permission
  std::uint64_t snooped = 0;     ///< lines removed for other cores
};

/// One level of cache on registered links: write-back, write-allocate, with miss-status registers. Serves page walkers
/// like cores, and gives walkers the bytes of the entry. A core's own first level is a FirstLevelCache.
///
/// A private cache of one of several cores is coherent: it writes only lines that it owns, of which no other core has a
/// copy. A write to any other line is a miss that fetches the line for ownership. The directory grants ownership of
/// lines that no other core has, and snoops lines away.
class Cache : public TimedModule {
 public:
  /// `ports`: number of upstream neighbours.
  Cache(sc_core::sc_module_name name, ServedBy place, const CacheConfig& config, std::uint64_t line_bytes,
        PhysicalMemory& memory, unsigned ports);

  tlm::tlm_target_socket<64>& cpu_side(unsigned port) { return cpu_side_.port(port).socket; }

  AccessInitiatorPort<Cache> memory_side;

  void make_coherent() {
    coherent_ = true;
    plain_ = false;
  }
  /// Removes the line, or only its write permission, even if it is in flight to or from this cache; returns whether it
  /// was modified. Called at the end of a cycle.
  bool snoop(PhysicalAddress line, bool invalidates);
  bool holds(PhysicalAddress line) const { return array_.peek(line) != nullptr; }
  /// Whether it has the line, has begun to fetch it by that cycle, or is about to receive it back from the cache above.
  bool holds_or_receives(PhysicalAddress line, Cycles cycle) const;
  /// Whether it has the line with write permission.
  bool owns(PhysicalAddress line) const;

  /// For warming without time.
  CacheArray& array() { return array_; }

  void observe(MissObserver& observer) {
    observer_ = &observer;
    plain_ = false;
  }
  const CacheStats& stats() const { return stats_; }
  void reset_stats() { stats_ = {}; }
  /// Adds this cache's figures under `prefix`.
  void report(const std::string& prefix, StatSet& figures) const;

  // Called by the ports.
  bool receive_access(unsigned port, MemoryAccess& access, Cycles& cycle);
  void receive_response(unsigned port, MemoryAccess& fetch, Cycles visible);

 protected:
  /// For derived classes that make their own ports.
  Cache(sc_core::sc_module_name name, ServedBy place, const CacheConfig& config, std::uint64_t line_bytes,
        PhysicalMemory& memory);
  void add_registered_port();

  // The stages of a wake, in order.
  void take_fills(Cycles cycle);
  void look_up_arrivals(Cycles cycle, std::uint32_t& lookups_left);
  void sleep(Cycles cycle);

  void count_hit() { ++stats_.hits; }
  bool found_after_wait(MemoryAccess& access, Cycles cycle);
  bool start_miss(MemoryAccess& access, Cycles cycle);
  void serve(MemoryAccess& access, ServedBy place);

  ServedBy place_;
  CacheConfig config_;
  CacheArray array_;
  UpstreamPorts<AccessTarget, MemoryAccess> cpu_side_;
  bool blocked_ = false;  ///< the oldest arrival missed and found no free register

 private:
  /// The accesses waiting for a line that is being fetched.
  struct Waiting {
    MemoryAccess* first = nullptr;
    MemoryAccess* last = nullptr;
  };

  void on_cycle() override;
  void install_fill(MemoryAccess& fetch, Cycles cycle);
  bool look_up_arrival(MemoryAccess& access, Cycles cycle);
  bool hits(MemoryAccess& access);
  void fetch_line(const Waiting& waiting, PhysicalAddress line, Cycles cycle);
  [[gnu::noinline]] void note_fetch(const MemoryAccess& fetch, Cycles sent);
  [[gnu::noinline]] bool note_fill(const MemoryAccess& fetch, Cycles cycle);
  static void add(Waiting& waiting, MemoryAccess& access);
  static bool comes_back(const MemoryAccess& access, PhysicalAddress line);
  bool allocate_written_line(MemoryAccess& access, Cycles cycle);
  void install(PhysicalAddress address, CacheArray::Line line, Cycles cycle);
  void count_miss(const MemoryAccess& access, std::uint64_t& how_it_ended);
  void use(CacheArray::Line& line, MemoryAccess& access);
  void respond(MemoryAccess& access, Cycles visible);
  void respond_to_miss(MemoryAccess& access, Cycles visible);

  std::uint64_t line_bytes_;
  PhysicalMemory& memory_;
  AccessPool pool_;

  MissRegisters<PhysicalAddress, Waiting> registers_;
  Inbox<MemoryAccess*> fills_;
  bool coherent_ = false;
  bool plain_ = true;             ///< neither coherent nor observed
  bool walkers_may_ask_ = false;  ///< it has a registered port
  MissObserver* observer_ = nullptr;
  const MemoryAccess* blocked_arrival_ = nullptr;  ///< looked up before, and looked up again next
  CacheStats stats_;
};

}  // namespace tablewalk
