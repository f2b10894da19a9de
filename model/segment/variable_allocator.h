#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "config/schema.h"

namespace tablewalk {

/// Which free block a request is cut from.
enum class FitPolicy : std::uint8_t {
  First,  ///< the lowest address that fits
  Next,   ///< the first that fits from where the last request was served, around
  Best,   ///< the smallest that fits
  Worst,  ///< the largest
};

template <>
struct EnumNames<FitPolicy> {
  static constexpr std::array names = {std::pair{"first", FitPolicy::First}, std::pair{"next", FitPolicy::Next},
                                       std::pair{"best", FitPolicy::Best}, std::pair{"worst", FitPolicy::Worst}};
};

/// Contiguous allocation of variable sizes, as a kernel places segments in memory. A block is cut from the low end of a
/// free one; a released block merges with free neighbours at once. Of equal blocks the one with the lowest address is
/// taken.
class VariableAllocator {
 public:
  VariableAllocator(std::uint64_t bytes, FitPolicy policy);

  /// `bytes` contiguous bytes, at least 1; nothing if no free block has that many.
  std::optional<std::uint64_t> allocate(std::uint64_t bytes);
  /// Releases a block that allocate() returned. Throws LawViolation if there is none at that address.
  void release(std::uint64_t address);

  std::uint64_t free_bytes() const { return free_bytes_; }
  std::uint64_t largest_free() const { return by_size_.empty() ? 0 : by_size_.rbegin()->first; }
  std::size_t free_blocks() const { return free_.size(); }
  std::size_t allocated_blocks() const { return allocated_.size(); }
  /// The share of the free memory that is outside its largest block; 0 if nothing is free.
  double external_fragmentation() const;

  /// Requests that found a free block of exactly their size.
  std::uint64_t exact_fits() const { return exact_fits_; }
  /// Free blocks that a search of a plain list examined: first and next fit up to the one taken, the others all.
  std::uint64_t examined() const { return examined_; }

 private:
  using Blocks = std::map<std::uint64_t, std::uint64_t>;  ///< bytes by address

  Blocks::iterator find(std::uint64_t bytes);
  Blocks::iterator first_from(Blocks::iterator begin, std::uint64_t bytes);
  void add_free(std::uint64_t address, std::uint64_t bytes);
  Blocks::iterator remove_free(Blocks::iterator block);

  FitPolicy policy_;
  Blocks free_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> by_size_;  ///< free blocks: bytes, address
  Blocks allocated_;
  std::uint64_t free_bytes_ = 0;
  std::uint64_t rover_ = 0;  ///< next fit: address from which to search
  std::uint64_t exact_fits_ = 0;
  std::uint64_t examined_ = 0;
};

}  // namespace tablewalk
