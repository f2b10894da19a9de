#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "cache/cache_config.h"
#include "coherence/coherence_config.h"
#include "config/binding.h"
#include "cpu/core_config.h"
#include "cpu/shootdown.h"
#include "dram/dram_config.h"
#include "os/os_config.h"
#include "paging/paging_controls.h"
#include "paging/paging_mode.h"
#include "paging/ranges_config.h"
#include "segment/segment_config.h"
#include "tlb/tlb_config.h"
#include "walker/walker_config.h"

namespace tablewalk {

/// The memory through which page walkers read table entries.
enum class WalkerReads : std::uint8_t { L1d, L2, Llc, Dram };

template <>
struct EnumNames<WalkerReads> {
  static constexpr std::array names = {std::pair{"l1d", WalkerReads::L1d}, std::pair{"l2", WalkerReads::L2},
                                       std::pair{"llc", WalkerReads::Llc}, std::pair{"dram", WalkerReads::Dram}};
};

/// The memory that serves entry reads of page walkers. All except Shared are idealisations.
enum class WalkerMemory : std::uint8_t {
  Shared,  ///< the program's caches and DRAM
  Own,     ///< separate caches and DRAM of the same configuration
  Ideal,   ///< every access completes in the next cycle
};

template <>
struct EnumNames<WalkerMemory> {
  static constexpr std::array names = {std::pair{"shared", WalkerMemory::Shared}, std::pair{"own", WalkerMemory::Own},
                                       std::pair{"ideal", WalkerMemory::Ideal}};
};

/// Which parts the cores of a machine share; first levels are always private, the last-level cache and the DRAM always
/// shared.
struct SharingConfig {
  bool l2 = false;
  bool stlb = false;
  bool walker = false;
  bool walk_caches = false;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("l2", l2, "", "true: the cores share one second-level cache");
    keys.value("stlb", stlb, "", "true: the cores share one second-level TLB; requires a shared walker");
    keys.value("walker", walker, "", "true: the cores share one walker with its walk caches");
    keys.value("walk_caches", walk_caches, "",
               "true: each core has a walker, but these share one set of walk caches, which answers a lookup a cycle "
               "later than private ones");
  }
};

struct PagingConfig : PagingControls {
  std::string mode = "x86-64";

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("mode", mode, "",
               fmt::format("page-table organisation: {}, or any split as radix:B1,B2,.../OFFSET@ENTRYBYTES (index bits "
                           "from the root down)",
                           fmt::join(paging_mode_names(), ", ")));
    PagingControls::describe(keys);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    try {
      make_paging_mode(mode, *this);
    } catch (const InputError& error) {
      problem("mode", error.what());
    }
  }
};

struct MemoryConfig {
  ByteSize bytes{0};
  std::uint32_t line_bytes = 64;

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("bytes", bytes, "bytes",
               "simulated RAM; 0: 1T, or less if the paging mode's entries cannot address that much",
               std::uint64_t{1} << 56);
    keys.value("line_bytes", line_bytes, "bytes", "cache line size of all levels, and size of a DRAM transfer", 256);
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (!is_power_of_two(line_bytes) || line_bytes < 16 || line_bytes > 256) {
      problem("line_bytes", std::to_string(line_bytes) + " bytes; expected 16, 32, 64, 128 or 256");
    }
  }
};

/// A whole machine. Every key has a default: the sizes and latencies of configs/skylake.yaml, which has their sources,
/// simplified where that machine would hide differences between paging modes: TLBs of one array for every page size,
/// LRU everywhere, and no walk caches, so that a walk reads an entry of every level.
struct MachineConfig {
  static constexpr std::uint32_t most_cores = 64;

  std::uint32_t clock_mhz = 4000;
  std::uint32_t cores = 1;
  SharingConfig sharing;
  CoherenceConfig coherence;
  ShootdownConfig shootdown;
  SegmentationConfig segmentation;
  PagingConfig paging;
  OsConfig os;
  MemoryConfig memory;
  CoreConfig core;
  TlbConfig itlb;
  TlbConfig dtlb;
  TlbConfig stlb;
  RangesConfig ranges;
  WalkerConfig walker;
  WalkerReads walker_reads = WalkerReads::L1d;
  WalkerMemory walker_memory = WalkerMemory::Shared;
  CacheConfig l1i;
  CacheConfig l1d;
  CacheConfig l2;
  CacheConfig llc;
  DramConfig dram;

  MachineConfig();

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("clock_mhz", clock_mhz, "MHz", "core clock; converts the DRAM's nanoseconds to cycles", 100000);
    keys.value("cores", cores, "cores", "cores, each with its own first-level TLBs and caches, and its own trace",
               most_cores);
    keys.group("sharing", sharing, "parts shared by the cores, besides the last-level cache and the memory");
    keys.group("coherence", coherence, "how the private caches of several cores are kept coherent");
    keys.group("shootdown", shootdown, "how a core invalidates translations on other cores");
    keys.group("segmentation", segmentation, "segments before paging, or instead of it");
    keys.group("paging", paging, "the page-table format");
    keys.group("os", os, "the kernel: mapping, page faults, frames");
    keys.group("memory", memory, "simulated RAM");
    keys.group("core", core, "how accesses are issued");
    keys.group("itlb", itlb, "first-level TLB for fetches");
    keys.group("dtlb", dtlb, "first-level TLB for data");
    keys.group("stlb", stlb, "second-level TLB, for both; disabled: first-level misses go to the walker");
    keys.group("ranges", ranges, "range translations: a range TLB beside the second-level TLB");
    keys.group("walker", walker, "the hardware page-table walker");
    keys.value("walker_reads", walker_reads, "", "the cache or memory through which the walker reads entries");
    keys.value(
        "walker_memory", walker_memory, "",
        "shared: entries are read through the program's caches; own: through a separate copy of caches and DRAM; "
        "ideal: each read completes in the next cycle (the last two are idealisations)");
    keys.group("l1i", l1i, "first-level cache for fetches");
    keys.group("l1d", l1d, "first-level cache for data");
    keys.group("l2", l2, "second-level cache");
    keys.group("llc", llc, "last-level cache");
    keys.group("dram", dram, "main memory");
  }
  template <class Problem>
  void check(Problem&& problem) const {
    if (clock_mhz == 0 || clock_mhz > 100000) problem("clock_mhz", "expected 1 to 100000 MHz");
    if (cores == 0 || cores > most_cores) problem("cores", fmt::format("{}; expected 1 to {}", cores, most_cores));
    if (cores > 1) check_sharing(problem);
    check_cache(l1i, "l1i", false, problem);
    check_cache(l1d, "l1d", walker_reads == WalkerReads::L1d, problem);
    check_cache(l2, "l2", walker_reads <= WalkerReads::L2, problem);
    check_cache(llc, "llc", walker_reads <= WalkerReads::Llc, problem);
    check_dram_shape(dram, memory.line_bytes,
                     [&](const std::string& key, const std::string& text) { problem("dram." + key, text); });
    check_pages_of_tlb(itlb, "itlb", problem);
    check_pages_of_tlb(dtlb, "dtlb", problem);
    check_pages_of_tlb(stlb, "stlb", problem);
    const std::string pages = unmappable_page_size();
    if (!pages.empty()) problem("os.page_bytes", pages);
    const std::string huge = pages.empty() ? unusable_huge_page_size() : "";
    if (!huge.empty()) problem("os.huge_pages.size", huge);
    const std::string resident = impossible_resident_limit();
    if (!resident.empty()) problem("os.resident_limit", resident);
    const std::string ram = impossible_memory();
    if (!ram.empty()) problem("memory.bytes", ram);
    for (const auto& [key, text] : segment_problems()) problem("segmentation.segments." + key, text);
    const std::string line = line_below_reads();
    if (!line.empty()) problem("memory.line_bytes", line);
    for (const auto& [key, text] : process_problems()) problem(key, text);
    for (const auto& [key, text] : coalescing_problems()) problem(key, text);
    for (const auto& [key, text] : prefetch_problems()) problem(key, text);
    for (const auto& [key, text] : range_problems()) problem(key, text);
    const bool hardware = walker.kind == WalkerKind::Rtl || walker.kind == WalkerKind::Foreign;
    if (hardware && !unknown_to_hardware().empty()) problem("walker.kind", unknown_to_hardware());
    if (hardware && core.invalidate_cycles == Cycles(0)) {
      problem("core.invalidate_cycles", "the RTL walker accepts one invalidation per cycle; expected at least 1");
    }
    if (hardware && core.switch_cycles == Cycles(0)) {
      problem("core.switch_cycles", "the RTL walker accepts one invalidation per cycle; expected at least 1");
    }
  }

  /// Keys of the TLB arrays that stay empty because the paging mode has no page of their sizes. A TLB with only such
  /// arrays is an error.
  std::vector<std::string> empty_tlb_arrays() const;
  /// Simulated RAM in bytes, with the default resolved: for several processes, that many times the amount of one.
  std::uint64_t memory_bytes(std::size_t processes = 1) const;

  bool coalesces() const { return itlb.coalesces() || dtlb.coalesces() || stlb.coalesces(); }
  bool prefetches() const { return itlb.prefetches() || dtlb.prefetches() || stlb.prefetches(); }
  /// Whether some TLB uses more of a line than an entry, so that the walker reads lines.
  bool reads_lines() const {
    const auto lines = [](const TlbConfig& tlb) { return tlb.prefetches() && tlb.prefetch.kind == PrefetchKind::Line; };
    return coalesces() || lines(itlb) || lines(dtlb) || lines(stlb);
  }

 private:
  /// Links lead from private to shared parts, never back.
  template <class Problem>
  void check_sharing(Problem&& problem) const {
    if (stlb.enabled && sharing.stlb && !sharing.walker) {
      problem("sharing.stlb", "it is shared, but the walker for its misses is not; expected sharing.walker: true");
    }
    if (sharing.walk_caches) check_shared_walk_caches(problem);
    if (!sharing.walker || walker_memory == WalkerMemory::Ideal) return;
    const bool private_l1 = walker_reads == WalkerReads::L1d && l1d.enabled;
    const bool private_l2 = walker_reads <= WalkerReads::L2 && l2.enabled && !sharing.l2;
    if (walker_memory == WalkerMemory::Shared && (private_l1 || private_l2)) {
      problem("sharing.walker",
              fmt::format("it reads through the {}, which is private to each core; expected walker_reads: {}",
                          private_l1 ? "l1d" : "l2", l2.enabled && sharing.l2 ? "l2" : "llc"));
    }
  }
  template <class Problem>
  void check_shared_walk_caches(Problem&& problem) const {
    if (sharing.walker) {
      problem("sharing.walk_caches", "the cores share a walker, with the only walk caches; expected false");
    }
    if (walker.kind != WalkerKind::SystemC) {
      problem("sharing.walk_caches", "a walker of this kind has none to share; expected walker.kind: systemc");
    }
    if (paging.mode == "cuckoo" && paging.cuckoo.walk_tables != CuckooWalkTables::None) {
      problem("sharing.walk_caches", "cuckoo walk caches are private; expected paging.cuckoo.walk_tables: none");
    }
  }
  // `holds_tables`: page-table entries are read through it.
  template <class Problem>
  void check_cache(const CacheConfig& cache, const std::string& name, bool holds_tables, Problem&& problem) const {
    if (cache.enabled && cache.table_ways != 0 && !holds_tables) {
      problem(name + ".table_ways", "the walker reads no page-table entries through this cache; expected 0" +
                                        std::string(name == "l1i" ? "" : ", or walker_reads: " + name));
    }
    if (!is_power_of_two(memory.line_bytes)) return;
    check_cache_shape(cache, memory.line_bytes,
                      [&](const std::string& key, const std::string& text) { problem(name + "." + key, text); });
  }
  template <class Problem>
  void check_pages_of_tlb(const TlbConfig& tlb, const std::string& name, Problem&& problem) const {
    const std::string text = no_page_of_mode(tlb);
    if (!text.empty()) problem(name + ".arrays.0.page_sizes", text);
  }
  // The problem if no array holds a page of the paging mode, else empty.
  std::string no_page_of_mode(const TlbConfig& tlb) const;
  // The problem with that key; empty if there is none, or if the paging mode itself is wrong.
  /// The paging mode; nullptr if it is none, which its own check reports.
  std::shared_ptr<const PagingMode> known_mode() const;
  std::string unmappable_page_size() const;
  std::string unusable_huge_page_size() const;
  std::string impossible_memory() const;
  std::string impossible_resident_limit() const;
  std::string line_below_reads() const;
  std::string unknown_to_hardware() const;
  // Keys and texts: address-space ids, roots and kernel halves that the machine cannot have.
  std::vector<std::pair<std::string, std::string>> process_problems() const;
  // Keys and texts: TLB entries that cannot coalesce, or not that many pages.
  std::vector<std::pair<std::string, std::string>> coalescing_problems() const;
  // Keys and texts: prefetches that the machine cannot make.
  std::vector<std::pair<std::string, std::string>> prefetch_problems() const;
  // Keys and texts: what range translations need and the machine lacks.
  std::vector<std::pair<std::string, std::string>> range_problems() const;
  // Keys and texts: segments that do not fit the pages, lines or memory of the machine.
  std::vector<std::pair<std::string, std::string>> segment_problems() const;
};

// Instantiated once, in machine_config.cpp: every command binds a machine's config.
extern template ConfigNode bind_config(MachineConfig& config);

}  // namespace tablewalk
