#include "os/demand_kernel.h"

#include <fmt/format.h>

#include "base/error.h"
#include "os/access_refused.h"
#include "os/page_owner.h"
#include "paging/reference_walk.h"

namespace tablewalk {

DemandKernel::DemandKernel(const OsConfig& config, std::shared_ptr<const PagingMode> mode, PhysicalMemory& memory,
                           std::vector<FrameAllocator>& frames, unsigned cores, std::unique_ptr<FutureUses> future,
                           const RangesConfig& ranges)
    : config_(config),
      ranges_(ranges),
      page_bytes_(config.mapped_page_bytes(mode->page_bytes())),
      page_shift_(log2_floor(page_bytes_)),
      mode_(std::move(mode)),
      roots_(config_),
      memory_(memory),
      frames_(frames),
      table_(config.resident_limit.bytes / page_bytes_),
      swap_(config.swap, page_bytes_),
      handling_(cores),
      contents_(page_bytes_),
      file_readahead_(config.readahead),
      timeline_(config.timeline) {
  if (config_.huge_pages.policy != HugePagePolicy::Never) {
    huge_bytes_ = config_.huge_page_bytes(*mode_);
  } else if (ranges_.enabled() && ranges_.eager_bytes.bytes > page_bytes_) {
    maps_blocks_ = true;
    huge_bytes_ = ranges_.eager_bytes.bytes;
  }
  if (huge_bytes_ != 0) huge_shift_ = log2_floor(huge_bytes_) - page_shift_;
  if (config_.resident_limit.bytes == 0) return;
  replacement_ =
      make_page_replacement(config_.replacement, static_cast<std::uint32_t>(table_.limit()), std::move(future));
}

DemandKernel::Space& DemandKernel::space(AddressSpaceId asid) {
  if (recent_ != nullptr && recent_asid_ == asid) return *recent_;
  auto place = spaces_.find(asid);
  if (place == spaces_.end()) {
    const bool is_half = roots_.is_half(asid);
    TableBuilder* half = roots_.shared() && !is_half ? &space(kernel_half_space).tables : nullptr;
    const auto pool = static_cast<std::uint16_t>(is_half ? 0 : asid % frames_.size());
    place = spaces_.emplace(asid, Space{TableBuilder(mode_, memory_, frames_[pool], asid), pool, {}, {}}).first;
    if (!is_half) place->second.regions = default_regions_;
    if (ranges_.enabled()) place->second.tables.keep_ranges(memory_, frames_[pool], ranges_.least_pages);
    place->second.user_root = roots_.connect(asid, place->second.tables, half);
    place->second.tables.log_writes(&written_);
    place->second.tables.keep_emptied(&emptied_);
  }
  recent_ = &place->second;
  recent_asid_ = asid;
  return *recent_;
}

void DemandKernel::before_walk(AddressSpaceId, VirtualAddress va, Access) {
  require_translated(*mode_, va);
}

/// What is known of the page there, in the address space whose tables map it; nullptr if it was never touched.
const Page* DemandKernel::find_page(AddressSpaceId asid, VirtualAddress va) {
  return space(roots_.owner(asid, va)).pages.find(number_of(va));
}

bool DemandKernel::is_mapped(AddressSpaceId asid, VirtualAddress va) {
  const Page* page = find_page(asid, va);
  return page != nullptr && page->state == PageState::Resident;
}

PageState DemandKernel::state_of(AddressSpaceId asid, VirtualAddress va) {
  const Page* page = find_page(asid, va);
  return page == nullptr ? PageState::Untouched : page->state;
}

std::optional<FrameSlot> DemandKernel::frame_of(AddressSpaceId asid, VirtualAddress va) {
  const Page* page = find_page(asid, va);
  if (page == nullptr || page->state != PageState::Resident) return std::nullopt;
  return page->where;
}

/// May be true for an access that does not fault: it then enters the window alone all the same.
bool DemandKernel::would_fault(AddressSpaceId asid, VirtualAddress va, Access access) {
  const Page* page = find_page(asid, va);
  if (page == nullptr || page->state != PageState::Resident || roots_.hides(va, access)) return true;
  if ((page->copy_on_write || !page->writable) && access.kind == AccessKind::Store) return true;
  if (!page->readable || (!page->executable && access.kind == AccessKind::Fetch)) return true;
  if (access.user ? !page->user : page->shared_kernel && access.kind == AccessKind::Fetch) return true;
  if (!mode_->marks_entries() && reason_now(asid, va, access) != FaultReason::None) return true;
  if (huge_bytes_ != 0) note_use(roots_.owner(asid, va), number_of(va), *page, access);
  return false;
}

void DemandKernel::touched(AddressSpaceId asid, VirtualAddress va, Cycles now) {
  const AddressSpaceId owner = roots_.owner(asid, va);
  if (timeline_.on()) {
    set_time(now);
    timeline_.touched({owner, number_of(va)});
    if (!orders_accesses()) return;
  }
  Space& its = space(owner);
  const Page* page = its.pages.find(number_of(va));
  if (page == nullptr || page->state != PageState::Resident) return;
  if (is_huge(its, number_of(va))) page = its.pages.find(entry_start(its, number_of(va)));
  if (table_[page->where].replaceable) replacement_->accessed(page->where);
}

/// Why the access would fault now; None if it would not.
FaultReason DemandKernel::reason_now(AddressSpaceId asid, VirtualAddress va, Access access) {
  const PhysicalMemory& memory = memory_;
  const WalkOutcome walk = reference_walk(*mode_, memory, space(asid).tables.root(), va, access);
  return walk.translated ? FaultReason::None : walk.fault.reason;
}

bool DemandKernel::may_be_stale(AddressSpaceId asid, VirtualAddress va) const {
  if (stale_.empty() && stale_ranges_.empty() && stale_tables_ == 0) return false;
  const AddressSpaceId owner = roots_.owner(asid, va);
  for (const Handling& handling : handling_) {
    for (const TableBuilder::EmptiedTable& table : handling.emptied) {
      if (table.mapped(owner, va)) return true;
    }
  }
  return stale_ranges_.count({owner, number_of(va) >> huge_shift_}) != 0 || stale_.count({owner, number_of(va)}) != 0;
}

/// The program has no right to an access: it is counted, and skipped; false if it ends the run.
bool DemandKernel::skip(KernelWork& work) {
  ++stats_.violations;
  work.clear();
  work.then = KernelWork::Then::Skip;
  return violations_ == FaultPolicy::Count;
}

void DemandKernel::refuse(const PageFault& fault, const Violation& violation, KernelWork& work) {
  if (skip(work)) return;
  throw AccessRefused(fmt::format("SIGSEGV ({}): the {} of {} bytes at {:#x}", to_string(violation.code),
                                  to_string(fault.access.kind), fault.bytes, fault.va.value()),
                      fault, violation);
}

void DemandKernel::handle_fault(const PageFault& fault, KernelWork& work) {
  require_translated(*mode_, fault.va);
  set_time(fault.now);
  Space& its = space(fault.asid);
  if (fault.core >= handling_.size()) handling_.resize(fault.core + 1);
  Handling& handling = handling_[fault.core];
  handling = {};
  handling.repairs = true;
  handling.page = {roots_.owner(fault.asid, fault.va), number_of(fault.va)};
  handling.process = fault.asid;
  handling.access = fault.access;
  work.compute(config_.fault_cycles);
  if (its.killed) {
    ++stats_.ending_faults;
    work.then = KernelWork::Then::Kill;
    return;
  }
  if (its.regions) {
    if (const auto violation = grow_and_check(*its.regions, fault.va, fault.access)) {
      return refuse(fault, *violation, work);
    }
  }
  if (roots_.hides(fault.va, fault.access)) {
    if (skip(work)) return;
    refuse(fault, FaultReason::NotPresent);
  }
  Page& page = space(handling.page.asid).pages.at(handling.page.number);
  switch (page.state) {
    case PageState::Untouched:
    case PageState::Swapped:
    case PageState::Filed:
      return handle_absent(fault.core, page, work);
    case PageState::Arriving:
    case PageState::Leaving:
      return wait_for_page(work);
    case PageState::Resident:
      return handle_present(fault, page, work);
  }
}

/// The rights of a page that gets its first frame, by the layout of the process. Without one, code is taken to come
/// from a file, and the first access says who owns the page.
void DemandKernel::take_rights(const Handling& handling, Page& page) {
  const VirtualAddress va = address_of(handling.page.number);
  const Space& its = space(handling.page.asid);
  const Region* region = its.regions ? its.regions->find(va) : nullptr;
  page.cached = false;
  if (region != nullptr) {
    const Rights& rights = region->kind.rights;
    page.user = rights.user;
    page.readable = rights.read;
    page.writable = rights.write;
    page.executable = rights.execute;
    page.file = region->kind.file;
    page.cached = key_of(its, handling.page.number).has_value();
    page.copy_on_write = page.cached && !region->kind.shared;
    return;
  }
  const PageOwner owner = owner_of_first_touch(*mode_, va, handling.access);
  page.user = owner != PageOwner::Kernel;
  page.shared_kernel = owner == PageOwner::Shared;
  page.file |= handling.access.kind == AccessKind::Fetch && !page.touched;
  page.global = roots_.is_global(handling.page.asid, page.user);
}

void DemandKernel::handle_absent(unsigned core, Page& page, KernelWork& work) {
  Handling& handling = handling_[core];
  if (page.state == PageState::Untouched) take_rights(handling, page);
  if (page.cached && handle_cached(core, page, work)) return;
  if (page.state == PageState::Swapped && claim(core, page, page.where, work)) return;
  if (page.state == PageState::Untouched) {
    handling.content = page.file ? Content::PageCache : Content::Zeros;
    ++(page.file ? stats_.file_faults : stats_.zero_faults);
    count_touch(page);
    if (huge_bytes_ != 0 && begin_huge(core, page, work)) return;
  } else {
    handling.content = page.state == PageState::Filed ? Content::File : Content::Swapped;
    handling.from_swap = page.where;
    ++stats_.major_faults;
    work.compute(config_.major_fault_cycles, KernelTask::PrepareRead);
  }
  set_state(page, PageState::Arriving);
  get_frame(core, work);
}

void DemandKernel::handle_present(const PageFault& fault, Page& page, KernelWork& work) {
  const AddressSpaceId asid = handling_[fault.core].page.asid;
  const FaultReason reason = reason_now(asid, fault.va, fault.access);
  const VirtualAddress va = address_of(handling_[fault.core].page.number);
  switch (reason) {
    case FaultReason::None:  // repaired by another core, but this core's TLBs may still hold the old entry
      ++stats_.spurious_faults;
      return work.invalidate({page_scope(*mode_), va, asid}, false);
    case FaultReason::NotAccessed:
    case FaultReason::NotDirty:
      ++stats_.bit_faults;
      return set_bits(fault, page, work);
    default:
      break;
  }
  const bool writes = fault.access.kind == AccessKind::Store && page.writable;
  if (page.copy_on_write && writes && (page.user || !fault.access.user)) return copy_on_write(fault.core, page, work);
  if (disown(fault, page, work) || take_back(fault, page, work)) return;
  if (!skip(work)) refuse(fault, reason);
}

/// Software sets the bits that the hardware does not: the entry has more rights than before, so that nothing needs to
/// be invalidated on other cores.
void DemandKernel::set_bits(const PageFault& fault, Page& page, KernelWork& work) {
  const AddressSpaceId asid = handling_[fault.core].page.asid;
  Space& its = space(asid);
  LeafSpec spec = spec_of(page);
  spec.accessed = true;
  spec.dirty = fault.access.kind == AccessKind::Store || entry_view(its, number_of(fault.va)).dirty;
  change(its, address_of(number_of(fault.va)), spec, work);
  work.invalidate({page_scope(*mode_), fault.va, asid}, false);
}

/// A shared page from which the kernel makes a disallowed fetch becomes a supervisor page.
bool DemandKernel::take_back(const PageFault& fault, Page& page, KernelWork& work) {
  const AddressSpaceId asid = handling_[fault.core].page.asid;
  const bool may = page.shared_kernel && !fault.access.user && fault.access.kind == AccessKind::Fetch;
  if (!may) return false;
  ++stats_.ownership_faults;
  split(asid, number_of(fault.va));
  page.shared_kernel = false;
  page.user = false;
  change(space(asid), address_of(number_of(fault.va)), spec_of(page), work);
  mark_stale(handling_[fault.core], {asid, number_of(fault.va)});
  work.invalidate({page_scope(*mode_), fault.va, asid}, true);
  commit_unstale(handling_[fault.core], work);
  return true;
}

/// Another core is working on the page, or holds all frames: look again after a while.
void DemandKernel::wait_for_page(KernelWork& work) {
  work.compute(config_.lock_cycles, KernelTask::AwaitOther);
  work.commit(Await);
}

void DemandKernel::refuse(const PageFault& fault, FaultReason reason) const {
  throw InputError(fmt::format(
      "the {} {} at 0x{:x} faults and cannot be repaired: {}; expected one that the "
      "page's owner and the control registers under paging allow",
      fault.access.user ? "user" : "supervisor", to_string(fault.access.kind), fault.va.value(), to_string(reason)));
}

/// Rights of the page, with clear accessed and dirty bits, but for range translations.
LeafSpec DemandKernel::spec_of(const Page& page) const {
  LeafSpec spec;
  spec.rights.user = page.user;
  spec.rights.read = page.readable;
  spec.rights.write = page.writable && !page.copy_on_write;
  spec.rights.execute = page.executable;
  spec.accessed = ranges_.enabled();
  spec.dirty = ranges_.enabled();
  spec.global = page.global;
  return spec;
}

/// The same for an access that is about to use it.
LeafSpec DemandKernel::spec_for(const Page& page, Access access) const {
  LeafSpec spec = spec_of(page);
  if (mode_->marks_entries()) return spec;
  spec.accessed = true;
  spec.dirty |= access.kind == AccessKind::Store && spec.rights.write;
  return spec;
}

bool DemandKernel::commit(const KernelStep& step, unsigned core, Cycles now, KernelWork& work) {
  Handling& handling = handling_[core];
  set_time(now);
  switch (static_cast<Operation>(step.operation)) {
    case Evicted:
      end_eviction(core, now, work);
      return false;
    case Load:
      load(core, now, work);
      return false;
    case Map:
      return handling.content == Content::Copied ? map_copy(core, work) : map(core, work);
    case MapHuge:
      return maps_blocks_ ? map_block(core, work) : map_huge(core, work);
    case Await:
      return await(core, work);
    case Unstale:
      unmark_stale(handling);
      return is_repaired(handling);
    case MapCopied:
      return map_copied(core, work);
    case Retry:
      begin_call(core, work);
      return false;
    case Unmapped:
      free_given_back(handling, now, work);
      return false;
    case Ahead:
      read_ahead(core, now, work);
      return false;
  }
  return false;
}

/// Whether the access can be translated now. If it is not allowed, the next fault says so.
bool DemandKernel::is_repaired(const Handling& handling) {
  const VirtualAddress va = address_of(handling.page.number);
  return handling.repairs && state_of(handling.page.asid, va) == PageState::Resident &&
         reason_now(handling.page.asid, va, handling.access) == FaultReason::None;
}

/// True if the page is there.
bool DemandKernel::await(unsigned core, KernelWork& work) {
  Handling& handling = handling_[core];
  if (handling.waits_for_frame) {
    get_frame(core, work);
    return false;
  }
  if (space(handling.process).killed) {
    ++stats_.ending_faults;
    work.then = KernelWork::Then::Kill;
    return false;
  }
  Page& page = space(handling.page.asid).pages.at(handling.page.number);
  if (page.state == PageState::Arriving || page.state == PageState::Leaving) {
    wait_for_page(work);
    return false;
  }
  if (page.state == PageState::Resident) {
    ++stats_.waiting_faults;
    return is_repaired(handling);
  }
  handling.maps = true;
  handle_absent(core, page, work);
  handling.maps = false;
  return page.state == PageState::Resident && is_repaired(handling);
}

}  // namespace tablewalk
