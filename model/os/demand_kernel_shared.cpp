// Pages whose content is in the page cache, which other pages of the same content share: those of files, and of
// anonymous memory in shared mappings.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "os/demand_kernel.h"

namespace tablewalk {

using Place = PageCache::Place;

void DemandKernel::set_regions(const Regions& regions) {
  default_regions_.emplace(regions.page_bytes());
  for (Region region : regions) {
    if (region.kind.shared && !region.kind.file) region.file_offset = shared_memory_.create(region.range.bytes());
    default_regions_->reserve(region);
  }
}

/// The content of the page, if its region shares it. The page must lie in one region, and the file's page in one page;
/// files without a path have nothing to be recognised by.
std::optional<CacheKey> DemandKernel::key_of(const Space& its, std::uint64_t number) {
  if (!its.regions) return std::nullopt;
  const VirtualAddress va = address_of(number);
  const Region* region = its.regions->find(va);
  if (region == nullptr || !region->kind.has_offset() || !region->range.contains(va + (page_bytes_ - 1))) {
    return std::nullopt;
  }
  const std::uint64_t offset = region->file_offset + (va - region->range.first);
  if (offset % page_bytes_ != 0) return std::nullopt;
  if (!region->kind.file) return CacheKey{CacheKey::shared_memory, offset / page_bytes_};
  if (region->kind.label.empty()) return std::nullopt;
  return CacheKey{cache_.object_of(region->kind.label), offset / page_bytes_};
}

/// The change; shared anonymous memory that it reserves is new.
LayoutChange DemandKernel::with_memory(const LayoutChange& change, Space& its) {
  LayoutChange numbered = change;
  if (change.operation == LayoutOperation::Reserve && change.shared && !change.file) {
    numbered.file_offset = shared_memory_.create(change.bytes);
    its.shared_memories.insert(numbered.file_offset);
  }
  const Region* moved =
      change.operation == LayoutOperation::Remap && its.regions ? its.regions->find(change.first) : nullptr;
  if (moved != nullptr && moved->kind.shared && !moved->kind.file) {
    const std::uint64_t first = moved->file_offset + (change.first - moved->range.first);
    if (change.to_bytes > shared_memory_.end_of(shared_memory_.first_of(first)) - first) {
      throw InputError(fmt::format("remap of {:#x}: shared memory of {:#x} bytes; expected at most 1 TiB",
                                   change.first.value(), change.to_bytes));
    }
  }
  return numbered;
}

/// A page without a frame, whose content is shared; false if it is no longer.
bool DemandKernel::handle_cached(unsigned core, Page& page, KernelWork& work) {
  Handling& handling = handling_[core];
  const std::optional<CacheKey> key = key_of(space(handling.page.asid), handling.page.number);
  if (!key) {  // it was moved to a place where nothing is shared
    page.cached = page.copy_on_write = false;
    set_state(page, PageState::Untouched);
    return false;
  }
  PageCache::Entry& entry = cache_.at(*key);
  if (entry.place == Place::Arriving || entry.place == Place::Leaving) {
    wait_for_page(work);
    return true;
  }
  handling.key = key;
  if (entry.place != Place::InFrame) return load_cached(core, entry, page, work), true;
  if (entry.ready > now_) {  // read ahead: the rest of the wait
    work.wait_until(entry.ready, KernelTask::AwaitRead);
    work.commit(Await);
  } else if (copies_at_once(page, handling.access)) {
    ++stats_.copy_faults;
    count_touch(page);
    stats_.read_ahead_used += std::exchange(entry.read_ahead, false) ? 1 : 0;
    copy_from(core, entry.where, page, work);
  } else if (handling.maps) {
    map_cached(handling, page, work);
  } else {
    work.commit(Await);
  }
  return true;
}

/// Nobody has the content in a frame: this core loads it.
void DemandKernel::load_cached(unsigned core, PageCache::Entry& entry, Page& page, KernelWork& work) {
  Handling& handling = handling_[core];
  const bool on_device = entry.place == Place::OnFile || (page.file && !config_.files_cached);
  if (entry.place == Place::Swapped && claim(core, page, entry.where, work)) return;
  if (entry.place == Place::Swapped) {
    handling.content = Content::Swapped;
    handling.from_swap = entry.where;
  } else if (page.file) {
    handling.content = on_device ? Content::File : Content::PageCache;
  } else {
    handling.content = Content::Zeros;
  }
  if (handling.content == Content::Zeros) {
    ++stats_.zero_faults;
  } else if (handling.content == Content::PageCache) {
    ++stats_.file_faults;
  } else {
    ++stats_.major_faults;
    work.compute(config_.major_fault_cycles, KernelTask::PrepareRead);
  }
  count_touch(page);
  entry.place = Place::Arriving;
  set_state(page, PageState::Arriving);
  get_frame(core, work);
}

void DemandKernel::count_touch(Page& page) {
  pages_touched_ += page.touched ? 0 : 1;
  page.touched = true;
}

/// The content is in a frame: the page is mapped to it.
void DemandKernel::map_cached(Handling& handling, Page& page, KernelWork& work) {
  const FrameSlot slot = cache_.at(*handling.key).where;
  map_entry(handling.page, table_[slot].at, page_bytes_, spec_for(page, handling.access));
  account_writes(work);
  table_.share(slot, handling.page);
  count_touch(page);
  set_state(page, PageState::Resident);
  page.where = handling.frame = slot;
  handling.holds = true;
  if (orders_accesses() && table_[slot].replaceable) replacement_->accessed(slot);
  ++stats_.cache_faults;
  if (cache_.at(*handling.key).read_ahead) use_ahead(handling, *handling.key, work);
}

/// Whether the access needs a copy of what is in the page cache.
bool DemandKernel::copies_at_once(const Page& page, Access access) const {
  return page.cached && page.copy_on_write && page.writable && access.kind == AccessKind::Store;
}

/// Cores that copy pages hold two frames each for a while.
void DemandKernel::check_room_for_copies(const Handling& handling) const {
  if (handling.content != Content::Copied) return;
  std::set<FrameSlot> held;
  for (const Handling& other : handling_) {
    if (other.content == Content::Copied && other.waits_for_frame) held.insert(other.copied);
  }
  if (held.size() < table_.limit()) return;
  throw InputError(
      fmt::format("os.resident_limit: {} frames, which hold the pages that {} cores copy on write; expected "
                  "a frame more than cores",
                  table_.limit(), handling_.size()));
}

/// The frame has been filled, for everybody.
void DemandKernel::keep_in_cache(const Handling& handling) {
  cache_.put(*handling.key, handling.frame);
  table_.hold(handling.frame);
  if (handling.key->is_file()) contents_.load(*handling.key, memory_, table_[handling.frame].at);
}

/// The load did not take place: the content is where it was.
void DemandKernel::undo_load(const Handling& handling) {
  PageCache::Entry& entry = cache_.at(*handling.key);
  switch (handling.content) {
    case Content::Swapped:
      entry.place = Place::Swapped;
      break;
    case Content::File:
      entry.place = Place::OnFile;
      break;
    default:
      cache_.forget(*handling.key);
  }
}

/// No TLB holds the victim any more: its content goes to the swap device or to its file, unless it is there already.
void DemandKernel::evict_cached(unsigned core, Cycles now, KernelWork& work) {
  Handling& handling = handling_[core];
  FrameTable::Frame& frame = table_[handling.victim];
  const CacheKey key = cache_.content_of(handling.victim);
  const std::vector<PageKey> pages = table_.pages(handling.victim);
  const bool ahead = cache_.at(key).read_ahead;
  PageState state = PageState::Untouched;
  if (key.is_file()) {
    state = PageState::Filed;
    ++(frame.dirty ? stats_.dirty_evictions : stats_.dropped_evictions);
    if (frame.dirty) work.wait_until(write_back(frame, key, now), KernelTask::AwaitWrite);
    cache_.take_out(key, Place::OnFile);
  } else if (key.object == CacheKey::swap_slots) {
    ++stats_.dropped_evictions;
    cache_.forget(key);
  } else {
    const bool dirty = frame.dirty && shared_memory_.exists(key.page * page_bytes_);
    if (dirty && !give_slot(frame)) return give_up(core, work);
    if (dirty) {
      ++stats_.dirty_evictions;
      save_to_slot(frame);
      work.wait_until(swap_.submit(SwapDevice::Kind::Write, page_bytes_, now), KernelTask::AwaitWrite);
    } else if (frame.copy == FrameTable::no_copy) {
      ++stats_.dropped_evictions;
    }
    const bool swapped = frame.copy != FrameTable::no_copy;
    if (swapped) slots_[frame.copy].in_frame = false;
    state = swapped ? PageState::Swapped : PageState::Untouched;
    cache_.take_out(key, swapped ? Place::Swapped : Place::Nowhere, frame.copy);
    frame.copy = FrameTable::no_copy;  // it belongs to the page cache now
  }
  ++stats_.evictions;
  stats_.read_ahead_unused += ahead ? 1 : 0;
  for (const PageKey& name : pages) set_state(space(name.asid).pages.at(name.number), state);
  work.commit(Load);
}

/// A slot of the swap device for the frame; false if there is none.
bool DemandKernel::give_slot(FrameTable::Frame& frame) {
  if (frame.copy != FrameTable::no_copy) return true;
  const std::optional<SwapSlot> slot = swap_.allocate();
  if (!slot) return false;
  frame.copy = *slot;
  slots_.resize(std::max<std::size_t>(slots_.size(), *slot + std::size_t{1}));
  return true;
}

void DemandKernel::save_to_slot(const FrameTable::Frame& frame) {
  forget_ahead(frame.copy);
  contents_.save(memory_, frame.at, {CacheKey::swap_slots, frame.copy});
  slots_[frame.copy].saved = {frame.page(), frame.pool};
}

/// Writes a changed page to its file; returns when the device has it.
Cycles DemandKernel::write_back(FrameTable::Frame& frame, const CacheKey& key, Cycles now) {
  ++stats_.file_writebacks;
  contents_.save(memory_, frame.at, key);
  frame.dirty = false;
  return swap_.submit(SwapDevice::Kind::Write, page_bytes_, now);
}

/// Pages of files that nobody maps any more are written back first, if they were changed; false if there are none.
bool DemandKernel::write_back_last(const Handling& handling, Cycles now, KernelWork& work) {
  std::unordered_map<FrameSlot, std::uint32_t> lost;  // mappings
  Cycles done{0};
  for (const auto& [slot, name] : handling.given_back) {
    FrameTable::Frame& frame = table_[slot];
    if (!frame.cached || !frame.dirty) continue;
    const CacheKey& key = cache_.content_of(slot);
    if (++lost[slot] != frame.mappings() || !key.is_file()) continue;
    done = std::max(done, write_back(frame, key, now));
  }
  if (done == Cycles(0)) return false;
  work.wait_until(done, KernelTask::AwaitWrite);
  work.commit(Unmapped);
  return true;
}

/// A page of a file that nobody maps any more leaves its frame; anonymous memory stays as long as a region has it.
void DemandKernel::release_if_unused(FrameSlot slot) {
  const FrameTable::Frame& frame = table_[slot];
  if (!frame.cached || frame.mappings() != 0 || frame.pinned != 0) return;
  const CacheKey key = cache_.content_of(slot);
  if (key.object == CacheKey::shared_memory && shared_memory_.exists(key.page * page_bytes_)) return;
  cache_.forget(key);
  if (table_.let_go(slot)) free_frame(slot);
}

/// After a fork.
void DemandKernel::share_memories(const Space& parent, Space& child) {
  child.shared_memories = parent.shared_memories;
  for (const std::uint64_t memory : child.shared_memories) shared_memory_.share(memory);
}

/// Anonymous memory that no region of the address space has any more.
void DemandKernel::drop_memories(Space& its) {
  if (its.shared_memories.empty()) return;
  std::set<std::uint64_t> kept;
  if (its.regions && !its.killed) {
    for (const Region& region : *its.regions) {
      if (region.kind.shared && !region.kind.file) kept.insert(shared_memory_.first_of(region.file_offset));
    }
  }
  for (const std::uint64_t memory : std::exchange(its.shared_memories, {})) {
    if (kept.count(memory) != 0) {
      its.shared_memories.insert(memory);
    } else if (shared_memory_.release(memory)) {
      drop_memory(memory);
    }
  }
}

/// Nobody has the memory any more.
void DemandKernel::drop_memory(std::uint64_t first) {
  const std::uint64_t end = shared_memory_.end_of(first);
  shared_memory_.remove(first);
  cache_.for_each(CacheKey::shared_memory, first / page_bytes_, end / page_bytes_,
                  [&](CacheKey key, const PageCache::Entry& entry) {
                    if (entry.place == Place::Arriving || entry.place == Place::Leaving) return;
                    const PageCache::Entry was = entry;
                    if (was.place == Place::InFrame && table_[was.where].mappings() != 0) return;
                    cache_.forget(key);
                    if (was.place == Place::Swapped) release_copy(was.where);
                    if (was.place == Place::InFrame && table_.let_go(was.where)) free_frame(was.where);
                  });
}

}  // namespace tablewalk
