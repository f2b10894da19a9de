#pragma once

#include <array>
#include <cstdint>

#include "base/types.h"

namespace tablewalk {

/// What TLBs and walk caches are to forget, because page tables or the address space have changed. What each scope
/// covers is said here and nowhere else. The instructions that have these scopes are listed in cpu/trace_event.h.
struct Invalidation {
  enum class Scope : std::uint8_t {
    Page,              ///< the page at `va`, of `asid` or global; pointers of `asid` on the way to it
    AddressSpace,      ///< all of `asid` that is not global; its pointers
    All,               ///< everything
    PageAndPointers,   ///< the page at `va`, of `asid` or global; every pointer of `asid`
    PageNotGlobal,     ///< the page at `va` of `asid`, not global; pointers of `asid` on the way to it
    AllNotGlobal,      ///< all that is not global; every pointer
    LeafNotGlobal,     ///< the page at `va` of `asid`, not global; no pointer
    LeafOfEverySpace,  ///< the page at `va` of every address space and global; no pointer
    Leaf,              ///< the page at `va`, of `asid` or global; no pointer
    PageOfEverySpace,  ///< the page at `va` of every address space and global; pointers on the way to it
  };
  static constexpr unsigned scopes = 10;

  /// Which pointers go: of the address space, or of every one.
  enum class Pointers : std::uint8_t { None, OnTheWay, Every };
  /// What makes a scope.
  struct Covered {
    bool page;    ///< only the page at `va`; else every page
    bool space;   ///< only `asid`; else every address space
    bool global;  ///< global translations too
    Pointers pointers;
  };

  Scope scope = Scope::All;
  VirtualAddress va;
  AddressSpaceId asid = 0;
  bool by_switch = false;  ///< a switch of the address space causes it, and no change of a table

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

  /// Whether it covers a translation, of one address space or (global) of all of them, of the page of 2^shift bytes
  /// around `place`.
  bool covers(VirtualAddress place, unsigned shift, AddressSpaceId of, bool global) const {
    const Covered what = covered();
    if (what.page && !same_block(place, shift)) return false;
    return global ? what.global : !what.space || of == asid;
  }
  /// Whether it covers a pointer of the address space `of` that maps the 2^shift bytes around `place`. `global`: it
  /// makes everything below it global (RISC-V), and is kept as global translations are.
  bool covers_pointer(VirtualAddress place, unsigned shift, AddressSpaceId of, bool global) const {
    const Covered what = covered();
    if (what.pointers == Pointers::None || (what.space && of != asid) || (global && !what.global)) return false;
    return what.pointers == Pointers::Every || !what.page || same_block(place, shift);
  }

  /// Whether a translation under way, of which nothing is known but its question, may come upon something that is
  /// covered. A page of any size that it finds, and every pointer on its way, lies within the 2^shift bytes that one
  /// entry of the root maps.
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
