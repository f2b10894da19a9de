#pragma once

#include <map>

#include "paging/table_builder.h"
#include "support/changing_tables.h"

namespace tablewalk::test {

/// Tables of any organisation, changed by its builder. What they map is kept in a map beside them. Memory of
/// tables that walk caches may know is never reused.
class ChangingBuiltTables final : public ChangingTables {
 public:
  ChangingBuiltTables(const std::shared_ptr<const PagingMode>& mode, AddressSpaceId spaces, Dice& dice);

  PhysicalAddress root(AddressSpaceId space) const override { return spaces_[space].tables.root(); }
  void change(AddressSpaceId space, std::size_t page) override;
  void make_present(AddressSpaceId space, std::size_t page, Access access) override;

 private:
  struct Mapped {
    std::uint64_t bytes = 0;
    PhysicalAddress at;
    Rights rights;
  };
  struct Space {
    TableBuilder tables;
    std::map<std::uint64_t, Mapped> pages;
  };

  Outcome outcome_of(AddressSpaceId space, VirtualAddress va) const override;
  /// The spaces that share the page.
  std::vector<AddressSpaceId> sharing(AddressSpaceId space, VirtualAddress va) const;
  void unmap(AddressSpaceId space, VirtualAddress first, std::uint64_t bytes);
  void map(AddressSpaceId space, VirtualAddress va, const PageSize& size, const Rights& rights);
  void protect(AddressSpaceId space, VirtualAddress va, const Rights& rights);
  LeafSpec random_spec(VirtualAddress va, const Rights& rights);
  Rights random_rights();

  std::uint64_t path_of(AddressSpaceId space, VirtualAddress va) const;

  FrameAllocator frames_;
  std::vector<EmptiedTable> emptied_;  ///< never released
  std::vector<Space> spaces_;
};

}  // namespace tablewalk::test
