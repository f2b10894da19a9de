#pragma once

#include <array>
#include <cstdint>

#include "base/types.h"

namespace tablewalk {

/// An invalidation of TLB and walk-cache entries after a change of page tables or of the address space. This is the
/// only definition of what each scope covers; cpu/trace_event.h lists the instructions that have these scopes.
struct Invalidation {
  enum class Scope : std::uint8_t {
    Page,              ///< the page at `va`, of `asid` or global; pointers of `asid` on the way to it
    AddressSpace,      ///< all of `asid` that is not global; its pointers
    All,               ///< everything
    PageAndPointers,   ///< the page at `va`, of `asid` or global; every pointer of `asid`
    PageNotGlobal,     ///< the page at `va` of `asid`, not global; pointers of `asid` on the way to it
    AllNotGlobal,      ///< all that is not global; every pointer
    LeafNotGlobal,     ///< the page at `va` of `asid`, not global; no pointer
    LeafOfEverySpace,  ///< the page at `va` of every address space, also global; no pointer
    Leaf,              ///< the page at `va`, of `asid` or global; no pointer
    PageOfEverySpace,  ///< the page at `va` of every address space, also global; pointers on the way to it
  };
  static constexpr unsigned scopes = 10;

  /// The pointers covered.
  enum class Pointers : std::uint8_t { None, OnTheWay, Every };
  /// The components of a scope.
  struct Covered {
    bool page;    ///< only the page at `va`; else all pages
    bool space;   ///< only `asid`; else all address spaces
    bool global;  ///< also global translations
    Pointers pointers;
  };

  Scope scope = Scope::All;
  VirtualAddress va;
  AddressSpaceId asid = 0;
  bool by_switch = false;  ///< caused by a switch of the address space, not by a change of a table

  constexpr Covered covered() const {
    constexpr std::array<Covered, scopes> table{{{true, true, true, Pointers::OnTheWay},
                                                 {false, true, false, Pointers::Every},
                                                 {false, false, true, Pointers::Every},
                                                 {true, true, true, Pointers::Every},
                                                 {true, true, false, Pointers::OnTheWay},
                                                 {false, false, false, Pointers::Every},
                                                 {true, true, false, Pointers::None},
                                                 {true, false, true, Pointers::None},
                                                 {true, true, true, Pointers::None},
                                                 {true, false, true, Pointers::OnTheWay}}};
    return table[static_cast<unsigned>(scope)];
  }

  /// Whether it covers a translation of the 2^shift bytes around `place`, of address space `of` or (global) of all of
  /// them.
  bool covers(VirtualAddress place, unsigned shift, AddressSpaceId of, bool global) const {
    const Covered what = covered();
    if (what.page && !same_block(place, shift)) return false;
    return global ? what.global : !what.space || of == asid;
  }
  /// Whether it covers a pointer of address space `of` that maps the 2^shift bytes around `place`. `global`: everything
  /// below the pointer is global (RISC-V), so it is treated like a global translation.
  bool covers_pointer(VirtualAddress place, unsigned shift, AddressSpaceId of, bool global) const {
    const Covered what = covered();
    if (what.pointers == Pointers::None || (what.space && of != asid) || (global && !what.global)) return false;
    return what.pointers == Pointers::Every || !what.page || same_block(place, shift);
  }

  /// Whether a translation in progress, of which only the request is known, may use something covered. A page of any
  /// size, and every pointer on the way, lies within the 2^shift bytes mapped by one entry of the root.
  bool may_concern(VirtualAddress place, unsigned root_entry_shift, AddressSpaceId of) const {
    const Covered what = covered();
    const bool page = !what.page || same_block(place, root_entry_shift);
    const bool space = !what.space || of == asid;
    return (page && (space || what.global)) || (what.pointers == Pointers::Every && space);
  }

 private:
  bool same_block(VirtualAddress place, unsigned shift) const { return place.value() >> shift == va.value() >> shift; }
};

}  // namespace tablewalk
