#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "paging/walking_mode.h"

namespace tablewalk {
namespace {

// Bits of stage 1 descriptors (Arm Architecture Reference Manual for A-profile, D8.3, VMSAv8-64).
constexpr std::uint64_t valid = 1u << 0;
constexpr std::uint64_t table_or_page = 1u << 1;  ///< clear: a block; reserved at the last level
constexpr std::uint64_t reach_el0 = 1u << 6;      ///< AP[1]
constexpr std::uint64_t read_only = 1u << 7;      ///< AP[2]
constexpr std::uint64_t inner_shareable = 3u << 8;
constexpr std::uint64_t accessed = 1u << 10;
constexpr std::uint64_t not_global = 1u << 11;
constexpr std::uint64_t dirty_managed = std::uint64_t{1} << 51;  ///< DBM: a store clears AP[2] instead of faulting
constexpr std::uint64_t contiguous = std::uint64_t{1} << 52;     ///< one of several that map a range
constexpr std::uint64_t no_execute_el1 = std::uint64_t{1} << 53;
constexpr std::uint64_t no_execute_el0 = std::uint64_t{1} << 54;
// Rights that a table descriptor removes from everything below it.
constexpr std::uint64_t table_no_execute_el1 = std::uint64_t{1} << 59;
constexpr std::uint64_t table_no_execute_el0 = std::uint64_t{1} << 60;
constexpr std::uint64_t table_no_el0 = std::uint64_t{1} << 61;     ///< APTable[0]
constexpr std::uint64_t table_read_only = std::uint64_t{1} << 62;  ///< APTable[1]

constexpr unsigned output_bits = 48;  ///< of physical addresses
constexpr unsigned last_arm_level = 3;

/// What differs between the granules (D8.2: the translation tables of each; D8.6: contiguous ranges).
struct Granule {
  const char* name;
  unsigned page_shift;
  unsigned virtual_bits;         ///< 64 - TCR_EL1.T0SZ
  unsigned levels;               ///< that those bits need
  unsigned highest_block_level;  ///< here; without 52-bit addresses
  /// log2 of the descriptors of a contiguous range, by level here
  std::array<unsigned, 4> contiguous_shift;

  unsigned index_bits() const { return page_shift - 3; }
  unsigned shift(unsigned level) const { return page_shift + level * index_bits(); }
};

constexpr Granule granule_4k{"arm64-4k", 12, 48, 4, 2, {4, 4, 4}};
constexpr Granule granule_16k{"arm64-16k", 14, 47, 3, 1, {7, 5, 0}};
constexpr Granule granule_64k{"arm64-64k", 16, 48, 3, 1, {5, 5, 0}};

const char* contiguous_meaning(unsigned shift) {
  switch (shift) {
    case 4:
      return "one of 16 entries that map a range";
    case 5:
      return "one of 32 entries that map a range";
    default:
      return "one of 128 entries that map a range";
  }
}

/// Stage 1 of the EL1&0 regime with 48-bit physical addresses, through TTBR0_EL1 (Arm ARM, D8.2 to D8.4). Hardware
/// manages the access flag and the dirty state (TCR_EL1.HA and HD set); PAN is off. Arm numbers levels up to the last
/// one (3), whatever the first is, and so do level names and fault codes.
class Arm64Mode final : public WalkingMode<Arm64Mode> {
 public:
  Arm64Mode(const Granule& granule, const ArmControls& controls)
      : WalkingMode(granule.name, shape_of(granule), 8, output_bits, contiguous_sizes(granule, controls)),
        granule_(granule),
        address_mask_(low_bits(output_bits) & ~low_bits(granule.page_shift)),
        root_mask_(low_bits(output_bits) & ~(table_bytes(root_level()) - 1)),
        hint_(controls.contiguous ? contiguous : 0) {}

  /// Addresses above belong to TTBR1_EL1, another table.
  bool translates(VirtualAddress va) const override { return va.value() <= low_bits(granule_.virtual_bits); }

  /// Reserved encodings count as invalid, and address bits below a block are ignored.
  EntryView decode(std::uint64_t entry, unsigned at_level) const override {
    if ((entry & valid) == 0) return {};
    const bool has_table_bit = (entry & table_or_page) != 0;
    if (at_level > 0 && has_table_bit) return decode_table(entry);
    if (at_level == 0 ? !has_table_bit : at_level > granule_.highest_block_level) return {};
    return decode_leaf(entry, at_level);
  }

  std::uint64_t encode_pointer(PhysicalAddress table, unsigned) const override {
    return (table.value() & address_mask_) | table_or_page | valid;
  }

  /// Memory type 0 of MAIR_EL1. The dirty state of a writable page is managed by hardware; a page without that cannot
  /// be dirty.
  std::uint64_t encode_leaf(PhysicalAddress frame, const PageSize& size, const LeafSpec& spec) const override {
    std::uint64_t entry = (frame.value() & address_mask_) | inner_shareable | valid;
    if (size.level == 0) entry |= table_or_page;
    if (size.entries > 1) entry |= contiguous;
    if (spec.rights.user) entry |= reach_el0;
    if (spec.rights.write) entry |= dirty_managed;
    if (!spec.rights.write || !spec.dirty) entry |= read_only;
    if (!spec.rights.execute) entry |= no_execute_el0;
    if (!spec.rights.privileged_execute) entry |= no_execute_el1;
    if (spec.accessed) entry |= accessed;
    if (!spec.global) entry |= not_global;
    return entry;
  }

  std::uint64_t mark_used(std::uint64_t entry, bool set_dirty) const override {
    return (entry | accessed) & ~(set_dirty ? read_only : 0);
  }

  Rights combine(Rights above, Rights entry) const override {
    return {true, above.write && entry.write, above.execute && entry.execute, above.user && entry.user,
            above.privileged_execute && entry.privileged_execute};
  }

  /// Arm ARM, D8.4: EL0 may execute what it may not read; EL1 executes nothing writable by EL0.
  FaultReason forbids(Rights effective, Access access) const override {
    bool allowed = effective.user || !access.user;
    if (access.kind == AccessKind::Store) allowed = allowed && effective.write;
    if (access.kind == AccessKind::Fetch) {
      allowed = access.user ? effective.execute : effective.privileged_execute && !(effective.user && effective.write);
    }
    return allowed ? FaultReason::None : FaultReason::Permission;
  }

  /// The fault status code of ESR_EL1 (DFSC, and IFSC of a fetch).
  std::uint32_t error_code(FaultReason reason, unsigned at_level, Access) const override {
    const unsigned arm_level = last_arm_level - at_level;
    switch (reason) {
      case FaultReason::None:
        return 0;
      case FaultReason::OutOfMemory:
        return arm_level;  // address size
      case FaultReason::NotAccessed:
        return 0x8 | arm_level;  // access flag
      case FaultReason::Permission:
      case FaultReason::NotDirty:
        return 0xC | arm_level;
      default:
        return 0x4 | arm_level;  // translation
    }
  }

  std::string describe_fault(const Fault& fault, Access access) const override {
    constexpr std::array names = {"address size", "translation", "access flag", "permission"};
    return fmt::format("{} abort, fault status code {:#x}: {} fault, level {}",
                       access.kind == AccessKind::Fetch ? "instruction" : "data", fault.error_code,
                       names[fault.error_code >> 2], fault.error_code & 3u);
  }

  RootRegister decode_root(std::uint64_t value) const override;
  std::uint64_t encode_root(RootRegister root) const override {
    return std::uint64_t{root.asid} << asid_shift | (root.table.value() & root_mask_);
  }
  Architecture architecture() const override { return Architecture::Arm; }
  const char* root_register() const override { return "TTBR0_EL1"; }
  std::vector<BitField> root_fields() const override {
    return {{"ASID", 63, asid_shift, "address-space id"},
            {"BADDR", 47, 1, "address of the root table"},
            {"CnP", 0, 0, "shared with other cores"}};
  }
  std::vector<BitField> entry_fields(std::uint64_t entry, unsigned at_level) const override;

 private:
  static constexpr unsigned asid_shift = 48;

  /// Tables have no access flag.
  EntryView decode_table(std::uint64_t entry) const {
    EntryView view;
    view.kind = EntryView::Kind::Pointer;
    view.target = PhysicalAddress(entry & address_mask_);
    view.rights.write = (entry & table_read_only) == 0;
    view.rights.user = (entry & table_no_el0) == 0;
    view.rights.execute = (entry & table_no_execute_el0) == 0;
    view.rights.privileged_execute = (entry & table_no_execute_el1) == 0;
    view.accessed = true;
    return view;
  }

  static std::vector<LevelShape> shape_of(const Granule& granule) {
    std::vector<LevelShape> shape;
    for (unsigned at_level = 0; at_level < granule.levels; ++at_level) {
      const unsigned bits = std::min(granule.index_bits(), granule.virtual_bits - granule.shift(at_level));
      shape.push_back({granule.shift(at_level), bits, at_level <= granule.highest_block_level,
                       fmt::format("L{}", last_arm_level - at_level)});
    }
    return shape;
  }

  static std::vector<PageSize> contiguous_sizes(const Granule& granule, const ArmControls& controls) {
    std::vector<PageSize> sizes;
    for (unsigned at_level = 0; controls.contiguous && at_level <= granule.highest_block_level; ++at_level) {
      const unsigned shift = granule.contiguous_shift[at_level];
      sizes.push_back({granule.shift(at_level) + shift, at_level, 1u << shift});
    }
    return sizes;
  }

  /// The range of a contiguous descriptor is aligned; the address bits within it are those of the virtual address. A
  /// range that is programmed otherwise has no defined result (D8.6).
  EntryView decode_leaf(std::uint64_t entry, unsigned at_level) const {
    const unsigned shift = index_shift(at_level) + ((entry & hint_) != 0 ? granule_.contiguous_shift[at_level] : 0);
    EntryView view;
    view.kind = EntryView::Kind::Leaf;
    view.page_shift = static_cast<std::uint8_t>(shift);
    view.target = PhysicalAddress(entry & address_mask_ & ~low_bits(shift));
    view.dirty = (entry & read_only) == 0;
    view.rights.write = view.dirty || (entry & dirty_managed) != 0;
    view.rights.user = (entry & reach_el0) != 0;
    view.rights.execute = (entry & no_execute_el0) == 0;
    view.rights.privileged_execute = (entry & no_execute_el1) == 0;
    view.accessed = (entry & accessed) != 0;
    view.global = (entry & not_global) == 0;
    return view;
  }

  Granule granule_;
  std::uint64_t address_mask_;  ///< of tables and pages, in descriptors
  std::uint64_t root_mask_;     ///< of the root table, which may be small
  std::uint64_t hint_;          ///< the Contiguous bit, if it is used
};

RootRegister Arm64Mode::decode_root(std::uint64_t value) const {
  const std::uint64_t table = value & low_bits(asid_shift) & ~std::uint64_t{1};
  if ((table & ~root_mask_) != 0) {
    throw InputError(fmt::format("{}: TTBR0_EL1 {:#x} holds table address {:#x}; expected a multiple of {}", name(),
                                 value, table, table_bytes(root_level())));
  }
  return {PhysicalAddress(table), static_cast<AddressSpaceId>(value >> asid_shift)};
}

std::vector<BitField> Arm64Mode::entry_fields(std::uint64_t entry, unsigned at_level) const {
  const auto page = static_cast<std::uint8_t>(granule_.page_shift);
  if (at_level > 0 && (entry & table_or_page) != 0) {
    return {{"NSTable", 63, 63, "tables below are not secure"},
            {"APTable", 62, 61, "removes below: 1x write, x1 EL0 access"},
            {"UXNTable", 60, 60, "no execution at EL0 below"},
            {"PXNTable", 59, 59, "no execution at EL1 below"},
            {"ignored", 58, 48, "no meaning"},
            {"table", 47, page, "address of the table"},
            {"ignored", static_cast<std::uint8_t>(page - 1), 2, "no meaning"},
            {"type", 1, 1, "a table"},
            {"valid", 0, 0, "valid"}};
  }
  const auto lowest = static_cast<std::uint8_t>(level(at_level).index_shift);
  std::vector<BitField> fields{{"ignored", 63, 55, "free for software and implementations"},
                               {"UXN", 54, 54, "no execution at EL0"},
                               {"PXN", 53, 53, "no execution at EL1"},
                               {"Contiguous", 52, 52, contiguous_meaning(granule_.contiguous_shift[at_level])},
                               {"DBM", 51, 51, "hardware manages the dirty state"},
                               {"GP", 50, 50, "guarded page"},
                               {"RES0", 49, 48, "should be 0"},
                               {"frame", 47, lowest, "address of the page"}};
  if (lowest > 12) fields.push_back({"RES0", static_cast<std::uint8_t>(lowest - 1), 12, "should be 0"});
  fields.push_back({"nG", 11, 11, "not global: in one address space"});
  fields.push_back({"AF", 10, 10, "accessed: was used by a walk"});
  fields.push_back({"SH", 9, 8, "shareability"});
  fields.push_back({"AP[2]", 7, 7, "read-only, or with DBM: clean"});
  fields.push_back({"AP[1]", 6, 6, "EL0 may read and write it"});
  fields.push_back({"NS", 5, 5, "not secure"});
  fields.push_back({"AttrIndx", 4, 2, "memory type in MAIR_EL1"});
  fields.push_back({"type", 1, 1, at_level > 0 ? "a table" : "a page"});
  fields.push_back({"valid", 0, 0, "valid"});
  return fields;
}

}  // namespace

std::shared_ptr<const PagingMode> make_arm64_4k(const PagingControls& controls) {
  return std::make_shared<Arm64Mode>(granule_4k, controls.arm);
}

std::shared_ptr<const PagingMode> make_arm64_16k(const PagingControls& controls) {
  return std::make_shared<Arm64Mode>(granule_16k, controls.arm);
}

std::shared_ptr<const PagingMode> make_arm64_64k(const PagingControls& controls) {
  return std::make_shared<Arm64Mode>(granule_64k, controls.arm);
}

}  // namespace tablewalk
