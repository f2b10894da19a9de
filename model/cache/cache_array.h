#pragma once

#include <utility>

#include "associative/set_associative.h"
#include "base/types.h"
#include "cache/cache_config.h"

namespace tablewalk {

/// The tags of a cache: which lines it holds, dirty or not, and how many of them hold page tables. The bytes live in
/// PhysicalMemory.
class CacheArray {
 public:
  struct Line {
    bool dirty = false;
    bool table = false;  ///< was fetched, or last read, by a page walker
    bool owned = true;   ///< no other core has it, so it may be written
  };
  struct Evicted {
    bool dirty = false;
    PhysicalAddress line;  ///< first byte, if dirty
  };

  CacheArray(const CacheConfig& config, std::uint64_t line_bytes);

  PhysicalAddress line_of(PhysicalAddress address) const {
    return PhysicalAddress(address.value() >> shift_ << shift_);
  }

  /// The line that holds the address, marked as used; nullptr on a miss.
  Line* find(PhysicalAddress address) {
    const std::uint64_t number = address.value() >> shift_;
    Line* found = lines_.find(lines_.set_of(number), number);
    last_number_ = number;
    last_ = lines_.may_reuse_last() ? found : nullptr;
    return found;
  }
  /// The same for whoever mostly asks for the line that was found last: that is not searched again if nothing else has
  /// happened to the array. It would change nothing.
  Line* find_again(PhysicalAddress address) {
    return last_ != nullptr && address.value() >> shift_ == last_number_ ? last_ : find(address);
  }
  /// The same, and nothing is marked.
  const Line* peek(PhysicalAddress address) const {
    const std::uint64_t number = address.value() >> shift_;
    return lines_.peek(lines_.set_of(number), number, [](const Line&) { return true; });
  }
  Line* peek(PhysicalAddress address) { return const_cast<Line*>(std::as_const(*this).peek(address)); }
  /// Takes out a line that is there.
  void erase(PhysicalAddress address);
  /// Puts in a line that is not there.
  Evicted install(PhysicalAddress address, Line line);
  void mark_table(Line& line) {
    table_lines_ += line.table ? 0 : 1;
    line.table = true;
  }

  /// What its tags take of the host's memory, in bytes.
  static std::uint64_t host_bytes(const CacheConfig& config, std::uint64_t line_bytes) {
    const std::uint64_t lines = config.bytes.bytes / line_bytes;
    return SetAssociative<Line>::host_bytes(lines, config.ways == 0 ? lines : config.ways);
  }

  std::uint64_t valid_lines() const { return valid_lines_; }
  std::uint64_t table_lines() const { return table_lines_; }

 private:
  unsigned shift_;
  SetAssociative<Line> lines_;
  Line* last_ = nullptr;  ///< what find() found, if that may be used again
  std::uint64_t last_number_ = 0;
  std::uint64_t valid_lines_ = 0;
  std::uint64_t table_lines_ = 0;
};

}  // namespace tablewalk
