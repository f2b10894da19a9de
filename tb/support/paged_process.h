#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include "os/page_replacement.h"

namespace tablewalk::test {

/// A process in a memory of a few frames, without tables or time: pages are loaded when they are touched, and a policy
/// says which leave. Frames are filled in ascending order, then each page gets the frame of the page that it replaces.
class PagedProcess final : public ResidentPages {
 public:
  PagedProcess(std::uint32_t frames, std::unique_ptr<PageReplacement> policy)
      : policy_(std::move(policy)), pages_(frames), accessed_(frames), pinned_(frames) {
    for (FrameSlot slot = frames; slot-- > 0;) free_.push_back(slot);
  }

  /// An access to the page; true if it faults. Without a frame to be had, the access is left out.
  bool touch(PageKey page) {
    const bool fault = !holds(page);
    if (fault && !read_ahead(page)) return true;
    faults_ += fault ? 1 : 0;
    const FrameSlot slot = slots_.at(page);
    accessed_[slot] = true;
    if (policy_->observes_accesses()) policy_->accessed(slot);
    return fault;
  }
  /// Loads a page that is not in memory, without an access; false if there is no frame to be had.
  bool read_ahead(PageKey page) {
    const std::optional<FrameSlot> slot = free_slot();
    if (!slot) return false;
    policy_->loaded(*slot, page);
    pages_[*slot] = page;
    slots_.emplace(page, *slot);
    return true;
  }
  void touch_all(const std::vector<PageKey>& pages) {
    for (const PageKey page : pages) touch(page);
  }
  /// Evicts a page; throws if the victim is not in memory or is pinned.
  std::optional<PageKey> evict() {
    const std::optional<FrameSlot> slot = policy_->victim(*this);
    if (!slot) return std::nullopt;
    if (!pages_.at(*slot)) throw std::logic_error("the victim is not in memory");
    if (pinned_[*slot]) throw std::logic_error("the victim is pinned");
    return leave(*slot);
  }
  void unmap(PageKey page) {
    const FrameSlot slot = slots_.at(page);
    policy_->removed(slot);
    pinned_[slot] = false;
    leave(slot);
  }
  void pin(PageKey page, bool pinned = true) { pinned_[slots_.at(page)] = pinned; }
  void scan() { policy_->tick(*this); }

  bool test_and_clear_accessed(FrameSlot slot) override {
    if (!pages_.at(slot)) throw std::logic_error("the accessed bit of an empty frame is read");
    const bool accessed = accessed_[slot];
    accessed_[slot] = false;
    return accessed;
  }
  bool pinned(FrameSlot slot) const override { return pinned_.at(slot); }

  bool holds(PageKey page) const { return slots_.count(page) != 0; }
  FrameSlot slot_of(PageKey page) const { return slots_.at(page); }
  std::size_t size() const { return slots_.size(); }
  std::uint64_t faults() const { return faults_; }
  PageReplacement& policy() { return *policy_; }

 private:
  std::optional<FrameSlot> free_slot() {
    if (free_.empty() && !evict()) return std::nullopt;
    const FrameSlot slot = free_.back();
    free_.pop_back();
    return slot;
  }
  PageKey leave(FrameSlot slot) {
    const PageKey page = *std::exchange(pages_[slot], std::nullopt);
    slots_.erase(page);
    accessed_[slot] = false;
    free_.push_back(slot);
    return page;
  }

  std::unique_ptr<PageReplacement> policy_;
  std::unordered_map<PageKey, FrameSlot, PageKeyHash> slots_;
  std::vector<std::optional<PageKey>> pages_;
  std::vector<bool> accessed_;
  std::vector<bool> pinned_;
  std::vector<FrameSlot> free_;
  std::uint64_t faults_ = 0;
};

/// The pages of address space 0 with these numbers.
inline std::vector<PageKey> pages(const std::vector<std::uint64_t>& numbers) {
  std::vector<PageKey> keys;
  for (const std::uint64_t number : numbers) keys.push_back({0, number});
  return keys;
}

/// The policy, with the future of `pages` if it needs it.
inline PagedProcess paged_process(const PageReplacementConfig& config, std::uint32_t frames,
                                  const std::vector<PageKey>& pages) {
  std::unique_ptr<FutureUses> future;
  if (needs_future(config)) {
    future = std::make_unique<FutureUses>();
    for (const PageKey page : pages) future->add(page);
  }
  return PagedProcess(frames, make_page_replacement(config, frames, std::move(future)));
}

}  // namespace tablewalk::test
