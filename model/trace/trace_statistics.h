#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

#include "trace/thread_counts.h"
#include "trace/trace_reader.h"

namespace tablewalk {

/// Reuse distances of pages: a lookup's distance is the number of other pages looked up since the last lookup of its
/// page, so a fully associative LRU TLB of n entries hits exactly the distances below n. Time grows with the logarithm,
/// memory with the number of distinct pages, not with the trace.
class ReuseDistances {
 public:
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  /// Counts a lookup and returns its distance; `never` for a page's first lookup.
  std::uint64_t look_up(std::uint64_t page);

  std::uint64_t lookups() const { return lookups_; }
  std::uint64_t distinct() const { return last_use_.size(); }
  /// Lookups whose distance is below `distance`.
  std::uint64_t below(std::uint64_t distance) const;

 private:
  void compact();
  void mark(std::size_t time, int change);
  std::uint64_t marked_until(std::size_t time) const;

  static constexpr std::uint64_t longest_kept = 1 << 20;  // longer distances share one count

  std::unordered_map<std::uint64_t, std::size_t> last_use_;             // page -> time
  std::vector<std::uint32_t> tree_ = std::vector<std::uint32_t>(1025);  // Fenwick tree over times: 1 at each last use
  std::size_t now_ = 0;
  std::uint64_t last_page_ = never;
  std::uint64_t lookups_ = 0;
  std::vector<std::uint64_t> counts_;  // by distance
};

/// A range of addresses touched by the trace; gaps of less than 2 MiB do not split a range.
struct AddressRange {
  std::uint64_t first = 0;  ///< address of the first touched 4 KiB page
  std::uint64_t last = 0;   ///< last byte of the last touched page
  std::uint64_t pages = 0;  ///< touched 4 KiB pages in it
};

/// The data of `tablewalk trace info`.
struct TraceStatistics {
  std::uint64_t records = 0;
  std::array<std::uint64_t, record_kinds> by_kind{};  ///< indexed by RecordKind
  std::uint64_t supervisor_accesses = 0;
  std::uint64_t bytes = 0;           ///< sum of all sizes
  std::uint64_t page_straddles = 0;  ///< accesses that touch two 4 KiB pages
  std::uint64_t address_spaces = 0;
  std::vector<ThreadCount> threads;  ///< in order of first appearance
  std::uint64_t pages_4k = 0;        ///< distinct, over all address spaces
  std::uint64_t regions_2m = 0;      ///< distinct, over all address spaces
  std::uint64_t lowest = 0;          ///< lowest and highest byte touched; both 0 if there is no access
  std::uint64_t highest = 0;
  std::vector<AddressRange> ranges;  ///< in ascending order, over all address spaces together
  ReuseDistances fetch_reuse;        ///< one lookup per 4 KiB page of an access
  ReuseDistances data_reuse;
  std::uint64_t checksum = 0;

  std::uint64_t footprint_bytes() const { return pages_4k * 4096; }
  /// Records that are not events; all other figures refer to these.
  std::uint64_t accesses() const {
    std::uint64_t sum = 0;
    for (unsigned kind = 0; kind < access_kinds; ++kind) sum += by_kind[kind];
    return sum;
  }
};

/// Reads the trace to its end. Throws the reader's errors.
TraceStatistics measure_trace(TraceReader& reader);

}  // namespace tablewalk
