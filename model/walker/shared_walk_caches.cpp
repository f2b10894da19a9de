#include "walker/shared_walk_caches.h"

#include "walker/systemc_walker.h"

namespace tablewalk {

SharedWalkCaches::SharedWalkCaches(sc_core::sc_module_name name, const WalkerConfig& config, const PagingMode& mode,
                                   unsigned ports)
    : TimedModule(name, Phase::End),
      caches_(make_walk_caches(config.walk_cache_kind, config.walk_caches, mode)),
      concern_shift_(mode.root_entry_shift()),
      ports_(ports) {}

void SharedWalkCaches::ask(unsigned port, const Lookup& lookup) {
  ports_[port].lookup = lookup;
  wake_at(now());
}

void SharedWalkCaches::remember(unsigned port, const Pointer& pointer) {
  ports_[port].pointer = pointer;
  wake_at(now());
}

void SharedWalkCaches::on_cycle() {
  for (Port& port : ports_) {
    if (port.lookup) look_up(port);
  }
  for (Port& port : ports_) {
    if (!port.pointer) continue;
    const Pointer& pointer = *port.pointer;
    if (caches_->by_address()) {
      caches_->remember_entry(pointer.level, pointer.at, pointer.entry);
    } else {
      caches_->remember(pointer.va, pointer.asid, pointer.table);
    }
    port.pointer.reset();
  }
}

void SharedWalkCaches::look_up(Port& port) {
  const Lookup& lookup = *port.lookup;
  port.found = {};
  if (caches_->by_address()) {
    port.found.entry = caches_->find_entry(lookup.level, lookup.at);
  } else {
    port.found.table = caches_->find(lookup.va, lookup.asid);
  }
  port.found.hits = caches_->hits();
  port.lookup.reset();
}

void SharedWalkCaches::invalidate(unsigned port, const Invalidation& invalidation) {
  caches_->invalidate(invalidation);
  for (unsigned other = 0; other < ports_.size(); ++other) {
    std::optional<Pointer>& pointer = ports_[other].pointer;
    if (pointer && invalidation.may_concern(pointer->va, concern_shift_, pointer->asid)) pointer.reset();
    if (other != port && ports_[other].walker != nullptr) ports_[other].walker->stop_remembering(invalidation);
  }
}

void SharedWalkCaches::report(const std::string&, StatSet& figures) const {
  report_walk_caches(*caches_, figures);
}

void report_walk_caches(const WalkCaches& caches, StatSet& figures) {
  figures.begin(Section::WalkCaches);
  for (std::size_t i = 0; i < caches.stats().size(); ++i) {
    const WalkCaches::LevelStats& level = caches.stats()[i];
    const std::string prefix = "walk_cache.level" + std::to_string(caches.level(i));
    figures.count(prefix + ".lookups", level.lookups, "lookups", "lookups of a pointer of this level, one per walk");
    figures.count(prefix + ".hits", level.hits, "lookups", "lookups that hit");
    figures.count(prefix + ".invalidated", level.invalidated, "pointers", "pointers removed by invalidate events");
    figures.count(prefix + ".switched_out", level.switched_out, "pointers",
                  "pointers removed by switches of the address space");
  }
}

}  // namespace tablewalk
