#include "os/frame_table.h"

namespace tablewalk {

bool FrameTable::drop(FrameSlot slot, PageKey page) {
  Frame& frame = frames_[slot];
  const auto [begin, end] = more_.equal_range(slot);
  if (frame.page() == page) {
    if (begin != end) {
      frame.set_page(begin->second);
      more_.erase(begin);
    }
  } else {
    for (auto other = begin; other != end; ++other) {
      if (!(other->second == page)) continue;
      more_.erase(other);
      break;
    }
  }
  return --frame.pages == 0 && free(slot);
}

bool FrameTable::let_go(FrameSlot slot) {
  frames_[slot].cached = false;
  return --frames_[slot].pages == 0 && free(slot);
}

bool FrameTable::free(FrameSlot slot) {
  free_.push_back(slot);
  --in_use_;
  return true;
}

void FrameTable::rename(FrameSlot slot, PageKey from, PageKey to) {
  if (frames_[slot].page() == from) {
    frames_[slot].set_page(to);
    return;
  }
  const auto [begin, end] = more_.equal_range(slot);
  for (auto other = begin; other != end; ++other) {
    if (other->second == from) other->second = to;
  }
}

std::vector<PageKey> FrameTable::pages(FrameSlot slot) const {
  if (frames_[slot].mappings() == 0) return {};
  std::vector<PageKey> pages{frames_[slot].page()};
  const auto [begin, end] = more_.equal_range(slot);
  for (auto other = begin; other != end; ++other) pages.push_back(other->second);
  return pages;
}

}  // namespace tablewalk
