#pragma once

#include <array>
#include <cstdint>

#include "base/units.h"
#include "config/largest.h"
#include "config/schema.h"
#include "memory/fragmentation_config.h"
#include "memory/frame_allocator.h"
#include "os/huge_pages_config.h"
#include "os/memory_timeline.h"
#include "os/page_replacement_config.h"
#include "os/process_config.h"
#include "os/readahead_config.h"
#include "os/swap_config.h"

namespace tablewalk {

/// The modelled kernel's behaviour. The costs in cycles are those of the kernel's instructions; its memory accesses,
/// its invalidations and the waits for the device come on top.
struct OsConfig {
  bool prefault = true;
  Cycles fault_cycles{2000};
  Cycles major_fault_cycles{8000};
  Cycles evict_cycles{1000};
  Cycles call_cycles{500};
  Cycles page_cycles{30};
  Cycles lock_cycles{200};
  bool kernel_traffic = true;
  ByteSize resident_limit{0};
  PageReplacementConfig replacement;
  bool flush_accessed = true;
  std::uint32_t flush_threshold = 33;
  SwapConfig swap;
  bool files_cached = true;
  ReadaheadConfig readahead;
  TimelineConfig timeline;
  ByteSize page_bytes{0};
  HugePagesConfig huge_pages;
  FramePolicy frames = FramePolicy::Sequential;
  std::uint64_t frame_seed = 1;
  FragmentationConfig fragmentation;
  Cycles time_slice_cycles{4'000'000};
  AsidConfig asids;
  bool kpti = false;
  Cycles kpti_cycles{100};
  KernelHalf kernel_half = KernelHalf::Private;
  ShootdownKind shootdown = ShootdownKind::Ipi;
  SchedulerKind scheduler = SchedulerKind::Pinned;
  bool run_while_waiting = false;

  /// The size of the pages that are mapped, if the paging mode's smallest has that many bytes.
  std::uint64_t mapped_page_bytes(std::uint64_t smallest) const {
    return page_bytes.bytes == 0 ? smallest : page_bytes.bytes;
  }

  /// The size of the huge pages; 0 if the mode has none that is larger than the others.
  template <class Mode>
  std::uint64_t huge_page_bytes(const Mode& mode) const {
    if (huge_pages.size.bytes != 0) return huge_pages.size.bytes;
    const std::uint64_t small = mapped_page_bytes(mode.page_bytes());
    for (const auto& size : mode.page_sizes()) {
      const bool is_range = size.entries != 1 && size.level == 0;  // of small entries that agree
      if (!is_range && size.bytes() > small) return size.bytes();
    }
    return 0;
  }

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("prefault", prefault, "",
               "true: every page is mapped before the program touches it, so that only translation is measured; false: "
               "demand paging: the first touch of a page faults");
    describe_costs(keys);
    keys.value("kernel_traffic", kernel_traffic, "",
               "true: the kernel's accesses to table entries and pages go through the core's caches; false: they cost "
               "nothing");
    keys.value("resident_limit", resident_limit, "bytes",
               "memory for the pages of all programs, with demand paging; pages beyond it replace others; 0: no limit",
               largest::resident_bytes);
    keys.group("replacement", replacement, "page replacement, if the resident pages are limited");
    keys.value("flush_accessed", flush_accessed, "",
               "true: a page whose accessed bit is cleared is invalidated in the core's TLBs, so that its next access "
               "sets the bit again; false: as Linux on x86");
    keys.value("flush_threshold", flush_threshold, "pages",
               "pages invalidated one by one; more: the whole address space", largest::entries);
    keys.group("swap", swap, "the swap device");
    keys.value(
        "files_cached", files_cached, "",
        "true: at the start files are in memory that programs do not use, so that the first touch of a page of a "
        "file reads no device; false: it does");
    keys.group("readahead", readahead, "pages read before an access needs them, with demand paging");
    keys.group("timeline", timeline, "the memory of the programs over time, with demand paging");
    keys.value("page_bytes", page_bytes, "bytes", "page size used for mapping; 0: the smallest of the paging mode");
    keys.group("huge_pages", huge_pages, "pages of a larger size, with demand paging");
    keys.value("frames", frames, "", "allocation order of physical frames");
    keys.value("frame_seed", frame_seed, "", "seed of the random frame order");
    keys.group("fragmentation", fragmentation, "memory in use by others");
    keys.value("time_slice_cycles", time_slice_cycles, "cycles",
               "time slice of a trace before the next one on the same core runs", largest::slice_cycles);
    keys.group("asids", asids, "address-space ids of the hardware");
    keys.value(
        "kpti", kpti, "",
        "true: page-table isolation: user mode has a root of its own, which maps nothing of the kernel half, and "
        "every entry to the kernel and exit from it writes the root register");
    keys.value("kpti_cycles", kpti_cycles, "cycles",
               "cost of such a write (Linux, Documentation/arch/x86/pti.rst: on the order of a hundred cycles)",
               largest::event_cycles);
    keys.value("kernel_half", kernel_half, "",
               "private: each address space has tables of its own for the kernel half; shared: all have the same, with "
               "global entries unless os.kpti is on");
    keys.value("shootdown", shootdown, "",
               "how translations on other cores are invalidated: ipi: interrupts every core on which the address space "
               "has run; lazy: only those on which it runs now, the others flush before they run it again (Linux on "
               "x86); broadcast: by the hardware, without interrupts (Arm, AMD INVLPGB)");
    keys.value(
        "scheduler", scheduler, "",
        "pinned: each trace or thread runs on one core; balance: a core takes the next one that no core runs, at "
        "the end of a time slice or of a trace");
    keys.value("run_while_waiting", run_while_waiting, "",
               "true: while a trace waits for the swap device, its core runs another one of its list");
  }
  template <class Keys>
  void describe_costs(Keys& keys) {
    keys.value("fault_cycles", fault_cycles, "cycles",
               "cost of a page fault, from the exception to the repeated access", largest::event_cycles);
    keys.value("major_fault_cycles", major_fault_cycles, "cycles",
               "additional cost of a fault that reads from the swap device, beside the wait for it",
               largest::event_cycles);
    keys.value("evict_cycles", evict_cycles, "cycles", "cost of choosing a page and taking its frame",
               largest::event_cycles);
    keys.value("call_cycles", call_cycles, "cycles", "cost of a system call that changes the address space",
               largest::event_cycles);
    keys.value("page_cycles", page_cycles, "cycles", "and of each page that it visits", largest::event_cycles);
    keys.value("lock_cycles", lock_cycles, "cycles", "time between two looks at a page that another core is working on",
               largest::event_cycles);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (time_slice_cycles < Cycles(1)) problem("time_slice_cycles", "0 cycles; expected at least 1");
    if (!prefault && fault_cycles < Cycles(1)) problem("fault_cycles", "0 cycles; expected at least 1");
    if (lock_cycles < Cycles(1)) problem("lock_cycles", "0 cycles; expected at least 1");
    if (fragmentation.share > 0 && frames != FramePolicy::Buddy) {
      problem("fragmentation.share", "only the frame policy buddy has fragmented memory; expected os.frames: buddy");
    }
    if (prefault && huge_pages.policy != HugePagePolicy::Never) {
      problem("huge_pages.policy", "pages are only promoted with demand paging; expected never, or os.prefault: false");
    }
    if (huge_pages.policy != HugePagePolicy::Never && resident_limit.bytes != 0 &&
        replacement.policy == PageReplacementKind::Optimal) {
      problem("huge_pages.policy", "optimal replacement knows pages of one size; expected never, or another policy");
    }
    if (readahead.any() && replacement.policy == PageReplacementKind::Optimal) {
      problem(readahead.file_pages != 0 ? "readahead.file_pages" : "readahead.swap_pages",
              "the replacement policy optimal knows only pages that are accessed; expected no readahead");
    }
    if (prefault && resident_limit.bytes != 0) {
      problem("resident_limit", "pages are only replaced with demand paging; expected 0, or os.prefault: false");
    }
  }
};

}  // namespace tablewalk
