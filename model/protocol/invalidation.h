#pragma once

#include <cstdint>

#include "base/types.h"

namespace tablewalk {

/// The kernel has changed page tables: what TLBs and walk caches are to forget. What that covers is said here and
/// nowhere else; it is x86's INVLPG and INVPCID (manual volume 3, 4.10.4.1) and RISC-V's SFENCE.VMA.
struct Invalidation {
  enum class Scope : std::uint8_t {
    Page,          ///< the page that holds `va`, of the address space `asid` or global
    AddressSpace,  ///< everything of `asid` that is not global
    All,           ///< everything
  };
  Scope scope = Scope::All;
  VirtualAddress va;        ///< Page
  AddressSpaceId asid = 0;  ///< Page, AddressSpace

  /// Whether it covers what is remembered, for one address space or (global) for all of them, about the aligned
  /// 2^shift bytes around `place`: the translation of a page of that size, or a pointer that maps as much.
  bool covers(VirtualAddress place, unsigned shift, AddressSpaceId of, bool global) const {
    if (scope == Scope::All) return true;
    if (scope == Scope::AddressSpace) return !global && of == asid;
    return (global || of == asid) && place.value() >> shift == va.value() >> shift;
  }

  /// Whether a translation under way, of which nothing is known but its question, may come upon something that is
  /// covered. A page of any size that it finds, and every pointer on its way, lies within the 2^shift bytes that one
  /// entry of the root maps.
  bool may_concern(VirtualAddress place, unsigned root_entry_shift, AddressSpaceId of) const {
    const bool may_be_global = scope == Scope::Page;
    return covers(place, root_entry_shift, of, may_be_global);
  }
};

}  // namespace tablewalk
