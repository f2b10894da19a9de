#pragma once

#include <array>
#include <utility>
#include <vector>

#include "memory/physical_memory.h"
#include "paging/walk.h"
#include "protocol/kernel.h"
#include "tlb/free_translations.h"
#include "tlb/tlb_arrays.h"
#include "walker/hint_caches.h"
#include "walker/walk_cache.h"
#include "warming/warm_cache.h"

namespace tablewalk {

/// The address space that a core runs: the kernel's id and that of the hardware.
struct RunningSpace {
  AddressSpaceId space = 0;
  AddressSpaceId id = 0;
};

/// A page walker without time: the walk caches and the caches below change as by a timed walk.
class WarmWalker {
 public:
  /// `walk_caches`: nullptr for a walker that answers at once, by the reference walk. `hint_caches`: nullptr: none.
  /// `cache`: the first one that walks read through; nullptr: none. `line_part`: bytes read with an entry for
  /// coalescing TLBs, or 0.
  WarmWalker(const PagingMode& mode, PhysicalMemory& memory, Kernel& kernel, WalkCaches* walk_caches,
             HintCaches* hint_caches, WarmCache* cache, unsigned line_part)
      : mode_(mode),
        memory_(memory),
        kernel_(kernel),
        walk_caches_(walk_caches),
        hint_caches_(hint_caches),
        cache_(cache),
        line_part_(line_part) {}

  /// The translation; nullptr if the walk faults. Valid until the next walk.
  const Translation* walk(VirtualAddress va, RunningSpace running, Access access);
  std::uint64_t walks() const { return walks_; }

 private:
  const Translation* walk_at_once(VirtualAddress va, RunningSpace running, Access access);
  Walk begin(VirtualAddress va, RunningSpace running, Access access);
  Walk begin_by_hints(VirtualAddress va, RunningSpace running, Access access);
  void step(Walk& walk, VirtualAddress va, RunningSpace running);
  bool supply_known(Walk& walk);
  void supply_read(Walk& walk);
  void update(Walk& walk);
  void access_cache(PhysicalAddress address, bool write) {
    if (cache_ != nullptr) cache_->access(address, write, true);
  }

  const PagingMode& mode_;
  PhysicalMemory& memory_;
  Kernel& kernel_;
  WalkCaches* walk_caches_;
  HintCaches* hint_caches_;
  WarmCache* cache_;
  unsigned line_part_;
  std::array<unsigned char, Walk::longest_round> bytes_{};  ///< of the last read, or round of reads
  PhysicalAddress line_;                                    ///< with line_part_: where bytes_ begins
  Translation found_;
  std::uint64_t walks_ = 0;
  std::uint64_t hints_ = 0;  ///< of the present walk, until it gives them up
};

/// The translations of one side of a core, without time: by TLBs, or free ones.
class WarmTranslation {
 public:
  /// `tlbs`: from the core down.
  WarmTranslation(std::vector<TlbArrays*> tlbs, WarmWalker& walker, Kernel& kernel)
      : tlbs_(std::move(tlbs)), walker_(&walker), kernel_(&kernel) {}
  explicit WarmTranslation(FreeTranslations& free) : free_(&free) {}

  /// nullptr if it faults. Valid until the next one.
  const Translation* find(VirtualAddress va, RunningSpace running, Access access) {
    if (free_ != nullptr) return free_->find(va, running.space, running.id, access);
    const TlbArrays::Hit hit = tlbs_.front()->find_again(va, running.id, access);
    return hit.translation != nullptr ? hit.translation : miss(va, running, access);
  }

 private:
  const Translation* miss(VirtualAddress va, RunningSpace running, Access access);
  const Translation* find_below(std::size_t level, VirtualAddress va, RunningSpace running, Access access);

  std::vector<TlbArrays*> tlbs_;
  WarmWalker* walker_ = nullptr;
  Kernel* kernel_ = nullptr;
  FreeTranslations* free_ = nullptr;
};

}  // namespace tablewalk
