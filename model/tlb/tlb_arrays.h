#pragma once

#include <cstdint>
#include <vector>

#include "tlb/tlb_array.h"
#include "tlb/tlb_config.h"

namespace tablewalk {

/// The page of an address space, in units of the mode's smallest page.
struct TlbPage {
  std::uint64_t number = 0;
  AddressSpaceId asid = 0;
  bool operator==(const TlbPage& other) const { return number == other.number && asid == other.asid; }
  /// A hash: equal for different pages only in rare cases.
  std::uint64_t value() const { return number ^ std::uint64_t{asid} << 48; }
};

/// The arrays of a TLB, looked up in parallel. Pure: no time except the configured latencies.
class TlbArrays {
 public:
  struct Hit {
    const Translation* translation = nullptr;  ///< nullptr: a miss
    Cycles latency;                            ///< of the array that hit
  };

  /// A TLB that is not enabled has no arrays.
  TlbArrays(const TlbConfig& config, const PagingMode& mode);

  TlbPage page_of(VirtualAddress va, AddressSpaceId asid) const { return {va.value() >> page_shift_, asid}; }

  /// The translation for `va` that serves the access without a walk, marked as used.
  Hit find(VirtualAddress va, AddressSpaceId asid, Access access);
  /// As find(), optimised for repeated lookups of the same page: it is not searched again if nothing else was looked up
  /// in the arrays since. The replacement state is unchanged by it: the last used entry is used again.
  Hit find_again(VirtualAddress va, AddressSpaceId asid, Access access) {
    const TlbPage page = page_of(va, asid);
    if (last_.serves(page, access)) return last_.hit;
    const Hit hit = find(va, asid, access);
    if (may_reuse_last_) last_ = {hit, page, access};
    return hit;
  }
  /// As install_in(); false if no array holds any part of the page.
  bool install(VirtualAddress va, AddressSpaceId asid, const Translation& found);
  /// Installs a translation in an entry that serves no access, until the page is installed again. Not with `coalesce`.
  bool install_hidden(VirtualAddress va, AddressSpaceId asid, const Translation& found);
  /// That translation; nullptr if there is none.
  const Translation* find_hidden(VirtualAddress va, AddressSpaceId asid);
  /// As TlbArray::holds_page().
  bool holds_page(VirtualAddress va, AddressSpaceId asid) const;
  /// What the last installation of a page of that size evicted.
  const std::optional<TlbVictim>& victim(unsigned page_shift);
  /// Removes what the invalidation covers; returns the number of translations removed.
  std::uint64_t invalidate(const Invalidation& invalidation);

  bool coalesce() const { return coalesce_; }
  CoalescingStats coalescing() const;
  void reset_stats();

  /// A miss is known when the slowest array has been looked up.
  Cycles miss_latency() const { return miss_latency_; }

 private:
  /// The hit that was the last operation on the arrays, and what it serves.
  struct LastHit {
    Hit hit;
    TlbPage page;
    Access access;
    bool serves(const TlbPage& its_page, Access its_access) const {
      return hit.translation != nullptr && page == its_page && access.kind == its_access.kind &&
             access.user == its_access.user;
    }
  };

  const PagingMode& mode_;
  unsigned page_shift_;  ///< log2 of the mode's smallest page
  std::vector<TlbArray> arrays_;
  std::vector<Cycles> latencies_;
  Cycles miss_latency_ = Cycles(1);
  bool coalesce_ = false;
  bool may_reuse_last_ = true;  ///< of the arrays' last find
  LastHit last_;
};

}  // namespace tablewalk
