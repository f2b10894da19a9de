#pragma once

#include <cstdint>

#include "base/types.h"
#include "paging/translation.h"

namespace tablewalk {

/// The last hit of a first-level TLB. It serves further accesses of the same kind to its page, as long as the TLB keeps
/// it: nothing else was looked up, installed or removed since. Most accesses are such, so the core uses it without a
/// call of the TLB.
struct LastHit {
  std::uint64_t page_mask = 0;  ///< of the address bits that choose the page; 0: it serves no access
  std::uint64_t page = no_page;
  std::uint32_t who = 0;  ///< who_asks() of the accesses that it serves
  const Translation* translation = nullptr;
  std::uint64_t distance = 0;  ///< from an address in the page to its physical address
  Cycles latency;
  std::uint64_t* count = nullptr;  ///< of hits, its owner's

  static constexpr std::uint64_t no_page = 1;  ///< no page begins there

  /// All of an access except its address, as one word to compare.
  static std::uint32_t who_asks(AddressSpaceId asid, Access access) {
    return asid | static_cast<std::uint32_t>(access.kind) << 16 | (access.user ? std::uint32_t{1} << 24 : 0);
  }
  bool serves(VirtualAddress va, std::uint32_t asks) const { return (va.value() & page_mask) == page && who == asks; }
  /// Counts a hit on it, `va` being in its page; `cycle` becomes the cycle of the answer.
  PhysicalAddress use(VirtualAddress va, Cycles& cycle) const {
    ++*count;
    cycle += latency;
    return PhysicalAddress(va.value() + distance);
  }
  void forget() { page = no_page; }
  /// One that serves no access.
  static const LastHit& none();
};

inline const LastHit& LastHit::none() {
  static const LastHit serves_none{};
  return serves_none;
}

}  // namespace tablewalk
