#pragma once

#include <cstdint>

#include "paging/walking_mode.h"

namespace tablewalk::x86 {

// Bits of paging-structure entries, common to all x86 modes (Intel SDM volume 3, 4.3 to 4.5).
constexpr std::uint64_t present = 1u << 0;
constexpr std::uint64_t writable = 1u << 1;
constexpr std::uint64_t user = 1u << 2;
constexpr std::uint64_t accessed = 1u << 5;
constexpr std::uint64_t dirty = 1u << 6;
constexpr std::uint64_t page_size = 1u << 7;  ///< above the last level: the entry is a leaf. In a PTE: PAT
constexpr std::uint64_t global = 1u << 8;
constexpr std::uint64_t large_pat = 1u << 12;  ///< PAT of a large leaf: the only bit below its frame that may be set
constexpr unsigned key_shift = 59;             ///< protection key, bits 62:59 of a leaf
constexpr std::uint64_t no_execute = std::uint64_t{1} << 63;

// Bits of the #PF error code (Intel SDM volume 3, 4.7).
constexpr std::uint32_t error_present = 1u << 0;
constexpr std::uint32_t error_write = 1u << 1;
constexpr std::uint32_t error_user = 1u << 2;
constexpr std::uint32_t error_reserved = 1u << 3;
constexpr std::uint32_t error_fetch = 1u << 4;
constexpr std::uint32_t error_key = 1u << 5;

/// Differences between the x86 modes besides their shape.
struct Features {
  bool has_no_execute = false;  ///< entries have bit 63
  bool has_keys = false;        ///< leaves may have protection keys
  bool has_pcid = false;
};

/// Common part of the x86 modes. Controls that a mode does not use are ignored, as by the processor.
class Mode : public PagingMode {
 public:
  std::uint64_t mark_used(std::uint64_t entry, bool set_dirty) const override;
  Rights combine(Rights above, Rights entry) const override;
  FaultReason forbids(Rights effective, Access access) const override;
  std::uint32_t error_code(FaultReason reason, unsigned at_level, Access access) const override;
  std::string describe_fault(const Fault& fault, Access access) const override;
  RootRegister decode_root(std::uint64_t value) const override;
  std::uint64_t encode_root(RootRegister root) const override;
  Architecture architecture() const override { return Architecture::X86; }
  /// With PCIDs (CR4.PCIDE, 4 and 5 levels).
  bool has_asids() const override { return features_.has_pcid && controls_.pcide; }
  const char* root_register() const override { return "CR3"; }
  std::vector<BitField> root_fields() const override;
  std::vector<BitField> entry_fields(std::uint64_t entry, unsigned at_level) const override;

 protected:
  Mode(std::string name, std::vector<LevelShape> shape, unsigned entry_bytes, unsigned physical_bits, Features features,
       const X86Controls& controls);

  const X86Controls& controls() const { return controls_; }
  bool no_execute_enabled() const { return no_execute_enabled_; }
  /// Whether a present entry of that level maps a page.
  bool is_leaf(std::uint64_t entry, unsigned at_level) const;
  /// A present entry without reserved bits; `target` is its table or page.
  EntryView pointer(std::uint64_t entry, unsigned at_level, std::uint64_t target) const;
  EntryView leaf(std::uint64_t entry, unsigned at_level, std::uint64_t target) const;
  static EntryView reserved_bit_set();
  /// All bits of a leaf except its frame.
  std::uint64_t leaf_flags(unsigned at_level, const LeafSpec& spec) const;
  /// A pointer grants everything, as kernels write it: the leaf decides. Accessed is set, so that walks of new tables
  /// write nothing.
  static constexpr std::uint64_t pointer_flags = present | writable | user | accessed;

 private:
  Features features_;
  X86Controls controls_;
  bool no_execute_enabled_;
  bool keys_enabled_;
};

// Defined here so that a walk of a known mode is compiled as a whole.

inline std::uint64_t Mode::mark_used(std::uint64_t entry, bool set_dirty) const {
  return entry | accessed | (set_dirty ? dirty : 0);
}

/// A right must be granted at every level (4.6.1); NX at any level forbids execution; the key is the leaf's.
inline Rights Mode::combine(Rights above, Rights entry) const {
  const bool execute = above.execute && entry.execute;
  return {true, above.write && entry.write, execute, above.user && entry.user, execute, entry.key};
}

/// SDM volume 3, 4.6.1. The key is checked first: the error code's PK bit reports it whatever else forbids the access.
inline FaultReason Mode::forbids(Rights effective, Access access) const {
  const bool data = access.kind != AccessKind::Fetch;
  const bool store = access.kind == AccessKind::Store;
  if (keys_enabled_ && data && effective.user) {
    const std::uint32_t disabled = controls_.pkru >> (2 * effective.key) & 3u;
    const bool write_disabled = store && (disabled & 2u) != 0 && (access.user || controls_.wp);
    if ((disabled & 1u) != 0 || write_disabled) return FaultReason::ProtectionKey;
  }
  bool allowed = true;
  if (access.user) {
    allowed = effective.user;
  } else if (effective.user) {
    allowed = data ? !controls_.smap || controls_.ac : !controls_.smep;
  }
  if (!data) allowed = allowed && effective.execute;
  if (store) allowed = allowed && (effective.write || (!access.user && !controls_.wp));
  return allowed ? FaultReason::None : FaultReason::Permission;
}

inline bool Mode::is_leaf(std::uint64_t entry, unsigned at_level) const {
  return at_level == 0 || (level(at_level).leaf_allowed && (entry & page_size) != 0);
}

inline EntryView Mode::pointer(std::uint64_t entry, unsigned at_level, std::uint64_t target) const {
  EntryView view;
  view.kind = EntryView::Kind::Pointer;
  view.page_shift = static_cast<std::uint8_t>(index_shift(at_level));
  view.target = PhysicalAddress(target);
  view.rights.write = (entry & writable) != 0;
  view.rights.user = (entry & user) != 0;
  view.rights.execute = !no_execute_enabled_ || (entry & no_execute) == 0;
  view.rights.privileged_execute = view.rights.execute;
  view.accessed = (entry & accessed) != 0;
  return view;
}

inline EntryView Mode::leaf(std::uint64_t entry, unsigned at_level, std::uint64_t target) const {
  EntryView view = pointer(entry, at_level, target);
  view.kind = EntryView::Kind::Leaf;
  if (keys_enabled_) view.rights.key = static_cast<std::uint8_t>(entry >> key_shift & 0xF);
  view.dirty = (entry & dirty) != 0;
  view.global = controls_.pge && (entry & global) != 0;
  return view;
}

inline EntryView Mode::reserved_bit_set() {
  EntryView view;
  view.kind = EntryView::Kind::Malformed;
  view.malformed = FaultReason::Reserved;
  return view;
}

}  // namespace tablewalk::x86
