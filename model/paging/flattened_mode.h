#pragma once

#include <array>

#include "paging/own_entry.h"
#include "paging/walking_mode.h"

namespace tablewalk {

/// A radix table of which pairs of levels may be merged: a merged table is indexed by the bits of both levels, so that
/// a walk saves a read. Each pointer says whether the table that it leads to is merged, so that ordinary tables of one
/// level can take the place of a merged one, where memory has no large enough block, or large pages are mapped.
///
/// A table's level is that of its entries: of a merged one the lower of the two. Bit 0 of a table's address says that
/// the table is merged. A page of the upper level's size is one entry of an ordinary table; in a merged one it has as
/// many equal entries as it has pages of the lower level's size. Entry bits:
///
///     0 present  1 writable  2 executable  3 user  4 accessed  5 dirty
///     51:6   the table's or frame's address / 64
///     52 global  53 leaf  54 of a pointer: the table is merged; of a leaf: a page of the next level's size
///
/// Levels combine as in RadixMode.
class FlattenedMode final : public WalkingMode<FlattenedMode> {
 public:
  /// Index bits of a level, or of two levels to merge, the upper one first.
  using Group = std::vector<unsigned>;
  /// `groups`: from the root down.
  FlattenedMode(std::string name, const std::vector<Group>& groups, unsigned offset_bits);

  bool is_radix() const override { return false; }
  bool caches_pointers() const override { return true; }
  /// Whether the level is the upper one of a pair.
  bool is_upper(unsigned at_level) const { return at_level < upper_.size() && upper_[at_level]; }
  static bool is_merged(PhysicalAddress table) { return (table.value() & merged_table) != 0; }
  static PhysicalAddress merged(PhysicalAddress table) { return PhysicalAddress(table.value() | merged_table); }
  static PhysicalAddress address_of(PhysicalAddress table) { return PhysicalAddress(table.value() & ~merged_table); }
  /// Of the table, by its address and level.
  unsigned index_bits(PhysicalAddress table, unsigned at_level) const {
    return level(at_level).index_bits + (is_merged(table) ? level(at_level + 1).index_bits : 0);
  }
  std::uint64_t bytes_of(PhysicalAddress table, unsigned at_level) const {
    return (std::uint64_t{1} << index_bits(table, at_level)) * entry_bytes();
  }
  /// A leaf as it is in a merged table, for a page of the upper level's size.
  static std::uint64_t as_one_of_many(std::uint64_t entry) { return entry | special; }
  static bool is_one_of_many(std::uint64_t entry) { return (entry & special) != 0; }

  // Hide those of PagingMode, for walks of this mode.
  PhysicalAddress entry_address(unsigned at_level, PhysicalAddress table, VirtualAddress va) const;
  unsigned level_of_root(PhysicalAddress root) const { return root_level() - (is_merged(root) ? 1 : 0); }

  bool translates(VirtualAddress va) const override { return va.value() <= low_bits(virtual_bits()); }
  EntryView decode(std::uint64_t entry, unsigned at_level) const override;
  std::uint64_t encode_pointer(PhysicalAddress table, unsigned at_level) const override;
  std::uint64_t encode_leaf(PhysicalAddress frame, const PageSize& size, const LeafSpec& spec) const override;
  std::uint64_t mark_used(std::uint64_t entry, bool set_dirty) const override {
    return own_entry::mark_used(entry, set_dirty);
  }
  Rights combine(Rights above, Rights entry) const override { return own_entry::combine(above, entry); }
  FaultReason forbids(Rights effective, Access access) const override { return own_entry::forbids(effective, access); }
  /// The format belongs to no architecture, so there is no code.
  std::uint32_t error_code(FaultReason, unsigned, Access) const override { return 0; }
  RootRegister decode_root(std::uint64_t value) const override;
  std::uint64_t encode_root(RootRegister root) const override { return root.table.value(); }
  const char* root_register() const override { return "root"; }
  std::vector<BitField> root_fields() const override;
  std::vector<BitField> entry_fields(std::uint64_t entry, unsigned at_level) const override;
  std::string describe_root(RootRegister root) const override;
  WalkStep look(const Walk& walk, unsigned number, const unsigned char* bytes) const override;

  std::unique_ptr<PageTables> make_tables(std::shared_ptr<const PagingMode> self, PhysicalMemory& memory,
                                          FrameAllocator& frames, AddressSpaceId space) const override;
  void count_tables(const std::vector<PageRun>& runs, TableSize& size) const override;

 private:
  std::string table_text(PhysicalAddress table, unsigned at_level) const;

  static constexpr std::uint64_t merged_table = 1;
  static constexpr std::uint64_t address = low_bits(52) & ~low_bits(6);
  static constexpr std::uint64_t global = std::uint64_t{1} << 52;
  static constexpr std::uint64_t leaf = std::uint64_t{1} << 53;
  static constexpr std::uint64_t special = std::uint64_t{1} << 54;

  std::vector<bool> upper_;  ///< by level
};

/// The mode `flattened:GROUP,.../OFFSET@8`, where a group is the index bits of a level, or of two levels as `B1+B2`.
/// `description`: the part after the colon. Throws InputError that says which part is wrong and what is allowed.
std::shared_ptr<const PagingMode> make_flattened_mode(const std::string& name, const std::string& description);

inline PhysicalAddress FlattenedMode::entry_address(unsigned at_level, PhysicalAddress table, VirtualAddress va) const {
  const std::uint64_t index = va.value() >> index_shift(at_level) & low_bits(index_bits(table, at_level));
  return address_of(table) + index * entry_bytes();
}

}  // namespace tablewalk
