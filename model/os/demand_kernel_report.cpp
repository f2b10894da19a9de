// The figures of the kernel.

#include "os/demand_kernel.h"
#include "os/table_figures.h"

namespace tablewalk {

void DemandKernel::reset_stats() {
  stats_ = {};
  huge_stats_ = {};
  swap_.reset_stats();
  timeline_.restart();
}

void DemandKernel::report(StatSet& figures) const {
  std::vector<const TableBuilder*> tables;
  for (const auto& [asid, space] : spaces_) tables.push_back(&space.tables);
  report_tables(*mode_, tables, pages_touched_, page_bytes_, figures);
  if (ranges_.enabled()) report_ranges(tables, pages_ahead_, figures);
  figures.begin(Section::Kernel);
  report_faults(figures);
  report_memory(figures);
  report_evictions(figures);
  report_sharing(figures);
  if (huge_bytes_ != 0 && !maps_blocks_) report_huge(figures);
  if (replacement_ == nullptr) return;
  figures.begin(Section::Swap);
  swap_.report(figures);
}

void DemandKernel::report_faults(StatSet& figures) const {
  figures.adds_up("core.faults",
                  {"kernel.zero_faults", "kernel.major_faults", "kernel.copy_faults", "kernel.file_faults",
                   "kernel.reuse_faults", "kernel.waiting_faults", "kernel.spurious_faults", "kernel.bit_faults",
                   "kernel.ownership_faults", "kernel.ending_faults", "kernel.cache_faults"});
  figures.count("kernel.zero_faults", stats_.zero_faults, "faults", "first touches of a page: it gets a frame of zeros")
      .key()
      .explain("first touches of a page, for which the kernel takes a free frame and clears it");
  figures.count("kernel.file_faults", stats_.file_faults, "faults",
                "first fetches from a page, or first accesses to one of a file: it is mapped from the page cache");
  figures.count("kernel.cache_faults", stats_.cache_faults, "faults",
                "the page was in a frame already: another page shares it, or it was read ahead");
  figures
      .count("kernel.major_faults", stats_.major_faults, "faults",
             "the page was read from the swap device, or from its file")
      .key()
      .explain("accesses to a page that was not in memory and had to be read from the swap device");
  figures.count("kernel.copy_faults", stats_.copy_faults, "faults",
                "a write to a copy-on-write page that others share: it was copied");
  figures.count("kernel.reuse_faults", stats_.reuse_faults, "faults",
                "a write to a copy-on-write page that nobody else shares any more");
  figures.count("kernel.waiting_faults", stats_.waiting_faults, "faults",
                "another core was working on the page, which was then there");
  figures.count("kernel.spurious_faults", stats_.spurious_faults, "faults", "another core had repaired the page");
  figures.count("kernel.bit_faults", stats_.bit_faults, "faults",
                "accessed and dirty bits that the paging mode leaves to software");
  figures.count("kernel.ownership_faults", stats_.ownership_faults, "faults",
                "a page that the kernel had touched first, and from which it now fetches, became its own");
  figures.count("kernel.ending_faults", stats_.ending_faults, "faults", "of a process that another core is ending");
}

void DemandKernel::report_memory(StatSet& figures) const {
  const auto in = [&](PageState state) { return pages_in_[static_cast<unsigned>(state)]; };
  figures.count_if_any("kernel.reserved_pages", reserved_pages(), "pages", "pages of all regions, at the end")
      .explain(
          "what the programs have asked for, as far as their layout is known; pages get memory when they are "
          "touched");
  figures.count("kernel.resident_pages", in(PageState::Resident), "pages", "pages in frames, at the end")
      .explain("cached pages: those that are in memory");
  figures.count("kernel.swapped_pages", in(PageState::Swapped), "pages", "pages on the swap device only, at the end")
      .explain("uncached pages: those that would have to be read from the swap device");
  figures.count("kernel.peak_frames", peak_resident_, "frames", "the most frames in use at once")
      .explain("the most memory that the programs had at once");
}

void DemandKernel::report_evictions(StatSet& figures) const {
  figures.count("kernel.evictions", stats_.evictions, "pages", "pages that lost their frame to another page")
      .key()
      .explain("pages that had to leave memory to make room");
  figures.adds_up("kernel.evictions", {"kernel.dirty_evictions", "kernel.clean_evictions", "kernel.dropped_evictions"});
  figures.count("kernel.dirty_evictions", stats_.dirty_evictions, "pages", "they had changed: written to the device");
  figures.count("kernel.clean_evictions", stats_.evictions - stats_.dirty_evictions - stats_.dropped_evictions, "pages",
                "the device still had the same content");
  figures.count("kernel.dropped_evictions", stats_.dropped_evictions, "pages",
                "never written: still zeros, or as in their file");
  figures.count("kernel.violations", stats_.violations, "accesses",
                "accesses that the program has no right to, which were skipped (--faults count)");
  figures.count("kernel.calls", stats_.calls, "calls", "system calls of the program that change its address space");
  figures.count("kernel.pages_given_back", stats_.pages_given_back, "pages",
                "by system calls and at the end of processes");
  figures.count("kernel.pages_shared", stats_.pages_shared, "pages", "shared with a child by fork, in memory");
  figures.count("kernel.accessed_bits_cleared", stats_.accessed_cleared, "entries",
                "accessed bits cleared by page replacement");
  figures
      .count("kernel.processes_killed", stats_.processes_killed, "processes",
             "processes ended because the swap device was full")
      .explain("processes that the kernel ended because neither memory nor the swap device had room");
}

void DemandKernel::report_huge(StatSet& figures) const {
  std::uint64_t mapped = 0;
  std::uint64_t used = 0;
  for (const auto& [asid, its] : spaces_) {
    for (const auto& [number, range] : its.huge.all()) {
      if (range.kind != HugeRanges::Kind::Mapped) continue;
      ++mapped;
      used += range.used_count * page_bytes_;
    }
  }
  figures.count("kernel.huge.pages", mapped, "pages", "huge pages mapped, at the end")
      .key()
      .explain("huge pages that map the program's memory");
  figures
      .count("kernel.huge.untouched_bytes", mapped * huge_bytes_ - used, "bytes",
             "memory of these that the program never accessed, in small pages")
      .key()
      .explain("memory that the program has but never used, because its huge pages are larger than what it touched");
  figures.count("kernel.huge.faults", huge_stats_.faults, "faults", "first touches that got a huge page");
  figures.count("kernel.huge.fallbacks", huge_stats_.fallbacks, "times", "there was no memory for a huge page")
      .explain("huge pages that could not be had, because no block of memory of that size was free");
  figures.count("kernel.huge.promotions", huge_stats_.promotions, "pages", "small pages became a huge page");
  figures.count("kernel.huge.demotions", huge_stats_.demotions, "pages", "a huge page was split into small ones");
  figures.count("kernel.huge.copied_bytes", huge_stats_.copied_bytes, "bytes", "copied by promotions");
  figures.count("kernel.huge.reservations", huge_stats_.reservations, "times",
                "physical memory was reserved for a huge page");
  figures.count("kernel.huge.reservations_broken", huge_stats_.reservations_broken, "times",
                "and given back before the huge page was full");
  figures.count("kernel.huge.compactions", huge_stats_.compactions, "times", "pages were moved to make a huge frame");
  figures.count("kernel.huge.compactions_failed", huge_stats_.compactions_failed, "times",
                "there was no way to make a huge frame");
  figures.count("kernel.huge.moved_pages", huge_stats_.moved_pages, "pages", "moved by compactions");
}

/// What pages have in common, and what was read ahead.
void DemandKernel::report_sharing(StatSet& figures) const {
  figures.count("kernel.cached_frames", cache_.frames(), "frames",
                "frames of files and of shared memory, at the end; their pages share them");
  figures.count("kernel.file_writebacks", stats_.file_writebacks, "pages",
                "changed pages of shared file mappings that were written to the device");
  figures.count("kernel.read_ahead", stats_.read_ahead, "pages", "read from the device before an access needed them");
  figures.count("kernel.read_ahead_used", stats_.read_ahead_used, "pages", "read ahead, and then needed");
  figures.count("kernel.read_ahead_unused", stats_.read_ahead_unused, "pages",
                "read ahead, and never needed before they left memory");
}

std::uint64_t DemandKernel::reserved_pages() const {
  std::uint64_t pages = 0;
  for (const auto& [asid, its] : spaces_) {
    if (!its.regions || its.killed) continue;
    for (const Region& region : *its.regions) pages += ((region.range.last - region.range.first) >> page_shift_) + 1;
  }
  return pages;
}

/// The memory now, and what happened since the start of the statistics.
MemorySample DemandKernel::memory_state() const {
  const auto in = [&](PageState state) { return pages_in_[static_cast<unsigned>(state)]; };
  MemorySample state;
  state.reserved = reserved_pages();
  state.cached = in(PageState::Resident);
  state.uncached = in(PageState::Swapped) + in(PageState::Filed);
  state.frames = table_.in_use();
  state.major_faults = stats_.major_faults;
  state.minor_faults = stats_.zero_faults + stats_.file_faults + stats_.cache_faults + stats_.copy_faults +
                       stats_.reuse_faults + stats_.waiting_faults + stats_.spurious_faults + stats_.bit_faults +
                       stats_.ownership_faults + stats_.ending_faults;
  state.evictions = stats_.evictions;
  return state;
}

std::vector<MemorySample> DemandKernel::memory_samples() const {
  return timeline_.on() ? timeline_.samples(memory_state()) : std::vector<MemorySample>{};
}

void DemandKernel::set_time(Cycles now) {
  if (timeline_.due(now)) timeline_.advance(now, memory_state());
  now_ = now;
}

}  // namespace tablewalk
