#pragma once

#include "support/changing_tables.h"

namespace tablewalk::test {

/// Tables are never reused, and a table removed from a tree is left unchanged, so a cached pointer to it still finds
/// what was valid when it was removed.
class ChangingRadixTables final : public ChangingTables {
 public:
  ChangingRadixTables(const std::shared_ptr<const PagingMode>& mode, AddressSpaceId spaces, Dice& dice);

  PhysicalAddress root(AddressSpaceId space) const override { return roots_[space]; }
  void change(AddressSpaceId space, std::size_t page) override;
  void make_present(AddressSpaceId space, std::size_t page, Access access) override;

 private:
  /// An entry of a table.
  struct Place {
    unsigned level = 0;
    PhysicalAddress table;
  };

  Outcome outcome_of(AddressSpaceId space, VirtualAddress va) const override;
  bool same_block(VirtualAddress a, VirtualAddress b, unsigned level) const;
  Place descend(AddressSpaceId space, VirtualAddress va, unsigned level) const;
  EntryView view(const Place& place, VirtualAddress va) const;
  void write(const Place& place, VirtualAddress va, std::uint64_t entry);
  PhysicalAddress fresh_table(unsigned level);
  std::optional<std::uint64_t> fresh_leaf(unsigned level, VirtualAddress va, const Rights& rights);
  std::optional<std::uint64_t> random_leaf(unsigned level, VirtualAddress va);
  std::uint64_t fresh_pointer(unsigned level, VirtualAddress va);

  std::uint64_t next_table_ = 0;
  std::vector<PhysicalAddress> roots_;
};

}  // namespace tablewalk::test
