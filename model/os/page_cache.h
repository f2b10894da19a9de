#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>

#include "base/types.h"
#include "os/page_replacement.h"

namespace tablewalk {

/// What a page contains, wherever it is mapped: a page of a file, of anonymous memory that processes share, or of a
/// slot of the swap device.
struct CacheKey {
  std::uint32_t object = 0;
  std::uint64_t page = 0;  ///< its number in the object

  static constexpr std::uint32_t swap_slots = 0;
  static constexpr std::uint32_t shared_memory = 1;
  static constexpr std::uint32_t first_file = 2;

  bool is_file() const { return object >= first_file; }
  friend bool operator==(const CacheKey& a, const CacheKey& b) { return a.object == b.object && a.page == b.page; }
  friend bool operator<(const CacheKey& a, const CacheKey& b) {
    return std::tie(a.object, a.page) < std::tie(b.object, b.page);
  }
};

/// The page cache: where the contents are that several mappings have in common. A content is in one frame at most, so
/// all mappings of it are of the same frame.
class PageCache {
 public:
  enum class Place : std::uint8_t {
    Nowhere,   ///< never used: zeros, or as in the file
    Arriving,  ///< a core is filling a frame with it
    InFrame,
    Leaving,  ///< a core is evicting it
    Swapped,  ///< in a slot of the swap device
    OnFile,   ///< it was in a frame, and is in the file
  };
  struct Entry {
    Place place = Place::Nowhere;
    bool read_ahead = false;  ///< in a frame that no access has needed yet
    std::uint32_t where = 0;  ///< the frame's slot, or the slot on the swap device
    Cycles ready{0};          ///< read ahead: when the device has filled the frame
  };

  /// The object of the file of that path. The same path is the same file in all processes.
  std::uint32_t object_of(const std::string& path);

  /// A new entry is Nowhere. References stay valid until forget().
  Entry& at(CacheKey key) { return entries_[key]; }
  /// nullptr: Nowhere.
  const Entry* find(CacheKey key) const;
  void forget(CacheKey key);

  /// The content is in that frame now.
  void put(CacheKey key, FrameSlot frame);
  /// The content has left its frame.
  void take_out(CacheKey key, Place place, std::uint32_t where = 0);
  /// What is in the frame; it must be one of the page cache.
  const CacheKey& content_of(FrameSlot frame) const { return contents_.at(frame); }
  /// A content that nobody can use any more, but whose frame is still being filled or emptied, gets another name.
  void orphan(CacheKey key);

  /// Calls visit(key, entry) for the pages of the object from `first` to before `end`.
  template <class Visit>
  void for_each(std::uint32_t object, std::uint64_t first, std::uint64_t end, Visit&& visit) {
    for (auto entry = entries_.lower_bound({object, first}); entry != entries_.end();) {
      if (entry->first.object != object || entry->first.page >= end) return;
      const auto here = entry++;  // visit() may forget it
      visit(here->first, here->second);
    }
  }
  /// Calls visit(frame) for every frame that it has.
  template <class Visit>
  void for_each_frame(Visit&& visit) const {
    for (const auto& [frame, key] : contents_) visit(frame);
  }
  std::uint64_t frames() const { return contents_.size(); }

 private:
  std::map<std::string, std::uint32_t> files_;
  std::map<CacheKey, Entry> entries_;
  std::unordered_map<FrameSlot, CacheKey> contents_;
  std::uint64_t orphans_ = 0;
};

}  // namespace tablewalk
