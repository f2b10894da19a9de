#include "paging/table_size.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/units.h"

namespace tablewalk {
namespace {

/// The first address of the range that the mode does not translate. An address space is one part from 0, and possibly
/// another that ends at 2^64.
std::optional<VirtualAddress> untranslated(const PagingMode& mode, const MappedRange& range) {
  if (!mode.translates(range.first)) return range.first;
  const std::uint64_t span = low_bits(mode.virtual_bits());
  const bool two_pieces = mode.virtual_bits() < 64 && mode.translates(VirtualAddress(~std::uint64_t{0}));
  const std::uint64_t upper = two_pieces ? span >> 1 : span;
  const std::uint64_t piece_end = range.first.value() | upper;  // last address of the part that `first` is in
  if (range.last.value() <= piece_end) return std::nullopt;
  return VirtualAddress(piece_end + 1);
}

PageRun to_run(const PagingMode& mode, const MappedRange& range) {
  if (const std::optional<VirtualAddress> address = untranslated(mode, range)) {
    throw InputError(fmt::format("{}: address {:#x} is outside the {}-bit address space of this mode", mode.name(),
                                 address->value(), mode.virtual_bits()));
  }
  const PageSize* pages = mode.find_page_size(range.page_bytes == 0 ? mode.page_bytes() : range.page_bytes);
  if (pages == nullptr) {
    throw InputError(fmt::format("{}: address {:#x} cannot have pages of {}: the mode has {}", mode.name(),
                                 range.first.value(), format_byte_size({range.page_bytes}), page_sizes_text(mode)));
  }
  const std::uint64_t span = low_bits(mode.virtual_bits());
  const std::uint64_t offset = low_bits(pages->shift);
  return {range.first.value() & span & ~offset, (range.last.value() & span) | offset, *pages};
}

/// In ascending order, without overlap.
std::vector<PageRun> to_runs(const PagingMode& mode, const std::vector<MappedRange>& ranges) {
  std::vector<PageRun> runs;
  runs.reserve(ranges.size());
  for (const MappedRange& range : ranges) runs.push_back(to_run(mode, range));
  std::sort(runs.begin(), runs.end(), [](const PageRun& a, const PageRun& b) { return a.first < b.first; });
  std::vector<PageRun> merged;
  for (const PageRun& run : runs) {
    if (merged.empty() || run.first > merged.back().last) {
      merged.push_back(run);
      continue;
    }
    PageRun& back = merged.back();
    if (run.pages.shift != back.pages.shift) {
      throw InputError(fmt::format("{}: address {:#x} is mapped both with pages of {} and of {}", mode.name(),
                                   run.first, format_byte_size({back.pages.bytes()}),
                                   format_byte_size({run.pages.bytes()})));
    }
    back.last = std::max(back.last, run.last);
  }
  return merged;
}

/// Number of tables of that level needed by the runs: the distinct prefixes that select one.
std::uint64_t count_tables(const PagingMode& mode, unsigned level, const std::vector<PageRun>& runs) {
  const LevelShape& shape = mode.level(level);
  const unsigned shift = shape.index_shift + shape.index_bits;
  if (level == mode.root_level()) return 1;
  std::uint64_t count = 0;
  std::optional<std::uint64_t> previous;
  for (const PageRun& run : runs) {
    if (run.pages.level > level) continue;
    const std::uint64_t first = run.first >> shift;
    const std::uint64_t last = run.last >> shift;
    count += last - first + (previous == first ? 0 : 1);
    previous = last;
  }
  return count;
}

}  // namespace

void PagingMode::count_tables(const std::vector<PageRun>& runs, TableSize& size) const {
  for (unsigned level = 0; level < levels(); ++level) {
    size.tables_per_level.push_back(tablewalk::count_tables(*this, level, runs));
    size.bytes_per_level.push_back(size.tables_per_level.back() * table_bytes(level));
  }
}

TableSize table_size(const PagingMode& mode, const std::vector<MappedRange>& ranges, std::uint64_t memory_bytes) {
  const std::vector<PageRun> runs = to_runs(mode, ranges);
  TableSize size;
  size.memory_bytes = memory_bytes;
  size.flat_bytes = flat_table_bytes(mode);
  mode.count_tables(runs, size);
  for (std::size_t level = 0; level < size.tables_per_level.size(); ++level) {
    size.tables += size.tables_per_level[level];
    size.bytes += size.bytes_per_level[level];
  }
  for (const PageRun& run : runs) {
    size.pages += (run.last >> run.pages.shift) - (run.first >> run.pages.shift) + 1;
  }
  return size;
}

bool translates_all(const PagingMode& mode, const std::vector<MappedRange>& ranges) {
  return std::none_of(ranges.begin(), ranges.end(),
                      [&](const MappedRange& range) { return untranslated(mode, range).has_value(); });
}

std::uint64_t flat_table_bytes(const PagingMode& mode) {
  return (std::uint64_t{1} << (mode.virtual_bits() - mode.offset_bits())) * mode.entry_bytes();
}

}  // namespace tablewalk
