#include "os/address_spaces.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "os/table_figures.h"
#include "paging/reference_walk.h"

namespace tablewalk {

AddressSpaces::AddressSpaces(const OsConfig& config, std::shared_ptr<const PagingMode> mode, PhysicalMemory& memory,
                             std::vector<FrameAllocator>& frames, const RangesConfig& ranges)
    : page_bytes_(config.mapped_page_bytes(mode->page_bytes())),
      page_shift_(log2_floor(page_bytes_)),
      mode_(std::move(mode)),
      roots_(config),
      memory_(memory),
      frames_(frames),
      ranges_(ranges) {
  if (ranges_.enabled()) block_pages_ = std::max<std::uint64_t>(1, ranges_.eager_bytes.bytes / page_bytes_);
}

void AddressSpaces::find_space(AddressSpaceId asid) {
  auto place = spaces_.find(asid);
  if (place == spaces_.end()) {
    TableBuilder* half = nullptr;
    if (roots_.shared() && !roots_.is_half(asid)) {
      find_space(kernel_half_space);
      half = &recent_->tables;
    }
    FrameAllocator& frames = frames_[roots_.is_half(asid) ? 0 : asid % frames_.size()];
    place = spaces_.emplace(asid, Space{frames, TableBuilder(mode_, memory_, frames, asid), {}, {}, {}, {}}).first;
    if (ranges_.enabled()) place->second.tables.keep_ranges(memory_, frames, ranges_.least_pages);
    place->second.user_root = roots_.connect(asid, place->second.tables, half);
  }
  recent_ = &place->second;
  recent_asid_ = asid;
}

void AddressSpaces::before_walk(AddressSpaceId asid, VirtualAddress va, Access access) {
  root(roots_.owner(asid, va));
  map_page(va, access);
}

bool AddressSpaces::is_mapped(AddressSpaceId asid, VirtualAddress va) {
  root(roots_.owner(asid, va));
  return is_any_mapped(va.value() >> page_shift_, 1);
}

void AddressSpaces::handle_fault(const PageFault& fault, KernelWork& work) {
  const VirtualAddress va = fault.va;
  const Access access = fault.access;
  root(roots_.owner(fault.asid, va));
  FaultReason reason = fault.fault.reason;
  // Some walkers report only a page fault, and the kernel examines its tables for the reason. If there is none any
  // more, another access has mapped the page meanwhile.
  if (reason == FaultReason::PageFault || reason == FaultReason::NotPresent) reason = reason_now(va, access);
  if (reason != FaultReason::None && (give_away(va, access) || take_back(va, access))) {
    work.invalidate({Invalidation::Scope::Page, va, fault.asid}, true);
    reason = reason_now(va, access);
  }
  if (reason == FaultReason::None) return;
  throw InputError(
      fmt::format("the {} {} at 0x{:x} faults and cannot be repaired: {}; expected one that the "
                  "page's owner and the control registers under paging allow",
                  access.user ? "user" : "supervisor", to_string(access.kind), va.value(), to_string(reason)));
}

/// Why the access would fault now; None if it would not.
FaultReason AddressSpaces::reason_now(VirtualAddress va, Access access) const {
  const PhysicalMemory& memory = memory_;
  const WalkOutcome walk = reference_walk(*mode_, memory, recent_->tables.root(), va, access);
  return walk.translated ? FaultReason::None : walk.fault.reason;
}

void AddressSpaces::map_page(VirtualAddress va, Access access) {
  const std::uint64_t number = va.value() >> page_shift_;
  auto& mapped = recent_->mapped.find_or_make(number / 512);
  if (roots_.hides(va, access)) {
    throw InputError(
        fmt::format("the user {} at 0x{:x} faults: with os.kpti user mode has no tables for the kernel "
                    "half; expected an address in the user half",
                    to_string(access.kind), va.value()));
  }
  if (mapped[number % 512]) {
    if (!recent_->ahead.empty()) note_touch(number, va, access);
    return;
  }
  require_translated(*mode_, va);
  const VirtualAddress page(number << page_shift_);
  const PageOwner owner = owner_of_first_touch(*mode_, va, access);
  if (block_pages_ != 1) return map_ahead(number, owner);
  map_frame(number, owner, recent_->frames.allocate_page(page, page_bytes_, recent_asid_));
}

void AddressSpaces::map_frame(std::uint64_t number, PageOwner owner, PhysicalAddress frame) {
  const VirtualAddress page(number << page_shift_);
  LeafSpec spec;
  spec.rights.user = owner != PageOwner::Kernel;
  spec.global = roots_.is_global(recent_asid_, spec.rights.user);
  recent_->tables.map(page, frame, page_bytes_, spec);
  set_shared(number, owner);
  recent_->mapped.find_or_make(number / 512)[number % 512] = true;
  ++pages_;
}

bool AddressSpaces::is_any_mapped(std::uint64_t first, std::uint64_t count) const {
  for (std::uint64_t number = first; number != first + count; ++number) {
    const auto* mapped = recent_->mapped.find(number / 512);
    if (mapped != nullptr && (*mapped)[number % 512]) return true;
  }
  return false;
}

void AddressSpaces::set_shared(std::uint64_t number, PageOwner owner) {
  if (owner == PageOwner::Shared) {
    recent_->shared.insert(number);
  } else {
    recent_->shared.erase(number);
  }
}

/// Maps the block of that page as if all of it had that owner. Frames page by page, in ascending order, if memory has
/// no block; then pages that were not touched may stay without.
void AddressSpaces::map_ahead(std::uint64_t number, PageOwner owner) {
  const std::uint64_t first = number & ~(block_pages_ - 1);
  const VirtualAddress start(first << page_shift_);
  const std::uint64_t bytes = block_pages_ << page_shift_;
  FrameAllocator& frames = recent_->frames;
  std::optional<PhysicalAddress> block;
  if (!is_any_mapped(first, block_pages_)) block = frames.try_allocate_page(start, bytes, recent_asid_);
  for (std::uint64_t place = 0; place != block_pages_; ++place) {
    if (is_any_mapped(first + place, 1)) continue;
    const VirtualAddress page = start + (place << page_shift_);
    std::optional<PhysicalAddress> frame;
    if (block) {
      frame = *block + (place << page_shift_);
    } else if (first + place == number) {
      frame = frames.allocate_page(page, page_bytes_, recent_asid_);
    } else {
      frame = frames.try_allocate_page(page, page_bytes_, recent_asid_);
    }
    if (!frame) continue;
    map_frame(first + place, owner, *frame);
    if (first + place == number) continue;
    recent_->ahead.insert(first + place);
    ++pages_ahead_;
  }
}

/// The first access to a page that was mapped with others makes it the page of whoever makes it. If its rights do not
/// allow the access, that follows in the fault handler, which can invalidate.
void AddressSpaces::note_touch(std::uint64_t number, VirtualAddress va, Access access) {
  const auto ahead = recent_->ahead.find(number);
  if (ahead == recent_->ahead.end() || reason_now(va, access) != FaultReason::None) return;
  recent_->ahead.erase(ahead);
  set_shared(number, owner_of_first_touch(*mode_, va, access));
}

/// A page that was mapped with others, and is first touched by whoever its rights do not allow, gets their rights.
bool AddressSpaces::give_away(VirtualAddress va, Access access) {
  const std::uint64_t number = va.value() >> page_shift_;
  if (recent_->ahead.erase(number) == 0) return false;
  const PageOwner owner = owner_of_first_touch(*mode_, va, access);
  set_shared(number, owner);
  protect(number, owner != PageOwner::Kernel);
  return true;
}

/// A shared page from which the kernel makes a disallowed fetch becomes a supervisor page. Nothing else is in flight:
/// everything older has retired, and everything younger waits for the fetch.
bool AddressSpaces::take_back(VirtualAddress va, Access access) {
  const std::uint64_t number = va.value() >> page_shift_;
  if (access.user || access.kind != AccessKind::Fetch || recent_->shared.erase(number) == 0) return false;
  protect(number, false);
  return true;
}

void AddressSpaces::protect(std::uint64_t number, bool user) {
  const VirtualAddress page(number << page_shift_);
  LeafSpec spec;
  spec.rights.user = user;
  spec.global = roots_.is_global(recent_asid_, user);
  recent_->tables.protect(page, page_bytes_, spec);
}

void AddressSpaces::report(StatSet& figures) const {
  std::vector<const TableBuilder*> tables;
  for (const auto& [asid, space] : spaces_) tables.push_back(&space.tables);
  report_tables(*mode_, tables, pages_, page_bytes_, figures);
  if (ranges_.enabled()) report_ranges(tables, pages_ahead_, figures);
}

}  // namespace tablewalk
