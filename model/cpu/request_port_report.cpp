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
  figures.count("core.accesses", all, "accesses", "accesses of the trace; a read-modify-write counts once")
      .of_trace()
      .in(Section::Program)
      .key()
      .explain("instruction fetches, loads and stores of the program; each needs its address translated");
  figures.count("core.fetches", of(RecordKind::Fetch), "accesses", "instruction fetches").of_trace();
  figures.count("core.loads", of(RecordKind::Load), "accesses", "data reads").of_trace();
  figures.count("core.stores", of(RecordKind::Store), "accesses", "data writes").of_trace();
  figures.count("core.modifies", of(RecordKind::Modify), "accesses", "accesses that read and then write the same data")
      .of_trace();
  figures
      .count("core.supervisor_accesses", stats.supervisor_accesses, "accesses",
             "accesses with supervisor privilege; the others have user privilege")
      .of_trace()
      .in(Section::Program)
      .explain("accesses made by the kernel, which may use supervisor pages");
  figures
      .count("core.instructions", stats.instructions, "instructions",
             "fetches; in a trace without fetches, accesses and the gaps between them")
      .of_trace()
      .in(Section::Program)
      .explain("how many instructions the program executed in this trace");
  figures.count("core.fetch_blocks", stats.fetch_blocks, "blocks",
                "runs of instructions in one cache line fetched ahead by the front end, one lookup each");
  figures.count("core.next_line_prefetches", stats.next_line_prefetches, "lines",
                "next lines prefetched by the front end");
  figures
      .count("core.page_straddles", stats.page_straddles, "accesses",
             "accesses that need a second translation because they cross a page")
      .of_trace()
      .in(Section::Program)
      .explain("accesses that cross into the next page and so need two translations");
  figures
      .count("core.line_straddles", stats.line_straddles, "accesses", "accesses that cross a cache line within a page")
      .of_trace()
      .explain("accesses that cross into the next cache line and so need two cache lookups");
}

void report_kernel_cycles(const CoreCycles& cycles, StatSet& figures) {
  const auto part = [&](KernelPart which, const char* name, const char* meaning) {
    figures.count_if_any(name, cycles.kernel[static_cast<unsigned>(which)], "cycles", meaning);
  };
  figures.adds_up("core.kernel_cycles",
                  {"core.kernel.compute_cycles", "core.kernel.memory_cycles", "core.kernel.device_cycles",
                   "core.kernel.lock_cycles", "core.kernel.shootdown_cycles", "core.kernel.root_cycles"});
  figures
      .count("core.kernel_cycles", cycles.in_kernel(), "cycles",
             "in the kernel for page faults, from the fault as the oldest access to its repetition")
      .explain("cycles in which the core ran the kernel instead of the program, or waited in it");
  part(KernelPart::Compute, "core.kernel.compute_cycles", "instructions of the kernel, and its own invalidations");
  part(KernelPart::Memory, "core.kernel.memory_cycles",
       "memory accesses of the kernel: table entries, zeroing and copying pages");
  part(KernelPart::Device, "core.kernel.device_cycles", "waiting for the swap device");
  part(KernelPart::Lock, "core.kernel.lock_cycles", "waiting for another core that works on the same page");
  part(KernelPart::Shootdown, "core.kernel.shootdown_cycles", "waiting for other cores to acknowledge an invalidation");
  part(KernelPart::Roots, "core.kernel.root_cycles",
       "writes of the root register at entries to an isolated kernel and exits from it");
}

void report_switches(const CoreStats& stats, StatSet& figures) {
  figures.count("core.switches", stats.switches, "events", "switches of the address space: writes of the root register")
      .of_trace()
      .in(Section::Program)
      .explain("how often another address space started to run; without PCIDs or ASIDs this flushes the TLBs");
  figures.count_if_any("core.ids_recycled", stats.ids_recycled, "events",
                       "switches in which an address space got the core's id of another one");
  figures.count_if_any("core.id_rollovers", stats.id_rollovers, "events",
                       "switches in which all ids of the machine were given anew");
  figures.count_if_any("core.id_flushes", stats.id_flushes, "events",
                       "switches that flushed translations because of either");
  figures.count_if_any("core.lazy_flushes", stats.lazy_flushes, "events",
                       "switches to an address space that had missed an invalidation, and was flushed");
  figures.count_if_any("core.root_writes", stats.root_writes, "events",
                       "writes of the root register at entries to an isolated kernel and exits from it");
}

void report_cycles(const CoreStats& stats, const CoreCycles& cycles, StatSet& figures) {
  figures.adds_up("core.cycles", {"core.issue_cycles", "core.translation_stall_cycles", "core.memory_stall_cycles",
                                  "core.invalidation_cycles", "core.switching_cycles", "core.interrupt_cycles",
                                  "core.shootdown_wait_cycles", "core.kernel_cycles"});
  figures.count("core.cycles", cycles.total(), "cycles", "from the first issue to the last retirement")
      .key()
      .explain("how long the program takes on this machine");
  figures.count("core.issue_cycles", cycles.issue, "cycles", "starting accesses, and first-level hits")
      .explain("cycles in which the core was working without a stall");
  figures
      .count("core.translation_stall_cycles", cycles.translation_stall, "cycles",
             "the oldest access waited for its translation, beyond a first-level TLB hit; not the cost of translation: "
             "a late translation also delays data, which counts as memory stall")
      .key()
      .explain("the oldest access waited for its translation; not the cost: a late translation also makes data late");
  figures
      .count("core.memory_stall_cycles", cycles.memory_stall, "cycles",
             "the oldest access waited for its data, beyond a first-level cache hit; including delays by late "
             "translations of this and other accesses")
      .key()
      .explain("the oldest access waited for data after its translation, perhaps because the translation was late");
  figures
      .count("core.invalidation_cycles", cycles.invalidation, "cycles",
             "in invalidate events, after everything older had retired")
      .explain("cycles spent in them; the core does nothing else meanwhile");
  figures
      .count("core.switching_cycles", cycles.switching, "cycles",
             "in switches of the address space, after everything older had retired")
      .explain("cycles spent in them; the core does nothing else meanwhile");
  report_kernel_cycles(cycles, figures);
  figures
      .ratio("core.translation_stall_share", cycles.translation_stall, cycles.total(), "share",
             "translation stall cycles / cycles; translation.cost_share is the cost of translation")
      .key()
      .explain("translation stall cycles / cycles; if walks overlap, the cost is a multiple of it");
  figures.ratio("core.cycles_per_instruction", cycles.total(), stats.instructions, "cycles", "cycles / instructions")
      .key()
      .explain("average cycles per instruction; below 1 if several start per cycle");
  figures
      .count("core.invalidations", stats.invalidations, "events", "invalidate events, applied to TLBs and walk caches")
      .of_trace()
      .in(Section::Program)
      .explain("how often the kernel invalidated entries of TLBs and walk caches after a change");
  report_switches(stats, figures);
  figures.count_if_any("core.calls", stats.calls, "calls", "system calls that change the address space")
      .explain("calls of the program by which it reserves memory, gives it back, or copies itself");
  figures.count("core.faults", stats.faults, "faults", "page faults handled")
      .in(Section::Program)
      .explain("accesses without a valid translation");
  figures.count(
      "core.faulted_accesses", stats.faulted_accesses, "accesses",
      "accesses skipped because their translation faults (--skip-faults); an access that crosses a page counts "
      "once per page");
}

void report_shootdowns(const CoreStats& stats, const CoreCycles& cycles, StatSet& figures) {
  figures
      .count("core.shootdowns", stats.shootdowns, "events", "invalidate events for which other cores were interrupted")
      .explain("invalidate events for which other cores had to be interrupted");
  figures
      .count("core.shootdown_wait_cycles", cycles.shootdown_wait, "cycles",
             "waiting for their acknowledgements, beyond the event's own cycles")
      .explain("cycles the core waited until the other cores had invalidated the translation too");
  figures.count("core.interrupts", stats.interrupts, "interrupts", "taken for shootdowns of other cores")
      .explain("how often the core was interrupted for such an event of another core");
  figures.count_if_any("core.broadcasts", stats.broadcasts, "invalidations",
                       "of other cores, applied by the hardware without an interrupt");
  figures
      .count("core.interrupt_cycles", cycles.interrupts, "cycles",
             "in the handlers of these interrupts, after everything older had retired")
      .explain("cycles spent in them; the core does nothing else meanwhile");
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
                "translations requested: one per page that an access touches");
  figures.count("translation.responses", stats.translations_answered, "requests", "translations completed");
  figures
      .distribution("translation.latency_cycles", stats.translation_latency, "cycles",
                    "from request to response, per translation that missed the first-level TLB")
      .explain(
          "latency of an access that misses the first-level TLB, including waiting for a miss register and page faults")
      .key("mean", "average latency of an access that misses the first-level TLB");
  part("total", stats.translation_latency.sum(), "all cycles of these translations: the sum of the parts below");
  part("queue", cycles.queue, "waiting for a lookup port, a walker, its memory port, or another walk of the page");
  part("tlb_lookup", cycles.tlb_lookup, "lookups in TLBs that missed, and in the one that hit");
  part("walk_cache_lookup", cycles.walk_cache_lookup, "lookups of walk caches, and the wait for them");
  part("memory", cycles.memory_total(), "reading page-table entries");
  for (unsigned level = 0; level < max_levels; ++level) {
    for (unsigned place = 0; place < served_by_count; ++place) {
      const std::uint64_t value = cycles.memory[level][place];
      const std::string where = to_string(static_cast<ServedBy>(place));
      figures.count_if_any("translation.cycles.level" + std::to_string(level) + "." + where, value, "cycles",
                           "reading entries of this level that were served from there");
    }
  }
  part("entry_writeback", cycles.entry_writeback, "updating accessed and dirty bits");
  part("fault", cycles.fault, "waiting for, and in, the page-fault handler");
  part("fill", cycles.fill, "the response's way back through the TLBs");
}

}  // namespace

void RequestPort::report(StatSet& figures) const {
  figures.begin(Section::Core);
  report_accesses(stats_, figures);
  report_cycles(stats_, retirement_.cycles(), figures);
  if (queue_ != nullptr && queue_->size() > 1) {
    figures.count("core.process_switches", stats_.process_switches, "switches", "switches to another trace of the core")
        .explain("how often a time slice or a trace ended and another trace of the core took its turn");
    figures.count_if_any("core.migrations", stats_.migrations, "switches",
                         "of these, to a trace that another core had run before");
    figures.count_if_any("core.waits_used", stats_.waits_used, "switches",
                         "of these, because the running trace waited in the kernel");
  }
  if (one_of_several()) report_shootdowns(stats_, retirement_.cycles(), figures);
  report_translations(stats_, figures);
}

}  // namespace tablewalk
