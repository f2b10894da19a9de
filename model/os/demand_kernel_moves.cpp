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

  bool pinned(FrameSlot slot) const override { return kernel_.is_held(slot); }
  bool test_and_clear_accessed(FrameSlot slot) override {
    bool accessed = false;
    for (const PageKey& name : kernel_.table_.pages(slot)) accessed |= test_and_clear_page(name);
    return accessed;
  }

 private:
  bool test_and_clear_page(const PageKey& name) {
    Space& its = kernel_.space(name.asid);
    const VirtualAddress va = kernel_.address_of(name.number);
    const std::optional<TableBuilder::Leaf> leaf = its.tables.leaf(va);
    if (kernel_.config_.kernel_traffic) work_.read(leaf->at, kernel_.mode_->entry_bytes());
    if (!leaf->view.accessed) return false;
    LeafSpec spec = kernel_.spec_of(its.pages.at(name.number));
    spec.dirty = leaf->view.dirty;
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
      return wait_for_page(work);
    }
    return begin_eviction(core, work);
  }
  take_frame(handling);
  work.commit(Load);
}

void DemandKernel::take_frame(Handling& handling) {
  Space& its = space(handling.page.asid);
  const PhysicalAddress at =
      frames_[its.pool].allocate_page(address_of(handling.page.number), page_bytes_, handling.page.asid);
  handling.frame = table_.take(at, its.pool, handling.page);
  peak_resident_ = std::max(peak_resident_, table_.in_use());
}

/// The frame's page may be evicted from now on.
void DemandKernel::enter_replacement(FrameSlot slot) {
  FrameTable::Frame& frame = table_[slot];
  if (replacement_ == nullptr || frame.pinned != 0) return;
  frame.replaceable = true;
  ++replaceable_;
  replacement_->loaded(slot, frame.page);
}

void DemandKernel::begin_eviction(unsigned core, KernelWork& work) {
  Handling& handling = handling_[core];
  EntryBits bits(*this, work);
  const std::optional<FrameSlot> victim = replacement_->victim(bits);
  invalidate_cleared(work);
  if (!victim) {
    handling.waits_for_frame = true;
    return wait_for_page(work);
  }
  handling.victim = *victim;
  handling.evicts = true;
  table_[handling.victim].replaceable = false;
  --replaceable_;
  work.compute(config_.evict_cycles);
  const std::vector<PageKey> pages = table_.pages(handling.victim);
  for (const PageKey& name : pages) {
    Space& its = space(name.asid);
    remove_entry(its, name.number);
    set_state(its.pages.at(name.number), PageState::Leaving);
    mark_stale(handling, name);
  }
  account_writes(work);
  for (const PageKey& name : pages) work.invalidate({page_scope(*mode_), address_of(name.number), name.asid}, true);
  work.commit(Unstale);
  work.commit(Evicted);
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
  const std::vector<PageKey> pages = table_.pages(handling.victim);
  const bool needed = !space(pages.front().asid).killed;
  if (frame.dirty && swap_.users(frame.copy) > 1) {  // other pages still have the old content
    release_copy(frame.copy);
    frame.copy = FrameTable::no_copy;
  }
  if (needed && frame.dirty && frame.copy == FrameTable::no_copy) {
    const std::optional<SwapSlot> slot = swap_.allocate();
    if (!slot) return give_up(core, work);
    frame.copy = *slot;
  }
  ++stats_.evictions;
  if (needed && frame.dirty) {
    ++stats_.dirty_evictions;
    save_bytes(frame.at, frame.copy);
    work.wait_until(swap_.submit(SwapDevice::Kind::Write, page_bytes_, now));
  } else if (frame.copy == FrameTable::no_copy) {
    ++stats_.dropped_evictions;
  }
  for (const PageKey& name : pages) {
    Page& page = space(name.asid).pages.at(name.number);
    if (frame.copy != FrameTable::no_copy) {
      set_state(page, PageState::Swapped);
      page.file = false;
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
  for (const PageKey& name : table_.pages(handling.victim)) {
    Space& its = space(name.asid);
    Page& page = its.pages.at(name.number);
    set_state(page, PageState::Resident);
    its.tables.map(address_of(name.number), table_[handling.victim].at, page_bytes_, spec_of(page));
  }
  account_writes(work);
  enter_replacement(handling.victim);
  handling.evicts = false;
  Page& wanted = space(handling.page.asid).pages.at(handling.page.number);
  set_state(wanted, PageState::Untouched);  // its process ends
  if (handling.content == Content::Swapped) release_copy(handling.from_swap);
  ++stats_.processes_killed;
  kill(core, handling.process, work);
}

/// There is room: the frame is filled.
void DemandKernel::load(unsigned core, Cycles now, KernelWork& work) {
  Handling& handling = handling_[core];
  if (handling.evicts) {
    for (const PageKey& name : table_.pages(handling.victim)) release_frame(handling.victim, name);
    handling.evicts = false;
    take_frame(handling);
  }
  const PhysicalAddress to = table_[handling.frame].at;
  switch (handling.content) {
    case Content::Zeros:
      if (config_.kernel_traffic) work.write(to, page_bytes_);
      break;
    case Content::PageCache:
      break;
    case Content::File:
      work.wait_until(swap_.submit(SwapDevice::Kind::Read, page_bytes_, now));
      break;
    case Content::Swapped:
      work.wait_until(swap_.submit(SwapDevice::Kind::Read, page_bytes_, now));
      break;
    case Content::Copied:
      if (config_.kernel_traffic) work.copy(table_[handling.copied].at, to, page_bytes_);
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
    load_bytes(handling.from_swap, frame.at);
    frame.copy = handling.from_swap;
  }
  its.tables.map(address_of(handling.page.number), frame.at, page_bytes_, spec_for(page, handling.access));
  account_writes(work);
  return settle(handling);
}

/// The page that is written gets a copy of its own, unless nobody else shares it any more.
void DemandKernel::copy_on_write(unsigned core, Page& page, KernelWork& work) {
  Handling& handling = handling_[core];
  if (table_[page.where].pages == 1) {
    ++stats_.reuse_faults;
    page.copy_on_write = false;
    LeafSpec spec = spec_for(page, handling.access);
    change(space(handling.page.asid), address_of(handling.page.number), spec, work);
    return work.invalidate({page_scope(*mode_), address_of(handling.page.number), handling.page.asid}, false);
  }
  ++stats_.copy_faults;
  handling.content = Content::Copied;
  handling.copied = page.where;
  pin(page.where);
  set_state(page, PageState::Arriving);
  get_frame(core, work);
}

bool DemandKernel::map_copy(unsigned core, KernelWork& work) {
  Handling& handling = handling_[core];
  Space& its = space(handling.page.asid);
  Page& page = its.pages.at(handling.page.number);
  const VirtualAddress va = address_of(handling.page.number);
  memory_.copy_block(table_[handling.copied].at, table_[handling.frame].at, page_bytes_);
  remove_entry(its, handling.page.number);
  page.copy_on_write = false;
  its.tables.map(va, table_[handling.frame].at, page_bytes_, spec_for(page, handling.access));
  table_[handling.frame].dirty = true;  // the swap device has no copy
  account_writes(work);
  page.where = handling.frame;
  handling.given_back.emplace_back(handling.copied, handling.page);  // it stays pinned until then
  mark_stale(handling, handling.page);
  work.invalidate({page_scope(*mode_), va, handling.page.asid}, true);
  work.commit(Unmapped);
  work.commit(Unstale);
  work.commit(Settle);  // until then others wait for the page
  return false;
}

bool DemandKernel::settle(Handling& handling) {
  Page& page = space(handling.page.asid).pages.at(handling.page.number);
  set_state(page, PageState::Resident);
  page.where = handling.frame;
  enter_replacement(handling.frame);
  if (observes_accesses()) replacement_->accessed(handling.frame);
  handling.holds = true;
  return is_repaired(handling);
}

/// The process ends; its frames are free when no TLB holds its pages any more.
void DemandKernel::kill(unsigned core, AddressSpaceId asid, KernelWork& work) {
  Space& its = space(asid);
  its.killed = true;
  unmap_pages(handling_[core], asid, 0, ~std::uint64_t{0}, work);
  work.then = KernelWork::Then::Kill;
}

/// A page no longer uses the frame; the last one frees it.
void DemandKernel::release_frame(FrameSlot slot, PageKey page) {
  FrameTable::Frame& frame = table_[slot];
  if (!table_.drop(slot, page)) return;
  if (frame.copy != FrameTable::no_copy) release_copy(frame.copy);
  if (std::exchange(frame.replaceable, false)) {
    replacement_->removed(slot);
    --replaceable_;
  }
  memory_.clear_block(frame.at, page_bytes_);  // free frames read as zero
  frames_[frame.pool].release_page(frame.at, page_bytes_);
}

/// Copies the content of a frame to a slot of the swap device. Memory that was never written takes no host memory.
void DemandKernel::save_bytes(PhysicalAddress from, std::uint32_t slot) {
  swapped_bytes_.erase(slot);
  bool touched = false;
  for (std::uint64_t offset = 0; offset < page_bytes_; offset += PhysicalMemory::page_size) {
    touched |= memory_.is_touched(from + offset);
  }
  if (!touched) return;
  std::vector<std::uint64_t>& words = swapped_bytes_[slot];
  for (std::uint64_t offset = 0; offset < page_bytes_; offset += 8) words.push_back(memory_.read(from + offset, 8));
}

void DemandKernel::load_bytes(std::uint32_t slot, PhysicalAddress to) {
  const auto saved = swapped_bytes_.find(slot);
  if (saved == swapped_bytes_.end()) return;
  for (std::size_t word = 0; word < saved->second.size(); ++word) memory_.write(to + 8 * word, 8, saved->second[word]);
}

void DemandKernel::release_copy(std::uint32_t copy) {
  if (swap_.release(copy)) swapped_bytes_.erase(copy);
}

void DemandKernel::change(Space& its, VirtualAddress va, const LeafSpec& spec, KernelWork& work) {
  note_dirty(its, number_of(va));
  its.tables.protect(va, page_bytes_, spec);
  account_writes(work);
}

/// Rewrites the entry of a resident page with its present rights.
LeafSpec DemandKernel::refresh(Space& its, std::uint64_t number) {
  const EntryView old = note_dirty(its, number);
  LeafSpec spec = spec_of(its.pages.at(number));
  spec.accessed = old.accessed;
  spec.dirty = old.dirty;
  its.tables.protect(address_of(number), page_bytes_, spec);
  return spec;
}

void DemandKernel::remove_entry(Space& its, std::uint64_t number) {
  note_dirty(its, number);
  its.tables.unmap(address_of(number), page_bytes_);
}

/// An entry is about to be rewritten: its frame remembers that it was dirty, which a read-only entry cannot say in
/// every paging mode, nor an entry that is gone.
EntryView DemandKernel::note_dirty(Space& its, std::uint64_t number) {
  const EntryView view = its.tables.leaf(address_of(number))->view;
  table_[its.pages.at(number).where].dirty |= view.dirty;
  return view;
}

/// The table writes since the last call are traffic of the core.
void DemandKernel::account_writes(KernelWork& work) {
  if (config_.kernel_traffic) {
    for (const TableBuilder::Written& written : written_) work.write(written.at, written.bytes);
  }
  written_.clear();
}

void DemandKernel::set_state(Page& page, PageState state) {
  --pages_in_[static_cast<unsigned>(page.state)];
  ++pages_in_[static_cast<unsigned>(state)];
  page.state = state;
}

}  // namespace tablewalk
