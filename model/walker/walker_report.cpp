#include "walker/walker.h"

namespace tablewalk {

void Walker::reset_stats() {
  stats_ = {};
  walk_caches_.reset_stats();
}

void Walker::report(StatSet& figures) const {
  figures.count("walker.walks", stats_.walks, "walks", "walks started");
  figures.count("walker.merged_walks", stats_.merged_walks, "requests", "requests that joined a walk of their page");
  figures.count("walker.faults", stats_.faults, "walks", "walks that ended in a fault");
  figures.count("walker.entry_reads", stats_.entry_reads, "reads", "page-table entries read");
  figures.real("walker.entry_reads_per_walk", ratio(stats_.entry_reads, stats_.latency.count()), "reads",
               "page-table entries read, per finished walk");
  figures.count("walker.entry_updates", stats_.entry_updates, "updates", "locked updates of accessed and dirty bits");
  figures.count("walker.restarts", stats_.restarts, "restarts",
                "walks sent back to the root by an invalidate event while they were under way");
  figures.distribution("walker.latency_cycles", stats_.latency, "cycles",
                       "from a request standing at the walker to its answer, per walk");
  figures.distribution("walker.queue_cycles", stats_.queue, "cycles", "of that, before the walk was taken");
  figures.distribution("walker.reads", stats_.reads_per_walk, "reads", "entries read by a walk");
  for (unsigned place = 0; place < served_by_count; ++place) {
    std::uint64_t reads = 0;
    for (const auto& level : stats_.served) reads += level[place];
    const std::string where = to_string(static_cast<ServedBy>(place));
    figures.count("walker.served_by." + where, reads, "reads", "entries of all levels found in " + where);
  }
  for (unsigned level = 0; level < mode_.levels(); ++level) {
    const std::string prefix = "walker.level" + std::to_string(level);
    std::uint64_t reads = 0;
    for (unsigned place = 0; place < served_by_count; ++place) reads += stats_.served[level][place];
    figures.count(prefix + ".reads", reads, "reads", "entries of this level read (level 0 is the last)");
    for (unsigned place = 0; place < served_by_count; ++place) {
      const std::string where = to_string(static_cast<ServedBy>(place));
      figures.count(prefix + ".served_by." + where, stats_.served[level][place], "reads",
                    "entries of this level found in " + where);
    }
  }
  for (std::size_t i = 0; i < walk_caches_.stats().size(); ++i) {
    const std::string prefix = "walk_cache.level" + std::to_string(walk_caches_.level(i));
    figures.count(prefix + ".lookups", walk_caches_.stats()[i].lookups, "lookups",
                  "walks that looked for a pointer of this level");
    figures.count(prefix + ".hits", walk_caches_.stats()[i].hits, "lookups", "walks that found it");
    figures.count(prefix + ".invalidated", walk_caches_.stats()[i].invalidated, "pointers",
                  "pointers that invalidate events took out");
  }
}

}  // namespace tablewalk
