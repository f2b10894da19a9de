#pragma once

#include <array>

#include "paging/own_entry.h"
#include "paging/walking_mode.h"

namespace tablewalk {

/// A radix table of any split, with its own entry format. Entry bits, from the lowest:
///
///     0 present  1 writable  2 executable  3 user  4 accessed  5 dirty  6 global  7 leaf
///     8 and up   in a leaf: the frame number (physical address / smallest page)
///                in a pointer: the table's address / min(bytes of that table, smallest page)
///
/// Every level may have leaves. Levels combine as in x86 (a right must be granted at every level; accessed is set at
/// every level), so that two modes differ in shape only. Virtual addresses are unsigned: those from 2^virtual_bits() on
/// are not translated.
class RadixMode final : public WalkingMode<RadixMode> {
 public:
  /// `index_bits`: of each level from the root down.
  RadixMode(std::string name, const std::vector<unsigned>& index_bits, unsigned offset_bits, unsigned entry_bytes);
  bool translates(VirtualAddress va) const override;
  EntryView decode(std::uint64_t entry, unsigned at_level) const override;
  std::uint64_t encode_pointer(PhysicalAddress table, unsigned at_level) const override;
  std::uint64_t encode_leaf(PhysicalAddress frame, const PageSize& size, const LeafSpec& spec) const override;
  std::uint64_t mark_used(std::uint64_t entry, bool dirty) const override;
  Rights combine(Rights above, Rights entry) const override;
  FaultReason forbids(Rights effective, Access access) const override;
  /// The format belongs to no architecture, so there is no code.
  std::uint32_t error_code(FaultReason, unsigned, Access) const override { return 0; }
  /// The root's address, unencoded.
  RootRegister decode_root(std::uint64_t value) const override;
  std::uint64_t encode_root(RootRegister root) const override { return root.table.value(); }
  const char* root_register() const override { return "root"; }
  std::vector<BitField> root_fields() const override { return {{"table", 63, 0, "address of the root table"}}; }
  std::vector<BitField> entry_fields(std::uint64_t entry, unsigned at_level) const override;

 private:
  /// The unit of a pointer's number, as a shift: a table's address is a multiple of its size, or of a page if that is
  /// smaller.
  static unsigned pointer_shift(unsigned table_index_bits, unsigned offset_bits, unsigned entry_bytes);
  static unsigned physical_bits_of(const std::vector<unsigned>& index_bits, unsigned offset_bits, unsigned entry_bytes);

  static constexpr std::uint64_t global = 1u << 6;
  static constexpr std::uint64_t leaf = 1u << 7;
  static constexpr unsigned number_shift = 8;
  static constexpr unsigned physical_bits_max = 52;

  std::array<std::uint8_t, 8> pointer_shift_{};  ///< of pointers in each level; those in level 0 are malformed
};

/// The mode described by `radix:B1,B2,.../OFFSET@ENTRYBYTES` (`split`: the part after the colon), named `name`. Throws
/// InputError that says which part is wrong and what is allowed.
std::shared_ptr<const PagingMode> make_radix_mode(const std::string& name, const std::string& split);

inline bool RadixMode::translates(VirtualAddress va) const {
  return va.value() <= low_bits(virtual_bits());
}

inline EntryView RadixMode::decode(std::uint64_t entry, unsigned at_level) const {
  EntryView view;
  if ((entry & own_entry::present) == 0) return view;
  const bool is_leaf = (entry & leaf) != 0;
  const unsigned unit_shift = is_leaf ? offset_bits() : pointer_shift_[at_level];
  view.target = PhysicalAddress(entry >> number_shift << unit_shift);
  view.kind = is_leaf ? EntryView::Kind::Leaf : EntryView::Kind::Pointer;
  view.page_shift = static_cast<std::uint8_t>(level(at_level).index_shift);
  if (!is_leaf && at_level == 0) view.malformed = FaultReason::PointerAtLeaf;
  if (is_leaf && (view.target.value() & (page_bytes(at_level) - 1)) != 0) view.malformed = FaultReason::Misaligned;
  if (entry >> number_shift > (low_bits(physical_bits_max) >> unit_shift)) view.malformed = FaultReason::Reserved;
  if (view.malformed != FaultReason::None) view.kind = EntryView::Kind::Malformed;
  own_entry::decode_flags(entry, view);
  view.dirty = is_leaf && (entry & own_entry::dirty) != 0;
  view.global = is_leaf && (entry & global) != 0;
  return view;
}

inline std::uint64_t RadixMode::mark_used(std::uint64_t entry, bool set_dirty) const {
  return own_entry::mark_used(entry, set_dirty);
}

inline Rights RadixMode::combine(Rights above, Rights entry) const {
  return own_entry::combine(above, entry);
}

inline FaultReason RadixMode::forbids(Rights effective, Access access) const {
  return own_entry::forbids(effective, access);
}

}  // namespace tablewalk
