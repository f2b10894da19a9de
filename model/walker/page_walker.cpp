#include "walker/page_walker.h"

#include "base/error.h"

namespace tablewalk {

PageWalker::PageWalker(sc_core::sc_module_name name, Phase phase, const PagingMode& mode, unsigned ports)
    : TimedModule(name, phase), memory_side("memory_side", *this), tlb_side_("tlb_side", *this, ports), mode_(mode) {}

MemoryAccess& PageWalker::prepare_access(const WalkRecord& record, PhysicalAddress address, unsigned bytes,
                                         std::uint32_t tag) {
  MemoryAccess& access = pool_.take();
  access.prepare(address, bytes, false);
  access.info.entry_for = record.translation;
  access.info.served_by = ServedBy::Dram;  // assumed for a memory that does not report it
  access.info.tag = tag;
  return access;
}

void PageWalker::begin_walk(WalkRecord& record, TranslationRequest& request, Cycles visible_since, Cycles cycle) {
  record.reset();
  record.id = next_id_++;
  record.translation = request.id;
  record.prefetch = request.prefetch;
  record.va = request.va;
  record.asid = request.asid;
  record.space = request.space;
  record.access = request.access;
  record.instruction = request.instruction;
  record.requested = visible_since;
  record.taken = record.answer.walk_began = cycle;
  ++stats_of(record).walks;
  request.account(request.cycles.queue, cycle);
}

void PageWalker::count_merged(WalkRecord& record) {
  ++record.merged;
  ++stats_.merged_walks;
}

void PageWalker::count_lookup(TranslationRequest& request, Cycles since, Cycles cycle) {
  request.account(request.cycles.walk_cache_lookup, since);
  request.account(request.cycles.queue, cycle);
  request.account(request.cycles.walk_cache_lookup, cycle + Cycles(1));
}

void PageWalker::count_presented(WalkRecord& record, TranslationRequest& request, const WalkRecord::EntryRead& read) {
  record.next_read() = read;
  request.account(request.cycles.queue, read.presented);
}

void PageWalker::count_response(WalkRecord& record, TranslationRequest& request, const MemoryAccess& access,
                                Cycles visible_since, Cycles cycle) {
  const ServedBy place = access.info.served_by;
  WalkRecord::EntryRead& read = record.next_read();
  read.answered = visible_since;
  read.served_by = place;
  ++(read.update ? record.entry_updates : record.entry_reads);
  if (!read.update) {
    ++stats_of(record).served[read.level][static_cast<unsigned>(place)];
    request.account(request.cycles.memory[read.level][static_cast<unsigned>(place)], visible_since + Cycles(1));
  } else {
    if (!access.info.swapped) throw LawViolation("the memory below the walker did not carry out the compare-and-swap");
    request.account(request.cycles.entry_writeback, visible_since + Cycles(1));
  }
  request.account(request.cycles.queue, cycle + Cycles(1));
}

/// The reads so far have cost time, which stays accounted for.
void PageWalker::count_restart(WalkRecord& record, TranslationRequest& request, Cycles ready) {
  ++record.restarts;
  record.answer.walk_began = ready;
  ++stats_of(record).restarts;
  record.walk_cache_hit = WalkRecord::no_hit;
  request.account(request.cycles.queue, ready);
}

void PageWalker::end_walk(const WalkRecord& record) {
  WalkerStats& stats = stats_of(record);
  stats.faults += record.answer.faulted ? 1 : 0;
  stats.entry_reads += record.entry_reads;
  stats.entry_updates += record.entry_updates;
  stats.latency.add((record.answered - record.requested).count());
  stats.queue.add((record.taken - record.requested).count());
  stats.reads_per_walk.add(record.entry_reads);
  record.prefetch ? observer_->prefetch_finished(record) : observer_->walk_finished(record);
}

void PageWalker::respond(TranslationRequest& request, Cycles visible) {
  request.account(request.cycles.queue, visible);
  tlb_side_.port(request.pop_route()).respond(request, visible);
}

namespace {

/// Where entries were served: over all levels, and per level.
void report_places(const WalkerStats& stats, const PagingMode& mode, StatSet& figures) {
  constexpr std::array<const char*, served_by_count> found_there = {
      "table entries served by the first-level cache: a few cycles each",
      "table entries served by the second-level cache: about ten cycles each",
      "table entries served by the last-level cache: about forty cycles each",
      "table entries served by DRAM: hundreds of cycles each"};
  for (unsigned place = 0; place < served_by_count; ++place) {
    std::uint64_t reads = 0;
    for (const auto& level : stats.served) reads += level[place];
    const std::string where = to_string(static_cast<ServedBy>(place));
    figures.count("walker.served_by." + where, reads, "reads", "entries of all levels served by " + where)
        .key()
        .explain(found_there[place]);
  }
  for (unsigned level = 0; level < mode.levels(); ++level) {
    const std::string of = mode.is_radix() ? "entries of this level" : "reads as " + mode.level(level).name;
    const std::string prefix = "walker.level" + std::to_string(level);
    std::uint64_t reads = 0;
    for (unsigned place = 0; place < served_by_count; ++place) reads += stats.served[level][place];
    figures.count(prefix + ".reads", reads, "reads", mode.is_radix() ? of + " read (level 0 is the last)" : of);
    for (unsigned place = 0; place < served_by_count; ++place) {
      const std::string where = to_string(static_cast<ServedBy>(place));
      figures.count(prefix + ".served_by." + where, stats.served[level][place], "reads", of + " served by " + where);
    }
  }
}

}  // namespace

void PageWalker::report(StatSet& figures) const {
  figures.begin(Section::Walker);
  figures.count("walker.walks", stats_.walks, "walks", "walks started")
      .key()
      .explain("how often all TLBs missed, so that the page table was read");
  figures
      .per_kilo_instruction("walker.walks_per_kilo_instruction", stats_.walks, "walks",
                            "walks per thousand instructions")
      .key()
      .explain("walks per thousand instructions");
  figures.count("walker.merged_walks", stats_.merged_walks, "requests", "requests merged with a walk of their page")
      .key()
      .explain("misses merged with a walk of the same page in progress");
  figures.count("walker.faults", stats_.faults, "walks", "walks that ended in a fault");
  figures.count("walker.entry_reads", stats_.entry_reads, "reads", "page-table entries read")
      .key()
      .explain("page-table entries read from memory by the walker");
  figures
      .ratio("walker.entry_reads_per_walk", stats_.entry_reads, stats_.latency.count(), "reads",
             "page-table entries read, per finished walk")
      .key()
      .explain("1 for a flat table; otherwise up to the number of levels, minus what walk caches save");
  figures.count("walker.entry_updates", stats_.entry_updates, "updates", "atomic updates of accessed and dirty bits");
  figures.count("walker.restarts", stats_.restarts, "restarts", "walks restarted at the root by an invalidate event")
      .explain("walks restarted at the root by an invalidation");
  figures
      .distribution("walker.latency_cycles", stats_.latency, "cycles",
                    "from the request's arrival at the walker to its response, per walk")
      .explain("latency of a walk, from its request to its response")
      .key("mean", "average latency of a walk")
      .key("p95", "95 % of walks are no slower than this")
      .key("p99", "99 % of walks are no slower than this");
  figures.distribution("walker.queue_cycles", stats_.queue, "cycles", "of that, before the walk was started")
      .explain("of that, waiting for a free walker");
  figures.distribution("walker.reads", stats_.reads_per_walk, "reads", "entries read per walk");
  report_places(stats_, mode_, figures);
  if (expects_prefetches_) report_prefetches(figures);
}

void PageWalker::report_prefetches(StatSet& figures) const {
  const WalkerStats& stats = prefetch_stats_;
  std::uint64_t from_dram = 0;
  for (const auto& level : stats.served) from_dram += level[static_cast<unsigned>(ServedBy::Dram)];
  figures.count("walker.prefetch.walks", stats.walks, "walks", "walks for prefetches, not in walker.walks")
      .key()
      .explain("walks that a TLB's prefetcher wanted, which no access waits for");
  figures.count("walker.prefetch.faults", stats.faults, "walks", "of these, walks without a translation");
  figures.count("walker.prefetch.entry_reads", stats.entry_reads, "reads", "entries read by walks for prefetches")
      .key()
      .explain("page-table entries read from memory for prefetches");
  figures.count("walker.prefetch.served_by.dram", from_dram, "reads", "of these, entries served by dram");
  figures.distribution("walker.prefetch.latency_cycles", stats.latency, "cycles",
                       "from a prefetch's arrival at the walker to its response, per walk");
}

}  // namespace tablewalk
