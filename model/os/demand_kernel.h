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
#include "os/file_readahead.h"
#include "os/frame_table.h"
#include "os/huge_ranges.h"
#include "os/huge_stats.h"
#include "os/layout.h"
#include "os/os_config.h"
#include "os/page_cache.h"
#include "os/page_contents.h"
#include "os/page_map.h"
#include "os/page_replacement.h"
#include "os/shared_memory.h"
#include "os/space_roots.h"
#include "os/swap_device.h"
#include "paging/ranges_config.h"
#include "paging/table_builder.h"
#include "protocol/kernel.h"

namespace tablewalk {

/// What the kernel did. A fault is counted once, by what it needed.
struct KernelStats {
  std::uint64_t zero_faults = 0;       ///< first touches: a frame of zeros
  std::uint64_t file_faults = 0;       ///< first touches of code, and of pages of files that are in no frame yet
  std::uint64_t cache_faults = 0;      ///< the page was in a frame already: that of another page, or read ahead
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
  std::uint64_t file_writebacks = 0;    ///< pages of files written to the device
  std::uint64_t read_ahead = 0;         ///< pages read before an access needed them
  std::uint64_t read_ahead_used = 0;    ///< of these, those that an access needed
  std::uint64_t read_ahead_unused = 0;  ///< of these, those that left memory before
  std::uint64_t calls = 0;              ///< system calls
  std::uint64_t pages_given_back = 0;   ///< by system calls, or by the end of a process
  std::uint64_t pages_shared = 0;       ///< by fork
  std::uint64_t processes_killed = 0;   ///< because the swap device was full
};

/// A kernel with demand paging: a page gets a frame at its first touch. If the frames are limited, pages are replaced,
/// and changed ones are written to a swap device. Everything that it changes in the tables is really in simulated
/// memory, and the traffic for it is part of the work of the core.
///
/// With range translations the kernel sets accessed and dirty bits itself when it maps a page, because a hit in a range
/// sets none, and takes every page that it may write for changed. The first touch of a page of an aligned block of
/// `ranges.eager_bytes` of which none was touched maps all of it.
///
/// The life of a page is in PageMap, that of a frame in FrameTable; this class moves pages between the states.
class DemandKernel final : public Kernel {
 public:
  /// `frames`: one pool per process, as for AddressSpaces. `future`: of the one process, for optimal replacement.
  DemandKernel(const OsConfig& config, std::shared_ptr<const PagingMode> mode, PhysicalMemory& memory,
               std::vector<FrameAllocator>& frames, unsigned cores, std::unique_ptr<FutureUses> future = nullptr,
               const RangesConfig& ranges = {});

  PhysicalAddress root(AddressSpaceId asid) override { return space(asid).tables.root(); }
  PhysicalAddress root_for(AddressSpaceId asid, bool user) override {
    const Space& its = space(asid);
    return user && its.user_root ? *its.user_root : its.tables.root();  // a root that moves is none of two
  }
  RangeRegister range_table(AddressSpaceId asid) override { return space(asid).tables.range_table(); }
  void before_walk(AddressSpaceId asid, VirtualAddress va, Access access) override;
  bool is_mapped(AddressSpaceId asid, VirtualAddress va) override;
  bool pages_on_demand() const override { return true; }
  bool would_fault(AddressSpaceId asid, VirtualAddress va, Access access) override;
  bool observes_accesses() const override { return timeline_.on() || orders_accesses(); }
  void touched(AddressSpaceId asid, VirtualAddress va, Cycles now) override;
  void handle_fault(const PageFault& fault, KernelWork& work) override;
  void access_repeated(unsigned core) override { handling_[core].holds = false; }
  void begin_layout(const LayoutChange& change) override;
  void handle_call(const LayoutChange& call, unsigned core, Cycles now, KernelWork& work) override;
  bool commit(const KernelStep& step, unsigned core, Cycles now, KernelWork& work) override;
  bool may_be_stale(AddressSpaceId asid, VirtualAddress va) const override;
  void note_changes() override { changes_.emplace(); }
  bool changed_since(AddressSpaceId asid, VirtualAddress va, Cycles since) const override;
  void report(StatSet& figures) const override;
  void reset_stats() override;

  /// What happens on accesses that the program has no right to.
  void set_violations(FaultPolicy policy) { violations_ = policy; }
  /// The only regions of every process, unless its trace has a layout. Before the run.
  void set_regions(const Regions& regions);
  /// From now on calls change the pages of the address space, but not what is reserved.
  void fix_layout(AddressSpaceId asid) { space(asid).fixed = true; }
  /// nullptr if the layout of the process is not known.
  const Regions* known_regions(AddressSpaceId asid) {
    const std::optional<Regions>& regions = space(asid).regions;
    return regions ? &*regions : nullptr;
  }

  /// The memory over time; empty if os.timeline is off.
  std::vector<MemorySample> memory_samples() const;

  /// For tests: the page's state, and the frames in use.
  PageState state_of(AddressSpaceId asid, VirtualAddress va);
  std::optional<FrameSlot> frame_of(AddressSpaceId asid, VirtualAddress va);
  const FrameTable& frame_table() const { return table_; }
  const PageCache& page_cache() const { return cache_; }
  const KernelStats& stats() const { return stats_; }
  const HugeStats& huge_stats() const { return huge_stats_; }
  bool in_huge_page(AddressSpaceId asid, VirtualAddress va) { return is_huge(space(asid), number_of(va)); }
  /// Frames that reservations hold for pages that have not arrived.
  std::uint64_t reserved_frames() const;

 private:
  /// What a Commit step does.
  enum Operation : std::uint32_t {
    Evicted,    ///< no TLB holds the victim any more: its content leaves the frame
    Load,       ///< there is room: fill a frame
    Map,        ///< the frame has the content: write the entry
    MapCopied,  ///< no TLB holds the entry of the shared frame any more: write that of the copy
    Await,      ///< look again whether the other core is done with the page
    Unstale,    ///< an invalidation has reached all cores
    Retry,      ///< begin the system call again: another core was working on a page of it
    Unmapped,   ///< no TLB holds the pages that are given back: their frames are free
    MapHuge,    ///< the memory of a huge page, or of a block, is ready: write its entry, or entries
    Ahead,      ///< read further pages, while the device works anyway
  };
  struct Space {
    TableBuilder tables;
    std::uint16_t pool;  ///< of frames
    PageMap pages;
    std::optional<Regions> regions;  ///< none: the layout of the process is not known, and every address is allowed
    bool killed = false;
    bool fixed = false;  ///< the regions do not change
    HugeRanges huge = {};
    std::set<std::uint64_t> shared_memories = {};   ///< whose existence it prolongs, by first byte
    std::optional<PhysicalAddress> user_root = {};  ///< if it has two
  };
  /// Where the content of a page comes from. A file's pages are in the page cache at first.
  enum class Content : std::uint8_t { Zeros, PageCache, File, Swapped, ReadAhead, Copied };
  /// A page whose frame is to be another one.
  struct FrameMovement {
    FrameSlot slot;
    PhysicalAddress to;
    bool frees;  ///< its old frame, which is free then
  };
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
    FrameSlot copied = 0;                             ///< the shared frame, if Copied
    std::uint32_t from_swap = 0;                      ///< slot on the swap device, if Swapped or ReadAhead
    std::optional<CacheKey> key;                      ///< what is loaded, if the page cache gets it
    bool replaces_entry = false;                      ///< Copied: the page is mapped to the shared frame until then
    bool maps = false;                                ///< what is in the page cache may be mapped now, in a commit
    bool reads_ahead = false;                         ///< frames are for `ahead`
    std::vector<CacheKey> ahead;                      ///< to be read ahead, the last one first
    Cycles loaded{0};                                 ///< when the device has delivered the page
    bool holds = false;                               ///< `frame` is pinned until its page has been accessed
    bool repairs = false;                             ///< a fault rather than a system call
    LayoutChange call;                                ///< the system call
    std::vector<TableBuilder::EmptiedTable> emptied;  ///< walks may still know them
    std::vector<PageKey> pages;                       ///< whose invalidation is on the way
    std::vector<std::pair<FrameSlot, PageKey>> given_back;
    std::vector<PageKey> ranges;          ///< the same for huge pages: the first page of each
    std::set<std::uint64_t> visited;      ///< huge pages whose entry the system call has changed
    PhysicalAddress huge_at;              ///< the memory of the huge page that is being made
    std::vector<FrameMovement> moved;     ///< for it: pages to other frames,
    std::vector<FrameMove> others_moved;  ///< memory of others,
    std::vector<PageKey> remapped;        ///< and pages whose small entries are written again
    std::vector<PhysicalAddress> fresh;   ///< its parts that are cleared
  };
  /// Where a content was before it left memory.
  struct SavedPage {
    PageKey page;            ///< the first one that was mapped to its frame
    std::uint16_t pool = 0;  ///< of that frame
  };
  /// A slot of the swap device.
  struct Slot {
    SavedPage saved;
    bool in_frame = false;  ///< a page with this content is in a frame
  };
  class EntryBits;

  Space& space(AddressSpaceId asid);
  const Page* find_page(AddressSpaceId asid, VirtualAddress va);
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
  void invalidate_pages(const std::vector<PageKey>& pages, const std::vector<PageKey>& ranges, KernelWork& work);
  void mark_stale(Handling& handling, PageKey page);
  void commit_unstale(Handling& handling, KernelWork& work);
  void unmark_stale(Handling& handling);
  bool is_held(FrameSlot slot) const;
  void pin(FrameSlot slot);
  void unpin(FrameSlot slot);
  void free_given_back(Handling& handling, Cycles now, KernelWork& work);

  // Pages in the page cache (demand_kernel_shared.cpp).
  std::optional<CacheKey> key_of(const Space& its, std::uint64_t number);
  LayoutChange with_memory(const LayoutChange& change, Space& its);
  bool handle_cached(unsigned core, Page& page, KernelWork& work);
  void load_cached(unsigned core, PageCache::Entry& entry, Page& page, KernelWork& work);
  void count_touch(Page& page);
  void map_cached(Handling& handling, Page& page, KernelWork& work);
  void copy_from(unsigned core, FrameSlot slot, Page& page, KernelWork& work);
  bool copies_at_once(const Page& page, Access access) const;
  void release_if_unused(FrameSlot slot);
  void check_room_for_copies(const Handling& handling) const;
  void keep_in_cache(const Handling& handling);
  void evict_cached(unsigned core, Cycles now, KernelWork& work);
  bool give_slot(FrameTable::Frame& frame);
  Cycles write_back(FrameTable::Frame& frame, const CacheKey& key, Cycles now);
  bool write_back_last(const Handling& handling, Cycles now, KernelWork& work);
  void save_to_slot(const FrameTable::Frame& frame);
  void undo_load(const Handling& handling);
  void share_memories(const Space& parent, Space& child);
  void drop_memories(Space& its);
  void drop_memory(std::uint64_t first);

  // Readahead (demand_kernel_ahead.cpp).
  bool claim(unsigned core, Page& page, std::uint32_t from_swap, KernelWork& work);
  bool begin_ahead(Handling& handling);
  void use_ahead(Handling& handling, const CacheKey& key, KernelWork& work);
  void add_window(Handling& handling, const CacheKey& key, const FileReadahead::Window& window);
  bool may_be_read(const CacheKey& key) const;
  void read_ahead(unsigned core, Cycles now, KernelWork& work);
  void read_one(const Handling& handling, const CacheKey& key, Cycles now);
  void forget_ahead(std::uint32_t slot);
  bool is_in_flight(FrameSlot slot) const;

  // Pages of a larger size (demand_kernel_huge.cpp, demand_kernel_compact.cpp).
  bool is_huge(Space& its, std::uint64_t number) const {
    return huge_bytes_ != 0 && has_huge_entry(its, number >> huge_shift_);
  }
  static bool has_huge_entry(Space& its, std::uint64_t range);
  std::uint64_t entry_start(Space& its, std::uint64_t number) const;
  std::uint64_t entry_bytes(Space& its, std::uint64_t number) const;
  EntryView entry_view(Space& its, std::uint64_t number) const;
  bool may_be_huge(Space& its, std::uint64_t number) const;
  bool others_untouched(Space& its, std::uint64_t number) const;
  bool has_room_for(std::uint64_t frames) const;
  void note_use(AddressSpaceId asid, std::uint64_t number, const Page& page, Access access);
  static void mark_used(HugeRanges::Range& range, std::uint64_t part);
  bool begin_huge(unsigned core, const Page& page, KernelWork& work);
  bool begin_promotion(unsigned core, KernelWork& work);
  std::optional<std::uint64_t> promotable_pages(const Handling& handling);
  bool can_be_merged(const Page& page, const Page& other) const;
  void claim_range(Handling& handling, const Page& like);
  void begin_moves(Handling& handling, KernelWork& work);
  bool map_huge(unsigned core, KernelWork& work);
  bool map_block(unsigned core, KernelWork& work);
  void finish_moves(Handling& handling);
  void split(AddressSpaceId asid, std::uint64_t number);
  void split_ends(AddressSpaceId asid, std::uint64_t first, std::uint64_t count);
  void split_all(AddressSpaceId asid, std::uint64_t first, std::uint64_t count);
  void forget_ranges(Space& its, std::uint64_t first, std::uint64_t count);
  static void share_ranges(Handling& handling, const Space& parent, Space& child);
  void move_ranges(Handling& handling, Space& its, std::uint64_t pages_further);
  bool visit_entry(Handling& handling, Space& its, PageKey name);
  bool follows_head(FrameSlot slot);
  bool disown(const PageFault& fault, Page& page, KernelWork& work);
  bool is_all_ours(Space& its, std::uint64_t number);
  PhysicalAddress find_frame(Space& its, const Handling& handling);
  PhysicalAddress find_any_frame(const Space& its, PageKey page);
  std::optional<PhysicalAddress> try_any_frame(std::uint16_t pool, PageKey page);
  std::optional<PhysicalAddress> place_in_reservation(Space& its, PageKey page);
  void break_reservation(const Space& its, HugeRanges::Range& range);
  bool break_any_reservation(std::uint16_t pool);
  std::optional<PhysicalAddress> take_block(Handling& handling, KernelWork& work);
  std::optional<PhysicalAddress> compact(Handling& handling, KernelWork& work);
  std::unordered_map<std::uint64_t, FrameSlot> movable_frames(PageKey page);
  void report_huge(StatSet& figures) const;

  // Moving pages (demand_kernel_moves.cpp).
  void get_frame(unsigned core, KernelWork& work);
  void take_frame(Handling& handling);
  void enter_replacement(FrameSlot slot);
  void begin_eviction(unsigned core, KernelWork& work);
  bool choose_victim(unsigned core, KernelWork& work);
  void restore_victim(unsigned core, KernelWork& work);
  void empty_victim(FrameSlot slot);
  void invalidate_cleared(KernelWork& work);
  void end_eviction(unsigned core, Cycles now, KernelWork& work);
  void give_up(unsigned core, KernelWork& work);
  void load(unsigned core, Cycles now, KernelWork& work);
  bool map(unsigned core, KernelWork& work);
  void copy_on_write(unsigned core, Page& page, KernelWork& work);
  bool settle(unsigned core, KernelWork& work);
  bool map_copy(unsigned core, KernelWork& work);
  bool map_copied(unsigned core, KernelWork& work);
  void kill(unsigned core, AddressSpaceId asid, KernelWork& work);
  void release_frame(FrameSlot slot, PageKey page);
  void free_frame(FrameSlot slot);
  void release_copy(std::uint32_t copy);
  void change(Space& its, VirtualAddress va, const LeafSpec& spec, KernelWork& work);
  LeafSpec refresh(Space& its, std::uint64_t number);
  void map_entry(PageKey first, PhysicalAddress at, std::uint64_t bytes, const LeafSpec& spec);
  void note_change(PageKey page);
  void remove_entry(Space& its, std::uint64_t number);
  EntryView note_dirty(Space& its, std::uint64_t number);
  void account_writes(KernelWork& work);
  void set_state(Page& page, PageState state);
  bool orders_accesses() const { return replacement_ != nullptr && replacement_->observes_accesses(); }
  void set_time(Cycles now);
  MemorySample memory_state() const;
  std::uint64_t reserved_pages() const;
  void report_faults(StatSet& figures) const;
  void report_evictions(StatSet& figures) const;
  void report_sharing(StatSet& figures) const;
  void report_memory(StatSet& figures) const;

  OsConfig config_;
  RangesConfig ranges_;
  FaultPolicy violations_ = FaultPolicy::Stop;
  std::optional<Regions> default_regions_;
  std::uint64_t page_bytes_;
  unsigned page_shift_;
  std::shared_ptr<const PagingMode> mode_;
  SpaceRoots roots_;
  bool maps_blocks_ = false;      ///< the first touch of a block maps all its pages, which have entries of their own
  std::uint64_t huge_bytes_ = 0;  ///< of a huge page, or of a block; 0: there are neither
  unsigned huge_shift_ = 0;       ///< log2 of the pages in it
  PhysicalMemory& memory_;
  std::vector<FrameAllocator>& frames_;
  FrameTable table_;
  std::unique_ptr<PageReplacement> replacement_;
  std::uint64_t replaceable_ = 0;  ///< frames known to it
  SwapDevice swap_;
  std::map<AddressSpaceId, Space> spaces_;
  Space* recent_ = nullptr;
  AddressSpaceId recent_asid_ = 0;
  std::deque<Handling> handling_;                                              ///< by core, or thread: who may fault
  std::map<std::pair<AddressSpaceId, std::uint64_t>, unsigned> stale_;         ///< invalidations of pages on the way
  std::map<std::pair<AddressSpaceId, std::uint64_t>, unsigned> stale_ranges_;  ///< the same of huge pages
  std::vector<TableBuilder::EmptiedTable> emptied_;                            ///< not yet part of a handling
  std::uint64_t stale_tables_ = 0;                                             ///< of all handlings
  std::vector<PageKey> cleared_;                ///< pages whose accessed bit was cleared for the current victim
  std::vector<TableBuilder::Written> written_;  ///< table writes not yet accounted for
  PageContents contents_;                       ///< of pages that are in no frame
  PageCache cache_;
  SharedMemory shared_memory_;
  FileReadahead file_readahead_;
  MemoryTimeline timeline_;
  std::vector<Slot> slots_;  ///< of the swap device
  /// When an entry of the page, or of the huge page around it, was written last that needs no invalidation; by the
  /// number of the huge page if there are any. None: nobody wants to know.
  std::optional<std::unordered_map<PageKey, Cycles, PageKeyHash>> changes_;
  Cycles now_{0};
  std::array<std::uint64_t, page_states> pages_in_{};  ///< by state, except Untouched
  std::uint64_t peak_resident_ = 0;
  std::uint64_t pages_touched_ = 0;
  std::uint64_t pages_ahead_ = 0;  ///< of these, mapped with others of their block
  KernelStats stats_;
  /// After a failure, attempts to compact memory are left out, as in Linux: by pool.
  struct Deferral {
    unsigned failures = 0;
    unsigned left_out = 0;
  };
  std::map<std::uint16_t, Deferral> deferrals_;
  HugeStats huge_stats_;
};

}  // namespace tablewalk
