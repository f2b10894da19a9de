#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "paging/walking_mode.h"

namespace tablewalk {
namespace {

// Bits of entries, common to all modes (RISC-V privileged manual, chapter "Supervisor-Level ISA", section Sv32).
constexpr std::uint64_t valid = 1u << 0;
constexpr std::uint64_t readable = 1u << 1;
constexpr std::uint64_t writable = 1u << 2;
constexpr std::uint64_t executable = 1u << 3;
constexpr std::uint64_t user = 1u << 4;
constexpr std::uint64_t global = 1u << 5;
constexpr std::uint64_t accessed = 1u << 6;
constexpr std::uint64_t dirty = 1u << 7;
constexpr unsigned number_shift = 10;  ///< of the physical page number
constexpr unsigned page_shift = 12;

// Bits of 8-byte entries (section Sv39, chapters Svpbmt and Svnapot).
constexpr std::uint64_t unused_bits = low_bits(61) & ~low_bits(54);
constexpr std::uint64_t memory_type = std::uint64_t{3} << 61;
constexpr std::uint64_t napot = std::uint64_t{1} << 63;
constexpr unsigned napot_shift = 16;  ///< the only size defined by the manual: 64 KiB, 16 entries
constexpr std::uint64_t napot_number = low_bits(napot_shift - page_shift) << number_shift;
constexpr std::uint64_t napot_64k = std::uint64_t{8} << number_shift;  ///< number bits 3:0 are 1000

/// Differences between the modes.
struct Format {
  const char* name;
  unsigned levels;
  unsigned index_bits;
  unsigned entry_bytes;
  unsigned number_bits;
  // Fields of satp.
  std::uint64_t satp_mode;
  unsigned satp_mode_low;  ///< the lowest bit of MODE
  unsigned satp_mode_bits;
  unsigned satp_asid_bits;  ///< ASID is between the page number and MODE
  unsigned satp_number_bits;
};

constexpr Format sv32_format{"sv32", 2, 10, 4, 22, 1, 31, 1, 9, 22};
constexpr Format sv39_format{"sv39", 3, 9, 8, 44, 8, 60, 4, 16, 44};
constexpr Format sv48_format{"sv48", 4, 9, 8, 44, 9, 60, 4, 16, 44};
constexpr Format sv57_format{"sv57", 5, 9, 8, 44, 10, 60, 4, 16, 44};

/// The name of a satp MODE value.
const char* mode_name(const Format& format, std::uint64_t mode) {
  if (mode == 0) return "bare: no translation";
  for (const Format* other : {&sv32_format, &sv39_format, &sv48_format, &sv57_format}) {
    if (other->entry_bytes == format.entry_bytes && other->satp_mode == mode) return other->name;
  }
  return "reserved";
}

/// The page-based modes of RISC-V (privileged manual, chapter "Supervisor-Level ISA", sections Sv32, Sv39, Sv48 and
/// Sv57; chapters Svnapot, Svpbmt, Svade and Svadu). Every level may have leaves. The checks follow the order of
/// section "Virtual Address Translation Process": the entry's encoding, a pointer at the last level, a misaligned
/// superpage, the rights, the accessed and dirty bits.
class RiscvMode final : public WalkingMode<RiscvMode> {
 public:
  RiscvMode(const Format& format, const RiscvControls& controls)
      : WalkingMode(format.name, shape(format), format.entry_bytes, physical_bits_of(format, controls),
                    further_sizes(format, controls)),
        format_(format),
        controls_(controls),
        number_mask_(low_bits(format.number_bits) << number_shift),
        translated_bits_(virtual_bits()) {
    if (!is_wide()) return;
    reserved_ = unused_bits | (controls.svpbmt ? 0 : memory_type) | (controls.svnapot ? 0 : napot);
  }

  /// The bits above the highest translated one must equal it; RV32 has no such bits.
  bool translates(VirtualAddress va) const override {
    if (!is_wide()) return va.value() <= low_bits(32);
    const auto upper = static_cast<std::int64_t>(va.value()) >> (translated_bits_ - 1);
    return upper == 0 || upper == -1;
  }

  EntryView decode(std::uint64_t entry, unsigned at_level) const override {
    if ((entry & valid) == 0) return {};
    if ((entry & reserved_) != 0 || (entry & (readable | writable)) == writable)
      return malformed(FaultReason::Reserved);
    return (entry & (readable | executable)) == 0 ? decode_pointer(entry, at_level) : decode_leaf(entry, at_level);
  }

  std::uint64_t encode_pointer(PhysicalAddress table, unsigned) const override { return number_of(table) | valid; }

  /// Two kinds of leaf cannot be expressed: writable but not readable (reserved), and neither readable nor executable
  /// (a pointer). Such a leaf is made readable as well.
  std::uint64_t encode_leaf(PhysicalAddress frame, const PageSize& size, const LeafSpec& spec) const override {
    std::uint64_t entry = number_of(frame) | valid;
    const bool must_read = spec.rights.write || !spec.rights.execute;
    if (spec.rights.read || must_read) entry |= readable;
    if (spec.rights.write) entry |= writable;
    if (spec.rights.execute) entry |= executable;
    if (spec.rights.user) entry |= user;
    if (spec.global) entry |= global;
    if (spec.accessed) entry |= accessed;
    if (spec.dirty) entry |= dirty;
    if (size.entries > 1) entry = (entry & ~napot_number) | napot | napot_64k;
    return entry;
  }

  std::uint64_t mark_used(std::uint64_t entry, bool set_dirty) const override {
    return entry | accessed | (set_dirty ? dirty : 0);
  }
  bool marks_entries() const override { return controls_.svadu; }

  /// Pointers have no rights: the leaf's rights are those of the path.
  Rights combine(Rights, Rights entry) const override { return entry; }

  FaultReason forbids(Rights effective, Access access) const override {
    const bool fetch = access.kind == AccessKind::Fetch;
    const bool reachable = access.user ? effective.user : !effective.user || (controls_.sum && !fetch);
    bool allowed = effective.execute;
    if (access.kind == AccessKind::Load) allowed = effective.read || (controls_.mxr && effective.execute);
    if (access.kind == AccessKind::Store) allowed = effective.write;
    return reachable && allowed ? FaultReason::None : FaultReason::Permission;
  }

  /// The exception cause (section "Supervisor Cause Register"): page faults, and access faults beyond physical memory.
  std::uint32_t error_code(FaultReason reason, unsigned, Access access) const override {
    if (reason == FaultReason::None) return 0;
    const bool page_fault = reason != FaultReason::OutOfMemory;
    if (access.kind == AccessKind::Fetch) return page_fault ? 12 : 1;
    if (access.kind == AccessKind::Load) return page_fault ? 13 : 5;
    return page_fault ? 15 : 7;
  }

  std::string describe_fault(const Fault& fault, Access access) const override {
    constexpr std::array names = {"instruction", "load", "store/AMO"};
    const char* kind = fault.reason == FaultReason::OutOfMemory ? "access" : "page";
    return fmt::format("exception {}: {} {} fault", fault.error_code, names[static_cast<unsigned>(access.kind)], kind);
  }

  RootRegister decode_root(std::uint64_t value) const override;
  std::uint64_t encode_root(RootRegister root) const override;
  std::vector<BitField> entry_fields(std::uint64_t entry, unsigned at_level) const override;
  Architecture architecture() const override { return Architecture::Riscv; }
  const char* root_register() const override { return "satp"; }
  std::vector<BitField> root_fields() const override;

 private:
  static std::vector<LevelShape> shape(const Format& format) {
    std::vector<LevelShape> shape;
    for (unsigned level = 0; level < format.levels; ++level) {
      shape.push_back({page_shift + level * format.index_bits, format.index_bits, true, fmt::format("VPN[{}]", level)});
    }
    return shape;
  }
  static unsigned physical_bits_of(const Format& format, const RiscvControls& controls) {
    return std::min(controls.physical_bits, format.number_bits + page_shift);
  }
  static std::vector<PageSize> further_sizes(const Format& format, const RiscvControls& controls) {
    if (format.entry_bytes != 8 || !controls.svnapot) return {};
    return {{napot_shift, 0, 1u << (napot_shift - page_shift)}};
  }

  bool is_wide() const { return format_.entry_bytes == 8; }

  static EntryView malformed(FaultReason why) {
    EntryView view;
    view.kind = EntryView::Kind::Malformed;
    view.malformed = why;
    return view;
  }

  std::uint64_t number_of(PhysicalAddress address) const {
    return (address.value() >> page_shift << number_shift) & number_mask_;
  }
  std::uint64_t address_in(std::uint64_t entry) const { return (entry & number_mask_) >> number_shift << page_shift; }

  /// A pointer has no bits to set: it counts as accessed.
  EntryView decode_pointer(std::uint64_t entry, unsigned at_level) const {
    const std::uint64_t wide_reserved = is_wide() ? napot | memory_type : 0;
    if ((entry & (dirty | accessed | user | wide_reserved)) != 0) return malformed(FaultReason::Reserved);
    if (at_level == 0) return malformed(FaultReason::PointerAtLeaf);
    EntryView view;
    view.kind = EntryView::Kind::Pointer;
    view.target = PhysicalAddress(address_in(entry));
    view.accessed = true;
    view.global = (entry & global) != 0;
    return view;
  }

  EntryView decode_leaf(std::uint64_t entry, unsigned at_level) const {
    if (is_wide() && (entry & memory_type) == memory_type) return malformed(FaultReason::Reserved);
    const bool is_napot = is_wide() && (entry & napot) != 0;
    if (is_napot && (at_level != 0 || (entry & napot_number) != napot_64k)) return malformed(FaultReason::Reserved);
    const unsigned shift = is_napot ? napot_shift : level(at_level).index_shift;
    const std::uint64_t target = address_in(is_napot ? entry & ~napot_number : entry);
    if ((target & low_bits(shift)) != 0) return malformed(FaultReason::Misaligned);
    EntryView view;
    view.kind = EntryView::Kind::Leaf;
    view.page_shift = static_cast<std::uint8_t>(shift);
    view.target = PhysicalAddress(target);
    view.rights.read = (entry & readable) != 0;
    view.rights.write = (entry & writable) != 0;
    view.rights.execute = (entry & executable) != 0;
    view.rights.user = (entry & user) != 0;
    view.rights.privileged_execute = view.rights.execute && !view.rights.user;
    view.accessed = (entry & accessed) != 0;
    view.dirty = (entry & dirty) != 0;
    view.global = (entry & global) != 0;
    return view;
  }

  Format format_;
  RiscvControls controls_;
  std::uint64_t number_mask_;
  std::uint64_t reserved_ = 0;  ///< of every valid entry
  unsigned translated_bits_;
};

RootRegister RiscvMode::decode_root(std::uint64_t value) const {
  const std::uint64_t mode = value >> format_.satp_mode_low;
  if (mode >> format_.satp_mode_bits != 0) {
    throw InputError(fmt::format("{}: satp {:#x}: expected a register of 32 bits", name(), value));
  }
  if (mode != format_.satp_mode) {
    throw InputError(fmt::format("{}: satp {:#x} has MODE {} ({}); expected {} ({})", name(), value, mode,
                                 mode_name(format_, mode), format_.satp_mode, name()));
  }
  RootRegister root;
  root.table = PhysicalAddress((value & low_bits(format_.satp_number_bits)) << page_shift);
  root.asid = static_cast<AddressSpaceId>(value >> format_.satp_number_bits & low_bits(format_.satp_asid_bits));
  return root;
}

std::uint64_t RiscvMode::encode_root(RootRegister root) const {
  const std::uint64_t asid = root.asid & low_bits(format_.satp_asid_bits);
  return format_.satp_mode << format_.satp_mode_low | asid << format_.satp_number_bits |
         (root.table.value() >> page_shift & low_bits(format_.satp_number_bits));
}

std::vector<BitField> RiscvMode::root_fields() const {
  const auto number_bits = static_cast<std::uint8_t>(format_.satp_number_bits);
  const auto mode_low = static_cast<std::uint8_t>(format_.satp_mode_low);
  const auto highest = static_cast<std::uint8_t>(8 * entry_bytes() - 1);
  const auto asid_high = static_cast<std::uint8_t>(mode_low - 1);
  const auto number_high = static_cast<std::uint8_t>(number_bits - 1);
  return {{"MODE", highest, mode_low, "scheme of translation"},
          {"ASID", asid_high, number_bits, "address-space id"},
          {"PPN", number_high, 0, "page number of the root table"}};
}

std::vector<BitField> RiscvMode::entry_fields(std::uint64_t entry, unsigned at_level) const {
  const bool leaf = (entry & (readable | executable)) != 0;
  const bool is_napot = is_wide() && leaf && at_level == 0 && (entry & napot) != 0;
  std::vector<BitField> fields;
  if (is_wide()) {
    fields.push_back({"N", 63, 63, "one of several entries of a page (Svnapot)"});
    fields.push_back({"PBMT", 62, 61, "memory type (Svpbmt)"});
    fields.push_back({"reserved", 60, 54, "must be 0"});
  }
  const auto number_high = static_cast<std::uint8_t>(number_shift + format_.number_bits - 1);
  if (is_napot) {
    fields.push_back({"PPN", number_high, 14, "page number of the page, without its low bits"});
    fields.push_back({"size", 13, 10, "1000: 64 KiB, 16 entries"});
  } else {
    fields.push_back({"PPN", number_high, 10, leaf ? "page number of the page" : "page number of the table"});
  }
  fields.push_back({"RSW", 9, 8, "free for software"});
  fields.push_back({"D", 7, 7, leaf ? "dirty: was written" : "must be 0"});
  fields.push_back({"A", 6, 6, leaf ? "accessed: was used by a walk" : "must be 0"});
  fields.push_back({"G", 5, 5, leaf ? "global: in every address space" : "everything below is global"});
  fields.push_back({"U", 4, 4, leaf ? "user mode may use it" : "must be 0"});
  fields.push_back({"X", 3, 3, "may be executed"});
  fields.push_back({"W", 2, 2, "may be written"});
  fields.push_back({"R", 1, 1, "may be read"});
  fields.push_back({"V", 0, 0, "valid"});
  return fields;
}

}  // namespace

std::shared_ptr<const PagingMode> make_sv32(const PagingControls& controls) {
  return std::make_shared<RiscvMode>(sv32_format, controls.riscv);
}

std::shared_ptr<const PagingMode> make_sv39(const PagingControls& controls) {
  return std::make_shared<RiscvMode>(sv39_format, controls.riscv);
}

std::shared_ptr<const PagingMode> make_sv48(const PagingControls& controls) {
  return std::make_shared<RiscvMode>(sv48_format, controls.riscv);
}

std::shared_ptr<const PagingMode> make_sv57(const PagingControls& controls) {
  return std::make_shared<RiscvMode>(sv57_format, controls.riscv);
}

}  // namespace tablewalk
