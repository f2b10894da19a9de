#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "memory/buddy_blocks.h"

// Buddy blocks of 4 KiB frames, and what they must do.

namespace tablewalk::test {

using Counts = std::vector<std::uint64_t>;

inline BuddyBlocks small_memory(std::uint64_t frames) {
  return {frames, 4096, {}, 1};
}
/// Without the zeros at the end.
inline Counts free_blocks(const BuddyBlocks& blocks) {
  Counts counts = blocks.free_blocks();
  while (!counts.empty() && counts.back() == 0) counts.pop_back();
  return counts;
}
inline std::optional<std::uint64_t> take(BuddyBlocks& blocks, unsigned order, bool for_table = false) {
  if (order > 0) return blocks.take_block(order, for_table);
  return for_table ? blocks.take_for_table() : blocks.take_for_page(0, 0);
}
inline std::uint64_t free_frames(const BuddyBlocks& blocks) {
  const Counts counts = blocks.free_blocks();
  std::uint64_t frames = 0;
  for (unsigned order = 0; order < counts.size(); ++order) frames += counts[order] << order;
  return frames;
}
/// The buddy system by its law: the free blocks are the largest aligned blocks of free frames.
class FrameByFrame {
 public:
  explicit FrameByFrame(std::uint64_t frames) : used_(frames) { used_[0] = true; }

  std::optional<std::uint64_t> take(unsigned order) {
    std::optional<std::pair<unsigned, std::uint64_t>> best;
    for (const auto& [first, size] : blocks()) {
      if (size >= order && (!best || std::make_pair(size, first) < *best)) best = {size, first};
    }
    if (!best) return std::nullopt;
    mark(best->second, order, true);
    return best->second;
  }
  void mark(std::uint64_t first, unsigned order, bool used) {
    for (std::uint64_t i = first; i < first + (std::uint64_t{1} << order); ++i) {
      if (used_[i] == used) ADD_FAILURE() << "frame " << i << " changes hands twice";
      used_[i] = used;
    }
  }
  Counts counts() const {
    Counts counts;
    for (const auto& [first, size] : blocks()) {
      if (counts.size() <= size) counts.resize(size + 1);
      ++counts[size];
    }
    return counts;
  }

 private:
  bool all_free(std::uint64_t first, std::uint64_t size) const {
    if (first % size != 0 || first + size > used_.size()) return false;
    return std::none_of(used_.begin() + static_cast<std::ptrdiff_t>(first),
                        used_.begin() + static_cast<std::ptrdiff_t>(first + size), [](bool used) { return used; });
  }
  std::map<std::uint64_t, unsigned> blocks() const {
    std::map<std::uint64_t, unsigned> blocks;
    for (std::uint64_t first = 0; first < used_.size();) {
      unsigned order = 0;
      if (used_[first]) {
        ++first;
        continue;
      }
      while (all_free(first, std::uint64_t{2} << order)) ++order;
      blocks[first] = order;
      first += std::uint64_t{1} << order;
    }
    return blocks;
  }

  std::vector<bool> used_;
};

struct Held {
  std::uint64_t first;
  unsigned order;
  bool table;
};

}  // namespace tablewalk::test
