// The figures of the walker and of its walk caches.

#include "walker/systemc_walker.h"

namespace tablewalk {

void SystemCWalker::reset_stats() {
  PageWalker::reset_stats();
  walk_caches_->reset_stats();
  hint_stats_ = {};
  if (hint_caches_ != nullptr) hint_caches_->reset_stats();
}

void SystemCWalker::report(StatSet& figures) const {
  PageWalker::report(figures);
  figures.begin(Section::WalkCaches);
  for (std::size_t i = 0; i < walk_caches_->stats().size(); ++i) {
    const std::string prefix = "walk_cache.level" + std::to_string(walk_caches_->level(i));
    figures.count(prefix + ".lookups", walk_caches_->stats()[i].lookups, "lookups",
                  "lookups of a pointer of this level, one per walk");
    figures.count(prefix + ".hits", walk_caches_->stats()[i].hits, "lookups", "lookups that hit");
    figures.count(prefix + ".invalidated", walk_caches_->stats()[i].invalidated, "pointers",
                  "pointers removed by invalidate events");
    figures.count(prefix + ".switched_out", walk_caches_->stats()[i].switched_out, "pointers",
                  "pointers removed by switches of the address space");
  }
  if (hint_caches_ != nullptr) report_hints(figures);
}

}  // namespace tablewalk
