#include "os/page_cache.h"

#include "base/error.h"

namespace tablewalk {

std::uint32_t PageCache::object_of(const std::string& path) {
  return files_.try_emplace(path, CacheKey::first_file + static_cast<std::uint32_t>(files_.size())).first->second;
}

const PageCache::Entry* PageCache::find(CacheKey key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

void PageCache::forget(CacheKey key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  if (found->second.place == Place::InFrame || found->second.place == Place::Leaving) {
    contents_.erase(found->second.where);
  }
  entries_.erase(found);
}

void PageCache::put(CacheKey key, FrameSlot frame) {
  Entry& entry = entries_[key];
  if (entry.place == Place::InFrame || !contents_.emplace(frame, key).second) {
    throw LawViolation("a content of the page cache is in two frames, or two in one");
  }
  entry = {Place::InFrame, false, frame, Cycles(0)};
}

void PageCache::take_out(CacheKey key, Place place, std::uint32_t where) {
  Entry& entry = entries_.at(key);
  contents_.erase(entry.where);
  entry = {place, false, where, Cycles(0)};
}

void PageCache::orphan(CacheKey key) {
  const Entry entry = entries_.at(key);
  const CacheKey name{CacheKey::swap_slots, (std::uint64_t{1} << 32) + orphans_++};
  entries_.erase(key);
  entries_[name] = entry;
  contents_[entry.where] = name;
}

}  // namespace tablewalk
