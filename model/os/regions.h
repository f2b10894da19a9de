#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"
#include "paging/translation.h"
#include "trace/layout_change.h"

namespace tablewalk {

/// Virtual addresses from `first` to `last`, inclusive, so that a range may end with the address space.
struct VirtualRange {
  VirtualAddress first;
  VirtualAddress last;

  std::uint64_t bytes() const { return last - first + 1; }  ///< 0 for the whole 64-bit space
  bool contains(VirtualAddress va) const { return first <= va && va <= last; }
  friend bool operator==(const VirtualRange& a, const VirtualRange& b) {
    return a.first == b.first && a.last == b.last;
  }
};

/// The range of `bytes` (at least 1) from `first`. Throws InputError if it ends beyond the 64-bit address space.
VirtualRange range_of(VirtualAddress first, std::uint64_t bytes);

/// What a reserved range is for; the same over all of its pages.
struct RegionKind {
  Rights rights;
  bool file = false;        ///< backed by a file, else by anonymous memory
  bool shared = false;      ///< stores are visible to other mappings; else private, copied on write
  bool grows_down = false;  ///< a stack: an access just below extends it
  HugePages huge_pages = HugePages::Default;
  std::uint64_t page_bytes = 0;  ///< the fixed page size; 0: the kernel's choice
  std::string label;             ///< a file's path, `[heap]`, or empty

  /// Whether its bytes have places in something that other regions may have too.
  bool has_offset() const { return file || shared; }
};

struct Region {
  VirtualRange range;
  RegionKind kind;
  std::uint64_t file_offset = 0;  ///< of the first byte, if backed by a file; in the kernel also in shared memory
};

/// `rwxu`, with a hyphen for each right that is missing.
std::string rights_text(const Rights& rights);
/// Rights of a user or supervisor mapping.
Rights rights_of(bool read, bool write, bool execute, bool user = true);

/// What happens to what is already reserved in a range.
enum class Overlap : std::uint8_t {
  Refuse,   ///< InputError
  Replace,  ///< it is removed, as by MAP_FIXED
};

/// The reserved ranges of one address space, in ascending order. A change splits regions where it begins and ends;
/// neighbours that differ in nothing become one, except regions of a fixed page size, as in Linux. A refused change
/// leaves everything as it was. References to regions are valid until the next change.
class Regions {
 public:
  using Iterator = std::vector<Region>::const_iterator;

  /// Regions begin and end at multiples of `page_bytes`, a power of two.
  explicit Regions(std::uint64_t page_bytes = 4096);

  /// All of these throw InputError for a range that is not whole pages (or not whole pages of a region's fixed size).
  void reserve(const Region& region, Overlap overlap = Overlap::Refuse);
  /// Pages of the range that are not reserved are ignored.
  void unmap(VirtualRange range);
  /// Every page of the range must be reserved, else InputError; likewise for advise().
  void protect(VirtualRange range, const Rights& rights);
  void advise(VirtualRange range, HugePages huge_pages);
  /// Moves the range, which lies in one region, and makes it shorter or longer (mremap). `to` must not overlap `from`
  /// unless both have the same first address; other regions in `to` are refused or replaced.
  void remap(VirtualRange from, VirtualRange to, Overlap overlap = Overlap::Refuse);
  /// Extends the stack above `va` down to its page; true if it did. Like Linux, it keeps a gap of 256 pages to the
  /// region below, and a stack no larger than `most_bytes`.
  bool grow_down(VirtualAddress va, std::uint64_t most_bytes = std::uint64_t{8} << 20);

  /// The region of that address, or nullptr.
  const Region* find(VirtualAddress va) const {
    if (recent_ < regions_.size() && regions_[recent_].range.contains(va)) return &regions_[recent_];
    return search(va);
  }
  /// The nearest region wholly below or above an address, or nullptr.
  const Region* below(VirtualAddress va) const;
  const Region* above(VirtualAddress va) const;
  /// Whether every page of the range is reserved.
  bool covers(VirtualRange range) const;

  Iterator begin() const { return regions_.begin(); }
  Iterator end() const { return regions_.end(); }
  std::size_t size() const { return regions_.size(); }
  bool empty() const { return regions_.empty(); }
  std::uint64_t page_bytes() const { return page_bytes_; }
  std::uint64_t reserved_bytes() const;

 private:
  const Region* search(VirtualAddress va) const;
  std::size_t first_ending_from(VirtualAddress va) const;
  void check_whole_pages(VirtualRange range, std::uint64_t page_bytes) const;
  void check_cut(VirtualRange range) const;
  void check_reserved(VirtualRange range) const;
  void check_free(VirtualRange range) const;
  void split_before(VirtualAddress va);
  void insert(Region region);
  void erase(VirtualRange range);
  void merge_around(VirtualRange range);
  template <class Change>
  void change(VirtualRange range, Change&& change);

  std::uint64_t page_bytes_;
  std::vector<Region> regions_;
  mutable std::size_t recent_ = 0;  ///< the region found last; programs stay within one for long
};

}  // namespace tablewalk
