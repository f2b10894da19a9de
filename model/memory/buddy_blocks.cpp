#include "memory/buddy_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

#include "base/error.h"
#include "base/units.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t large_page = std::uint64_t{2} << 20;
constexpr std::uint64_t largest_block = std::uint64_t{1} << 30;

/// The order of a block of `bytes`; 0 if a frame is larger.
unsigned order_of(std::uint64_t bytes, std::uint64_t frame_bytes) {
  return log2_floor(std::max(bytes, frame_bytes) / frame_bytes);
}

std::uint64_t part_of(double share, std::uint64_t whole) {
  return static_cast<std::uint64_t>(std::llround(share * static_cast<double>(whole)));
}

}  // namespace

BuddyBlocks::BuddyBlocks(std::uint64_t frames, std::uint64_t frame_bytes, const FragmentationConfig& fragmentation,
                         std::uint64_t seed)
    : frames_(frames),
      frame_bytes_(frame_bytes),
      block_order_(order_of(large_page, frame_bytes)),
      largest_order_(order_of(largest_block, frame_bytes)),
      fragments_(part_of(fragmentation.share, frames >> block_order_)),
      unmovable_(part_of(fragmentation.unmovable, fragments_)),
      seed_(seed),
      fragment_rank_(frames >> block_order_, seed) {
  if (fragments_ != 0) return;
  opened_ = frames;
  for_each_block(1, frames, [this](std::uint64_t first, unsigned order) { add_free(first, order); });
}

std::optional<std::uint64_t> BuddyBlocks::take_for_page(std::uint64_t /*virtual_page*/, AddressSpaceId /*space*/) {
  return take(0, Owner::Page);
}

std::optional<std::uint64_t> BuddyBlocks::take_for_table() {
  return take(0, Owner::Table);
}

std::optional<std::uint64_t> BuddyBlocks::take_block(unsigned order, bool for_table) {
  return take(order, for_table ? Owner::Table : Owner::Page);
}

std::optional<std::uint64_t> BuddyBlocks::take(unsigned order, Owner owner) {
  std::optional<std::uint64_t> first = take_open(order);
  while (!first) {
    if (opened_ == frames_) return std::nullopt;
    open_next();
    first = take_open(order);
  }
  taken_[*first] = {static_cast<std::uint8_t>(order), owner};
  return first;
}

/// Of the memory that is open; the caller notes who has it.
std::optional<std::uint64_t> BuddyBlocks::take_open(unsigned order) {
  unsigned found = order;
  while (free_[found].empty()) {
    if (++found == orders) return std::nullopt;
  }
  const std::uint64_t first = *free_[found].begin();
  free_[found].erase(free_[found].begin());
  while (found > order) {
    --found;
    free_[found].insert(first + (std::uint64_t{1} << found));
  }
  return first;
}

void BuddyBlocks::give_back(std::uint64_t first, unsigned order) {
  const auto place = taken_.find(first);
  if (place == taken_.end() || place->second.order != order) {
    throw LawViolation("a block of frames is given back that was not taken");
  }
  taken_.erase(place);
  add_free(first, order);
}

void BuddyBlocks::split(std::uint64_t first, unsigned order, unsigned part_order) {
  const auto place = taken_.find(first);
  if (place == taken_.end() || place->second.order != order) {
    throw LawViolation("a block of frames is split that was not taken");
  }
  const Taken part{static_cast<std::uint8_t>(part_order), place->second.owner};
  const std::uint64_t end = first + (std::uint64_t{1} << order);
  for (std::uint64_t frame = first; frame != end; frame += std::uint64_t{1} << part_order) taken_[frame] = part;
}

void BuddyBlocks::add_free(std::uint64_t first, unsigned order) {
  while (free_[order].erase(first ^ std::uint64_t{1} << order) != 0) {
    first &= ~(std::uint64_t{1} << order);
    ++order;
  }
  free_[order].insert(first);
}

/// The frame of this block of 2 MiB that others use, if it has one: any but frame 0.
std::optional<BuddyBlocks::Fragment> BuddyBlocks::fragment_in(std::uint64_t block) const {
  const std::uint64_t rank = fragment_rank_(block);
  if (rank >= fragments_) return std::nullopt;
  const std::uint64_t place = Permutation(std::uint64_t{1} << block_order_, seed_ + block)(0);
  return Fragment{std::max<std::uint64_t>(1, (block << block_order_) + place), rank >= unmovable_};
}

/// Cuts the frames from `first` up to `end` into the largest aligned blocks.
template <class Visit>
void BuddyBlocks::for_each_block(std::uint64_t first, std::uint64_t end, Visit visit) {
  while (first < end) {
    unsigned order = log2_floor(end - first);
    while ((first & low_bits(order)) != 0) --order;
    visit(first, order);
    first += std::uint64_t{1} << order;
  }
}

/// The runs of free frames between the fragments of memory that is not open.
template <class Visit>
void BuddyBlocks::for_each_free_run(std::uint64_t from, std::uint64_t end, Visit visit) const {
  std::uint64_t start = std::max<std::uint64_t>(1, from);
  for (std::uint64_t block = from >> block_order_; (block + 1) << block_order_ <= end; ++block) {
    const std::optional<Fragment> fragment = fragment_in(block);
    if (!fragment) continue;
    visit(start, fragment->frame);
    start = fragment->frame + 1;
  }
  visit(start, end);
}

void BuddyBlocks::open_next() {
  const std::uint64_t from = opened_;
  opened_ = std::min(frames_, from + (std::uint64_t{1} << largest_order_));
  for_each_free_run(from, opened_, [this](std::uint64_t first, std::uint64_t end) {
    for_each_block(first, end, [this](std::uint64_t block, unsigned order) { add_free(block, order); });
  });
  for (std::uint64_t block = from >> block_order_; (block + 1) << block_order_ <= opened_; ++block) {
    const std::optional<Fragment> fragment = fragment_in(block);
    if (fragment) taken_[fragment->frame] = {0, fragment->movable ? Owner::Others : Owner::OthersFixed};
  }
}

std::optional<std::vector<BuddyBlocks::Move>> BuddyBlocks::compact(unsigned order,
                                                                   const std::function<bool(std::uint64_t)>& may_move) {
  while (opened_ < frames_) open_next();
  for (unsigned larger = order; larger < orders; ++larger) {
    if (!free_[larger].empty()) return std::vector<Move>{};
  }
  for (const auto& [cost, region] : regions_by_cost(order)) {
    std::optional<std::vector<Move>> moves = empty(region << order, order, may_move);
    if (moves) return moves;
  }
  return std::nullopt;
}

/// The frames in use of each aligned block, and its number, in ascending order. Blocks that cannot be emptied are
/// missing: those with anything that does not move, or that is as large, and the first and the last if frame 0 or
/// the end of memory is in them.
std::vector<std::pair<std::uint64_t, std::uint64_t>> BuddyBlocks::regions_by_cost(unsigned order) const {
  constexpr std::uint64_t impossible = ~std::uint64_t{0};
  std::unordered_map<std::uint64_t, std::uint64_t> costs;
  for (const auto& [first, taken] : taken_) {
    std::uint64_t& cost = costs[first >> order];
    if (taken.order >= order || taken.owner == Owner::Table || taken.owner == Owner::OthersFixed) cost = impossible;
    if (cost != impossible) cost += std::uint64_t{1} << taken.order;
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> regions;
  for (const auto& [region, cost] : costs) {
    if (cost != impossible && region != 0 && (region + 1) << order <= frames_) regions.emplace_back(cost, region);
  }
  std::sort(regions.begin(), regions.end());
  return regions;
}

/// Takes the free blocks in these frames out of the sets.
std::map<std::uint64_t, unsigned> BuddyBlocks::extract_free(std::uint64_t first, std::uint64_t end) {
  std::map<std::uint64_t, unsigned> extracted;
  for (unsigned order = 0; order < orders; ++order) {
    const auto from = free_[order].lower_bound(first);
    const auto to = free_[order].lower_bound(end);
    for (auto block = from; block != to; ++block) extracted[*block] = order;
    free_[order].erase(from, to);
  }
  return extracted;
}

/// Moves everything out of a block, or, if that is impossible, nothing.
std::optional<std::vector<BuddyBlocks::Move>> BuddyBlocks::empty(std::uint64_t first, unsigned order,
                                                                 const std::function<bool(std::uint64_t)>& may_move) {
  const std::uint64_t end = first + (std::uint64_t{1} << order);
  const std::map<std::uint64_t, unsigned> free_inside = extract_free(first, end);
  std::vector<Move> moves;
  bool possible = true;
  for (std::uint64_t frame = first; frame < end && possible;) {
    if (const auto free = free_inside.find(frame); free != free_inside.end()) {
      frame += std::uint64_t{1} << free->second;
      continue;
    }
    const Taken& taken = taken_.at(frame);
    const bool page = taken.owner == Owner::Page;
    const std::optional<std::uint64_t> to = page && !may_move(frame) ? std::nullopt : take_open(taken.order);
    possible = to.has_value();
    if (to) moves.push_back({frame, *to, taken.order, page});
    frame += std::uint64_t{1} << taken.order;
  }
  if (!possible) {
    for (const Move& move : moves) add_free(move.to, move.order);
    for (const auto& [block, block_order] : free_inside) add_free(block, block_order);
    return std::nullopt;
  }
  for (const Move& move : moves) {
    taken_[move.to] = taken_.at(move.from);
    taken_.erase(move.from);
  }
  add_free(first, order);
  return moves;
}

std::vector<std::uint64_t> BuddyBlocks::free_blocks() const {
  std::vector<std::uint64_t> blocks(largest_order_ + 1);
  const auto count = [&](unsigned order, std::uint64_t number) {
    const unsigned counted = std::min(order, largest_order_);
    blocks[counted] += number << (order - counted);
  };
  for (unsigned order = 0; order < orders; ++order) count(order, free_[order].size());
  for_each_free_run(opened_, frames_, [&](std::uint64_t first, std::uint64_t end) {
    for_each_block(first, end, [&](std::uint64_t /*block*/, unsigned order) { count(order, 1); });
  });
  return blocks;
}

void BuddyBlocks::report(StatSet& figures) const {
  const std::vector<std::uint64_t> blocks = free_blocks();
  const auto free_from = [&](unsigned order) {
    std::uint64_t frames = 0;
    for (; order < blocks.size(); ++order) frames += blocks[order] << order;
    return frames;
  };
  const std::uint64_t free = free_from(0);
  figures.count("frames.free_bytes", free * frame_bytes_, "bytes", "free memory, at the end");
  for (unsigned order = 0; order < blocks.size(); ++order) {
    const std::string size = format_byte_size({frame_bytes_ << order});
    figures.count("frames.free_blocks." + size, blocks[order], "blocks",
                  order == largest_order_ ? "free blocks of this size, larger ones cut into it"
                                          : "free blocks of this size that are in no larger one");
  }
  for (const unsigned order : std::set<unsigned>{block_order_, largest_order_}) {
    const std::string size = format_byte_size({frame_bytes_ << order});
    figures
        .ratio("frames.unusable_share." + size, free - free_from(order), free, "share",
               "free memory in blocks smaller than this size / free memory")
        .explain("how fragmented the free memory is for pages of " + size);
  }
}

}  // namespace tablewalk
