#pragma once

#include <optional>

#include "base/types.h"
#include "paging/translation.h"
#include "protocol/invalidation.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// What a kernel did about a fault.
struct FaultRepair {
  Cycles cycles;              ///< that it took; 0 if somebody had repaired it already
  bool page_changed = false;  ///< an entry that was present: translators must forget what they remember of the page
};

/// What a core needs of the kernel that runs on it.
class Kernel {
 public:
  virtual ~Kernel() = default;
  /// What CR3 holds while that address space runs.
  virtual PhysicalAddress root(AddressSpaceId asid) = 0;
  /// Called in program order for an access that its first-level TLB could not translate, before the walk: the place
  /// where pages are mapped that are to be there from the start. Throws InputError if the address cannot be mapped.
  virtual void before_walk(AddressSpaceId asid, VirtualAddress va, Access access) = 0;
  /// Whether the address is mapped, or never will be: only then may a front end fetch it ahead of the core, so that
  /// before_walk maps pages in program order.
  virtual bool is_mapped(AddressSpaceId /*asid*/, VirtualAddress /*va*/) { return true; }
  /// Repairs what made the access fault: when it is repeated, it does not. Nothing if the access is to be passed over
  /// instead of repeated. Throws InputError if it cannot be repaired.
  virtual std::optional<FaultRepair> handle_fault(AddressSpaceId asid, VirtualAddress va, Access access,
                                                  const Fault& fault) = 0;
  /// Figures of the page tables, at the end of a run.
  virtual void report(StatSet& /*figures*/) const {}
  /// Called when an invalidate event of the trace is reached: every older access has retired, and TLBs and walk caches
  /// forget as soon as this returns. The place where tables are changed that older accesses still used.
  virtual void before_invalidation(const Invalidation& /*invalidation*/) {}
};

}  // namespace tablewalk
