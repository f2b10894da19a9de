#include "observe/table_map.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "observe/address_text.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;
using Lines = std::vector<PlaceCounts::Place>;

/// Parts of a table in its strips: of a table of 4 KiB, one for each cache line of 64 bytes.
constexpr std::uint64_t strip_parts = 64;

/// In larger tables only memory that was written is looked at, found by its list.
constexpr std::uint64_t large_table_bytes = std::uint64_t{16} << 20;

Lines::const_iterator first_line(const Lines& lines, std::uint64_t address) {
  return std::lower_bound(lines.begin(), lines.end(), address,
                          [](const PlaceCounts::Place& line, std::uint64_t at) { return line.address < at; });
}

std::uint64_t reads_between(const Lines& lines, std::uint64_t first, std::uint64_t end) {
  std::uint64_t reads = 0;
  for (auto line = first_line(lines, first); line != lines.end() && line->address < end; ++line) {
    reads += line->count.times;
  }
  return reads;
}

/// 0 for nothing, 9 for all.
char tenths(std::uint64_t part, std::uint64_t whole) {
  if (part == 0) return '0';
  return static_cast<char>('0' + std::max<std::uint64_t>(1, part * 9 / std::max<std::uint64_t>(whole, 1)));
}

/// 0 for nothing, then one more for each factor of 4.
char magnitude(std::uint64_t count) {
  if (count == 0) return '0';
  const int fours = (63 - __builtin_clzll(count)) / 2;
  return static_cast<char>('0' + std::min(9, 1 + fours));
}

}  // namespace

void TableMap::Region::add(unsigned shift, std::uint64_t bytes) {
  for (auto& [known, sum] : bytes_by_shift) {
    if (known == shift) return void(sum += bytes);
  }
  bytes_by_shift.emplace_back(shift, bytes);
}

void TableMap::add(AddressSpaceId asid, PhysicalAddress root) {
  if (!mode_.is_radix()) return;
  const auto is_root = [&](const Table& table) { return table.level == mode_.root_level(); };
  if (std::count_if(tables_.begin(), tables_.end(), is_root) == static_cast<std::ptrdiff_t>(most_spaces)) {
    ++spaces_left_out_;
    return;
  }
  if (touched_.empty()) {
    memory_.for_each_touched_page(
        [&](PhysicalAddress page) { touched_.push_back(page.value() / PhysicalMemory::page_size); });
    std::sort(touched_.begin(), touched_.end());
  }
  Table table;
  table.parent = tables_.size();
  table.asid = asid;
  table.level = mode_.root_level();
  table.at = root;
  tables_.push_back(table);
  visit(tables_.size() - 1);
}

/// Calls visit(first byte, end) for the parts of the table that were ever written, within 4 KiB each.
template <class Visit>
void TableMap::for_each_block(const Table& table, Visit&& visit) const {
  constexpr std::uint64_t block = PhysicalMemory::page_size;
  const std::uint64_t first = table.at.value();
  const std::uint64_t end = first + mode_.table_bytes(table.level);
  const auto visit_block = [&](std::uint64_t number) {
    visit(std::max(first, number * block), std::min(end, (number + 1) * block));
  };
  if (end - first > large_table_bytes) {
    const auto begin = std::lower_bound(touched_.begin(), touched_.end(), first / block);
    for (auto page = begin; page != touched_.end() && *page * block < end; ++page) visit_block(*page);
    return;
  }
  for (std::uint64_t number = first / block; number * block < end; ++number) {
    if (memory_.is_touched(PhysicalAddress(number * block))) visit_block(number);
  }
}

template <class Visit>
void TableMap::for_each_entry(const Table& table, Visit&& visit) const {
  const unsigned bytes = mode_.entry_bytes();
  for_each_block(table, [&](std::uint64_t first, std::uint64_t end) {
    for (std::uint64_t at = first; at < end; at += bytes) {
      const std::uint64_t entry = memory_.read(PhysicalAddress(at), bytes);
      if (entry != 0) visit((at - table.at.value()) / bytes, entry);
    }
  });
}

/// With the sign extended where the mode wants it.
std::uint64_t TableMap::canonical(std::uint64_t va) const {
  const unsigned bits = mode_.virtual_bits();
  if (bits >= 64 || (va >> (bits - 1) & 1) == 0 || mode_.translates(VirtualAddress(va))) return va;
  return va | ~low_bits(bits);
}

/// Depth first, so regions are found in the order of their addresses.
void TableMap::visit(std::size_t number) {
  const Table table = tables_[number];
  std::uint64_t pointers = 0;
  std::uint64_t leaves = 0;
  for_each_entry(table, [&](std::uint64_t index, std::uint64_t entry) {
    const EntryView view = mode_.decode(entry, table.level);
    const std::uint64_t va = canonical(table.va + (index << mode_.index_shift(table.level)));
    if (view.kind == EntryView::Kind::Leaf) {
      ++leaves;
      add_leaf(table, va, view);
    } else if (view.kind == EntryView::Kind::Pointer && table.level > 0) {
      ++pointers;
      if (tables_.size() == most_visited) {
        cut_ = true;
        return;
      }
      Table below;
      below.parent = number;
      below.asid = table.asid;
      below.level = table.level - 1;
      below.index = index;
      below.va = va;
      below.at = view.target;
      tables_.push_back(below);
      visit(tables_.size() - 1);
    }
  });
  tables_[number].pointers = pointers;
  tables_[number].leaves = leaves;
}

void TableMap::add_leaf(const Table& table, std::uint64_t va, const EntryView& view) {
  const std::uint64_t bytes = std::uint64_t{1} << mode_.index_shift(table.level);
  const bool continues = !regions_.empty() && regions_.back().asid == table.asid && regions_.back().end == va;
  if (!continues) {
    regions_.emplace_back();
    regions_.back().asid = table.asid;
    regions_.back().first = va;
  }
  regions_.back().end = va + bytes;
  regions_.back().add(view.page_shift, bytes);
}

/// Regions with the smallest gaps between them are shown as one.
std::vector<TableMap::Region> TableMap::shown_regions() const {
  std::vector<std::uint64_t> gaps;
  for (std::size_t i = 1; i < regions_.size(); ++i) {
    if (regions_[i].asid == regions_[i - 1].asid) gaps.push_back(regions_[i].first - regions_[i - 1].end);
  }
  const std::size_t most_gaps = most_shown_regions - most_spaces;
  std::uint64_t largest_closed = 0;
  if (gaps.size() > most_gaps) {
    std::nth_element(gaps.begin(), gaps.end() - static_cast<std::ptrdiff_t>(most_gaps) - 1, gaps.end());
    largest_closed = gaps[gaps.size() - most_gaps - 1];
  }
  std::vector<Region> shown;
  for (const Region& region : regions_) {
    const bool joins =
        !shown.empty() && shown.back().asid == region.asid && region.first - shown.back().end <= largest_closed;
    if (!joins) {
      shown.push_back(region);
      continue;
    }
    shown.back().end = region.end;
    for (const auto& [shift, bytes] : region.bytes_by_shift) shown.back().add(shift, bytes);
  }
  return shown;
}

/// The upper levels first, and of one level the tables that are read most; in the order of visits.
std::vector<std::size_t> TableMap::shown_tables(const std::vector<std::uint64_t>& reads) const {
  std::vector<std::size_t> order(tables_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (order.size() <= most_shown_tables) return order;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::make_tuple(tables_[b].level, reads[b], a) < std::make_tuple(tables_[a].level, reads[a], b);
  });
  order.resize(most_shown_tables);
  std::sort(order.begin(), order.end());
  return order;
}

std::string TableMap::occupancy(const Table& table) const {
  const std::uint64_t entries = mode_.table_bytes(table.level) / mode_.entry_bytes();
  const std::uint64_t parts = std::min(entries, strip_parts);
  std::vector<std::uint64_t> present(parts);
  for_each_entry(table, [&](std::uint64_t index, std::uint64_t) { ++present[index / (entries / parts)]; });
  std::string text;
  for (const std::uint64_t count : present) text += tenths(count, entries / parts);
  return text;
}

std::string TableMap::heat(const Table& table, const Lines& lines) const {
  const std::uint64_t bytes = mode_.table_bytes(table.level);
  const std::uint64_t parts = std::min(bytes / mode_.entry_bytes(), strip_parts);
  std::vector<std::uint64_t> reads(parts);
  const std::uint64_t first = table.at.value();
  for (auto line = first_line(lines, first); line != lines.end() && line->address < first + bytes; ++line) {
    reads[(line->address - first) / (bytes / parts)] += line->count.times;
  }
  std::string text;
  for (const std::uint64_t count : reads) text += magnitude(count);
  return text;
}

ordered_json TableMap::tables_json(const Lines& lines) const {
  std::vector<std::uint64_t> reads;
  reads.reserve(tables_.size());
  for (const Table& table : tables_) {
    reads.push_back(reads_between(lines, table.at.value(), table.at.value() + mode_.table_bytes(table.level)));
  }
  ordered_json json = ordered_json::object();
  json["visited"] = tables_.size();
  json["cut"] = cut_;
  json["columns"] = {"id",      "parent",   "asid",   "level", "index",     "va",
                     "address", "pointers", "leaves", "reads", "occupancy", "heat"};
  json["rows"] = ordered_json::array();
  for (const std::size_t number : shown_tables(reads)) {
    const Table& table = tables_[number];
    json["rows"].push_back({number, table.parent, table.asid, table.level, table.index, address_text(table.va),
                            address_text(table.at.value()), table.pointers, table.leaves, reads[number],
                            occupancy(table), heat(table, lines)});
  }
  return json;
}

ordered_json TableMap::regions_json() const {
  ordered_json rows = ordered_json::array();
  for (const Region& region : shown_regions()) {
    ordered_json pages = ordered_json::array();
    for (const auto& [shift, bytes] : region.bytes_by_shift) {
      pages.push_back(ordered_json::array({std::uint64_t{1} << shift, bytes}));
    }
    rows.push_back(ordered_json::array({region.asid, address_text(region.first), address_text(region.end), pages}));
  }
  return {{"found", regions_.size()}, {"columns", {"asid", "first", "end", "pages"}}, {"rows", rows}};
}

ordered_json TableMap::json(const Lines& lines) const {
  ordered_json json = ordered_json::object();
  json["radix"] = mode_.is_radix();
  json["entry_bytes"] = mode_.entry_bytes();
  json["levels"] = ordered_json::array();
  for (unsigned level = 0; level < mode_.levels(); ++level) {
    const LevelShape& shape = mode_.level(level);
    json["levels"].push_back({{"name", shape.name},
                              {"index_bits", shape.index_bits},
                              {"entry_maps", std::uint64_t{1} << shape.index_shift},
                              {"table_bytes", mode_.table_bytes(level)}});
  }
  json["spaces_left_out"] = spaces_left_out_;
  json["tables"] = tables_json(lines);
  json["regions"] = regions_json();
  return json;
}

}  // namespace tablewalk
