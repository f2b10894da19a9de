#pragma once

#include <cstdint>
#include <vector>

#include "protocol/last_hit.h"
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
    return last_.serves(va, LastHit::who_asks(asid, access)) ? Hit{last_.translation, last_.latency}
                                                             : find_and_remember(va, asid, access);
  }
  /// The second part of find_again(), for a page that last_hit() does not serve.
  Hit find_and_remember(VirtualAddress va, AddressSpaceId asid, Access access) {
    const Hit hit = find(va, asid, access);
    if (hit.translation != nullptr && may_reuse_last_) remember(hit, va, asid, access);
    return hit;
  }
  /// It counts the hits that use it again there.
  void count_last_hits(std::uint64_t& hits) { last_.count = &hits; }
  const LastHit& last_hit() const { return last_; }
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
  void remember(const Hit& hit, VirtualAddress va, AddressSpaceId asid, Access access) {
    last_.page = va.value() & last_.page_mask;
    last_.who = LastHit::who_asks(asid, access);
    last_.translation = hit.translation;
    last_.distance = hit.translation->physical(va).value() - va.value();
    last_.latency = hit.latency;
  }

  const PagingMode& mode_;
  unsigned page_shift_;  ///< log2 of the mode's smallest page
  std::vector<TlbArray> arrays_;
  std::vector<Cycles> latencies_;
  Cycles miss_latency_ = Cycles(1);
  bool coalesce_ = false;
  bool may_reuse_last_ = true;  ///< of the arrays' last find
  LastHit last_;                ///< if it was the last operation on the arrays
};

}  // namespace tablewalk
