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
  AddressSpaceId asid = 0;
  Access access;
  const Translation* translation = nullptr;
  Cycles latency;
  std::uint64_t* count = nullptr;  ///< of hits, its owner's

  static constexpr std::uint64_t no_page = 1;  ///< no page begins there

  bool serves(VirtualAddress va, AddressSpaceId its_asid, Access its_access) const {
    return (va.value() & page_mask) == page && asid == its_asid && access.kind == its_access.kind &&
           access.user == its_access.user;
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
