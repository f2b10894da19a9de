#pragma once

#include <utility>

#include "associative/set_associative.h"
#include "base/types.h"
#include "cache/cache_config.h"
#include "cache/table_ways.h"

namespace tablewalk {

/// The tags of a cache: which lines it holds, whether they are dirty, and how many hold page tables. The bytes are in
/// PhysicalMemory.
class CacheArray {
 public:
  struct Line {
    bool dirty = false;
    bool table = false;  ///< fetched, or last read, by a page walker
    bool owned = true;   ///< no other core has it, so it may be written
  };
  struct Evicted {
    bool dirty = false;
    bool table = false;
    PhysicalAddress line;  ///< first byte of the line, if dirty
  };

  CacheArray(const CacheConfig& config, std::uint64_t line_bytes);

  PhysicalAddress line_of(PhysicalAddress address) const {
    return PhysicalAddress(address.value() >> shift_ << shift_);
  }

  /// The line with the address, marked as used; nullptr on a miss.
  Line* find(PhysicalAddress address) {
    const std::uint64_t number = address.value() >> shift_;
    return note(number, lines_.find(lines_.set_of(number), number));
  }
  /// As find(), optimised for repeated lookups of the same line: it is not searched again if nothing else was looked up
  /// since. The replacement state is unchanged by it.
  Line* find_again(PhysicalAddress address) {
    return address.value() >> shift_ == last_number_ ? last_ : find(address);
  }
  /// For a cache that is looked up by every access: most searches look at one way.
  void remember_ways() { lines_.remember_ways(); }
  /// The first part of find_again(): nullptr without an effect if it does not tell. Then find_and_remember() must
  /// follow.
  Line* find_where_it_was(PhysicalAddress address) {
    const std::uint64_t number = address.value() >> shift_;
    if (number == last_number_) return last_;
    Line* found = lines_.find_where_it_was(number);
    if (found == nullptr) return nullptr;
    last_ = found;
    last_number_ = number;
    return found;
  }
  Line* find_and_remember(PhysicalAddress address) {
    const std::uint64_t number = address.value() >> shift_;
    return note(number, lines_.find_and_remember(number));
  }
  /// As find(), without marking it as used.
  const Line* peek(PhysicalAddress address) const {
    const std::uint64_t number = address.value() >> shift_;
    return lines_.peek(lines_.set_of(number), number, [](const Line&) { return true; });
  }
  Line* peek(PhysicalAddress address) { return const_cast<Line*>(std::as_const(*this).peek(address)); }
  /// Removes a line that is present.
  void erase(PhysicalAddress address);
  /// Installs a line that is not present.
  Evicted install(PhysicalAddress address, Line line);
  void mark_table(Line& line) {
    table_lines_ += line.table ? 0 : 1;
    line.table = true;
  }

  /// Host memory used by the tags, in bytes.
  static std::uint64_t host_bytes(const CacheConfig& config, std::uint64_t line_bytes) {
    const std::uint64_t lines = config.bytes.bytes / line_bytes;
    return SetAssociative<Line>::host_bytes(lines, config.ways == 0 ? lines : config.ways);
  }

  std::uint64_t valid_lines() const { return valid_lines_; }
  std::uint64_t table_lines() const { return table_lines_; }

 private:
  static constexpr std::uint64_t no_number = ~std::uint64_t{0};

  /// Notes the result of a search.
  Line* note(std::uint64_t number, Line* found) {
    last_ = found;
    last_number_ = found != nullptr && lines_.may_reuse_last() ? number : no_number;
    return found;
  }

  unsigned shift_;
  SetAssociative<Line> lines_;
  TableWays table_ways_;
  Line* last_ = nullptr;                   ///< result of the last find()
  std::uint64_t last_number_ = no_number;  ///< number of that line, if the result may be reused
  std::uint64_t valid_lines_ = 0;
  std::uint64_t table_lines_ = 0;
};

}  // namespace tablewalk
