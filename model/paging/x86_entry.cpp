#include "paging/x86_entry.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tablewalk::x86 {
namespace {

constexpr unsigned pcid_bits = 12;

/// CR3 has the address of a page, or of a 32-byte table (PAE).
std::uint64_t root_mask(const PagingMode& mode) {
  return low_bits(52) & ~(mode.table_bytes(mode.root_level()) - 1);
}

}  // namespace

Mode::Mode(std::string name, std::vector<LevelShape> shape, unsigned entry_bytes, unsigned physical_bits,
           Features features, const X86Controls& controls)
    : PagingMode(std::move(name), std::move(shape), entry_bytes, physical_bits),
      features_(features),
      controls_(controls),
      no_execute_enabled_(features.has_no_execute && controls.nxe),
      keys_enabled_(features.has_keys && controls.pke) {}

std::uint32_t Mode::error_code(FaultReason reason, unsigned, Access access) const {
  if (reason == FaultReason::None || reason == FaultReason::NonCanonical) return 0;  // #GP(0), not #PF
  std::uint32_t code = reason == FaultReason::NotPresent ? 0 : error_present;
  if (access.kind == AccessKind::Store) code |= error_write;
  if (access.user) code |= error_user;
  if (reason == FaultReason::Reserved) code |= error_reserved;
  // Without NX and SMEP the processor does not distinguish fetches from loads.
  if (access.kind == AccessKind::Fetch && (no_execute_enabled_ || controls_.smep)) code |= error_fetch;
  if (reason == FaultReason::ProtectionKey) code |= error_key;
  return code;
}

std::string Mode::describe_fault(const Fault& fault, Access) const {
  // Linear addresses of 32 bits have no other faults; longer ones are canonical or a general protection fault.
  if (fault.reason == FaultReason::NonCanonical) return virtual_bits() > 32 ? "#GP, error code 0" : "";
  const auto has = [&](std::uint32_t bit) { return (fault.error_code & bit) != 0; };
  const char* kind = has(error_write) ? "write" : has(error_fetch) ? "fetch" : "read";
  return fmt::format("#PF, error code {:#x}: {}, {}, {}{}{}", fault.error_code,
                     has(error_present) ? "present" : "not present", kind, has(error_user) ? "user" : "supervisor",
                     has(error_reserved) ? ", reserved bit" : "", has(error_key) ? ", protection key" : "");
}

RootRegister Mode::decode_root(std::uint64_t value) const {
  RootRegister root;
  root.table = PhysicalAddress(value & root_mask(*this));
  // With PCIDs a move to CR3 may set bit 63 (keep translations), but the register never holds it.
  const bool fits = entry_bytes() == 8 && table_bytes(root_level()) == 4096 ? value >> 52 == 0 : value >> 32 == 0;
  if (!fits || root.table.value() >= physical_limit()) {
    throw InputError(fmt::format("{}: CR3 {:#x} has bits set above the physical address; expected it below {:#x}",
                                 name(), value, physical_limit()));
  }
  if (has_asids()) root.asid = static_cast<AddressSpaceId>(value & low_bits(pcid_bits));
  return root;
}

std::uint64_t Mode::encode_root(RootRegister root) const {
  const bool with_pcid = has_asids();
  return root.table.value() | (with_pcid ? root.asid & low_bits(pcid_bits) : 0);
}

std::vector<BitField> Mode::root_fields() const {
  const auto low = static_cast<std::uint8_t>(log2_floor(table_bytes(root_level())));
  const auto high = static_cast<std::uint8_t>(features_.has_pcid ? 51 : 31);
  if (has_asids()) {
    return {{"table", high, low, "address of the root table"}, {"PCID", 11, 0, "address-space id"}};
  }
  return {{"table", high, low, "address of the root table"},
          {"PCD", 4, 4, "root table not cached"},
          {"PWT", 3, 3, "root table written through"}};
}

std::uint64_t Mode::leaf_flags(unsigned at_level, const LeafSpec& spec) const {
  std::uint64_t flags = present;
  if (spec.rights.write) flags |= writable;
  if (spec.rights.user) flags |= user;
  if (spec.accessed) flags |= accessed;
  if (spec.dirty) flags |= dirty;
  if (spec.global) flags |= global;
  if (at_level > 0) flags |= page_size;
  if (!spec.rights.execute && no_execute_enabled_) flags |= no_execute;
  if (keys_enabled_) flags |= std::uint64_t{spec.rights.key} << key_shift;
  return flags;
}

std::vector<BitField> Mode::entry_fields(std::uint64_t entry, unsigned at_level) const {
  const bool leaf = is_leaf(entry, at_level);
  const bool large = leaf && at_level > 0;
  std::vector<BitField> fields;
  if (no_execute_enabled_) fields.push_back({"XD", 63, 63, "no execution"});
  if (leaf && keys_enabled_) fields.push_back({"key", 62, 59, "protection key"});
  const auto highest = static_cast<std::uint8_t>(entry_bytes() == 8 ? 51 : 31);
  const auto lowest = static_cast<std::uint8_t>(leaf ? level(at_level).index_shift : 12);
  fields.push_back({leaf ? "frame" : "table", highest, lowest, leaf ? "address of the page" : "address of the table"});
  if (large) fields.push_back({"PAT", 12, 12, "memory type, high bit"});
  if (leaf) fields.push_back({"G", 8, 8, "global: in every address space"});
  if (leaf && !large) fields.push_back({"PAT", 7, 7, "memory type, high bit"});
  if (at_level > 0) fields.push_back({"PS", 7, 7, "maps a page"});
  if (leaf) fields.push_back({"D", 6, 6, "dirty: was written"});
  fields.push_back({"A", 5, 5, "accessed: was used by a walk"});
  fields.push_back({"PCD", 4, 4, "not cached"});
  fields.push_back({"PWT", 3, 3, "written through"});
  fields.push_back({"U/S", 2, 2, "user mode may use it"});
  fields.push_back({"R/W", 1, 1, "may be written"});
  fields.push_back({"P", 0, 0, "present"});
  return fields;
}

}  // namespace tablewalk::x86
