#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "base/types.h"
#include "os/page_key.h"
#include "os/page_replacement.h"

namespace tablewalk {

/// The frames that hold pages of programs: which pages each is mapped to. Each frame in use has at least one page, or
/// is held for one that arrives.
class FrameTable {
 public:
  static constexpr std::uint32_t no_copy = ~std::uint32_t{0};

  /// 32 bytes, because a run may use millions of them.
  struct Frame {
    PhysicalAddress at;
    std::uint64_t number = 0;      ///< of the first page mapped to it
    std::uint32_t pages = 0;       ///< mapped to it, and the page cache; 0: free
    std::uint32_t copy = no_copy;  ///< slot of the swap device with the same content as when it was read or written
    AddressSpaceId asid = 0;       ///< of the first page mapped to it
    std::uint16_t pool = 0;        ///< the frame allocator that it came from
    std::uint16_t pinned = 0;      ///< cores that read it for a copy: it must stay
    bool replaceable = false;      ///< known to the replacement policy
    bool dirty : 1;                ///< written since it had the content of `copy`, beside what the entries say now
    bool cached : 1;               ///< the page cache has it too, beside the pages that are mapped to it

    std::uint32_t mappings() const { return pages - (cached ? 1 : 0); }
    PageKey page() const { return {asid, number}; }  ///< the first page mapped to it
    void set_page(PageKey page) {
      asid = page.asid;
      number = page.number;
    }
  };
  static_assert(sizeof(Frame) == 32);

  /// `limit`: the most frames in use; 0: no limit.
  explicit FrameTable(std::uint64_t limit) : limit_(limit) {}

  bool full() const { return limit_ != 0 && in_use_ >= limit_; }
  std::uint64_t in_use() const { return in_use_; }
  std::uint64_t limit() const { return limit_; }
  Frame& operator[](FrameSlot slot) { return frames_[slot]; }
  const Frame& operator[](FrameSlot slot) const { return frames_[slot]; }

  /// A slot for the frame at that address, which gets that page. There must be room.
  FrameSlot take(PhysicalAddress at, std::uint16_t pool, PageKey page) {
    FrameSlot slot = 0;
    if (free_.empty()) {
      slot = static_cast<FrameSlot>(frames_.size());
      frames_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    Frame& frame = frames_[slot] = {};
    frame.at = at;
    frame.set_page(page);
    frame.pages = 1;
    frame.pool = pool;
    ++in_use_;
    return slot;
  }
  /// The same for a frame that only the page cache has.
  FrameSlot take_for_cache(PhysicalAddress at, std::uint16_t pool) {
    const FrameSlot slot = take(at, pool, {});
    frames_[slot].cached = true;
    return slot;
  }
  /// Another page is mapped to it.
  void share(FrameSlot slot, PageKey page) {
    Frame& frame = frames_[slot];
    if (frame.mappings() == 0) {
      frame.set_page(page);
    } else {
      more_.emplace(slot, page);
    }
    ++frame.pages;
  }
  /// The page cache has it from now on.
  void hold(FrameSlot slot) {
    frames_[slot].cached = true;
    ++frames_[slot].pages;
  }
  /// The page takes over what only the page cache had.
  void adopt(FrameSlot slot, PageKey page) {
    frames_[slot].cached = false;
    frames_[slot].set_page(page);
  }
  /// The page cache no longer has it; true if nobody else had: the slot is free.
  bool let_go(FrameSlot slot);
  /// A page mapped to it has another address now.
  void rename(FrameSlot slot, PageKey from, PageKey to);
  /// A page is no longer mapped to it; true if it was the last one: the slot is free.
  bool drop(FrameSlot slot, PageKey page);
  /// The pages mapped to it.
  std::vector<PageKey> pages(FrameSlot slot) const;

 private:
  bool free(FrameSlot slot);

  std::uint64_t limit_;
  std::uint64_t in_use_ = 0;
  std::deque<Frame> frames_;
  std::vector<FrameSlot> free_;
  std::unordered_multimap<FrameSlot, PageKey> more_;  ///< pages beside the first one
};

}  // namespace tablewalk
