// Pages on their way between frames and the swap device.

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "os/demand_kernel.h"
#include "os/page_owner.h"

namespace tablewalk {

/// The accessed bits in the page tables, as replacement reads and clears them.
class DemandKernel::EntryBits final : public ResidentPages {
 public:
  EntryBits(DemandKernel& kernel, KernelWork& work) : kernel_(kernel), work_(work) {}

  bool pinned(FrameSlot slot) const override { return kernel_.is_held(slot) || kernel_.is_in_flight(slot); }
  bool test_and_clear_accessed(FrameSlot slot) override {
    bool accessed = false;
    for (const PageKey& name : kernel_.table_.pages(slot)) accessed |= test_and_clear_page(name);
    return accessed;
  }

 private:
  bool test_and_clear_page(const PageKey& name) {
    Space& its = kernel_.space(name.asid);
    const VirtualAddress va = kernel_.address_of(name.number);
    const EntryView view = kernel_.entry_view(its, name.number);
    if (kernel_.config_.kernel_traffic)
      work_.read(its.tables.leaf(va)->at, kernel_.mode_->entry_bytes(), KernelTask::ReadBits);
    if (!view.accessed) return false;
    LeafSpec spec = kernel_.spec_of(its.pages.at(name.number));
    spec.dirty = view.dirty;
    kernel_.change(its, va, spec, work_);
    kernel_.cleared_.push_back(name);
    ++kernel_.stats_.accessed_cleared;
    return true;
  }

  DemandKernel& kernel_;
  KernelWork& work_;
};

/// A frame for the page being handled, after an eviction if there is no room.
void DemandKernel::get_frame(unsigned core, KernelWork& work) {
  Handling& handling = handling_[core];
  handling.waits_for_frame = false;
  if (table_.full()) {
    if (replaceable_ == 0) {  // other cores are filling all of them
      handling.waits_for_frame = true;
      check_room_for_copies(handling);
      return wait_for_page(work);
    }
    return begin_eviction(core, work);
  }
  take_frame(handling);
  work.commit(Load);
}

void DemandKernel::take_frame(Handling& handling) {
  Space& its = space(handling.page.asid);
  const PhysicalAddress at = find_frame(its, handling);
  handling.frame = table_.take(at, its.pool, handling.page);
  peak_resident_ = std::max(peak_resident_, table_.in_use());
}

/// The frame's page may be evicted from now on.
void DemandKernel::enter_replacement(FrameSlot slot) {
  FrameTable::Frame& frame = table_[slot];
  if (replacement_ == nullptr || frame.pinned != 0 || frame.replaceable || follows_head(slot)) return;
  frame.replaceable = true;
  ++replaceable_;
  replacement_->loaded(slot, frame.page());
}

void DemandKernel::begin_eviction(unsigned core, KernelWork& work) {
  if (choose_victim(core, work)) return;
  handling_[core].waits_for_frame = true;
  wait_for_page(work);
}

/// False if all pages must stay for now.
bool DemandKernel::choose_victim(unsigned core, KernelWork& work) {
  Handling& handling = handling_[core];
  EntryBits bits(*this, work);
  const std::optional<FrameSlot> victim = replacement_->victim(bits);
  invalidate_cleared(work);
  if (!victim) return false;
  handling.victim = *victim;
  handling.evicts = true;
  table_[handling.victim].replaceable = false;
  --replaceable_;
  work.compute(config_.evict_cycles, KernelTask::ChooseVictim);
  if (table_[*victim].cached) cache_.at(cache_.content_of(*victim)).place = PageCache::Place::Leaving;
  const std::vector<PageKey> pages = table_.pages(handling.victim);
  ++table_[handling.victim].pinned;  // so that it is not a candidate again
  for (const PageKey& name : pages) split(name.asid, name.number);
  --table_[handling.victim].pinned;
  for (const PageKey& name : pages) {
    Space& its = space(name.asid);
    remove_entry(its, name.number);
    set_state(its.pages.at(name.number), PageState::Leaving);
    mark_stale(handling, name);
  }
  account_writes(work);
  for (const PageKey& name : pages) work.invalidate({page_scope(*mode_), address_of(name.number), name.asid}, true);
  commit_unstale(handling, work);
  work.commit(Evicted);
  return true;
}

/// A page stays until the access that needs it has its translation: several cores would otherwise take the same frame
/// from each other for ever.
bool DemandKernel::is_held(FrameSlot slot) const {
  return std::any_of(handling_.begin(), handling_.end(),
                     [&](const Handling& handling) { return handling.holds && handling.frame == slot; });
}

/// So that the next access to a page whose accessed bit was cleared sets it again. As in Linux, the TLBs of other cores
/// are left alone.
void DemandKernel::invalidate_cleared(KernelWork& work) {
  if (config_.flush_accessed) {
    if (cleared_.size() > config_.flush_threshold) {
      std::set<AddressSpaceId> spaces;
      for (const PageKey& name : cleared_) spaces.insert(name.asid);
      for (const AddressSpaceId asid : spaces) work.invalidate({Invalidation::Scope::AddressSpace, {}, asid}, false);
    } else {
      for (const PageKey& name : cleared_) {
        work.invalidate({page_scope(*mode_), address_of(name.number), name.asid}, false);
      }
    }
  }
  cleared_.clear();
}

/// No core uses the victim's frame any more: its content is written to the swap device, unless there is a copy already
/// or it is still zeros.
void DemandKernel::end_eviction(unsigned core, Cycles now, KernelWork& work) {
  Handling& handling = handling_[core];
  FrameTable::Frame& frame = table_[handling.victim];
  if (frame.cached) return evict_cached(core, now, work);
  const std::vector<PageKey> pages = table_.pages(handling.victim);
  const bool needed = !space(pages.front().asid).killed;
  if (frame.dirty && swap_.users(frame.copy) > 1) {  // other pages still have the old content
    release_copy(frame.copy);
    frame.copy = FrameTable::no_copy;
  }
  if (needed && frame.dirty && frame.copy == FrameTable::no_copy) {
    if (!give_slot(frame)) return give_up(core, work);
  }
  ++stats_.evictions;
  if (needed && frame.dirty) {
    ++stats_.dirty_evictions;
    save_to_slot(frame);
    work.wait_until(swap_.submit(SwapDevice::Kind::Write, page_bytes_, now), KernelTask::AwaitWrite);
  } else if (frame.copy == FrameTable::no_copy) {
    ++stats_.dropped_evictions;
  }
  for (const PageKey& name : pages) {
    Page& page = space(name.asid).pages.at(name.number);
    if (frame.copy != FrameTable::no_copy) {
      set_state(page, PageState::Swapped);
      page.file = false;
      slots_[frame.copy].in_frame = false;
    } else {
      set_state(page, page.file ? PageState::Filed : PageState::Untouched);
    }
    page.where = frame.copy;
  }
  for (std::size_t more = 1; more < pages.size() && frame.copy != FrameTable::no_copy; ++more) swap_.share(frame.copy);
  frame.copy = FrameTable::no_copy;  // it belongs to the pages now
  work.commit(Load);
}

/// The swap device is full: the victim stays, and the process that needs a frame ends.
void DemandKernel::give_up(unsigned core, KernelWork& work) {
  Handling& handling = handling_[core];
  restore_victim(core, work);
  if (handling.reads_ahead) {  // it need not be
    handling.ahead.clear();
    return work.commit(Ahead);
  }
  Page& wanted = space(handling.page.asid).pages.at(handling.page.number);
  const bool mapped = handling.content == Content::Copied && handling.replaces_entry;
  set_state(wanted, mapped ? PageState::Resident : PageState::Untouched);  // its process ends
  if (handling.content == Content::Copied) {
    unpin(handling.copied);
    release_if_unused(handling.copied);
  } else if (handling.key) {
    undo_load(handling);
  } else if (handling.content == Content::Swapped) {
    release_copy(handling.from_swap);
  }
  ++stats_.processes_killed;
  kill(core, handling.process, work);
}

void DemandKernel::restore_victim(unsigned core, KernelWork& work) {
  Handling& handling = handling_[core];
  if (table_[handling.victim].cached) cache_.at(cache_.content_of(handling.victim)).place = PageCache::Place::InFrame;
  for (const PageKey& name : table_.pages(handling.victim)) {
    Page& page = space(name.asid).pages.at(name.number);
    set_state(page, PageState::Resident);
    map_entry(name, table_[handling.victim].at, page_bytes_, spec_of(page));
  }
  account_writes(work);
  enter_replacement(handling.victim);
  handling.evicts = false;
}

/// There is room: the frame is filled.
void DemandKernel::load(unsigned core, Cycles now, KernelWork& work) {
  Handling& handling = handling_[core];
  if (handling.evicts) {
    empty_victim(handling.victim);
    handling.evicts = false;
    if (handling.reads_ahead) return read_ahead(core, now, work);
    take_frame(handling);
  }
  const PhysicalAddress to = table_[handling.frame].at;
  switch (handling.content) {
    case Content::Zeros:
      if (config_.kernel_traffic) work.write(to, page_bytes_, KernelTask::ClearMemory);
      break;
    case Content::PageCache:
    case Content::ReadAhead:
      break;
    case Content::File:
    case Content::Swapped:
      handling.loaded = swap_.submit(SwapDevice::Kind::Read, page_bytes_, now);
      if (begin_ahead(handling)) return work.commit(Ahead);
      work.wait_until(handling.loaded, KernelTask::AwaitRead);
      break;
    case Content::Copied:
      if (config_.kernel_traffic) work.copy(table_[handling.copied].at, to, page_bytes_, KernelTask::CopyPage);
      break;
  }
  work.commit(Map);
}

/// Writes the entry. The page keeps its copy on the swap device, so that it need not be written again if it stays
/// clean.
bool DemandKernel::map(unsigned core, KernelWork& work) {
  Handling& handling = handling_[core];
  Space& its = space(handling.page.asid);
  Page& page = its.pages.at(handling.page.number);
  FrameTable::Frame& frame = table_[handling.frame];
  if (handling.content == Content::Swapped) {
    contents_.load({CacheKey::swap_slots, handling.from_swap}, memory_, frame.at);
  }
  if (handling.content == Content::Swapped || handling.content == Content::ReadAhead) {
    frame.copy = handling.from_swap;
    slots_[frame.copy].in_frame = true;
  }
  if (handling.key) keep_in_cache(handling);
  if (copies_at_once(page, handling.access)) {
    release_frame(handling.frame, handling.page);
    enter_replacement(handling.frame);
    copy_from(core, handling.frame, page, work);
    return false;
  }
  map_entry(handling.page, frame.at, page_bytes_, spec_for(page, handling.access));
  account_writes(work);
  return settle(core, work);
}

/// The page that is written gets a copy of its own, unless nobody else shares it any more.
void DemandKernel::copy_on_write(unsigned core, Page& page, KernelWork& work) {
  Handling& handling = handling_[core];
  Space& its = space(handling.page.asid);
  const std::uint64_t number = handling.page.number;
  if (table_[page.where].pages != 1 || !is_all_ours(its, number)) split(handling.page.asid, number);
  if (table_[page.where].pages == 1) {
    ++stats_.reuse_faults;
    const std::uint64_t first = entry_start(its, number);
    const std::uint64_t pages = entry_bytes(its, number) / page_bytes_;
    for (std::uint64_t part = first; part != first + pages; ++part) its.pages.at(part).copy_on_write = false;
    LeafSpec spec = spec_for(page, handling.access);
    change(space(handling.page.asid), address_of(handling.page.number), spec, work);
    return work.invalidate({page_scope(*mode_), address_of(handling.page.number), handling.page.asid}, false);
  }
  ++stats_.copy_faults;
  handling.replaces_entry = true;
  copy_from(core, page.where, page, work);
}

void DemandKernel::copy_from(unsigned core, FrameSlot slot, Page& page, KernelWork& work) {
  Handling& handling = handling_[core];
  handling.content = Content::Copied;
  handling.copied = slot;
  pin(slot);
  if (page.state != PageState::Arriving) set_state(page, PageState::Arriving);
  get_frame(core, work);
}

/// The frame has the copy. An entry of the shared frame goes first, and the other one is written when no TLB holds it
/// any more, as in Linux: otherwise a core could write to the copy while another still reads the shared frame.
bool DemandKernel::map_copy(unsigned core, KernelWork& work) {
  Handling& handling = handling_[core];
  Space& its = space(handling.page.asid);
  Page& page = its.pages.at(handling.page.number);
  memory_.copy_block(table_[handling.copied].at, table_[handling.frame].at, page_bytes_);
  if (handling.replaces_entry) remove_entry(its, handling.page.number);
  page.copy_on_write = false;
  page.cached = false;
  table_[handling.frame].dirty = true;  // the swap device has no copy
  if (!handling.replaces_entry) {
    unpin(handling.copied);
    release_if_unused(handling.copied);
    return map_copied(core, work);
  }
  account_writes(work);
  handling.given_back.emplace_back(handling.copied, handling.page);  // it stays pinned until then
  mark_stale(handling, handling.page);
  work.invalidate({page_scope(*mode_), address_of(handling.page.number), handling.page.asid}, true);
  work.commit(Unmapped);
  commit_unstale(handling, work);
  work.commit(MapCopied);
  return false;
}

bool DemandKernel::map_copied(unsigned core, KernelWork& work) {
  const Handling& handling = handling_[core];
  const Page& page = space(handling.page.asid).pages.at(handling.page.number);
  map_entry(handling.page, table_[handling.frame].at, page_bytes_, spec_for(page, handling.access));
  account_writes(work);
  return settle(core, work);
}

bool DemandKernel::settle(unsigned core, KernelWork& work) {
  Handling& handling = handling_[core];
  Page& page = space(handling.page.asid).pages.at(handling.page.number);
  set_state(page, PageState::Resident);
  page.where = handling.frame;
  enter_replacement(handling.frame);
  if (orders_accesses()) replacement_->accessed(handling.frame);
  handling.holds = true;
  if (huge_bytes_ != 0 && begin_promotion(core, work)) return false;
  return is_repaired(handling);
}

/// The process ends; its frames are free when no TLB holds its pages any more.
void DemandKernel::kill(unsigned core, AddressSpaceId asid, KernelWork& work) {
  Space& its = space(asid);
  its.killed = true;
  unmap_pages(handling_[core], asid, 0, ~std::uint64_t{0}, work);
  work.then = KernelWork::Then::Kill;
}

/// No page and no content uses the victim's frame any more.
void DemandKernel::empty_victim(FrameSlot slot) {
  const bool cached = table_[slot].cached;
  for (const PageKey& name : table_.pages(slot)) release_frame(slot, name);
  if (cached && table_.let_go(slot)) free_frame(slot);
}

/// A page no longer uses the frame; the last one frees it.
void DemandKernel::release_frame(FrameSlot slot, PageKey page) {
  if (table_.drop(slot, page)) free_frame(slot);
}

void DemandKernel::free_frame(FrameSlot slot) {
  FrameTable::Frame& frame = table_[slot];
  if (frame.copy != FrameTable::no_copy) release_copy(frame.copy);
  if (std::exchange(frame.replaceable, false)) {
    replacement_->removed(slot);
    --replaceable_;
  }
  memory_.clear_block(frame.at, page_bytes_);  // free frames read as zero
  frames_[frame.pool].release_page(frame.at, page_bytes_);
}

void DemandKernel::release_copy(std::uint32_t copy) {
  if (!swap_.release(copy)) return;
  contents_.forget({CacheKey::swap_slots, copy});
  forget_ahead(copy);
}

void DemandKernel::map_entry(PageKey first, PhysicalAddress at, std::uint64_t bytes, const LeafSpec& spec) {
  space(first.asid).tables.map(address_of(first.number), at, bytes, spec);
  note_change(first);
}

void DemandKernel::note_change(PageKey page) {
  if (changes_) (*changes_)[{page.asid, page.number >> huge_shift_}] = now_;
}

bool DemandKernel::changed_since(AddressSpaceId asid, VirtualAddress va, Cycles since) const {
  if (!changes_) return false;
  const auto change = changes_->find({roots_.owner(asid, va), number_of(va) >> huge_shift_});
  return change != changes_->end() && change->second >= since;
}

void DemandKernel::change(Space& its, VirtualAddress va, const LeafSpec& spec, KernelWork& work) {
  note_dirty(its, number_of(va));
  its.tables.protect(address_of(entry_start(its, number_of(va))), entry_bytes(its, number_of(va)), spec);
  account_writes(work);
}

/// Rewrites the entry of a resident page with its present rights.
LeafSpec DemandKernel::refresh(Space& its, std::uint64_t number) {
  const EntryView old = note_dirty(its, number);
  LeafSpec spec = spec_of(its.pages.at(number));
  spec.accessed |= old.accessed;
  spec.dirty |= old.dirty;
  its.tables.protect(address_of(entry_start(its, number)), entry_bytes(its, number), spec);
  return spec;
}

void DemandKernel::remove_entry(Space& its, std::uint64_t number) {
  note_dirty(its, number);
  its.tables.unmap(address_of(entry_start(its, number)), entry_bytes(its, number));
  HugeRanges::Range* range = huge_bytes_ == 0 ? nullptr : its.huge.find(number >> huge_shift_);
  if (range != nullptr) break_reservation(its, *range);
}

/// An entry is about to be rewritten: its frame remembers that it was dirty, which a read-only entry cannot say in
/// every paging mode, nor an entry that is gone. With range translations only the right to write says something.
EntryView DemandKernel::note_dirty(Space& its, std::uint64_t number) {
  const EntryView view = entry_view(its, number);
  if (!view.dirty || (ranges_.enabled() && !view.rights.write)) return view;
  const std::uint64_t first = entry_start(its, number);
  const std::uint64_t pages = entry_bytes(its, number) / page_bytes_;
  for (std::uint64_t part = first; part != first + pages; ++part) table_[its.pages.at(part).where].dirty = true;
  return view;
}

/// The table writes since the last call are traffic of the core.
void DemandKernel::account_writes(KernelWork& work) {
  if (config_.kernel_traffic) {
    for (const TableBuilder::Written& written : written_)
      work.write(written.at, written.bytes, KernelTask::WriteEntries);
  }
  written_.clear();
}

void DemandKernel::set_state(Page& page, PageState state) {
  --pages_in_[static_cast<unsigned>(page.state)];
  ++pages_in_[static_cast<unsigned>(state)];
  page.state = state;
}

}  // namespace tablewalk
