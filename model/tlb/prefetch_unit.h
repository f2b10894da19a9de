#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocol/translation_request.h"
#include "stats/stat_set.h"
#include "tlb/prefetcher.h"
#include "tlb/tlb_arrays.h"

namespace tablewalk {

/// What became of prefetches. A page is counted as issued or from_line when it is asked for, or comes with a line, and
/// later as one of useful, late, unused or not_found; or it is invalidated, or the run ends.
struct PrefetchStats {
  std::uint64_t issued = 0;     ///< requests sent down
  std::uint64_t from_line = 0;  ///< pages that came in the line of a walk
  std::uint64_t useful = 0;     ///< first hits on a prefetched page
  std::uint64_t late = 0;       ///< prefetches for which an access waited
  std::uint64_t unused = 0;     ///< prefetched pages evicted before a hit
  std::uint64_t not_found = 0;  ///< requests that ended without a translation
  std::uint64_t redundant = 0;  ///< predictions of pages that the TLB has, or waits for
  std::uint64_t dropped = 0;    ///< predictions without a free request or miss register
  std::uint64_t harmful = 0;    ///< misses on pages that a prefetch had evicted shortly before
};

/// The prefetching of one TLB: what to ask for, where prefetched pages are, and the counts. No time.
///
/// A prefetched page waits for its first access in the prefetch buffer, or in the TLB's arrays as an entry that serves
/// no access. The first lookup that it can serve makes it an ordinary entry.
class PrefetchUnit {
 public:
  PrefetchUnit(const TlbConfig& config, const PagingMode& mode, TlbArrays& arrays);

  /// The pages to prefetch after that request missed, or hit a prefetched page. Valid until the next call.
  const std::vector<VirtualAddress>& after(const TranslationRequest& cause);
  /// Whether a page is in the TLB, or prefetched.
  bool holds(VirtualAddress va, AddressSpaceId asid) const;

  /// A request for that page with the cause's address space and privilege; nullptr if all are in flight.
  TranslationRequest* take(const TranslationRequest& cause, VirtualAddress va);
  bool owns(const TranslationRequest& request) const;
  void give_back(TranslationRequest& request) { free_.push_back(&request); }
  /// Marks the requests in flight that the invalidation may concern: their responses are lost.
  void overtake(const Invalidation& invalidation);

  /// A page was prefetched.
  void arrived(VirtualAddress va, AddressSpaceId asid, const Translation& found);
  /// The prefetched translation that serves the access, now an ordinary entry; nullptr if there is none.
  const Translation* use(const TranslationRequest& request);
  /// A miss is sent down.
  void missed(VirtualAddress va, AddressSpaceId asid);
  /// The response to a miss was installed.
  void filled(VirtualAddress va, AddressSpaceId asid, unsigned page_shift);
  std::uint64_t invalidate(const Invalidation& invalidation);

  // Kind `line`: where a walk puts the pages of its line, by miss register.
  bool wants_lines() const { return !lines_.empty(); }
  void want_line(TranslationRequest& request, std::uint32_t miss_register);
  struct LinePage {
    VirtualAddress va;
    Translation translation;
  };
  /// The pages of a response's line that the TLB does not hold. Valid until the next call.
  const std::vector<LinePage>& take_line(TranslationRequest& answered);
  void arrived_in_line(const LinePage& page, AddressSpaceId asid);

  PrefetchStats& stats() { return stats_; }
  void report(const std::string& prefix, StatSet& figures) const;

 private:
  /// A page that a prefetch evicted, by its number and size.
  struct Evicted {
    std::uint64_t number;
    unsigned shift;
    AddressSpaceId asid;
    bool operator==(const Evicted& other) const {
      return number == other.number && shift == other.shift && asid == other.asid;
    }
  };
  struct EvictedHash {
    std::size_t operator()(const Evicted& page) const noexcept {
      return std::hash<std::uint64_t>{}((page.number * 64 + page.shift) ^ std::uint64_t{page.asid} << 48);
    }
  };
  bool uses_buffer() const { return !buffer_.empty(); }
  void note_victim(unsigned page_shift, bool of_prefetch);
  void forget_old_victims();

  const PagingMode& mode_;
  TlbArrays& arrays_;
  std::unique_ptr<Prefetcher> prefetcher_;
  unsigned page_shift_;  ///< log2 of the unit of predictions
  std::vector<TlbArray> buffer_;
  std::vector<std::unique_ptr<TranslationRequest>> requests_;
  std::vector<TranslationRequest*> free_;
  std::vector<LinePages> lines_;
  std::vector<std::uint64_t> numbers_;  ///< of the last after()
  std::vector<VirtualAddress> wanted_;
  std::vector<LinePage> of_line_;  ///< of the last take_line()
  Translation used_;
  std::unordered_map<Evicted, std::uint64_t, EvictedHash> evicted_;  ///< with the number of fills before
  std::uint64_t fills_ = 0;
  std::uint64_t harm_window_ = 0;  ///< fills after which an eviction would have happened anyway
  PrefetchStats stats_;
};

}  // namespace tablewalk
