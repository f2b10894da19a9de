#pragma once

#include <vector>

#include "links/timed_module.h"
#include "protocol/invalidation.h"
#include "stats/stat_set.h"
#include "walker/walk_cache.h"
#include "walker/walker_config.h"

namespace tablewalk {

class SystemCWalker;

/// Walk caches that the walkers of several cores share, with a port for each. A walker asks in a cycle and has the
/// answer in the next one: what the ports want in a cycle is done at its end, so that it does not depend on which
/// walker acts first. Lookups come before what is cached, and lower ports before higher ones.
class SharedWalkCaches final : public TimedModule {
 public:
  /// What a walk wants to know: with page-table caches, the entry at an address, else the deepest table.
  struct Lookup {
    VirtualAddress va;
    AddressSpaceId asid = 0;
    unsigned level = 0;
    PhysicalAddress at;
  };
  struct Found {
    std::optional<WalkStart> table;
    std::optional<std::uint64_t> entry;
    std::uint8_t hits = 0;
  };
  /// A pointer to cache, and for which walk.
  struct Pointer {
    VirtualAddress va;
    AddressSpaceId asid = 0;
    WalkStart table;
    unsigned level = 0;
    PhysicalAddress at;
    std::uint64_t entry = 0;
  };

  SharedWalkCaches(sc_core::sc_module_name name, const WalkerConfig& config, const PagingMode& mode, unsigned ports);

  void attach(unsigned port, SystemCWalker& walker) { ports_[port].walker = &walker; }
  const WalkCaches& caches() const { return *caches_; }
  /// For warming without time.
  WalkCaches& caches() { return *caches_; }

  /// At most once a cycle for each port.
  void ask(unsigned port, const Lookup& lookup);
  /// What the last lookup found, from the cycle after ask() on.
  const Found& answer(unsigned port) const { return ports_[port].found; }
  void remember(unsigned port, const Pointer& pointer);
  /// Removes what it covers, once for all walkers. Those of other cores go on, but what they have read so far will not
  /// be cached.
  void invalidate(unsigned port, const Invalidation& invalidation);

  void reset_stats() { caches_->reset_stats(); }
  void report(const std::string& name, StatSet& figures) const;

 private:
  struct Port {
    SystemCWalker* walker = nullptr;
    std::optional<Lookup> lookup;
    Found found;
    std::optional<Pointer> pointer;
  };
  void on_cycle() override;
  void look_up(Port& port);

  std::unique_ptr<WalkCaches> caches_;
  unsigned concern_shift_;
  std::vector<Port> ports_;
};

/// The figures of walk caches.
void report_walk_caches(const WalkCaches& caches, StatSet& figures);

}  // namespace tablewalk
