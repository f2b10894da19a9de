#pragma once

#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "os/demand_kernel.h"
#include "paging/reference_walk.h"

namespace tablewalk::test {

/// Cores without timing, which execute a kernel's work in any interleaving: each has a TLB that keeps everything until
/// it is invalidated, and takes the invalidations of the others when it gets round to it. Each access reads or writes
/// real bytes through the translation.
class KernelCores {
 public:
  KernelCores(DemandKernel& kernel, const PagingMode& mode, PhysicalMemory& memory, unsigned cores)
      : kernel_(kernel), mode_(mode), memory_(memory), cores_(cores) {}

  bool in_kernel(unsigned core) const { return cores_[core].running; }
  bool done(unsigned core) const { return !cores_[core].running && !cores_[core].access; }
  /// Whether the core's process was ended by its last access.
  bool killed(unsigned core) const { return cores_[core].work.then == KernelWork::Then::Kill; }
  Cycles now() const { return now_; }

  /// Begins an access of 8 bytes, which ends when done(); a store writes `value`.
  void begin_access(unsigned core, AddressSpaceId asid, VirtualAddress va, AccessKind kind, std::uint64_t value = 0) {
    cores_[core].access = Going{asid, va, {kind, true}, value};
    cores_[core].work.clear();
    try_access(core);
  }
  void begin_call(unsigned core, const LayoutChange& event) {
    Core& its = cores_[core];
    its.work.clear();
    kernel_.handle_call(event, core, now_, its.work);
    its.running = true;
  }
  /// What the core's last load read.
  std::uint64_t loaded(unsigned core) const { return cores_[core].loaded; }

  /// The core does one thing: takes invalidations of others, or executes a step of its kernel.
  void step(unsigned core) {
    now_ += Cycles(1);
    Core& its = cores_[core];
    take_invalidations(core);
    if (!its.running || its.awaited != 0) return;
    if (its.work.done()) {
      its.running = false;
      if (its.work.then != KernelWork::Then::Repeat) its.access.reset();
      if (its.access) try_access(core);
      return;
    }
    const KernelStep step = its.work.current();
    its.work.finish_step();
    if (step.kind == KernelStep::Kind::Commit) {
      kernel_.commit(step, core, now_, its.work);
    } else if (step.kind == KernelStep::Kind::Invalidate) {
      forget(core, step);
      if (step.everywhere) shoot_down(core, step);
    }
  }

 private:
  struct Going {
    AddressSpaceId asid;
    VirtualAddress va;
    Access access;
    std::uint64_t value;
  };
  /// Address space, log2 of the page's size, and its address divided by that.
  using TlbKey = std::tuple<AddressSpaceId, unsigned, std::uint64_t>;
  struct Core {
    KernelWork work;
    bool running = false;
    unsigned awaited = 0;
    std::optional<Going> access;
    std::uint64_t loaded = 0;
    std::map<TlbKey, Translation> tlb;
    std::vector<std::pair<unsigned, KernelStep>> invalidations;  ///< of other cores, not taken yet
  };

  /// A translation of a page of any size that serves the access without a walk.
  std::map<TlbKey, Translation>::iterator find(Core& its, const Going& going) const {
    for (const PageSize& size : mode_.page_sizes()) {
      const auto held = its.tlb.find({going.asid, size.shift, going.va.value() >> size.shift});
      const bool usable = held != its.tlb.end() && mode_.allows(held->second.rights, going.access) &&
                          (going.access.kind != AccessKind::Store || held->second.dirty);
      if (usable) return held;
    }
    return its.tlb.end();
  }

  void try_access(unsigned core) {
    Core& its = cores_[core];
    const Going& going = *its.access;
    const bool store = going.access.kind == AccessKind::Store;
    auto held = find(its, going);
    if (held == its.tlb.end()) {
      const WalkOutcome walk = reference_walk(mode_, memory_, kernel_.root(going.asid), going.va, going.access);
      if (!walk.translated) {
        its.work.clear();
        kernel_.handle_fault({going.asid, going.va, going.access, walk.fault, core, now_}, its.work);
        its.running = true;
        return;
      }
      const unsigned shift = walk.translation.page_shift;
      held = its.tlb.insert_or_assign({going.asid, shift, going.va.value() >> shift}, walk.translation).first;
    }
    kernel_.access_repeated(core);
    const PhysicalAddress at = held->second.physical(going.va);
    if (store) {
      memory_.write(at, 8, going.value);
    } else {
      its.loaded = memory_.read(at, 8);
    }
    its.access.reset();
  }

  void forget(unsigned core, const KernelStep& step) {
    for (std::uint32_t page = 0; page < step.pages; ++page) {
      Invalidation invalidation = step.invalidation;
      invalidation.va = invalidation.va + page * step.stride;
      auto& tlb = cores_[core].tlb;
      for (auto held = tlb.begin(); held != tlb.end();) {
        const auto& [asid, shift, number] = held->first;
        const bool covered = invalidation.covers(VirtualAddress(number << shift), shift, asid, held->second.global);
        held = covered ? tlb.erase(held) : std::next(held);
      }
    }
  }
  void shoot_down(unsigned initiator, const KernelStep& step) {
    for (unsigned core = 0; core < cores_.size(); ++core) {
      if (core == initiator) continue;
      cores_[core].invalidations.push_back({initiator, step});
      ++cores_[initiator].awaited;
    }
  }
  void take_invalidations(unsigned core) {
    for (const auto& [initiator, step] : cores_[core].invalidations) {
      forget(core, step);
      --cores_[initiator].awaited;
    }
    cores_[core].invalidations.clear();
  }

  DemandKernel& kernel_;
  const PagingMode& mode_;
  PhysicalMemory& memory_;
  std::vector<Core> cores_;
  Cycles now_;
};

}  // namespace tablewalk::test
