#include "cpu/request_port.h"

namespace tablewalk {

void RequestPort::reset_stats() {
  stats_ = {};
  retirement_.restart();
}

void RequestPort::end_translation(TranslationRequest& request, Cycles answered) {
  const InFlight& access = ring_[request.tag];
  ++stats_.translations_answered;
  stats_.translation_cycles.add(request.cycles);
  stats_.translation_latency.add((answered - access.times.issued).count());
  job_.observer->translation_answered(request, access.times.issued, answered, false);
  free_requests_.push_back(&request);
}

namespace {

void report_accesses(const CoreStats& stats, StatSet& figures) {
  const auto of = [&](RecordKind kind) { return stats.accesses[static_cast<unsigned>(kind)]; };
  std::uint64_t all = 0;
  for (std::uint64_t count : stats.accesses) all += count;
  figures
      .count("core.accesses", all, "accesses", "accesses of the trace; one that reads and writes the same data is one")
      .in(Section::Program)
      .key()
      .explain("instruction fetches, loads and stores of the program; each needs its address translated");
  figures.count("core.fetches", of(RecordKind::Fetch), "accesses", "instruction fetches");
  figures.count("core.loads", of(RecordKind::Load), "accesses", "data reads");
  figures.count("core.stores", of(RecordKind::Store), "accesses", "data writes");
  figures.count("core.modifies", of(RecordKind::Modify), "accesses", "accesses that read and then write the same data");
  figures
      .count("core.supervisor_accesses", stats.supervisor_accesses, "accesses",
             "accesses made with supervisor privilege; the others are a user's")
      .in(Section::Program)
      .explain("of the accesses, those of a kernel: supervisor pages are open to them");
  figures
      .count("core.instructions", stats.instructions, "instructions",
             "fetches; in a trace without fetches, accesses and the gaps between them")
      .in(Section::Program)
      .explain("how many instructions the program executed in this trace");
  figures.count("core.fetch_blocks", stats.fetch_blocks, "blocks",
                "runs of instructions in one cache line that the front end fetched ahead, each one lookup");
  figures.count("core.next_line_prefetches", stats.next_line_prefetches, "lines",
                "lines that the front end asked for because they follow one that it fetched");
  figures
      .count("core.page_straddles", stats.page_straddles, "accesses",
             "accesses that needed one more translation because they cross a page")
      .in(Section::Program)
      .explain("accesses that reach into the next page and so need two translations");
  figures
      .count("core.line_straddles", stats.line_straddles, "accesses", "accesses that cross a cache line within a page")
      .explain("accesses that reach into the next cache line and so look the cache up twice");
}

void report_cycles(const CoreStats& stats, const CoreCycles& cycles, StatSet& figures) {
  figures.adds_up("core.cycles", {"core.issue_cycles", "core.translation_stall_cycles", "core.memory_stall_cycles",
                                  "core.invalidation_cycles", "core.switching_cycles", "core.interrupt_cycles",
                                  "core.shootdown_wait_cycles"});
  figures.count("core.cycles", cycles.total(), "cycles", "from the first issue to the last retirement")
      .key()
      .explain("how long the program takes on this machine");
  figures.count("core.issue_cycles", cycles.issue, "cycles", "starting accesses, and first-level hits")
      .explain("cycles in which the core was doing the program's work, waiting for nothing");
  figures
      .count("core.translation_stall_cycles", cycles.translation_stall, "cycles",
             "the oldest access waited for its translation, beyond a first-level TLB hit; not what translation "
             "costs: a late translation also delays data, which counts as memory stall")
      .key()
      .explain("the oldest access waited for its translation; not the cost: a late translation also makes data late");
  figures
      .count("core.memory_stall_cycles", cycles.memory_stall, "cycles",
             "the oldest access waited for its data, beyond a first-level cache hit; late translations of it and of "
             "others included")
      .key()
      .explain("the oldest access waited for data, its translation there; perhaps because that had come late");
  figures
      .count("core.invalidation_cycles", cycles.invalidation, "cycles",
             "in invalidate events, once everything older had retired")
      .explain("cycles those took: the core does nothing else meanwhile");
  figures
      .count("core.switching_cycles", cycles.switching, "cycles",
             "in switches of the address space, once everything older had retired")
      .explain("cycles those took: the core does nothing else meanwhile");
  figures
      .ratio("core.translation_stall_share", cycles.translation_stall, cycles.total(), "share",
             "translation stall cycles / cycles; translation.cost_share is what translation costs")
      .key()
      .explain("translation stall cycles / cycles; where walks overlap, the cost is a multiple of it");
  figures.ratio("core.cycles_per_instruction", cycles.total(), stats.instructions, "cycles", "cycles / instructions")
      .key()
      .explain("cycles an instruction takes on average; less than 1 when several start at once");
  figures
      .count("core.invalidations", stats.invalidations, "events",
             "invalidate events: TLBs and walk caches forgot what those covered")
      .in(Section::Program)
      .explain("how often the kernel had TLBs and walk caches forget what it had changed");
  figures
      .count("core.switches", stats.switches, "events",
             "switches of the address space: the root's register was written")
      .in(Section::Program)
      .explain("how often another address space began to run; without PCIDs or ASIDs, TLBs are emptied");
  figures.count("core.faults", stats.faults, "faults", "page faults handled")
      .in(Section::Program)
      .explain("accesses that had no valid translation");
  figures.count("core.faulted_accesses", stats.faulted_accesses, "accesses",
                "accesses passed over because their translation faults (--skip-faults); one that crosses a page is one "
                "for each");
}

void report_shootdowns(const CoreStats& stats, const CoreCycles& cycles, StatSet& figures) {
  figures
      .count("core.shootdowns", stats.shootdowns, "events", "invalidate events for which other cores were interrupted")
      .explain("invalidate events for which other cores had to be interrupted");
  figures
      .count("core.shootdown_wait_cycles", cycles.shootdown_wait, "cycles",
             "waiting until those had acknowledged them, beyond the event's own cycles")
      .explain("cycles the core waited until those had forgotten the translation too");
  figures.count("core.interrupts", stats.interrupts, "interrupts", "taken for shootdowns of other cores")
      .explain("how often the core was interrupted for such an event of another core");
  figures
      .count("core.interrupt_cycles", cycles.interrupts, "cycles",
             "in the handlers of these, once everything older had retired")
      .explain("cycles those took: the core does nothing else meanwhile");
}

void report_translations(const CoreStats& stats, StatSet& figures) {
  const LatencyBreakdown& cycles = stats.translation_cycles;
  figures.begin(Section::Translation);
  figures.adds_up("translation.requests", {"translation.responses"});
  figures.adds_up("translation.cycles.total",
                  {"translation.cycles.queue", "translation.cycles.tlb_lookup", "translation.cycles.walk_cache_lookup",
                   "translation.cycles.memory", "translation.cycles.entry_writeback", "translation.cycles.fault",
                   "translation.cycles.fill"});
  const auto part = [&](const std::string& name, std::uint64_t value, const char* meaning) {
    figures.count("translation.cycles." + name, value, "cycles", meaning);
  };
  figures.count("translation.requests", stats.translations_requested, "requests",
                "translations asked for: one for each page an access touches");
  figures.count("translation.responses", stats.translations_answered, "requests", "translations answered");
  figures
      .distribution("translation.latency_cycles", stats.translation_latency, "cycles",
                    "from request to answer, per translation that missed the first-level TLB")
      .explain("how long an access that misses the first-level TLB waits, for a miss register and for page faults too")
      .key("mean", "how long an access that misses the first-level TLB waits, on average");
  part("total", stats.translation_latency.sum(), "all cycles of those translations: the sum of the parts below");
  part("queue", cycles.queue, "waiting: for a lookup port, a walker, its memory port, or another walk of the page");
  part("tlb_lookup", cycles.tlb_lookup, "in TLBs that missed, and in the one that hit");
  part("walk_cache_lookup", cycles.walk_cache_lookup, "in the walker before its first read");
  part("memory", cycles.memory_total(), "reading page-table entries");
  for (unsigned level = 0; level < max_levels; ++level) {
    for (unsigned place = 0; place < served_by_count; ++place) {
      const std::uint64_t value = cycles.memory[level][place];
      const std::string where = to_string(static_cast<ServedBy>(place));
      figures.count_if_any("translation.cycles.level" + std::to_string(level) + "." + where, value, "cycles",
                           "reading entries of this level that were found there");
    }
  }
  part("entry_writeback", cycles.entry_writeback, "updating accessed and dirty bits");
  part("fault", cycles.fault, "waiting for and in the page-fault handler");
  part("fill", cycles.fill, "the answer's way back through the TLBs");
}

}  // namespace

void RequestPort::report(StatSet& figures) const {
  figures.begin(Section::Core);
  report_accesses(stats_, figures);
  report_cycles(stats_, retirement_.cycles(), figures);
  if (processes_.size() > 1) {
    figures
        .count("core.process_switches", stats_.process_switches, "switches",
               "times that another trace of the core had its turn")
        .explain("how often a time slice, or a trace, ended and another trace of the core had its turn");
  }
  if (one_of_several()) report_shootdowns(stats_, retirement_.cycles(), figures);
  report_translations(stats_, figures);
}

}  // namespace tablewalk
