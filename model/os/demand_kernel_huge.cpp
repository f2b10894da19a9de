// Huge pages: their first touch, promotion from small pages, and splitting. Whatever the entries say, each small page
// of a huge page has a state and a frame of its own, so that everything else in the kernel knows small pages only.
// A block for range translations is the same, with small entries from the start.

#include <algorithm>
#include <utility>

#include "os/demand_kernel.h"
#include "os/page_owner.h"

namespace tablewalk {

namespace {

bool has_same_rights(const Page& page, const Page& other) {
  return page.readable == other.readable && page.writable == other.writable && page.executable == other.executable;
}

}  // namespace

bool DemandKernel::has_huge_entry(Space& its, std::uint64_t range) {
  const HugeRanges::Range* found = its.huge.find(range);
  return found != nullptr && found->kind == HugeRanges::Kind::Mapped;
}

/// The first page that has the same entry.
std::uint64_t DemandKernel::entry_start(Space& its, std::uint64_t number) const {
  return is_huge(its, number) ? number & ~low_bits(huge_shift_) : number;
}

std::uint64_t DemandKernel::entry_bytes(Space& its, std::uint64_t number) const {
  return is_huge(its, number) ? huge_bytes_ : page_bytes_;
}

/// The entry of a page that is mapped. A page of several entries was accessed, or is dirty, if any of them says so.
EntryView DemandKernel::entry_view(Space& its, std::uint64_t number) const {
  const std::uint64_t bytes = entry_bytes(its, number);
  const unsigned entries = mode_->find_page_size(bytes)->entries;
  const VirtualAddress va = address_of(entry_start(its, number));
  EntryView view = its.tables.leaf(va)->view;
  for (unsigned i = 1; i < entries; ++i) {
    const EntryView other = its.tables.leaf(va + i * (bytes / entries))->view;
    view.accessed |= other.accessed;
    view.dirty |= other.dirty;
  }
  return view;
}

/// Whether the policy and the layout of the process allow a huge page, or a block, there.
bool DemandKernel::may_be_huge(Space& its, std::uint64_t number) const {
  const bool everywhere = config_.huge_pages.policy != HugePagePolicy::Advised;
  const VirtualAddress first = address_of(number & ~low_bits(huge_shift_));
  const VirtualAddress last = first + (huge_bytes_ - 1);
  if (!mode_->translates(first) || !mode_->translates(last)) return false;
  if (!its.regions) return everywhere;
  const Region* region = its.regions->find(first);
  if (region == nullptr || !region->range.contains(last)) return false;
  const RegionKind& kind = region->kind;
  if (kind.file || kind.shared) return false;
  if (maps_blocks_) return true;
  if (kind.huge_pages == HugePages::No) return false;
  if (kind.page_bytes != 0) return kind.page_bytes == huge_bytes_;
  return everywhere || kind.huge_pages == HugePages::Yes;
}

/// Whether no other page of its range has ever been touched, or all were given back. If the layout is known, their
/// rights are the same, because they are in one region.
bool DemandKernel::others_untouched(Space& its, std::uint64_t number) const {
  const std::uint64_t first = number & ~low_bits(huge_shift_);
  const Page& touched = its.pages.at(number);
  bool untouched = true;
  its.pages.for_each(first, std::uint64_t{1} << huge_shift_, [&](std::uint64_t other, const Page& page) {
    const bool fits = page.state == PageState::Untouched && (its.regions || has_same_rights(page, touched));
    untouched &= other == number || fits;
  });
  return untouched;
}

bool DemandKernel::has_room_for(std::uint64_t frames) const {
  return table_.limit() == 0 || table_.in_use() + frames <= table_.limit();
}

void DemandKernel::mark_used(HugeRanges::Range& range, std::uint64_t part) {
  if (range.used[part]) return;
  range.used[part] = true;
  ++range.used_count;
}

/// An access that its rights allow is about to use the page.
void DemandKernel::note_use(AddressSpaceId asid, std::uint64_t number, const Page& page, Access access) {
  HugeRanges::Range* range = space(asid).huge.find(number >> huge_shift_);
  if (range == nullptr || range->used.empty() || !mode_->allows(spec_of(page).rights, access)) return;
  mark_used(*range, number & low_bits(huge_shift_));
}

/// The first touch of a page maps its range by a huge page, or its block, if the policy says so; false if a small page
/// must do.
bool DemandKernel::begin_huge(unsigned core, const Page& page, KernelWork& work) {
  const HugePagePolicy policy = config_.huge_pages.policy;
  if (policy != HugePagePolicy::Always && policy != HugePagePolicy::Advised && !maps_blocks_) return false;
  Handling& handling = handling_[core];
  Space& its = space(handling.page.asid);
  const std::uint64_t number = handling.page.number;
  if (page.file || its.huge.find(number >> huge_shift_) != nullptr || !may_be_huge(its, number)) return false;
  its.huge.at(number >> huge_shift_);  // only its first touch may get one
  if (!others_untouched(its, number)) return false;
  const std::optional<PhysicalAddress> at =
      has_room_for(std::uint64_t{1} << huge_shift_) ? take_block(handling, work) : std::nullopt;
  if (!at) {
    ++huge_stats_.fallbacks;
    return false;
  }
  ++huge_stats_.faults;
  handling.huge_at = *at;
  claim_range(handling, page);
  if (maps_blocks_) work.compute(Cycles(config_.page_cycles.count() * (handling.fresh.size() - 1)));
  begin_moves(handling, work);
  return true;
}

/// All pages of the range are on their way into the memory at `huge_at`: those in memory from their present frames, and
/// the others, which become `like` that page, as zeros.
void DemandKernel::claim_range(Handling& handling, const Page& like) {
  Space& its = space(handling.page.asid);
  const Page pattern = like;
  const std::uint64_t first = handling.page.number & ~low_bits(huge_shift_);
  HugeRanges::Range& range = its.huge.at(first >> huge_shift_);
  range.used.resize(std::size_t{1} << huge_shift_);
  for (std::uint64_t part = 0; part < std::uint64_t{1} << huge_shift_; ++part) {
    Page& page = its.pages.at(first + part);
    const PhysicalAddress to = handling.huge_at + part * page_bytes_;
    if (page.state == PageState::Resident) {
      mark_used(range, part);
      pin(page.where);
      handling.moved.push_back({page.where, to, true});
    } else {
      pages_touched_ += page.touched ? 0 : 1;
      page = pattern;
      page.state = PageState::Untouched;
      page.touched = true;
      page.where = table_.take(to, its.pool, {handling.page.asid, first + part});
      handling.fresh.push_back(to);
    }
    set_state(page, PageState::Arriving);
  }
  peak_resident_ = std::max(peak_resident_, table_.in_use());
}

/// The steps until the pages are where they shall be: no TLB holds them any more, then they are copied.
void DemandKernel::begin_moves(Handling& handling, KernelWork& work) {
  account_writes(work);
  if (!handling.pages.empty()) {
    invalidate_range(handling, work);
    commit_unstale(handling, work);
  }
  for (const FrameMove& move : handling.others_moved) {
    if (config_.kernel_traffic) work.copy(move.from, move.to, move.bytes, KernelTask::MovePages);
  }
  for (const FrameMovement& move : handling.moved) {
    if (table_[move.slot].at == move.to) continue;
    work.compute(config_.huge_pages.move_cycles, KernelTask::PrepareMove);
    if (config_.kernel_traffic) work.copy(table_[move.slot].at, move.to, page_bytes_, KernelTask::MovePages);
  }
  const std::uint64_t most = config_.huge_pages.clear_bytes.bytes;
  std::uint64_t cleared = 0;
  for (const PhysicalAddress at : handling.fresh) {
    if (!config_.kernel_traffic || (most != 0 && cleared >= most)) break;
    const std::uint64_t bytes = most == 0 ? page_bytes_ : std::min(page_bytes_, most - cleared);
    work.write(at, bytes, KernelTask::ClearMemory);
    cleared += bytes;
  }
  work.commit(MapHuge);
}

/// Nobody uses the old frames any more: their bytes move.
void DemandKernel::finish_moves(Handling& handling) {
  for (const FrameMovement& move : handling.moved) {
    FrameTable::Frame& frame = table_[move.slot];
    if (frame.at == move.to) continue;
    memory_.copy_block(frame.at, move.to, page_bytes_);
    memory_.clear_block(frame.at, page_bytes_);
    if (move.frees) {
      frames_[frame.pool].release_page(frame.at, page_bytes_);
      frame.pool = space(handling.page.asid).pool;  // a child's pages may come from its parent's
    }
    frame.at = move.to;
  }
  for (const PageKey& name : handling.remapped) {
    Page& page = space(name.asid).pages.at(name.number);
    map_entry(name, table_[page.where].at, page_bytes_, spec_of(page));
    set_state(page, PageState::Resident);
  }
}

bool DemandKernel::map_huge(unsigned core, KernelWork& work) {
  Handling& handling = handling_[core];
  finish_moves(handling);
  Space& its = space(handling.page.asid);
  const std::uint64_t first = handling.page.number & ~low_bits(huge_shift_);
  HugeRanges::Range& range = its.huge.at(first >> huge_shift_);
  Page& page = its.pages.at(handling.page.number);
  map_entry({handling.page.asid, first}, handling.huge_at, huge_bytes_, spec_for(page, handling.access));
  account_writes(work);
  range.kind = HugeRanges::Kind::Mapped;
  range.at = handling.huge_at;
  mark_used(range, handling.page.number - first);
  for (std::uint64_t part = 0; part < std::uint64_t{1} << huge_shift_; ++part) {
    set_state(its.pages.at(first + part), PageState::Resident);
  }
  for (const FrameMovement& move : handling.moved) unpin(move.slot);
  const FrameSlot head = its.pages.at(first).where;
  enter_replacement(head);
  if (orders_accesses() && table_[head].replaceable) replacement_->accessed(head);
  handling.frame = page.where;
  handling.holds = true;
  return is_repaired(handling);
}

/// The entries of a block of small pages, of which the others have not been accessed.
bool DemandKernel::map_block(unsigned core, KernelWork& work) {
  Handling& handling = handling_[core];
  Space& its = space(handling.page.asid);
  const std::uint64_t pages = std::uint64_t{1} << huge_shift_;
  const std::uint64_t first = handling.page.number & ~low_bits(huge_shift_);
  for (std::uint64_t number = first; number != first + pages; ++number) {
    Page& page = its.pages.at(number);
    map_entry({handling.page.asid, number}, table_[page.where].at, page_bytes_, spec_for(page, handling.access));
    set_state(page, PageState::Resident);
    enter_replacement(page.where);
  }
  account_writes(work);
  pages_ahead_ += pages - 1;
  mark_used(its.huge.at(first >> huge_shift_), handling.page.number - first);
  handling.frame = its.pages.at(handling.page.number).where;
  handling.holds = true;
  if (orders_accesses() && table_[handling.frame].replaceable) replacement_->accessed(handling.frame);
  return is_repaired(handling);
}

/// A page can share an entry with `other`.
bool DemandKernel::can_be_merged(const Page& page, const Page& other) const {
  if (page.state != PageState::Resident || page.copy_on_write || page.file) return false;
  const FrameTable::Frame& frame = table_[page.where];
  return frame.pages == 1 && frame.pinned == 0 && page.user == other.user &&
         page.shared_kernel == other.shared_kernel && has_same_rights(page, other);
}

/// The pages in memory of a range that can become a huge page; none if it cannot.
std::optional<std::uint64_t> DemandKernel::promotable_pages(const Handling& handling) {
  Space& its = space(handling.page.asid);
  const std::uint64_t number = handling.page.number;
  if (!may_be_huge(its, number)) return std::nullopt;
  const Page& present = its.pages.at(number);
  std::uint64_t resident = 0;
  bool possible = true;
  const std::uint64_t first = number & ~low_bits(huge_shift_);
  its.pages.for_each(first, std::uint64_t{1} << huge_shift_, [&](std::uint64_t, const Page& page) {
    if (page.state == PageState::Untouched) {
      possible &= its.regions || has_same_rights(page, present);
      return;
    }
    ++resident;
    possible &= can_be_merged(page, present);
  });
  if (!possible) return std::nullopt;
  return resident;
}

/// A page has arrived. If enough pages of its range are in memory, they become a huge page; false if not.
bool DemandKernel::begin_promotion(unsigned core, KernelWork& work) {
  const HugePagePolicy policy = config_.huge_pages.policy;
  if (policy != HugePagePolicy::Promote && policy != HugePagePolicy::Reserve) return false;
  Handling& handling = handling_[core];
  Space& its = space(handling.page.asid);
  const std::uint64_t parts = std::uint64_t{1} << huge_shift_;
  const std::uint64_t first = handling.page.number & ~low_bits(huge_shift_);
  const std::uint64_t chosen = config_.huge_pages.promote_after;
  const std::uint64_t needed = chosen == 0 ? parts : std::min(chosen, parts);
  HugeRanges::Range& range = its.huge.at(first >> huge_shift_);
  const bool reserved = range.kind == HugeRanges::Kind::Reserved;
  if (policy == HugePagePolicy::Reserve && !reserved) return false;
  if (++range.arrived < needed) return false;
  const std::optional<std::uint64_t> resident = promotable_pages(handling);
  range.arrived = resident.value_or(needed - std::max<std::uint64_t>(1, needed / 8));  // it looks again later
  if (!resident || *resident < needed) return false;
  if (!has_room_for(parts - *resident)) return false;
  const std::optional<PhysicalAddress> at = reserved ? range.at : take_block(handling, work);
  if (!at) {
    ++huge_stats_.fallbacks;
    return false;
  }
  ++huge_stats_.promotions;
  if (!reserved) huge_stats_.copied_bytes += *resident * page_bytes_;
  range.kind = HugeRanges::Kind::Small;
  range.placed.clear();
  range.arrived = 0;
  its.pages.for_each(first, parts, [&](std::uint64_t number, const Page& page) {
    if (page.state != PageState::Resident) return;
    remove_entry(its, number);
    mark_stale(handling, {handling.page.asid, number});
  });
  work.compute(Cycles(config_.page_cycles.count() * *resident), KernelTask::PrepareMove);
  handling.huge_at = *at;
  claim_range(handling, its.pages.at(handling.page.number));
  begin_moves(handling, work);
  return true;
}

/// Small pages with the same rights, bits and frames replace a huge page. What follows invalidates one of them
/// everywhere, and with it the huge page.
void DemandKernel::split(AddressSpaceId asid, std::uint64_t number) {
  Space& its = space(asid);
  if (!is_huge(its, number)) return;
  const std::uint64_t first = number & ~low_bits(huge_shift_);
  const EntryView view = note_dirty(its, first);
  LeafSpec spec = spec_of(its.pages.at(first));
  spec.accessed = view.accessed;
  spec.dirty = view.dirty;
  its.tables.split(address_of(first), page_bytes_, spec);
  note_change({asid, first});
  HugeRanges::Range& range = *its.huge.find(first >> huge_shift_);
  range.kind = HugeRanges::Kind::Small;
  range.arrived = 0;
  ++huge_stats_.demotions;
  for (std::uint64_t part = 0; part < std::uint64_t{1} << huge_shift_; ++part) {
    enter_replacement(its.pages.at(first + part).where);
  }
}

/// Of the huge pages in a range of pages, splits those that lie in it only partly.
void DemandKernel::split_ends(AddressSpaceId asid, std::uint64_t first, std::uint64_t count) {
  if (huge_bytes_ == 0 || count == 0) return;
  const std::uint64_t inside = low_bits(huge_shift_);
  if ((first & inside) != 0) split(asid, first);
  if (((first + count) & inside) != 0) split(asid, first + count - 1);
}

void DemandKernel::split_all(AddressSpaceId asid, std::uint64_t first, std::uint64_t count) {
  if (huge_bytes_ == 0) return;
  for (std::uint64_t number = first; number < first + count; number = (number | low_bits(huge_shift_)) + 1) {
    split(asid, number);
  }
}

/// All of these pages were given back.
void DemandKernel::forget_ranges(Space& its, std::uint64_t first, std::uint64_t count) {
  if (huge_bytes_ == 0) return;
  const std::uint64_t from = (first + low_bits(huge_shift_)) >> huge_shift_;
  const std::uint64_t end = (first + count) >> huge_shift_;
  if (from < end) its.huge.erase(from, end - 1);
}

/// Huge pages whose entries have moved to another address.
void DemandKernel::move_ranges(Handling& handling, Space& its, std::uint64_t pages_further) {
  for (const std::uint64_t range : std::exchange(handling.visited, {})) {
    its.huge.at(((range << huge_shift_) + pages_further) >> huge_shift_) = std::move(*its.huge.find(range));
    its.huge.erase(range, range);
  }
}

/// A child has its parent's huge pages, but no memory reserved.
void DemandKernel::share_ranges(Handling& handling, const Space& parent, Space& child) {
  handling.visited.clear();
  child.huge = {};
  for (const auto& [number, range] : parent.huge.all()) {
    HugeRanges::Range& copy = child.huge.at(number) = range;
    if (copy.kind != HugeRanges::Kind::Reserved) continue;
    copy.kind = HugeRanges::Kind::Small;
    copy.placed.clear();
  }
}

/// True if a system call has still to change the page's entry, which is stale then: it visits every page, but an entry
/// only once.
bool DemandKernel::visit_entry(Handling& handling, Space& its, PageKey name) {
  if (!is_huge(its, name.number)) {
    mark_stale(handling, name);
    return true;
  }
  if (!handling.visited.insert(name.number >> huge_shift_).second) return false;
  handling.ranges.push_back({name.asid, entry_start(its, name.number)});
  ++stale_ranges_[{name.asid, name.number >> huge_shift_}];
  return true;
}

/// Replacement knows a huge page by its first frame.
bool DemandKernel::follows_head(FrameSlot slot) {
  if (huge_bytes_ == 0) return false;
  const auto follows = [this](PageKey name) {
    return (name.number & low_bits(huge_shift_)) != 0 && is_huge(space(name.asid), name.number);
  };
  if (table_[slot].pages == 1) return follows(table_[slot].page());
  const std::vector<PageKey> pages = table_.pages(slot);
  return std::all_of(pages.begin(), pages.end(), follows);
}

/// Without a known layout, a page belongs to whoever touches it first, and so does a part of a huge page or block.
bool DemandKernel::disown(const PageFault& fault, Page& page, KernelWork& work) {
  const AddressSpaceId asid = handling_[fault.core].page.asid;
  Space& its = space(asid);
  const std::uint64_t number = number_of(fault.va);
  const HugeRanges::Range* range = huge_bytes_ == 0 || its.regions ? nullptr : its.huge.find(number >> huge_shift_);
  if (range == nullptr || range->used.empty() || range->used[number & low_bits(huge_shift_)]) return false;
  split(asid, number);
  mark_used(*its.huge.find(number >> huge_shift_), number & low_bits(huge_shift_));
  Handling& handling = handling_[fault.core];
  take_rights(handling, page);
  ++stats_.ownership_faults;
  change(its, fault.va, spec_of(page), work);
  mark_stale(handling, handling.page);
  work.invalidate({page_scope(*mode_), address_of(number), asid}, true);
  commit_unstale(handling, work);
  return true;
}

/// Whether nobody shares any frame of the page's entry.
bool DemandKernel::is_all_ours(Space& its, std::uint64_t number) {
  const std::uint64_t first = entry_start(its, number);
  const std::uint64_t end = first + entry_bytes(its, number) / page_bytes_;
  for (std::uint64_t part = first; part != end; ++part) {
    if (table_[its.pages.at(part).where].pages != 1) return false;
  }
  return true;
}

}  // namespace tablewalk
