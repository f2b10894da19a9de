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
  std::uint64_t requests = 0;       ///< fetches of lines, and accesses of walkers and cores that have no cache
  std::uint64_t upgrades = 0;       ///< of them, those of a line that the core had, to be its only holder
  std::uint64_t snoops = 0;         ///< sent to a core
  std::uint64_t invalidations = 0;  ///< of them, those that took the line away
  std::uint64_t dirty_snoops = 0;   ///< of them, those that found it modified
  std::uint64_t waits = 0;          ///< requests that waited for an earlier one of their line
  std::uint64_t writebacks = 0;     ///< lines that cores wrote back
};

/// Keeps the private caches of several cores coherent (MESI, by write-invalidate): stands between them and the first
/// memory that they share, and knows which cores hold a line and whether one of them may write it.
///
/// A request that others' copies do not allow sends snoops to their cores: a write invalidates all copies, a read has
/// the only holder give up writing. What was modified is written to the shared memory, from where the request is then
/// served. Requests of one line are served one after the other, in the order of their arrival; of different lines
/// independently of each other.
///
/// It is a perfect directory: before it snoops a core it knows whether the core's caches hold the line still, or are
/// fetching it. So it acts at the end of a cycle, when all caches have acted: no order among them can show. Entries of
/// lines that nobody holds any more are removed now and then, so it takes memory in proportion to the private caches.
class Directory : public TimedModule {
 public:
  /// `core_of_port`: who is above, and nobody if several cores share it.
  Directory(sc_core::sc_module_name name, const CoherenceConfig& config, std::uint64_t line_bytes, unsigned cores,
            std::vector<std::optional<unsigned>> core_of_port);

  tlm::tlm_target_socket<64>& cpu_side(unsigned port) { return cpu_side_.port(port).socket; }

  AccessInitiatorPort<Directory> memory_side;

  /// One of the core's private caches; it is made coherent.
  void add_cache(unsigned core, Cache& cache);

  /// How many lines it has entries of.
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

  /// What is known of a line.
  struct Entry {
    std::uint64_t holders = 0;         ///< a bit for each core that may hold it
    std::uint32_t transaction = none;  ///< the request that is being served
    bool owned = false;                ///< there is one holder, and it may write
  };
  /// A request that is being served, and those of the same line that wait for their turn.
  struct Transaction {
    std::uint64_t line = 0;
    MemoryAccess* access = nullptr;
    MemoryAccess* first_waiting = nullptr;
    MemoryAccess* last_waiting = nullptr;
    unsigned snoops = 0;  ///< not answered yet
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
  void forget_lines_of_nobody();
  std::uint64_t line_of(const MemoryAccess& access) const { return access.physical().value() >> line_shift_; }
  PhysicalAddress address_of(std::uint64_t line) const { return PhysicalAddress(line << line_shift_); }
  /// The core that keeps the line that it asks for; nobody keeps what is accessed without a cache.
  std::optional<unsigned> keeper_of(const MemoryAccess& access) const;

  CoherenceConfig config_;
  unsigned line_shift_;
  std::vector<std::optional<unsigned>> core_of_port_;
  std::vector<std::vector<Cache*>> caches_;  ///< of the cores
  AccessPool pool_;

  UpstreamPorts<AccessTargetPort<Directory>, MemoryAccess> cpu_side_;
  Inbox<MemoryAccess*> responses_;
  Inbox<Snoop> snoops_;
  Inbox<Snoop> answers_;
  LineTable<Entry> lines_;
  std::size_t lines_to_look_through_ = 4096;  ///< when there are as many, those of nobody are removed
  std::vector<Transaction> transactions_;
  std::vector<std::uint32_t> free_transactions_;
  DirectoryStats stats_;
};

}  // namespace tablewalk
