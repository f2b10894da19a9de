#pragma once

#include <optional>

#include "base/types.h"
#include "paging/translation.h"
#include "protocol/invalidation.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// The kernel's repair of a fault.
struct FaultRepair {
  Cycles cycles;              ///< its duration; 0 if the fault had already been repaired
  bool page_changed = false;  ///< a present entry was changed: translators must invalidate the page
};

/// The services a core needs from its kernel.
class Kernel {
 public:
  virtual ~Kernel() = default;
  /// The CR3 value of that address space.
  virtual PhysicalAddress root(AddressSpaceId asid) = 0;
  /// Called in program order for an access that missed the first-level TLB, before the walk: prefaulted pages are
  /// mapped here. Throws InputError if the address cannot be mapped.
  virtual void before_walk(AddressSpaceId asid, VirtualAddress va, Access access) = 0;
  /// Whether the address is mapped, or never will be. Only then may a front end fetch it ahead of the core, so that
  /// before_walk maps pages in program order.
  virtual bool is_mapped(AddressSpaceId /*asid*/, VirtualAddress /*va*/) { return true; }
  /// Repairs the fault so that the repeated access does not fault. Nothing if the access is to be skipped instead of
  /// repeated. Throws InputError if it cannot be repaired.
  virtual std::optional<FaultRepair> handle_fault(AddressSpaceId asid, VirtualAddress va, Access access,
                                                  const Fault& fault) = 0;
  /// The page-table figures at the end of a run.
  virtual void report(StatSet& /*figures*/) const {}
  /// Called for an invalidate event of the trace when every older access has retired, just before TLBs and walk caches
  /// are invalidated: the place to change tables that older accesses still used.
  virtual void before_invalidation(const Invalidation& /*invalidation*/) {}
};

}  // namespace tablewalk
