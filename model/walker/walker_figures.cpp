// The figures of the walker and of its walk caches.

#include "walker/systemc_walker.h"

namespace tablewalk {

void SystemCWalker::reset_stats() {
  PageWalker::reset_stats();
  walk_caches_->reset_stats();
  hint_stats_ = {};
  if (hint_caches_ != nullptr) hint_caches_->reset_stats();
  if (page_sizes_ != nullptr) page_sizes_->reset_stats();
}

void SystemCWalker::report(StatSet& figures) const {
  PageWalker::report(figures);
  if (shared_ == nullptr) report_walk_caches(*walk_caches_, figures);
  if (hint_caches_ != nullptr) report_hints(figures);
  if (page_sizes_ != nullptr) page_sizes_->report(figures);
}

}  // namespace tablewalk
