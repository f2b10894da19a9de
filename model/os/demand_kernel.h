#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "memory/frame_allocator.h"
#include "os/access_check.h"
#include "os/frame_table.h"
#include "os/layout.h"
#include "os/os_config.h"
#include "os/page_map.h"
#include "os/page_replacement.h"
#include "os/space_roots.h"
#include "os/swap_device.h"
#include "paging/table_builder.h"
#include "protocol/kernel.h"

namespace tablewalk {

/// What the kernel did. A fault is counted once, by what it needed.
struct KernelStats {
  std::uint64_t zero_faults = 0;       ///< first touches: a frame of zeros
  std::uint64_t file_faults = 0;       ///< first touches of code: a page of the page cache
  std::uint64_t major_faults = 0;      ///< the page was read from the swap device
  std::uint64_t copy_faults = 0;       ///< a write to a copy-on-write page that others still share
  std::uint64_t reuse_faults = 0;      ///< a write to a copy-on-write page that nobody else shares any more
  std::uint64_t waiting_faults = 0;    ///< another core was working on the page, and then it was there
  std::uint64_t spurious_faults = 0;   ///< another core had repaired it
  std::uint64_t bit_faults = 0;        ///< software sets accessed and dirty bits
  std::uint64_t ownership_faults = 0;  ///< a shared page became the kernel's own
  std::uint64_t violations = 0;        ///< accesses that the program had no right to, skipped
  std::uint64_t ending_faults = 0;     ///< of a process that another core is ending
  std::uint64_t evictions = 0;
  std::uint64_t dirty_evictions = 0;    ///< written to the swap device
  std::uint64_t dropped_evictions = 0;  ///< clean and without a copy: zeros, which need none
  std::uint64_t accessed_cleared = 0;   ///< accessed bits cleared by replacement
  std::uint64_t calls = 0;              ///< system calls
  std::uint64_t pages_given_back = 0;   ///< by system calls, or by the end of a process
  std::uint64_t pages_shared = 0;       ///< by fork
  std::uint64_t processes_killed = 0;   ///< because the swap device was full
};

/// A kernel with demand paging: a page gets a frame at its first touch. If the frames are limited, pages are replaced,
/// and changed ones are written to a swap device. Everything that it changes in the tables is really in simulated
/// memory, and the traffic for it is part of the work of the core.
///
/// The life of a page is in PageMap, that of a frame in FrameTable; this class moves pages between the states.
class DemandKernel final : public Kernel {
 public:
  /// `frames`: one pool per process, as for AddressSpaces. `future`: of the one process, for optimal replacement.
  DemandKernel(const OsConfig& config, std::shared_ptr<const PagingMode> mode, PhysicalMemory& memory,
               std::vector<FrameAllocator>& frames, unsigned cores, std::unique_ptr<FutureUses> future = nullptr);

  PhysicalAddress root(AddressSpaceId asid) override { return space(asid).tables.root(); }
  PhysicalAddress root_for(AddressSpaceId asid, bool user) override {
    return user ? space(asid).user_root : root(asid);
  }
  void before_walk(AddressSpaceId asid, VirtualAddress va, Access access) override;
  bool is_mapped(AddressSpaceId asid, VirtualAddress va) override;
  bool pages_on_demand() const override { return true; }
  bool would_fault(AddressSpaceId asid, VirtualAddress va, Access access) override;
  bool observes_accesses() const override { return replacement_ != nullptr && replacement_->observes_accesses(); }
  void touched(AddressSpaceId asid, VirtualAddress va) override;
  void handle_fault(const PageFault& fault, KernelWork& work) override;
  void access_repeated(unsigned core) override { handling_[core].holds = false; }
  void begin_layout(const LayoutChange& change) override;
  void handle_call(const LayoutChange& call, unsigned core, Cycles now, KernelWork& work) override;
  bool commit(const KernelStep& step, unsigned core, Cycles now, KernelWork& work) override;
  bool may_be_stale(AddressSpaceId asid, VirtualAddress va) const override;
  void report(StatSet& figures) const override;
  void reset_stats() override;

  /// What happens on accesses that the program has no right to.
  void set_violations(FaultPolicy policy) { violations_ = policy; }
  /// The only regions of every process, unless its trace has a layout. Before the run.
  void set_regions(const Regions& regions) { default_regions_ = regions; }
  /// From now on calls change the pages of the address space, but not what is reserved.
  void fix_layout(AddressSpaceId asid) { space(asid).fixed = true; }
  /// nullptr if the layout of the process is not known.
  const Regions* known_regions(AddressSpaceId asid) {
    const std::optional<Regions>& regions = space(asid).regions;
    return regions ? &*regions : nullptr;
  }

  /// For tests: the page's state, and the frames in use.
  PageState state_of(AddressSpaceId asid, VirtualAddress va);
  std::optional<FrameSlot> frame_of(AddressSpaceId asid, VirtualAddress va);
  const FrameTable& frame_table() const { return table_; }
  const KernelStats& stats() const { return stats_; }

 private:
  /// What a Commit step does.
  enum Operation : std::uint32_t {
    Evicted,   ///< no TLB holds the victim any more: its content leaves the frame
    Load,      ///< there is room: fill a frame
    Map,       ///< the frame has the content: write the entry
    Settle,    ///< the page may be used, and evicted
    Await,     ///< look again whether the other core is done with the page
    Unstale,   ///< an invalidation has reached all cores
    Retry,     ///< begin the system call again: another core was working on a page of it
    Unmapped,  ///< no TLB holds the pages that are given back: their frames are free
  };
  struct Space {
    TableBuilder tables;
    std::uint32_t pool;  ///< of frames
    PageMap pages;
    std::optional<Regions> regions;  ///< none: the layout of the process is not known, and every address is allowed
    bool killed = false;
    bool fixed = false;  ///< the regions do not change
    PhysicalAddress user_root = {};
  };
  /// Where the content of a page comes from. A file's pages are in the page cache at first.
  enum class Content : std::uint8_t { Zeros, PageCache, File, Swapped, Copied };
  /// A fault being handled on a core.
  struct Handling {
    PageKey page;
    AddressSpaceId process = 0;  ///< whose access faulted
    Access access;
    Content content = Content::Zeros;
    bool waits_for_frame = false;  ///< other cores are filling all frames
    bool evicts = false;           ///< `victim` is being evicted
    FrameSlot frame = 0;           ///< gets the page
    FrameSlot victim = 0;
    FrameSlot copied = 0;         ///< the shared frame, if Copied
    std::uint32_t from_swap = 0;  ///< slot on the swap device, if Swapped
    bool holds = false;           ///< `frame` is pinned until its page has been accessed
    bool repairs = false;         ///< a fault rather than a system call
    LayoutChange call;            ///< the system call
    std::vector<PageKey> pages;   ///< whose invalidation is on the way
    std::vector<std::pair<FrameSlot, PageKey>> given_back;
  };
  class EntryBits;

  Space& space(AddressSpaceId asid);
  VirtualAddress address_of(std::uint64_t number) const { return VirtualAddress(number << page_shift_); }
  std::uint64_t number_of(VirtualAddress va) const { return va.value() >> page_shift_; }
  FaultReason reason_now(AddressSpaceId asid, VirtualAddress va, Access access);
  LeafSpec spec_of(const Page& page) const;

  LeafSpec spec_for(const Page& page, Access access) const;

  // Faults (demand_kernel.cpp).
  void take_rights(const Handling& handling, Page& page);
  void handle_absent(unsigned core, Page& page, KernelWork& work);
  void handle_present(const PageFault& fault, Page& page, KernelWork& work);
  void set_bits(const PageFault& fault, Page& page, KernelWork& work);
  bool take_back(const PageFault& fault, Page& page, KernelWork& work);
  void wait_for_page(KernelWork& work);
  bool is_repaired(const Handling& handling);
  bool await(unsigned core, KernelWork& work);
  bool skip(KernelWork& work);
  void refuse(const PageFault& fault, const Violation& violation, KernelWork& work);
  [[noreturn]] void refuse(const PageFault& fault, FaultReason reason) const;

  // System calls (demand_kernel_calls.cpp).
  void begin_call(unsigned core, KernelWork& work);
  Regions& regions_of(AddressSpaceId asid);
  std::uint64_t pages_in(VirtualAddress first, std::uint64_t bytes) const;
  bool others_work_in(const LayoutChange& call);
  bool clear_way(Handling& handling, KernelWork& work);
  void unmap_pages(Handling& handling, AddressSpaceId asid, std::uint64_t first, std::uint64_t count, KernelWork& work);
  void protect_pages(Handling& handling, KernelWork& work);
  void move_pages(Handling& handling, KernelWork& work);
  void fork(Handling& handling, KernelWork& work);
  void invalidate_range(Handling& handling, KernelWork& work);
  void mark_stale(Handling& handling, PageKey page);
  void unmark_stale(Handling& handling);
  bool is_held(FrameSlot slot) const;
  void pin(FrameSlot slot);
  void unpin(FrameSlot slot);
  void free_given_back(Handling& handling);

  // Moving pages (demand_kernel_moves.cpp).
  void get_frame(unsigned core, KernelWork& work);
  void take_frame(Handling& handling);
  void enter_replacement(FrameSlot slot);
  void begin_eviction(unsigned core, KernelWork& work);
  void invalidate_cleared(KernelWork& work);
  void end_eviction(unsigned core, Cycles now, KernelWork& work);
  void give_up(unsigned core, KernelWork& work);
  void load(unsigned core, Cycles now, KernelWork& work);
  bool map(unsigned core, KernelWork& work);
  void copy_on_write(unsigned core, Page& page, KernelWork& work);
  bool settle(Handling& handling);
  bool map_copy(unsigned core, KernelWork& work);
  void save_bytes(PhysicalAddress from, std::uint32_t slot);
  void load_bytes(std::uint32_t slot, PhysicalAddress to);
  void kill(unsigned core, AddressSpaceId asid, KernelWork& work);
  void release_frame(FrameSlot slot, PageKey page);
  void release_copy(std::uint32_t copy);
  void change(Space& its, VirtualAddress va, const LeafSpec& spec, KernelWork& work);
  LeafSpec refresh(Space& its, std::uint64_t number);
  void remove_entry(Space& its, std::uint64_t number);
  EntryView note_dirty(Space& its, std::uint64_t number);
  void account_writes(KernelWork& work);
  void set_state(Page& page, PageState state);
  void report_faults(StatSet& figures) const;
  void report_memory(StatSet& figures) const;

  OsConfig config_;
  FaultPolicy violations_ = FaultPolicy::Stop;
  std::optional<Regions> default_regions_;
  std::uint64_t page_bytes_;
  unsigned page_shift_;
  std::shared_ptr<const PagingMode> mode_;
  SpaceRoots roots_;
  PhysicalMemory& memory_;
  std::vector<FrameAllocator>& frames_;
  FrameTable table_;
  std::unique_ptr<PageReplacement> replacement_;
  std::uint64_t replaceable_ = 0;  ///< frames known to it
  SwapDevice swap_;
  std::map<AddressSpaceId, Space> spaces_;
  Space* recent_ = nullptr;
  AddressSpaceId recent_asid_ = 0;
  std::deque<Handling> handling_;                                       ///< by core, or thread: who may fault
  std::map<std::pair<AddressSpaceId, std::uint64_t>, unsigned> stale_;  ///< invalidations of pages on the way
  std::vector<PageKey> cleared_;                ///< pages whose accessed bit was cleared for the current victim
  std::vector<TableBuilder::Written> written_;  ///< table writes not yet accounted for
  std::unordered_map<std::uint32_t, std::vector<std::uint64_t>> swapped_bytes_;  ///< by slot; zeros if absent
  std::array<std::uint64_t, page_states> pages_in_{};                            ///< by state, except Untouched
  std::uint64_t peak_resident_ = 0;
  std::uint64_t pages_touched_ = 0;
  KernelStats stats_;
};

}  // namespace tablewalk
