#pragma once

#include <cstdint>

#include "paging/paging_mode.h"

namespace tablewalk::x86 {

// Bits of paging-structure entries, the same in every x86 mode (Intel SDM volume 3, 4.3 to 4.5).
constexpr std::uint64_t present = 1u << 0;
constexpr std::uint64_t writable = 1u << 1;
constexpr std::uint64_t user = 1u << 2;
constexpr std::uint64_t accessed = 1u << 5;
constexpr std::uint64_t dirty = 1u << 6;
constexpr std::uint64_t page_size = 1u << 7;  ///< above the last level: the entry is a leaf. In a PTE: PAT
constexpr std::uint64_t global = 1u << 8;
constexpr std::uint64_t large_pat = 1u << 12;  ///< PAT of a large leaf: the one bit below its frame that may be set
constexpr std::uint64_t no_execute = std::uint64_t{1} << 63;

// Bits of the #PF error code (Intel SDM volume 3, 4.7).
constexpr std::uint32_t error_present = 1u << 0;
constexpr std::uint32_t error_write = 1u << 1;
constexpr std::uint32_t error_user = 1u << 2;
constexpr std::uint32_t error_reserved = 1u << 3;
constexpr std::uint32_t error_fetch = 1u << 4;

/// What all x86 modes share: CR0.WP is set (supervisor writes obey the writable bit), CR4.PSE and CR4.PGE are set,
/// SMEP and SMAP are off.
class Mode : public PagingMode {
 public:
  std::uint64_t mark_used(std::uint64_t entry, bool set_dirty) const override;
  Rights combine(Rights above, Rights entry) const override;
  bool allows(Rights effective, Access access) const override;
  bool marks_pointers() const override { return true; }
  std::uint32_t error_code(FaultReason reason, Access access) const override;

 protected:
  /// `no_execute_enabled`: entries have the NX bit (PAE or longer entries, and IA32_EFER.NXE set).
  Mode(std::string name, std::vector<LevelShape> shape, unsigned entry_bytes, std::uint64_t physical_limit,
       bool no_execute_enabled)
      : PagingMode(std::move(name), std::move(shape), entry_bytes, physical_limit),
        no_execute_enabled_(no_execute_enabled) {}

  /// Whether a present entry of that level maps a page.
  bool is_leaf(std::uint64_t entry, unsigned at_level) const;
  /// A present entry without reserved bits; `target` is its table or page.
  EntryView view(std::uint64_t entry, unsigned at_level, std::uint64_t target) const;
  static EntryView reserved_bit_set();
  /// All of a leaf but its frame.
  std::uint64_t leaf_flags(unsigned at_level, const LeafSpec& spec) const;
  /// A pointer grants everything, as kernels write it: the leaf decides. Accessed is set, so that a walk of fresh
  /// tables writes nothing.
  static constexpr std::uint64_t pointer_flags = present | writable | user | accessed;

 private:
  bool no_execute_enabled_;
};

// Defined here so that a walk of a known mode is compiled as one piece.

inline std::uint64_t Mode::mark_used(std::uint64_t entry, bool set_dirty) const {
  return entry | accessed | (set_dirty ? dirty : 0);
}

/// A right must be granted at every level (4.6); NX at any level forbids execution.
inline Rights Mode::combine(Rights above, Rights entry) const {
  return {true, above.write && entry.write, above.execute && entry.execute, above.user && entry.user};
}

inline bool Mode::allows(Rights effective, Access access) const {
  if (access.user && !effective.user) return false;
  if (access.kind == AccessKind::Store) return effective.write;
  if (access.kind == AccessKind::Fetch) return effective.execute;
  return true;
}

inline std::uint32_t Mode::error_code(FaultReason reason, Access access) const {
  if (reason == FaultReason::None || reason == FaultReason::NonCanonical) return 0;  // #GP(0), not #PF
  std::uint32_t code = reason == FaultReason::NotPresent ? 0 : error_present;
  if (access.kind == AccessKind::Store) code |= error_write;
  if (access.user) code |= error_user;
  if (reason == FaultReason::Reserved) code |= error_reserved;
  // Without NX (and without SMEP) the processor does not tell fetches from loads.
  if (access.kind == AccessKind::Fetch && no_execute_enabled_) code |= error_fetch;
  return code;
}

inline bool Mode::is_leaf(std::uint64_t entry, unsigned at_level) const {
  return at_level == 0 || (level(at_level).leaf_allowed && (entry & page_size) != 0);
}

inline EntryView Mode::view(std::uint64_t entry, unsigned at_level, std::uint64_t target) const {
  EntryView view;
  const bool leaf = is_leaf(entry, at_level);
  view.kind = leaf ? EntryView::Kind::Leaf : EntryView::Kind::Pointer;
  view.target = PhysicalAddress(target);
  view.rights.write = (entry & writable) != 0;
  view.rights.user = (entry & user) != 0;
  view.rights.execute = !no_execute_enabled_ || (entry & no_execute) == 0;
  view.accessed = (entry & accessed) != 0;
  view.dirty = leaf && (entry & dirty) != 0;
  view.global = leaf && (entry & global) != 0;
  return view;
}

inline EntryView Mode::reserved_bit_set() {
  EntryView view;
  view.kind = EntryView::Kind::Malformed;
  view.malformed = FaultReason::Reserved;
  return view;
}

inline std::uint64_t Mode::leaf_flags(unsigned at_level, const LeafSpec& spec) const {
  std::uint64_t flags = present;
  if (spec.rights.write) flags |= writable;
  if (spec.rights.user) flags |= user;
  if (spec.accessed) flags |= accessed;
  if (spec.dirty) flags |= dirty;
  if (spec.global) flags |= global;
  if (at_level > 0) flags |= page_size;
  if (!spec.rights.execute && no_execute_enabled_) flags |= no_execute;
  return flags;
}

}  // namespace tablewalk::x86
