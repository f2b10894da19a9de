#include "warming/warm_translation.h"

#include <array>

#include "paging/reference_walk.h"

namespace tablewalk {

const Translation* WarmWalker::walk(VirtualAddress va, RunningSpace running, Access access) {
  if (walk_caches_ == nullptr) {
    const PhysicalAddress root = kernel_.root_for(running.space, access.user);
    const WalkOutcome outcome = reference_walk(mode_, memory_, root, va, access);
    found_ = outcome.translation;
    return outcome.translated ? &found_ : nullptr;
  }
  Walk walk = begin(va, running, access);
  while (walk.step() == Walk::Step::ReadEntry || walk.step() == Walk::Step::UpdateEntry) {
    if (step(walk)) walk_caches_->remember(va, running.id, walk.position());
  }
  found_ = walk.translation();
  return walk.step() == Walk::Step::Done ? &found_ : nullptr;
}

Walk WarmWalker::begin(VirtualAddress va, RunningSpace running, Access access) {
  if (const auto start = walk_caches_->find(va, running.id)) return {mode_, *start, va, access};
  return {mode_, kernel_.root_for(running.space, access.user), va, access};
}

/// Does what the walk requests of memory; true if it has gone down a level.
bool WarmWalker::step(Walk& walk) {
  const unsigned level = walk.level();
  const PhysicalAddress entry = walk.entry_address();
  const bool update = walk.step() == Walk::Step::UpdateEntry;
  if (cache_ != nullptr) cache_->access(entry, update, true);
  if (update) {
    walk.updated(memory_.compare_and_swap(entry, mode_.entry_bytes(), walk.update_expected(), walk.update_desired()));
  } else {
    std::array<unsigned char, Walk::longest_read> bytes{};
    memory_.read_bytes(entry, walk.read_bytes(), bytes.data());
    walk.supply(bytes.data());
  }
  return walk.position().level != level;
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
