// Hints of cuckoo walk tables: which lines a walk reads. Entries that the caches lack are fetched beside the walks,
// which do not wait for them. And guesses of page sizes. Not inlined into the walker's cycle, which has none in most
// machines.

#include <algorithm>

#include "walker/systemc_walker.h"

namespace tablewalk {

[[gnu::noinline]] void SystemCWalker::look_up_hints(Slot& slot) {
  const TranslationRequest& request = *slot.request;
  slot.hints = hint_caches_->look_up(request.va, request.asid);
  begin_at_root(slot, slot.hints);
  for (const unsigned table : hint_caches_->missed()) fetch_hint(slot, table);
}

void SystemCWalker::fetch_hint(const Slot& slot, unsigned table) {
  HintFetch& fetch = hint_fetches_[table];
  if (fetch.active) return;
  fetch.reads = mode().hint_reads(slot.root, table, slot.request->va);
  if (fetch.reads.empty()) return;
  fetch.active = true;
  fetch.dropped = false;
  fetch.va = slot.request->va;
  fetch.asid = slot.request->asid;
  fetch.translation = slot.record.translation;
  fetch.presented = fetch.answers = 0;
  ++fetches_to_present_;
}

/// In a cycle in which no walk uses the memory port.
[[gnu::noinline]] void SystemCWalker::present_fetch(Cycles cycle) {
  const auto fetch = std::find_if(hint_fetches_.begin(), hint_fetches_.end(),
                                  [](const HintFetch& one) { return one.active && one.presented != one.reads.size(); });
  const Cycles presented = cycle + Cycles(1);
  WalkRecord record;
  record.translation = fetch->translation;
  const auto tag = static_cast<std::uint32_t>(slots_.size() + (fetch - hint_fetches_.begin()));
  MemoryAccess& access = prepare_access(record, fetch->reads[fetch->presented++], HintEntry::bytes, tag);
  if (fetch->presented == fetch->reads.size()) --fetches_to_present_;
  memory_side.send(access, presented);
}

[[gnu::noinline]] void SystemCWalker::take_hint(const MemoryAccess& access) {
  const auto table = static_cast<unsigned>(access.info.tag - slots_.size());
  HintFetch& fetch = hint_fetches_[table];
  ++hint_stats_.reads;
  if (access.info.served_by == ServedBy::Dram) ++hint_stats_.from_dram;
  if (!fetch.dropped) hint_caches_->fill(table, fetch.va, fetch.asid, access.bytes());
  if (++fetch.answers == fetch.reads.size()) fetch.active = false;
}

/// The reads of a fetch that is covered are made, but what they find is not cached.
[[gnu::noinline]] void SystemCWalker::drop_fetches(const Invalidation& invalidation) {
  hint_caches_->invalidate(invalidation);
  for (unsigned table = 0; table < hint_fetches_.size(); ++table) {
    HintFetch& fetch = hint_fetches_[table];
    if (hint_caches_->is_covered(invalidation, table, fetch.va, fetch.asid)) fetch.dropped = true;
  }
}

/// A walk that has found nothing with its hints goes on without them.
[[gnu::noinline]] void SystemCWalker::check_hints(Slot& slot) {
  if ((slot.walk.progress() & slot.hints) != 0) return;
  if (slot.walk.step() != Walk::Step::ReadEntry) return;
  slot.hints = 0;
  ++hint_stats_.misled_walks;
  hint_caches_->forget(slot.request->va, slot.request->asid);
}

/// Of modes that search one page size after the other.
[[gnu::noinline]] void SystemCWalker::guess_size(Slot& slot) {
  slot.guess = page_sizes_->look_up(slot.request->va, slot.request->asid);
  begin_at_root(slot, slot.guess);
}

[[gnu::noinline]] void SystemCWalker::learn_size(const Slot& slot) {
  page_sizes_->learn(slot.request->va, slot.request->asid, slot.walk.translation().level, slot.guess);
}

[[gnu::noinline]] void SystemCWalker::report_hints(StatSet& figures) const {
  figures.begin(Section::WalkCaches);
  hint_caches_->report(figures);
  figures.count("walk_cache.misled_walks", hint_stats_.misled_walks, "walks",
                "walks that found nothing where the walk tables' entries said, and began again without");
  figures.count("walk_cache.fill_reads", hint_stats_.reads, "reads",
                "reads of the walk tables, not in walker.entry_reads");
  figures.count("walk_cache.fill_reads_from_dram", hint_stats_.from_dram, "reads", "of these, served by dram");
}

}  // namespace tablewalk
