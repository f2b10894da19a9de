#include "observe/walk_attribution.h"

#include <fmt/format.h>

#include "base/text.h"

namespace tablewalk {
namespace {

constexpr unsigned region_shift = 21;
constexpr std::uint64_t region_bytes = std::uint64_t{1} << region_shift;

std::string region_name(std::uint64_t first) {
  return grouped_hex(first) + ".." + grouped_hex(first + (region_bytes - 1));
}

void add_row(AttributedRows& rows, const std::string& name, std::uint64_t walks, std::uint64_t cycles) {
  if (walks != 0) rows.push_back({name, std::nullopt, 0, walks, cycles});
}

}  // namespace

std::size_t WalkAttribution::PlaceHash::operator()(const Place& place) const {
  const std::uint64_t mixed = (place.address + place.asid) * 0x9e3779b97f4a7c15U;
  return static_cast<std::size_t>(mixed ^ mixed >> 32);
}

void WalkAttribution::Places::add(const Place& place, std::uint64_t walk_cycles) {
  const auto known = sums_.find(place);
  if (known != sums_.end()) return known->second.add(walk_cycles);
  (sums_.size() < most_ ? sums_[place] : others_).add(walk_cycles);
}

void WalkAttribution::Places::clear() {
  sums_.clear();
  others_ = {};
}

template <class Name>
AttributedRows WalkAttribution::Places::rows(Name name_of) const {
  AttributedRows rows;
  rows.reserve(sums_.size() + 1);
  for (const auto& [place, sum] : sums_) {
    rows.push_back({name_of(place.address), place.address, place.asid, sum.walks, sum.cycles});
  }
  add_row(rows, Attribution::others, others_.walks, others_.cycles);
  return rows;
}

void WalkAttribution::walk_finished(const WalkRecord& walk) {
  const std::uint64_t cycles = (walk.answered - walk.requested).count();
  all_.add(cycles);
  regions_.add({walk.va.value() >> region_shift << region_shift, walk.space}, cycles);
  if (walk.instruction) {
    instructions_.add({walk.instruction->value(), walk.space}, cycles);
  } else {
    without_instruction_.add(cycles);
  }
  add_parts(walk);
}

/// Memory accesses are sequential, so no cycle is in two of them; cycles outside them are walker steps.
void WalkAttribution::add_parts(const WalkRecord& walk) {
  std::array<Sum, max_levels> levels;
  Sum updates;
  std::uint64_t left = (walk.answered - walk.taken).count();
  for (unsigned i = 0; i < walk.listed(); ++i) {
    const WalkRecord::EntryRead& read = walk.reads[i];
    const std::uint64_t cycles = (read.answered - read.presented).count();
    (read.update ? updates : levels[read.level]).add(cycles);
    left -= cycles;
  }
  const auto add = [](Sum& sum, bool did, std::uint64_t cycles) {
    if (did) sum.add(cycles);
  };
  for (unsigned level = 0; level < max_levels; ++level) {
    add(levels_[level], levels[level].walks != 0, levels[level].cycles);
  }
  add(updates_, updates.walks != 0, updates.cycles);
  add(waiting_, walk.taken != walk.requested, (walk.taken - walk.requested).count());
  add(steps_, left != 0, left);
}

void WalkAttribution::reset() {
  all_ = without_instruction_ = updates_ = waiting_ = steps_ = {};
  levels_ = {};
  regions_.clear();
  instructions_.clear();
}

AttributedRows WalkAttribution::level_rows() const {
  AttributedRows rows;
  add_row(rows, "waiting for a walker", waiting_.walks, waiting_.cycles);
  add_row(rows, "walker steps", steps_.walks, steps_.cycles);
  for (unsigned level = max_levels; level-- > 0;) {
    add_row(rows, fmt::format("level {} reads", level), levels_[level].walks, levels_[level].cycles);
  }
  add_row(rows, "accessed and dirty updates", updates_.walks, updates_.cycles);
  return rows;
}

Attribution WalkAttribution::result() const {
  Attribution result;
  result.walks = all_.walks;
  result.walk_cycles = all_.cycles;
  result.region_bytes = region_bytes;
  result.regions = regions_.rows(region_name);
  result.levels = level_rows();
  if (without_instruction_.walks != all_.walks) {
    result.instructions = instructions_.rows(grouped_hex);
    add_row(result.instructions, "before the first fetch", without_instruction_.walks, without_instruction_.cycles);
  }
  for (AttributedRows* rows : {&result.regions, &result.levels, &result.instructions}) sort_rows(*rows);
  return result;
}

}  // namespace tablewalk
