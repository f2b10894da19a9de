#pragma once

#include <cstdint>
#include <vector>

#include "tlb/tlb_array.h"
#include "tlb/tlb_config.h"

namespace tablewalk {

/// The page of an address space, in units of the mode's smallest.
struct TlbPage {
  std::uint64_t number = 0;
  AddressSpaceId asid = 0;
  bool operator==(const TlbPage& other) const { return number == other.number && asid == other.asid; }
  /// A number that differs where pages do, but for rare cases.
  std::uint64_t value() const { return number ^ std::uint64_t{asid} << 48; }
};

/// The arrays of a TLB, which are looked up in parallel. Pure: no time but the latencies that it knows.
class TlbArrays {
 public:
  struct Hit {
    const Translation* translation = nullptr;  ///< nullptr: a miss
    Cycles latency;                            ///< of the array that holds it
  };

  /// Those of a TLB that is not enabled are none.
  TlbArrays(const TlbConfig& config, const PagingMode& mode);

  TlbPage page_of(VirtualAddress va, AddressSpaceId asid) const { return {va.value() >> page_shift_, asid}; }

  /// The translation for `va` that serves the access without a walk, marked as used.
  Hit find(VirtualAddress va, AddressSpaceId asid, Access access);
  /// The same for whoever mostly asks for the page that was found last: that is not searched again if nothing else has
  /// happened to the arrays. It would change nothing: what was used last is used once more.
  Hit find_again(VirtualAddress va, AddressSpaceId asid, Access access) {
    const TlbPage page = page_of(va, asid);
    if (last_.serves(page, access)) return last_.hit;
    const Hit hit = find(va, asid, access);
    if (may_reuse_last_) last_ = {hit, page, access};
    return hit;
  }
  /// As install_in(); false if no array holds any part of the page.
  bool install(VirtualAddress va, AddressSpaceId asid, const Translation& found);
  /// Forgets what that covers; returns how many translations went.
  std::uint64_t invalidate(const Invalidation& invalidation);

  /// A miss is known when the slowest array has answered.
  Cycles miss_latency() const { return miss_latency_; }

 private:
  /// The hit that was the last thing to happen to the arrays, and what it serves.
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
  bool may_reuse_last_ = true;  ///< what the arrays found last
  LastHit last_;
};

}  // namespace tablewalk
