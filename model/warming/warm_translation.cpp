#include "warming/warm_translation.h"

#include "paging/neighbours.h"
#include "paging/reference_walk.h"

namespace tablewalk {

const Translation* WarmWalker::walk(VirtualAddress va, RunningSpace running, Access access) {
  ++walks_;
  if (walk_caches_ == nullptr) return walk_at_once(va, running, access);
  Walk walk = begin(va, running, access);
  while (walk.step() == Walk::Step::ReadEntry || walk.step() == Walk::Step::UpdateEntry) step(walk, va, running);
  if (walk.step() != Walk::Step::Done) return nullptr;
  found_ = walk.translation();
  if (line_part_ != 0) {
    LinePages line;
    mode_.read_neighbours(walk, {line_, line_part_, bytes_.data()}, line);
    found_.neighbours = neighbours_of(found_, va, line);
  }
  return &found_;
}

const Translation* WarmWalker::walk_at_once(VirtualAddress va, RunningSpace running, Access access) {
  const PhysicalAddress root = kernel_.root_for(running.space, access.user);
  const WalkOutcome outcome = reference_walk(mode_, memory_, root, va, access);
  if (!outcome.translated) return nullptr;
  found_ = outcome.translation;
  if (line_part_ != 0) {
    found_.neighbours = neighbours_of(found_, va, line_in_tables(mode_, memory_, root, va, access, line_part_));
  }
  return &found_;
}

Walk WarmWalker::begin(VirtualAddress va, RunningSpace running, Access access) {
  if (hint_caches_ != nullptr) return begin_by_hints(va, running, access);
  if (const auto start = walk_caches_->find(va, running.id)) return {mode_, *start, va, access};
  return {mode_, kernel_.root_for(running.space, access.user), va, access};
}

/// Fetches the entries that are missing, for later walks.
Walk WarmWalker::begin_by_hints(VirtualAddress va, RunningSpace running, Access access) {
  const PhysicalAddress root = kernel_.root_for(running.space, access.user);
  hints_ = hint_caches_->look_up(va, running.id);
  const Walk walk(mode_, root, va, access, hints_);
  const std::vector<unsigned> missed = hint_caches_->missed();
  for (const unsigned table : missed) {
    for (const PhysicalAddress address : mode_.hint_reads(root, table, va)) {
      access_cache(address, false);
      memory_.read_bytes(address, HintEntry::bytes, bytes_.data());
      hint_caches_->fill(table, va, running.id, bytes_.data());
    }
  }
  return walk;
}

/// Does what the walk requests of memory, and caches the pointer if it was one.
void WarmWalker::step(Walk& walk, VirtualAddress va, RunningSpace running) {
  if (supply_known(walk)) return;
  const unsigned level = walk.level();
  const PhysicalAddress at = walk.entry_address();
  if (walk.step() == Walk::Step::UpdateEntry) {
    update(walk);
  } else {
    supply_read(walk);
  }
  if (hints_ != 0 && walk.step() == Walk::Step::ReadEntry && (walk.progress() & hints_) == 0) {
    hints_ = 0;
    hint_caches_->forget(va, running.id);
  }
  if (walk.position().level == level) return;
  if (!walk_caches_->by_address()) return walk_caches_->remember(va, running.id, walk.position());
  walk_caches_->remember_entry(level, at, memory_.read(at, mode_.entry_bytes()));
}

/// True if a page-table cache has the entry.
bool WarmWalker::supply_known(Walk& walk) {
  const unsigned level = walk.level();
  if (!walk_caches_->by_address() || walk.step() != Walk::Step::ReadEntry || level == 0) return false;
  const auto entry = walk_caches_->find_entry(level, walk.entry_address());
  if (entry) walk.supply(*entry);
  return entry.has_value();
}

void WarmWalker::supply_read(Walk& walk) {
  if (line_part_ != 0) {
    line_ = EntryLine::start_of(walk.entry_address(), line_part_);
    access_cache(line_, false);
    memory_.read_bytes(line_, line_part_, bytes_.data());
    return walk.supply(bytes_.data() + (walk.entry_address() - line_));
  }
  const unsigned bytes = walk.read_bytes();
  for (unsigned number = 0; number < walk.reads(); ++number) {
    const PhysicalAddress address = walk.read_address(number);
    access_cache(address, false);
    memory_.read_bytes(address, bytes, bytes_.data() + std::size_t{number} * bytes);
  }
  walk.supply(bytes_.data());
}

void WarmWalker::update(Walk& walk) {
  const PhysicalAddress entry = walk.entry_address();
  access_cache(entry, true);
  walk.updated(memory_.compare_and_swap(entry, mode_.entry_bytes(), walk.update_expected(), walk.update_desired()));
}

const Translation* WarmTranslation::miss(VirtualAddress va, RunningSpace running, Access access) {
  kernel_->before_walk(running.space, va, access);
  const Translation* found = find_below(1, va, running, access);
  if (found != nullptr) tlbs_.front()->install(va, running.id, *found);
  return found;
}

/// In the TLBs from `level` down, then by a walk; those that missed install it.
const Translation* WarmTranslation::find_below(std::size_t level, VirtualAddress va, RunningSpace running,
                                               Access access) {
  if (level == tlbs_.size()) return walker_->walk(va, running, access);
  const TlbArrays::Hit hit = tlbs_[level]->find(va, running.id, access);
  if (hit.translation != nullptr) return hit.translation;
  const Translation* found = find_below(level + 1, va, running, access);
  if (found != nullptr) tlbs_[level]->install(va, running.id, *found);
  return found;
}

}  // namespace tablewalk
