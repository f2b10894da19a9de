#pragma once

#include <vector>

#include "memory/physical_memory.h"
#include "paging/paging_mode.h"
#include "protocol/kernel.h"

namespace tablewalk {

/// Translations by the reference walk, in program order, and the results that it remembers to save host time. Pure: no
/// time.
class FreeTranslations {
 public:
  FreeTranslations(const PagingMode& mode, PhysicalMemory& memory, Kernel& kernel);

  /// nullptr if it faults. `asid`: the hardware's id of that space.
  const Translation* find(VirtualAddress va, AddressSpaceId space, AddressSpaceId asid, Access access) {
    const std::uint64_t page = va.value() >> mode_.offset_bits();
    Known& known = place_of(page, asid, access);
    const bool valid = known.since == invalidations_ && known.page == page && known.asid == asid &&
                       known.access.kind == access.kind && known.access.user == access.user;
    if (!valid && !walk(known, va, space, asid, access)) return nullptr;
    return &known.translation;
  }
  /// Of the last find().
  const Fault& fault() const { return fault_; }
  /// Tables have changed.
  void invalidate() { ++invalidations_; }

 private:
  struct Known {
    std::uint64_t since = 0;  ///< number of invalidations before it; invalid if older than the last one
    std::uint64_t page = 0;   ///< in units of the mode's smallest page
    AddressSpaceId asid = 0;
    Access access;
    Translation translation;
  };

  /// One per page and kind of access, so that a page that is read and written keeps both.
  Known& place_of(std::uint64_t page, AddressSpaceId asid, Access access) {
    const std::uint64_t kind = static_cast<std::uint64_t>(access.kind) * 2 + (access.user ? 1 : 0);
    const std::uint64_t spread = (page + asid) * 8 + kind;
    return known_[(spread ^ spread >> 20) % places];
  }
  bool walk(Known& known, VirtualAddress va, AddressSpaceId space, AddressSpaceId asid, Access access);

  static constexpr std::size_t places = 4096;  // a power of two

  const PagingMode& mode_;
  PhysicalMemory& memory_;
  Kernel& kernel_;
  std::vector<Known> known_;
  std::uint64_t invalidations_ = 1;
  Fault fault_;
};

}  // namespace tablewalk
