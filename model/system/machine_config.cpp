#include "system/machine_config.h"

#include <algorithm>
#include <optional>

#include "os/kernel_half.h"
#include "paging/neighbours.h"
#include "paging/range_table.h"
#include "segment/segment_table.h"

namespace tablewalk {
namespace {

bool holds_page_of(const PagingMode& mode, const TlbArrayConfig& array) {
  return array.page_sizes.empty() || std::any_of(array.page_sizes.begin(), array.page_sizes.end(), [&](ByteSize size) {
           return mode.find_page_size(size.bytes) != nullptr;
         });
}

}  // namespace

MachineConfig::MachineConfig() {
  core.issue_width = 6;
  core.accesses_in_flight = 352;
  core.loads_in_flight = 72;
  core.stores_in_flight = 56;
  itlb.arrays = {TlbArrayConfig{}};
  itlb.arrays[0].entries = 128;
  itlb.arrays[0].ways = 8;
  itlb.miss_registers = 4;
  dtlb.arrays = {TlbArrayConfig{}};
  dtlb.miss_registers = 12;
  stlb.arrays = {TlbArrayConfig{}};
  stlb.arrays[0].entries = 1536;
  stlb.arrays[0].ways = 12;
  stlb.arrays[0].latency_cycles = Cycles(6);
  stlb.miss_registers = 16;

  for (CacheConfig* first_level : {&l1i, &l1d}) {
    first_level->latency_cycles = Cycles(3);
    first_level->miss_registers = 12;
  }
  l2.bytes = ByteSize{256 << 10};
  l2.ways = 4;
  l2.latency_cycles = Cycles(10);
  l2.tag_cycles = Cycles(4);
  l2.miss_registers = 16;
  llc.bytes = ByteSize{8 << 20};
  llc.ways = 16;
  llc.latency_cycles = Cycles(37);
  llc.tag_cycles = Cycles(10);
  llc.miss_registers = 32;
}

std::uint64_t MachineConfig::memory_bytes(std::size_t processes) const {
  constexpr std::uint64_t plenty = std::uint64_t{1} << 40;
  if (memory.bytes.bytes != 0) return memory.bytes.bytes;
  return std::min(plenty * processes, make_paging_mode(paging.mode, paging)->memory_limit());
}

std::vector<std::string> MachineConfig::empty_tlb_arrays() const {
  const auto mode = make_paging_mode(paging.mode, paging);
  std::vector<std::string> empty;
  const auto look_at = [&](const TlbConfig& tlb, const std::string& name) {
    for (std::size_t i = 0; tlb.enabled && i < tlb.arrays.size(); ++i) {
      if (!holds_page_of(*mode, tlb.arrays[i])) empty.push_back(fmt::format("{}.arrays.{}", name, i));
    }
  };
  look_at(itlb, "itlb");
  look_at(dtlb, "dtlb");
  look_at(stlb, "stlb");
  return empty;
}

std::shared_ptr<const PagingMode> MachineConfig::known_mode() const {
  try {
    return make_paging_mode(paging.mode, paging);
  } catch (const InputError&) {
    return nullptr;
  }
}

std::string MachineConfig::no_page_of_mode(const TlbConfig& tlb) const {
  if (!tlb.enabled || tlb.arrays.empty()) return {};
  const auto mode = known_mode();
  if (mode == nullptr) return {};
  for (const TlbArrayConfig& array : tlb.arrays) {
    if (holds_page_of(*mode, array)) return {};
  }
  return fmt::format("the TLB would hold nothing: paging mode {} has no pages of {}; expected {}, or [] for all",
                     mode->name(), format_byte_size(tlb.arrays[0].page_sizes[0]), page_sizes_text(*mode));
}

std::string MachineConfig::unmappable_page_size() const {
  if (os.page_bytes.bytes == 0) return {};
  const auto mode = known_mode();
  if (mode == nullptr) return {};
  if (mode->find_page_size(os.page_bytes.bytes) != nullptr) return {};
  return "paging mode " + mode->name() + " has no pages of " + format_byte_size(os.page_bytes) + "; expected " +
         page_sizes_text(*mode) + ", or 0 for the smallest";
}

std::string MachineConfig::unusable_huge_page_size() const {
  const std::uint64_t wanted = os.huge_pages.size.bytes;
  if (os.huge_pages.policy == HugePagePolicy::Never && wanted == 0) return {};
  const auto mode = known_mode();
  if (mode == nullptr) return {};
  const std::uint64_t small = os.mapped_page_bytes(mode->page_bytes());
  const std::uint64_t huge = os.huge_page_bytes(*mode);
  const std::string expected =
      "; expected one of " + page_sizes_text(*mode) + ", larger than the pages of " + format_byte_size({small});
  if (huge == 0) return "paging mode " + mode->name() + " has no huge pages" + expected;
  if (mode->find_page_size(huge) == nullptr) {
    return "paging mode " + mode->name() + " has no pages of " + format_byte_size({huge}) + expected;
  }
  if (huge <= small) return format_byte_size({huge}) + " are not larger than a small page" + expected;
  if (huge / small <= HugePagesConfig::most_parts) return {};
  return format_byte_size({huge}) + " are more than " + std::to_string(HugePagesConfig::most_parts) +
         " small pages of " + format_byte_size({small}) + "; expected a smaller size, or larger os.page_bytes";
}

std::string MachineConfig::impossible_resident_limit() const {
  if (os.resident_limit.bytes == 0) return {};
  const auto mode = known_mode();
  if (mode == nullptr) return {};
  const std::uint64_t page = os.mapped_page_bytes(mode->page_bytes());
  if (os.resident_limit.bytes >= page) return {};
  return format_byte_size(os.resident_limit) + " do not hold a page; expected at least " +
         format_byte_size(ByteSize{page}) + ", or 0 for no limit";
}

/// A walk reads within one line.
std::string MachineConfig::line_below_reads() const {
  try {
    const auto mode = make_paging_mode(paging.mode, paging);
    if (memory.line_bytes >= mode->largest_read()) return {};
    return fmt::format("walks of paging mode {} read {} bytes at once; expected a line of at least that", mode->name(),
                       mode->largest_read());
  } catch (const InputError&) {
    return {};
  }
}

std::string MachineConfig::unknown_to_hardware() const {
  try {
    const auto mode = make_paging_mode(paging.mode, paging);
    if (mode->is_radix()) return {};
    return fmt::format("hardware walks radix tables only, not paging mode {}; expected systemc or instant",
                       mode->name());
  } catch (const InputError&) {
    return {};
  }
}

std::string MachineConfig::impossible_memory() const {
  if (memory.bytes.bytes == 0) return {};
  const auto mode = known_mode();
  if (mode == nullptr) return {};
  const std::string limit = format_byte_size(ByteSize{mode->memory_limit()});
  if (memory.bytes.bytes > mode->memory_limit()) {
    return format_byte_size(memory.bytes) + " are more than the entries of paging mode " + mode->name() +
           " can address; expected at most " + limit + ", or 0 for as much as is useful";
  }
  // Two frames: for the root table and the first page.
  if (memory.bytes.bytes / 2 >= mode->page_bytes()) return {};
  return format_byte_size(memory.bytes) + " do not hold two frames; expected at least " +
         format_byte_size(ByteSize{2 * mode->page_bytes()}) + ", or 0 for as much as is useful";
}

namespace {

/// What the segment does not fit; empty if it fits. `page_bytes`: the smallest page.
std::pair<std::string, std::string> problem_of(const MachineConfig& config, const SegmentTable& table,
                                               std::size_t index, std::uint64_t page_bytes) {
  const SegmentConfig& segment = config.segmentation.segments[index];
  const SegmentationKind kind = config.segmentation.kind;
  if (kind == SegmentationKind::Direct) {
    const char* key = segment.from % page_bytes != 0 ? "from" : (segment.to + 1) % page_bytes != 0 ? "to" : nullptr;
    if (key == nullptr) return {};
    return {key, fmt::format("a direct segment is whole pages of {}; expected from and to + 1 at multiples of that",
                             format_byte_size({page_bytes}))};
  }
  // The core splits accesses at pages and lines of the trace's addresses.
  const std::uint64_t unit = kind == SegmentationKind::Paged ? page_bytes : config.memory.line_bytes;
  if ((segment.base - segment.origin) % unit != 0) {
    return {"base", fmt::format("base - origin is not a multiple of {} bytes, {}; expected one", unit,
                                kind == SegmentationKind::Paged ? "the smallest page" : "a cache line")};
  }
  if (kind != SegmentationKind::BaseLimit) return {};
  const std::optional<std::uint64_t> extent = table.extent(index);
  if (extent && *extent <= config.memory_bytes()) return {};
  return {"limit", fmt::format("the segment reaches beyond simulated RAM, {}; expected base + limit below it",
                               format_byte_size({config.memory_bytes()}))};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> MachineConfig::segment_problems() const {
  std::vector<std::pair<std::string, std::string>> problems;
  if (segmentation.kind == SegmentationKind::None) return problems;
  const auto mode = known_mode();
  if (mode == nullptr) return problems;
  const SegmentTable table(segmentation);
  for (std::size_t i = 0; i < segmentation.segments.size(); ++i) {
    const auto& [key, text] = problem_of(*this, table, i, mode->page_bytes());
    if (!text.empty()) problems.emplace_back(fmt::format("{}.{}", i, key), text);
  }
  return problems;
}

std::vector<std::pair<std::string, std::string>> MachineConfig::process_problems() const {
  std::vector<std::pair<std::string, std::string>> problems;
  const bool ids = os.asids.kind != AsidKind::Trace;
  const bool half = os.kernel_half == KernelHalf::Shared;
  if (!ids && !os.kpti && !half) return problems;
  const auto add = [&](const char* key, const std::string& text) { problems.emplace_back(key, text); };
  const auto mode = known_mode();
  if ((os.kpti || half) && mode != nullptr && !has_kernel_half(*mode)) {
    add(half ? "os.kernel_half" : "os.kpti",
        "paging mode " + paging.mode + " has no kernel half; expected x86-64, x86-64-la57, sv39, sv48 or sv57");
  }
  if (segmentation.kind != SegmentationKind::None) {
    add("segmentation.kind", "expected none with os.asids.kind, os.kpti or os.kernel_half other than their defaults");
  }
  if (os.kpti && (walker.kind == WalkerKind::Rtl || walker.kind == WalkerKind::Foreign)) {
    add("os.kpti", "it invalidates twice in a cycle, and the RTL walker accepts one per cycle; expected false");
  }
  if (os.asids.kind == AsidKind::PerCore && cores > 1 && (sharing.stlb || sharing.walker || sharing.walk_caches)) {
    add("os.asids.kind",
        "per_core, but the cores share a TLB, walker or walk caches, where an id must mean one address space; "
        "expected per_machine or trace");
  }
  if (os.asids.kind == AsidKind::PerMachine && os.asids.ids() <= cores) {
    add("os.asids.count", fmt::format("{} ids for {} cores; expected more ids than cores", os.asids.ids(), cores));
  }
  if (os.kpti && ids && os.asids.ids() >= 1u << (AsidConfig::id_bits - 1)) {
    add("os.asids.count", "with os.kpti one bit of an id says user or kernel; expected at most 32767");
  }
  return problems;
}

std::vector<std::pair<std::string, std::string>> MachineConfig::coalescing_problems() const {
  std::vector<std::pair<std::string, std::string>> problems;
  const auto mode = known_mode();
  if (mode == nullptr) return problems;
  const bool hardware = walker.kind == WalkerKind::Rtl || walker.kind == WalkerKind::Foreign;
  const unsigned bytes = EntryLine::part_of(memory.line_bytes);
  const unsigned most = mode->neighbours_in(bytes);
  const auto look_at = [&](const TlbConfig& tlb, const std::string& name) {
    for (std::size_t i = 0; tlb.enabled && i < tlb.arrays.size(); ++i) {
      const std::uint32_t wanted = tlb.arrays[i].coalesce;
      if (wanted == 1) continue;
      const std::string key = fmt::format("{}.arrays.{}.coalesce", name, i);
      if (hardware) {
        problems.emplace_back(key,
                              "the walker in hardware reads single entries, without their line; expected 1, or "
                              "walker.kind: systemc or instant");
      } else if (most == 1) {
        problems.emplace_back(
            key, fmt::format("in paging mode {} no line has entries of adjacent pages; expected 1", mode->name()));
      } else if (wanted > most) {
        problems.emplace_back(key, fmt::format("a walk reads {} bytes at once, which are {} entries of paging mode {}; "
                                               "expected at most {}",
                                               bytes, most, mode->name(), most));
      }
    }
  };
  look_at(itlb, "itlb");
  look_at(dtlb, "dtlb");
  look_at(stlb, "stlb");
  return problems;
}

std::vector<std::pair<std::string, std::string>> MachineConfig::prefetch_problems() const {
  std::vector<std::pair<std::string, std::string>> problems;
  const auto mode = known_mode();
  if (mode == nullptr) return problems;
  const bool hardware = walker.kind == WalkerKind::Rtl || walker.kind == WalkerKind::Foreign;
  const auto look_at = [&](const TlbConfig& tlb, const std::string& name) {
    const PrefetchConfig& prefetch = tlb.prefetch;
    const auto add = [&](const char* key, const std::string& text) {
      problems.emplace_back(fmt::format("{}.{}", name, key), text);
    };
    if (prefetch.page_bytes.bytes != 0 && mode->find_page_size(prefetch.page_bytes.bytes) == nullptr) {
      add("prefetch.page_bytes",
          fmt::format("paging mode {} has no pages of {}; expected {}, or 0 for the smallest", mode->name(),
                      format_byte_size(prefetch.page_bytes), page_sizes_text(*mode)));
    }
    if (prefetch.kind == PrefetchKind::None) return;
    if (!tlb.enabled) return add("prefetch.kind", "the TLB is disabled; expected none");
    if (hardware) {
      return add("prefetch.kind",
                 "the walker in hardware gives all walks the same priority; expected none, or walker.kind: systemc or "
                 "instant");
    }
    const bool line = prefetch.kind == PrefetchKind::Line;
    if (line && mode->neighbours_in(EntryLine::part_of(memory.line_bytes)) == 1) {
      add("prefetch.kind",
          fmt::format("in paging mode {} no line has entries of adjacent pages; expected another kind", mode->name()));
    }
    if (!line && tlb.miss_registers < 2) {
      add("miss_registers", "a prefetch leaves a register free for accesses; expected at least 2");
    }
    if (prefetch.buffer == 0 && tlb.coalesces()) {
      add("prefetch.buffer", "0, but an entry that coalesces cannot hold pages not accessed yet; expected at least 1");
    }
  };
  look_at(itlb, "itlb");
  look_at(dtlb, "dtlb");
  look_at(stlb, "stlb");
  return problems;
}

std::vector<std::pair<std::string, std::string>> MachineConfig::range_problems() const {
  std::vector<std::pair<std::string, std::string>> problems;
  if (!ranges.enabled()) return problems;
  const bool replaces = !os.prefault && os.resident_limit.bytes != 0;
  if (replaces && reads_accessed_bits(os.replacement.policy)) {
    problems.emplace_back("os.replacement.policy",
                          "it reads accessed bits, which accesses by range translations do not set; expected fifo, "
                          "random, lru or optimal, or ranges.entries: 0");
  }
  if (replaces && os.replacement.policy == PageReplacementKind::Optimal && ranges.eager_bytes.bytes != 0) {
    problems.emplace_back("ranges.eager_bytes",
                          "the replacement policy optimal knows only pages that are accessed; expected 0");
  }
  if (!os.prefault && os.huge_pages.policy != HugePagePolicy::Never && ranges.eager_bytes.bytes != 0) {
    problems.emplace_back("ranges.eager_bytes",
                          "the policy of huge pages says what a first touch maps; expected 0, or "
                          "os.huge_pages.policy: never");
  }
  if (!stlb.enabled) {
    problems.emplace_back("ranges.entries",
                          "the range TLB is beside the second-level TLB, which is left out; expected 0, or "
                          "stlb.enabled: true");
  }
  if (memory.line_bytes < RangeEntry::bytes) {
    problems.emplace_back("memory.line_bytes",
                          fmt::format("{} bytes do not hold an entry of a range table; expected at "
                                      "least {}, or ranges.entries: 0",
                                      memory.line_bytes, RangeEntry::bytes));
  }
  const auto mode = known_mode();
  if (mode == nullptr) return problems;
  const unsigned most = mode->virtual_bits() - 1;
  if (ranges.eager_bytes.bytes > std::uint64_t{1} << most) {
    problems.emplace_back(
        "ranges.eager_bytes",
        fmt::format("{} are more than half of the address space of paging mode {}; expected at most {}",
                    format_byte_size(ranges.eager_bytes), mode->name(), format_byte_size({std::uint64_t{1} << most})));
  }
  return problems;
}

template ConfigNode bind_config(MachineConfig& config);

}  // namespace tablewalk
