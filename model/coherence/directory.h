#pragma once

#include <optional>
#include <vector>

#include "cache/cache.h"
#include "coherence/coherence_config.h"
#include "coherence/line_table.h"
#include "links/access_link.h"
#include "links/timed_module.h"
#include "links/upstream_ports.h"
#include "stats/stat_set.h"

namespace tablewalk {

struct DirectoryStats {
  std::uint64_t requests = 0;       ///< line fetches, and accesses of walkers and cores without a cache
  std::uint64_t upgrades = 0;       ///< of them, requests for ownership of a line that the core already had
  std::uint64_t snoops = 0;         ///< sent to a core
  std::uint64_t invalidations = 0;  ///< of them, those that invalidated the line
  std::uint64_t dirty_snoops = 0;   ///< of them, those that found it modified
  std::uint64_t waits = 0;          ///< requests that waited for an earlier one to the same line
  std::uint64_t writebacks = 0;     ///< lines written back by cores
};

/// Keeps the private caches of several cores coherent (MESI, write-invalidate): placed between them and the first
/// memory they share, it tracks which cores hold a line and whether one of them owns it.
///
/// A request that conflicts with other copies sends snoops to their cores: a write invalidates all copies, a read
/// removes the owner's write permission. Modified data is written to the shared memory, which then serves the request.
/// Requests for the same line are served in order of arrival; different lines are independent.
///
/// It is a perfect directory: before snooping a core it checks whether the core's caches still hold the line or are
/// fetching it. So it acts at the end of a cycle, when all caches have acted, and their order has no effect. Entries of
/// lines no longer held are removed from time to time, so its memory is proportional to the private caches.
class Directory : public TimedModule {
 public:
  /// `core_of_port`: the core above each port; none if several cores share it.
  Directory(sc_core::sc_module_name name, const CoherenceConfig& config, std::uint64_t line_bytes, unsigned cores,
            std::vector<std::optional<unsigned>> core_of_port);

  tlm::tlm_target_socket<64>& cpu_side(unsigned port) { return cpu_side_.port(port).socket; }

  AccessInitiatorPort<Directory> memory_side;

  /// Adds a private cache of the core and makes it coherent.
  void add_cache(unsigned core, Cache& cache);

  /// Number of lines with an entry.
  std::size_t known_lines() const { return lines_.size(); }
  const DirectoryStats& stats() const { return stats_; }
  void reset_stats() { stats_ = {}; }
  /// Adds its figures under `prefix`.
  void report(const std::string& prefix, StatSet& figures) const;

  // Called by the ports.
  bool receive_access(unsigned port, MemoryAccess& access, Cycles& cycle);
  void receive_response(unsigned port, MemoryAccess& access, Cycles visible);

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  /// The state of a line.
  struct Entry {
    std::uint64_t holders = 0;         ///< bit mask of the cores that may hold it
    std::uint32_t transaction = none;  ///< the request being served
    bool owned = false;                ///< there is a single holder, which may write
  };
  /// A request being served, and those waiting for the same line.
  struct Transaction {
    std::uint64_t line = 0;
    MemoryAccess* access = nullptr;
    MemoryAccess* first_waiting = nullptr;
    MemoryAccess* last_waiting = nullptr;
    unsigned snoops = 0;  ///< outstanding
    bool dirty = false;   ///< one of them found the line modified
  };
  struct Snoop {
    std::uint32_t transaction = none;
    unsigned core = 0;
    bool invalidates = false;
    bool found_dirty = false;
  };

  void on_cycle() override;
  void take_responses(Cycles cycle);
  void carry_out_snoops(Cycles cycle);
  void take_answers(Cycles cycle);
  void take_arrivals(Cycles cycle);

  void take(MemoryAccess& access, Cycles cycle);
  void begin(std::uint32_t number, Cycles cycle);
  void serve(std::uint32_t number, Cycles cycle);
  void end(std::uint32_t number, Cycles visible);
  void respond(MemoryAccess& access, Cycles visible);
  void write_back(std::uint64_t line, Cycles visible);
  std::uint64_t others_that_hold(Entry& entry, std::uint64_t line, std::optional<unsigned> keeper);
  bool core_holds(unsigned core, std::uint64_t line) const;
  std::uint32_t open(std::uint64_t line, MemoryAccess& access);
  void remove_unheld_lines();
  std::uint64_t line_of(const MemoryAccess& access) const { return access.physical().value() >> line_shift_; }
  PhysicalAddress address_of(std::uint64_t line) const { return PhysicalAddress(line << line_shift_); }
  /// The core that keeps the requested line; none for uncached accesses.
  std::optional<unsigned> keeper_of(const MemoryAccess& access) const;

  CoherenceConfig config_;
  unsigned line_shift_;
  std::vector<std::optional<unsigned>> core_of_port_;
  std::vector<std::vector<Cache*>> caches_;  ///< by core
  AccessPool pool_;

  UpstreamPorts<AccessTargetPort<Directory>, MemoryAccess> cpu_side_;
  Inbox<MemoryAccess*> responses_;
  Inbox<Snoop> snoops_;
  Inbox<Snoop> answers_;
  LineTable<Entry> lines_;
  std::size_t cleanup_threshold_ = 4096;  ///< number of entries at which unheld lines are removed
  std::vector<Transaction> transactions_;
  std::vector<std::uint32_t> free_transactions_;
  DirectoryStats stats_;
};

}  // namespace tablewalk
