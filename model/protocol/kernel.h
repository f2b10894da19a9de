#pragma once

#include <optional>

#include "base/types.h"
#include "paging/range_table.h"
#include "paging/translation.h"
#include "protocol/invalidation.h"
#include "protocol/kernel_work.h"
#include "stats/stat_set.h"
#include "trace/layout_change.h"

namespace tablewalk {

/// An access that faulted, when it is the oldest of its core.
struct PageFault {
  AddressSpaceId asid = 0;
  VirtualAddress va;
  Access access;
  Fault fault;
  unsigned core = 0;
  Cycles now;
  std::uint32_t bytes = 1;                                   ///< of the access, from `va` on
  std::optional<VirtualAddress> instruction = std::nullopt;  ///< that makes it, if the trace has fetches
  std::uint64_t record = 0;                                  ///< its number in the trace, from 1
};

/// The services a core needs from its kernel. What the kernel decides is data: a list of steps that the core executes
/// (protocol/kernel_work.h). The kernel knows nothing of SystemC.
class Kernel {
 public:
  virtual ~Kernel() = default;
  /// The CR3 value of that address space.
  virtual PhysicalAddress root(AddressSpaceId asid) = 0;
  /// The one for accesses of that privilege: with page-table isolation the program has a root of its own.
  virtual PhysicalAddress root_for(AddressSpaceId asid, bool /*user*/) { return root(asid); }
  /// The register of the address space's range table, as it is now.
  virtual RangeRegister range_table(AddressSpaceId /*asid*/) { return {}; }
  /// Called in program order for an access that missed the first-level TLB, before the walk: prefaulted pages are
  /// mapped here. Throws InputError if the address cannot be mapped.
  virtual void before_walk(AddressSpaceId asid, VirtualAddress va, Access access) = 0;
  /// Whether the address is mapped, or never will be. Only then may a front end fetch it ahead of the core, so that
  /// pages are mapped in program order.
  virtual bool is_mapped(AddressSpaceId /*asid*/, VirtualAddress /*va*/) { return true; }

  /// Whether pages come and go by faults. Then an access for which would_fault() is true enters the core's window
  /// alone, as after the flush of a pipeline: everything older has retired, and everything younger waits.
  virtual bool pages_on_demand() const { return false; }
  virtual bool would_fault(AddressSpaceId /*asid*/, VirtualAddress /*va*/, Access /*access*/) { return false; }
  /// Whether the kernel must see each access: then touched() is called in program order, once for accesses in a row to
  /// the same page.
  virtual bool observes_accesses() const { return false; }
  virtual void touched(AddressSpaceId /*asid*/, VirtualAddress /*va*/, Cycles /*now*/) {}

  /// Decides what to do about the fault: adds steps to `work`, after which the access is repeated, skipped, or its
  /// process ends. Throws InputError if the fault ends the run.
  virtual void handle_fault(const PageFault& fault, KernelWork& work) = 0;
  /// The regions of the program at its start.
  virtual void begin_layout(const LayoutChange& /*change*/) {}
  /// A system call that changes an address space, when everything older of the core has retired. Throws InputError if
  /// it is not possible.
  virtual void handle_call(const LayoutChange& /*call*/, unsigned /*core*/, Cycles /*now*/, KernelWork& /*work*/) {}
  /// Executes a Commit step of a core's work in cycle `now`; may add steps. True: the access that faulted can be
  /// translated from now on. A kernel whose work has no commits repairs the tables in handle_fault().
  virtual bool commit(const KernelStep& /*step*/, unsigned /*core*/, Cycles /*now*/, KernelWork& /*work*/) {
    return false;
  }
  /// The access whose fault was handled on that core has its translation.
  virtual void access_repeated(unsigned /*core*/) {}
  /// Whether an entry on the way to the page was changed whose invalidation has not reached all cores yet.
  virtual bool may_be_stale(AddressSpaceId /*asid*/, VirtualAddress /*va*/) const { return false; }
  /// From now on changed_since() knows the changes, of which a kernel that pages on demand else keeps no account.
  virtual void note_changes() {}
  /// Whether an entry on the way to the page was written in that cycle or later that no invalidation announces: there
  /// was none before, or it maps the same in pages of another size. A walk that began earlier may have read the old
  /// one.
  virtual bool changed_since(AddressSpaceId /*asid*/, VirtualAddress /*va*/, Cycles /*since*/) const { return false; }

  /// The kernel's figures at the end of a run.
  virtual void report(StatSet& /*figures*/) const {}
  /// The statistics start now.
  virtual void reset_stats() {}
  /// Called for an invalidate event of the trace when every older access has retired, just before TLBs and walk caches
  /// are invalidated: the place to change tables that older accesses still used.
  virtual void before_invalidation(const Invalidation& /*invalidation*/) {}
};

}  // namespace tablewalk
