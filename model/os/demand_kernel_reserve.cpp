// Physical memory for huge pages: reservations, and compaction.

#include <utility>

#include "os/demand_kernel.h"

namespace tablewalk {

/// A frame for the page being handled.
PhysicalAddress DemandKernel::find_frame(Space& its, const Handling& handling) {
  if (config_.huge_pages.policy == HugePagePolicy::Reserve && handling.content == Content::Zeros) {
    if (const auto at = place_in_reservation(its, handling.page)) return *at;
  }
  return find_any_frame(its, handling.page);
}

PhysicalAddress DemandKernel::find_any_frame(const Space& its, PageKey page) {
  const std::optional<PhysicalAddress> at = try_any_frame(its.pool, page);
  // Not there, so that it says what is exhausted.
  return at ? *at : frames_[its.pool].allocate_page(address_of(page.number), page_bytes_, page.asid);
}

/// Reservations end before memory does.
std::optional<PhysicalAddress> DemandKernel::try_any_frame(std::uint16_t pool, PageKey page) {
  const bool reserves = config_.huge_pages.policy == HugePagePolicy::Reserve;
  std::optional<PhysicalAddress> at;
  do {
    at = frames_[pool].try_allocate_page(address_of(page.number), page_bytes_, page.asid);
  } while (!at && reserves && break_any_reservation(pool));
  return at;
}

/// The frame that is reserved for a page, whose first touch it is; the first one of a range reserves it.
std::optional<PhysicalAddress> DemandKernel::place_in_reservation(Space& its, PageKey page) {
  const std::uint64_t number = page.number >> huge_shift_;
  HugeRanges::Range* range = its.huge.find(number);
  if (range == nullptr && may_be_huge(its, page.number)) {
    range = &its.huge.at(number);
    if (!others_untouched(its, page.number)) return std::nullopt;
    FrameAllocator& frames = frames_[its.pool];
    const VirtualAddress first = address_of(page.number & ~low_bits(huge_shift_));
    const std::optional<PhysicalAddress> block = frames.try_allocate_page(first, huge_bytes_, page.asid);
    if (!block) {
      ++huge_stats_.fallbacks;
      return std::nullopt;
    }
    frames.split_page(*block, huge_bytes_, page_bytes_);
    ++huge_stats_.reservations;
    range->kind = HugeRanges::Kind::Reserved;
    range->at = *block;
    range->placed.assign(std::size_t{1} << huge_shift_, false);
  }
  const std::uint64_t part = page.number & low_bits(huge_shift_);
  if (range == nullptr || range->kind != HugeRanges::Kind::Reserved || range->placed[part]) return std::nullopt;
  range->placed[part] = true;
  return range->at + part * page_bytes_;
}

/// The frames that nobody has are free.
void DemandKernel::break_reservation(const Space& its, HugeRanges::Range& range) {
  if (range.kind != HugeRanges::Kind::Reserved) return;
  range.kind = HugeRanges::Kind::Small;
  ++huge_stats_.reservations_broken;
  for (std::uint64_t part = 0; part < range.placed.size(); ++part) {
    if (!range.placed[part]) frames_[its.pool].release_page(range.at + part * page_bytes_, page_bytes_);
  }
  range.placed.clear();
}

bool DemandKernel::break_any_reservation(std::uint16_t pool) {
  for (auto& [asid, its] : spaces_) {
    HugeRanges::Range* range = its.pool == pool ? its.huge.first_of(HugeRanges::Kind::Reserved) : nullptr;
    if (range == nullptr) continue;
    break_reservation(its, *range);
    return true;
  }
  return false;
}

std::uint64_t DemandKernel::reserved_frames() const {
  std::uint64_t frames = 0;
  for (const auto& [asid, its] : spaces_) {
    for (const auto& [number, range] : its.huge.all()) {
      if (range.kind != HugeRanges::Kind::Reserved) continue;
      for (const bool placed : range.placed) frames += placed ? 0 : 1;
    }
  }
  return frames;
}

/// Memory for a huge page, if need be by moving other pages.
std::optional<PhysicalAddress> DemandKernel::take_block(Handling& handling, KernelWork& work) {
  const PageKey page = handling.page;
  FrameAllocator& frames = frames_[space(page.asid).pool];
  const VirtualAddress first = address_of(page.number & ~low_bits(huge_shift_));
  std::optional<PhysicalAddress> at = frames.try_allocate_page(first, huge_bytes_, page.asid);
  const bool compacts = config_.huge_pages.compact && config_.frames == FramePolicy::Buddy && !maps_blocks_;
  if (!at && compacts) at = compact(handling, work);
  if (at) frames.split_page(*at, huge_bytes_, page_bytes_);
  return at;
}

/// Moves pages until there is a block. Pages of this kernel have no entry until they have arrived. After a failure, the
/// next 2, 4, ... 64 attempts are left out, as in Linux.
std::optional<PhysicalAddress> DemandKernel::compact(Handling& handling, KernelWork& work) {
  const PageKey page = handling.page;
  const std::uint16_t pool = space(page.asid).pool;
  Deferral& deferral = deferrals_[pool];
  if (deferral.left_out != 0) {
    --deferral.left_out;
    return std::nullopt;
  }
  std::optional<std::unordered_map<std::uint64_t, FrameSlot>> slots;
  const auto may_move = [&](PhysicalAddress at) {
    if (!slots) slots = movable_frames(page);
    return slots->count(at.value()) != 0;
  };
  const auto moves = frames_[pool].compact(huge_bytes_, may_move);
  if (!moves) {
    ++huge_stats_.compactions_failed;
    if (deferral.failures < 6) ++deferral.failures;
    deferral.left_out = 1U << deferral.failures;
    return std::nullopt;
  }
  ++huge_stats_.compactions;
  deferral.failures = 0;
  for (const FrameMove& move : *moves) {
    ++huge_stats_.moved_pages;
    if (!move.page) {
      work.compute(config_.huge_pages.move_cycles, KernelTask::PrepareMove);
      handling.others_moved.push_back(move);
      continue;
    }
    const FrameSlot slot = slots->at(move.from.value());
    pin(slot);
    handling.moved.push_back({slot, move.to, false});
    for (const PageKey& name : table_.pages(slot)) {
      Space& its = space(name.asid);
      remove_entry(its, name.number);
      mark_stale(handling, name);
      set_state(its.pages.at(name.number), PageState::Arriving);
      handling.remapped.push_back(name);
    }
  }
  return frames_[pool].try_allocate_page(address_of(page.number & ~low_bits(huge_shift_)), huge_bytes_, page.asid);
}

/// The frames whose pages can get other ones now, by address; not those of the range that becomes a huge page.
std::unordered_map<std::uint64_t, FrameSlot> DemandKernel::movable_frames(PageKey page) {
  const std::uint16_t pool = space(page.asid).pool;
  std::unordered_map<FrameSlot, std::uint32_t> mappings;
  for (auto& [asid, its] : spaces_) {
    if (its.pool != pool) continue;
    its.pages.for_all([&, of = asid, &in = its](std::uint64_t number, const Page& other) {
      if (other.state != PageState::Resident || table_[other.where].pinned != 0) return;
      if (of == page.asid && number >> huge_shift_ == page.number >> huge_shift_) return;
      const HugeRanges::Range* range = in.huge.find(number >> huge_shift_);
      if (range != nullptr && range->kind != HugeRanges::Kind::Small) return;
      ++mappings[other.where];
    });
  }
  std::unordered_map<std::uint64_t, FrameSlot> frames;
  for (const auto& [slot, count] : mappings) {
    const FrameTable::Frame& frame = table_[slot];
    if (count == frame.pages && frame.pool == pool) frames.emplace(frame.at.value(), slot);
  }
  return frames;
}

}  // namespace tablewalk
