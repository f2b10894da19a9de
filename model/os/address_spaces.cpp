#include "os/address_spaces.h"

#include <fmt/format.h>

#include "base/error.h"
#include "paging/reference_walk.h"

namespace tablewalk {
AddressSpaces::AddressSpaces(const OsConfig& config, std::shared_ptr<const PagingMode> mode, PhysicalMemory& memory,
                             FrameAllocator& frames)
    : config_(config),
      page_bytes_(config.page_bytes.bytes == 0 ? mode->page_bytes() : config.page_bytes.bytes),
      page_shift_(log2_floor(page_bytes_)),
      mode_(std::move(mode)),
      memory_(memory),
      frames_(frames) {}

void AddressSpaces::find_space(AddressSpaceId asid) {
  auto place = spaces_.find(asid);
  if (place == spaces_.end()) place = spaces_.emplace(asid, Space{TableBuilder(mode_, memory_, frames_), {}}).first;
  recent_ = &place->second;
  recent_asid_ = asid;
}

void AddressSpaces::before_walk(AddressSpaceId asid, VirtualAddress va, Access access) {
  check_address(va);
  if (!config_.prefault) return;
  root(asid);
  map_page(va, access);
}

std::optional<Cycles> AddressSpaces::handle_fault(AddressSpaceId asid, VirtualAddress va, Access access,
                                                  const Fault& fault) {
  const FaultReason reason = cause_of(fault, asid, va, access);
  if (reason != FaultReason::NotPresent) {
    throw InputError(
        fmt::format("the {} {} at 0x{:x} faults and no kernel could repair it: {}; expected one that the "
                    "page's owner and the control registers under paging allow",
                    access.user ? "user" : "supervisor", to_string(access.kind), va.value(), to_string(reason)));
  }
  root(asid);
  const std::uint64_t before = pages_;
  map_page(va, access);
  return pages_ == before ? Cycles(0) : config_.fault_cycles;
}

/// A walker may leave it to the kernel to look into its tables why a page faults. If nothing is wrong there any more,
/// somebody has mapped the page meanwhile.
FaultReason AddressSpaces::cause_of(const Fault& fault, AddressSpaceId asid, VirtualAddress va, Access access) {
  if (fault.reason != FaultReason::PageFault) return fault.reason;
  const PhysicalMemory& memory = memory_;
  const WalkOutcome walk = reference_walk(*mode_, memory, root(asid), va, access);
  return walk.translated ? FaultReason::NotPresent : walk.fault.reason;
}

/// A page is the kernel's own if it lies in the upper half of the addresses, where kernels are, and the kernel touched
/// it first; all others are the program's.
void AddressSpaces::map_page(VirtualAddress va, Access access) {
  const std::uint64_t number = va.value() >> page_shift_;
  auto mapped = recent_->mapped[number / 512][number % 512];
  if (mapped) return;
  const VirtualAddress page(number << page_shift_);
  LeafSpec spec;
  spec.rights.user = access.user || (va.value() >> (mode_->virtual_bits() - 1) & 1) == 0;
  recent_->tables.map(page, frames_.allocate_page(page, page_bytes_, recent_asid_), page_bytes_, spec);
  mapped = true;
  ++pages_;
}

void AddressSpaces::check_address(VirtualAddress va) const {
  if (mode_->translates(va)) return;
  throw InputError(fmt::format("address 0x{:x} is outside the {}-bit address space of paging mode {}", va.value(),
                               mode_->virtual_bits(), mode_->name()));
}

void AddressSpaces::report(StatSet& figures) const {
  std::vector<std::uint64_t> per_level(mode_->levels());
  std::uint64_t bytes = 0;
  std::uint64_t count = 0;
  for (const auto& [asid, space] : spaces_) {
    for (unsigned level = 0; level < mode_->levels(); ++level)
      per_level[level] += space.tables.tables_per_level()[level];
    bytes += space.tables.table_bytes();
    count += space.tables.table_count();
  }
  figures.count("tables.count", count, "tables", "page tables of all address spaces, at the end");
  figures.count("tables.bytes", bytes, "bytes", "what they occupy");
  for (unsigned level = 0; level < mode_->levels(); ++level) {
    figures.count("tables.level" + std::to_string(level) + ".count", per_level[level], "tables",
                  "page tables of this level (level 0 is the last)");
  }
  figures.count("tables.mapped_pages", pages_, "pages", "pages mapped");
  figures.count("tables.mapped_bytes", pages_ * page_bytes_, "bytes", "what they hold");
}

}  // namespace tablewalk
