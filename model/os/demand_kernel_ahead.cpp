// Pages that are read before an access needs them.

#include "os/demand_kernel.h"

namespace tablewalk {

using Place = PageCache::Place;

/// The page's slot on the swap device was read ahead: the page gets that frame. False if it was not.
bool DemandKernel::claim(unsigned core, Page& page, std::uint32_t from_swap, KernelWork& work) {
  if (config_.readahead.swap_pages == 0) return false;
  const CacheKey slot{CacheKey::swap_slots, from_swap};
  const PageCache::Entry* found = cache_.find(slot);
  if (found == nullptr) return false;
  if (found->place == Place::Leaving) return wait_for_page(work), true;
  Handling& handling = handling_[core];
  const Cycles ready = found->ready;
  handling.frame = found->where;
  handling.content = Content::ReadAhead;
  handling.from_swap = from_swap;
  FrameTable::Frame& frame = table_[handling.frame];
  if (std::exchange(frame.replaceable, false)) {
    replacement_->removed(handling.frame);
    --replaceable_;
  }
  cache_.forget(slot);
  table_.adopt(handling.frame, handling.page);
  ++stats_.cache_faults;
  ++stats_.read_ahead_used;
  count_touch(page);
  if (handling.key) cache_.at(*handling.key).place = Place::Arriving;
  set_state(page, PageState::Arriving);
  if (ready > now_) work.wait_until(ready, KernelTask::AwaitRead);
  work.commit(Map);
  return true;
}

/// What is read with the page that is on its way; false if nothing.
bool DemandKernel::begin_ahead(Handling& handling) {
  if (!config_.readahead.any()) return false;
  handling.ahead.clear();
  if (handling.content == Content::Swapped) {
    const std::uint32_t pages = config_.readahead.swap_pages;
    const std::uint32_t first = pages == 0 ? 0 : handling.from_swap / pages * pages;
    for (std::uint32_t slot = first + pages; slot-- != first;) {
      const CacheKey key{CacheKey::swap_slots, slot};
      if (slot != handling.from_swap && may_be_read(key)) handling.ahead.push_back(key);
    }
  } else if (handling.key) {
    add_window(handling, *handling.key, file_readahead_.missed(handling.key->object, handling.key->page));
  }
  handling.reads_ahead = !handling.ahead.empty();
  return handling.reads_ahead;
}

/// A page that was read ahead is needed for the first time.
void DemandKernel::use_ahead(Handling& handling, const CacheKey& key, KernelWork& work) {
  cache_.at(key).read_ahead = false;
  ++stats_.read_ahead_used;
  handling.ahead.clear();
  add_window(handling, key, file_readahead_.used(key.object, key.page));
  handling.reads_ahead = !handling.ahead.empty();
  handling.loaded = Cycles(0);
  if (handling.reads_ahead) work.commit(Ahead);
}

/// The pages of the window that are in the region of the page being handled.
void DemandKernel::add_window(Handling& handling, const CacheKey& key, const FileReadahead::Window& window) {
  const Space& its = space(handling.page.asid);
  const std::uint64_t offset = window.first - key.page;
  for (std::uint64_t page = window.pages; page-- != 0;) {
    const CacheKey wanted{key.object, window.first + page};
    if (key_of(its, handling.page.number + offset + page) == wanted && may_be_read(wanted)) {
      handling.ahead.push_back(wanted);
    }
  }
}

/// Whether the content is on the device only.
bool DemandKernel::may_be_read(const CacheKey& key) const {
  const PageCache::Entry* entry = cache_.find(key);
  if (key.object == CacheKey::swap_slots) {
    const auto slot = static_cast<std::uint32_t>(key.page);
    return entry == nullptr && swap_.users(slot) != 0 && !slots_[slot].in_frame;
  }
  return entry == nullptr || entry->place == Place::Nowhere ? !config_.files_cached : entry->place == Place::OnFile;
}

/// Requests the pages one after another. The core may have to evict others for them, while the device reads.
void DemandKernel::read_ahead(unsigned core, Cycles now, KernelWork& work) {
  Handling& handling = handling_[core];
  while (!handling.ahead.empty()) {
    const CacheKey key = handling.ahead.back();
    if (may_be_read(key)) {
      if (table_.full()) {
        if (replaceable_ != 0 && choose_victim(core, work)) return;
        break;
      }
      read_one(handling, key, now);
    }
    handling.ahead.pop_back();
  }
  handling.ahead.clear();
  handling.reads_ahead = false;
  if (handling.loaded == Cycles(0)) return;  // the page that needed it is there already
  work.wait_until(handling.loaded, KernelTask::AwaitRead);
  work.commit(Map);
}

/// Into a frame from where its own page had one: an inverted table has entries for the frames of its own process only.
/// Not at all if there is none left, because it need not be.
void DemandKernel::read_one(const Handling& handling, const CacheKey& key, Cycles now) {
  const bool from_slot = key.object == CacheKey::swap_slots;
  const SavedPage like = from_slot ? slots_[key.page].saved : SavedPage{handling.page, space(handling.page.asid).pool};
  const std::optional<PhysicalAddress> at = try_any_frame(like.pool, like.page);
  if (!at) return;
  const FrameSlot frame = table_.take_for_cache(*at, like.pool);
  peak_resident_ = std::max(peak_resident_, table_.in_use());
  cache_.put(key, frame);
  PageCache::Entry& entry = cache_.at(key);
  entry.read_ahead = true;
  entry.ready = swap_.submit(SwapDevice::Kind::Read, page_bytes_, now);
  contents_.load(key, memory_, *at);
  enter_replacement(frame);
  ++stats_.read_ahead;
}

/// The slot is free: what was read ahead from it is of no use.
void DemandKernel::forget_ahead(std::uint32_t slot) {
  const CacheKey key{CacheKey::swap_slots, slot};
  const PageCache::Entry* entry = cache_.find(key);
  if (entry == nullptr) return;
  if (entry->place == Place::Leaving || entry->ready > now_) return cache_.orphan(key);  // its frame is still in use
  const FrameSlot frame = entry->where;
  cache_.forget(key);
  ++stats_.read_ahead_unused;
  if (table_.let_go(frame)) free_frame(frame);
}

/// Whether the device is still filling the frame.
bool DemandKernel::is_in_flight(FrameSlot slot) const {
  return table_[slot].cached && cache_.find(cache_.content_of(slot))->ready > now_;
}

}  // namespace tablewalk
