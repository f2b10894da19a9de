#include "system/machine_config.h"

#include <algorithm>
#include <optional>

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

std::string MachineConfig::no_page_of_mode(const TlbConfig& tlb) const {
  if (!tlb.enabled || tlb.arrays.empty()) return {};
  try {
    const auto mode = make_paging_mode(paging.mode, paging);
    for (const TlbArrayConfig& array : tlb.arrays) {
      if (holds_page_of(*mode, array)) return {};
    }
    return fmt::format("the TLB would hold nothing: paging mode {} has no pages of {}; expected {}, or [] for all",
                       mode->name(), format_byte_size(tlb.arrays[0].page_sizes[0]), page_sizes_text(*mode));
  } catch (const InputError&) {
    return {};  // the mode's own check reports it
  }
}

std::string MachineConfig::unmappable_page_size() const {
  if (os.page_bytes.bytes == 0) return {};
  try {
    const auto mode = make_paging_mode(paging.mode, paging);
    if (mode->find_page_size(os.page_bytes.bytes) != nullptr) return {};
    return "paging mode " + mode->name() + " has no pages of " + format_byte_size(os.page_bytes) + "; expected " +
           page_sizes_text(*mode) + ", or 0 for the smallest";
  } catch (const InputError&) {
    return {};  // the mode's own check reports it
  }
}

std::string MachineConfig::impossible_resident_limit() const {
  if (os.resident_limit.bytes == 0) return {};
  try {
    const auto mode = make_paging_mode(paging.mode, paging);
    const std::uint64_t page = os.mapped_page_bytes(mode->page_bytes());
    if (os.resident_limit.bytes >= page) return {};
    return format_byte_size(os.resident_limit) + " do not hold a page; expected at least " +
           format_byte_size(ByteSize{page}) + ", or 0 for no limit";
  } catch (const InputError&) {
    return {};
  }
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
  try {
    const auto mode = make_paging_mode(paging.mode, paging);
    const std::string limit = format_byte_size(ByteSize{mode->memory_limit()});
    if (memory.bytes.bytes > mode->memory_limit()) {
      return format_byte_size(memory.bytes) + " are more than the entries of paging mode " + mode->name() +
             " can address; expected at most " + limit + ", or 0 for as much as is useful";
    }
    // Two frames: for the root table and the first page.
    if (memory.bytes.bytes / 2 >= mode->page_bytes()) return {};
    return format_byte_size(memory.bytes) + " do not hold two frames; expected at least " +
           format_byte_size(ByteSize{2 * mode->page_bytes()}) + ", or 0 for as much as is useful";
  } catch (const InputError&) {
    return {};
  }
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
  try {
    const auto mode = make_paging_mode(paging.mode, paging);
    const SegmentTable table(segmentation);
    for (std::size_t i = 0; i < segmentation.segments.size(); ++i) {
      const auto& [key, text] = problem_of(*this, table, i, mode->page_bytes());
      if (!text.empty()) problems.emplace_back(fmt::format("{}.{}", i, key), text);
    }
  } catch (const InputError&) {
    // the mode's own check reports it
  }
  return problems;
}

template ConfigNode bind_config(MachineConfig& config);

}  // namespace tablewalk
