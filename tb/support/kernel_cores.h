#pragma once

#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "os/core_spaces.h"
#include "os/demand_kernel.h"
#include "os/space_presence.h"
#include "paging/reference_walk.h"
#include "support/range_search.h"
#include "tlb/range_tlb.h"

namespace tablewalk::test {

/// How these cores name address spaces and tell each other of changes.
struct CoreConventions {
  AsidConfig asids;
  ShootdownKind shootdown = ShootdownKind::Ipi;
  bool isolated = false;
  bool shared_half = false;
  std::size_t ranges = 0;  ///< entries of the range TLB of a core; 0: it has none
};

/// Cores without timing, which execute a kernel's work in any interleaving: each has a TLB that keeps everything until
/// it is invalidated, and takes the invalidations of the others when it gets round to it. Each access reads or writes
/// real bytes through the translation; no translation is used that another core has been told is gone.
class KernelCores {
 public:
  KernelCores(DemandKernel& kernel, const PagingMode& mode, PhysicalMemory& memory, unsigned cores,
              const CoreConventions& conventions = {})
      : kernel_(kernel),
        mode_(mode),
        memory_(memory),
        services_{SpaceIds(conventions.asids, cores), conventions.isolated, conventions.shared_half, Cycles(0)},
        presence_(conventions.shootdown, cores) {
    for (unsigned core = 0; core < cores; ++core) {
      cores_.emplace_back(mode);
      cores_.back().spaces.use(services_, core);
      if (conventions.ranges != 0) cores_.back().ranges.emplace(conventions.ranges, mode);
    }
  }

  bool in_kernel(unsigned core) const { return cores_[core].running; }
  bool done(unsigned core) const { return !cores_[core].running && !cores_[core].access; }
  /// Whether the core's process was ended by its last access.
  bool killed(unsigned core) const { return cores_[core].work.then == KernelWork::Then::Kill; }
  Cycles now() const { return now_; }

  std::uint64_t recycled = 0;
  std::uint64_t rollovers = 0;
  std::uint64_t lazy_flushes = 0;
  std::uint64_t spared = 0;      ///< cores that took no part in a shootdown
  std::uint64_t range_hits = 0;  ///< accesses without a walk, in a range of several pages

  /// Begins an access of 8 bytes, which ends when done(); a store writes `value`.
  void begin_access(unsigned core, AddressSpaceId asid, VirtualAddress va, AccessKind kind, std::uint64_t value = 0,
                    bool user = true) {
    if (cores_[core].runs != asid) enter(core, asid);
    cores_[core].spaces.set_mode(user);
    cores_[core].access = Going{asid, va, {kind, user}, value};
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
      KernelStep meant = step;
      meant.invalidation = its.spaces.meaning_of(step.invalidation);
      forget(core, meant);
      if (step.everywhere) shoot_down(core, meant);
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
    explicit Core(const PagingMode& mode) : spaces(mode) {}
    CoreSpaces spaces;
    std::optional<AddressSpaceId> runs;
    KernelWork work;
    bool running = false;
    unsigned awaited = 0;
    std::optional<Going> access;
    std::uint64_t loaded = 0;
    std::map<TlbKey, Translation> tlb;
    std::optional<RangeTlb> ranges;
    std::vector<std::pair<unsigned, KernelStep>> invalidations;  ///< of other cores, not taken yet
  };

  /// The core switches to the address space.
  void enter(unsigned core, AddressSpaceId asid) {
    Core& its = cores_[core];
    const SpaceIds::Entered entered = its.spaces.enter(asid);
    if (entered.evicted) presence_.leave(core, *entered.evicted);
    if (entered.flush == SpaceIds::Flush::All) presence_.leave_all(core);
    const bool missed = presence_.enter(core, asid);
    its.runs = asid;
    recycled += entered.evicted ? 1 : 0;
    rollovers += entered.rollover ? 1 : 0;
    lazy_flushes += missed ? 1 : 0;
    if (entered.flush == SpaceIds::Flush::All) {
      forget(core, {Invalidation::Scope::All, {}, 0});
    } else if (missed || entered.flush == SpaceIds::Flush::Id) {
      forget(core, {Invalidation::Scope::AddressSpace, {}, asid});
    }
  }
  /// A translation of a page of any size that serves the access without a walk: of the running address space, or a
  /// global one.
  std::map<TlbKey, Translation>::iterator find(Core& its, const Going& going) const {
    for (const PageSize& size : mode_.page_sizes()) {
      const std::uint64_t number = going.va.value() >> size.shift;
      auto held = its.tlb.find({its.spaces.id(), size.shift, number});
      if (held == its.tlb.end() && in_kernel_half(going.va)) held = find_global(its, size.shift, number);
      const bool usable = held != its.tlb.end() && mode_.allows(held->second.rights, going.access) &&
                          (going.access.kind != AccessKind::Store || held->second.dirty);
      if (usable) return held;
    }
    return its.tlb.end();
  }
  static std::map<TlbKey, Translation>::iterator find_global(Core& its, unsigned shift, std::uint64_t number) {
    for (auto held = its.tlb.begin(); held != its.tlb.end(); ++held) {
      if (held->second.global && std::get<1>(held->first) == shift && std::get<2>(held->first) == number) return held;
    }
    return its.tlb.end();
  }
  /// A range that serves the access, from the range TLB or the table in memory.
  std::optional<Translation> find_range(Core& its, const Going& going) {
    if (!its.ranges) return std::nullopt;
    const AddressSpaceId id = its.spaces.id();
    const RangeEntry* held = its.ranges->find(going.va, id, going.access);
    if (held == nullptr) {
      const std::optional<RangeEntry> found = search(memory_, kernel_.range_table(going.asid), going.va);
      if (found) its.ranges->install(*found, id);
      held = its.ranges->find(going.va, id, going.access);
    }
    if (held == nullptr) return std::nullopt;
    if (held->last - held->first >= 2 * mode_.page_bytes()) ++range_hits;
    return held->translation(going.va);
  }
  void require_current(const Going& going, const Translation& used) const {
    if (kernel_.may_be_stale(going.asid, going.va)) return;
    const PhysicalMemory& memory = memory_;
    const WalkOutcome now =
        reference_walk(mode_, memory, kernel_.root_for(going.asid, going.access.user), going.va, going.access);
    if (now.translated && now.translation.physical(going.va) == used.physical(going.va)) return;
    throw LawViolation("a stale translation was used after all cores had acknowledged its invalidation");
  }

  void try_access(unsigned core) {
    Core& its = cores_[core];
    const Going& going = *its.access;
    const bool store = going.access.kind == AccessKind::Store;
    auto held = find(its, going);
    const std::optional<Translation> of_range = held == its.tlb.end() ? find_range(its, going) : std::nullopt;
    if (of_range) {
      held = its.tlb
                 .insert_or_assign({its.spaces.id(), of_range->page_shift, going.va.value() >> of_range->page_shift},
                                   *of_range)
                 .first;
    } else if (held == its.tlb.end()) {
      const WalkOutcome walk =
          reference_walk(mode_, memory_, kernel_.root_for(going.asid, going.access.user), going.va, going.access);
      if (!walk.translated) {
        its.work.clear();
        kernel_.handle_fault({going.asid, going.va, going.access, walk.fault, core, now_}, its.work);
        its.running = true;
        return;
      }
      const unsigned shift = walk.translation.page_shift;
      held = its.tlb.insert_or_assign({its.spaces.id(), shift, going.va.value() >> shift}, walk.translation).first;
    }
    kernel_.access_repeated(core);
    require_current(going, held->second);
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
      forget(core, invalidation);
    }
  }
  void forget(unsigned core, const Invalidation& invalidation) {
    auto& tlb = cores_[core].tlb;
    auto& ranges = cores_[core].ranges;
    cores_[core].spaces.translate(invalidation, [&](const Invalidation& its) {
      if (ranges) ranges->invalidate(its);
      for (auto held = tlb.begin(); held != tlb.end();) {
        const auto& [id, shift, number] = held->first;
        const bool covered = its.covers(VirtualAddress(number << shift), shift, id, held->second.global);
        held = covered ? tlb.erase(held) : std::next(held);
      }
    });
  }
  void shoot_down(unsigned initiator, const KernelStep& step) {
    const std::uint64_t targets = presence_.targets(step.invalidation, initiator);
    for (unsigned core = 0; core < cores_.size(); ++core) {
      if ((targets >> core & 1) == 0) {
        spared += core != initiator ? 1 : 0;
        continue;
      }
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
  SpaceServices services_;
  SpacePresence presence_;
  std::vector<Core> cores_;
  Cycles now_;
};

}  // namespace tablewalk::test
