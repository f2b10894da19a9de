#include "os/address_spaces.h"

#include <fmt/format.h>

#include "base/error.h"
#include "os/page_owner.h"
#include "os/table_figures.h"
#include "paging/reference_walk.h"

namespace tablewalk {
AddressSpaces::AddressSpaces(const OsConfig& config, std::shared_ptr<const PagingMode> mode, PhysicalMemory& memory,
                             std::vector<FrameAllocator>& frames)
    : page_bytes_(config.mapped_page_bytes(mode->page_bytes())),
      page_shift_(log2_floor(page_bytes_)),
      mode_(std::move(mode)),
      roots_(config),
      memory_(memory),
      frames_(frames) {}

void AddressSpaces::find_space(AddressSpaceId asid) {
  auto place = spaces_.find(asid);
  if (place == spaces_.end()) {
    TableBuilder* half = nullptr;
    if (roots_.shared() && !roots_.is_half(asid)) {
      find_space(kernel_half_space);
      half = &recent_->tables;
    }
    FrameAllocator& frames = frames_[roots_.is_half(asid) ? 0 : asid % frames_.size()];
    place = spaces_.emplace(asid, Space{frames, TableBuilder(mode_, memory_, frames, asid), {}, {}, {}}).first;
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
  const std::uint64_t number = va.value() >> page_shift_;
  const auto* mapped = recent_->mapped.find(number / 512);
  return mapped != nullptr && (*mapped)[number % 512];
}

void AddressSpaces::handle_fault(const PageFault& fault, KernelWork& work) {
  const VirtualAddress va = fault.va;
  const Access access = fault.access;
  root(roots_.owner(fault.asid, va));
  FaultReason reason = fault.fault.reason;
  // Some walkers report only a page fault, and the kernel examines its tables for the reason. If there is none any
  // more, another access has mapped the page meanwhile.
  if (reason == FaultReason::PageFault || reason == FaultReason::NotPresent) reason = reason_now(va, access);
  if (reason != FaultReason::None && take_back(va, access)) {
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
  if (mapped[number % 512]) return;
  require_translated(*mode_, va);
  const VirtualAddress page(number << page_shift_);
  const PageOwner owner = owner_of_first_touch(*mode_, va, access);
  LeafSpec spec;
  spec.rights.user = owner != PageOwner::Kernel;
  spec.global = roots_.is_global(recent_asid_, spec.rights.user);
  recent_->tables.map(page, recent_->frames.allocate_page(page, page_bytes_, recent_asid_), page_bytes_, spec);
  if (owner == PageOwner::Shared) recent_->shared.insert(number);
  mapped[number % 512] = true;
  ++pages_;
}

/// A shared page from which the kernel makes a disallowed fetch becomes a supervisor page. Nothing else is in flight:
/// everything older has retired, and everything younger waits for the fetch.
bool AddressSpaces::take_back(VirtualAddress va, Access access) {
  const std::uint64_t number = va.value() >> page_shift_;
  if (access.user || access.kind != AccessKind::Fetch || recent_->shared.erase(number) == 0) return false;
  LeafSpec spec;
  spec.rights.user = false;
  recent_->tables.protect(VirtualAddress(number << page_shift_), page_bytes_, spec);
  return true;
}

void AddressSpaces::report(StatSet& figures) const {
  std::vector<const TableBuilder*> tables;
  for (const auto& [asid, space] : spaces_) tables.push_back(&space.tables);
  report_tables(*mode_, tables, pages_, page_bytes_, figures);
}

}  // namespace tablewalk
