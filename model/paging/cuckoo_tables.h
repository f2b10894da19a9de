#pragma once

#include "paging/cuckoo_mode.h"
#include "paging/hashing_tables.h"

namespace tablewalk {

/// One address space's cuckoo tables, one for each page size that it uses. A line that has no empty candidate pushes
/// another one to a candidate of its own. A table grows and shrinks step by step: with each block that comes or goes a
/// few lines move to the next table.
class CuckooTables final : public HashingTables {
 public:
  CuckooTables(const std::shared_ptr<const CuckooMode>& mode, PhysicalMemory& memory, FrameAllocator& frames,
               AddressSpaceId space);
  ~CuckooTables() override;

  PhysicalAddress root() const override { return PhysicalAddress(CuckooRoot{version_, set_}.encode()); }
  std::uint64_t table_bytes() const override;
  std::vector<TableFigure> figures() const override;

 private:
  using Tag = HashedLine::Tag;
  /// A line where it is in memory.
  struct Placed {
    PhysicalAddress at;
    HashedLine line;
  };

  bool in_use(unsigned size) const override { return blocks_[size] != 0; }
  std::optional<FoundPage> find_page(std::uint64_t number, unsigned size) const override;
  void insert(std::uint64_t page, const PageSize& size, std::uint64_t leaf) override;
  void erase(const FoundPage& page, unsigned size) override;
  void for_all_pages(std::uint64_t first, std::uint64_t last, unsigned size, const UsePage& use) const override;
  std::uint64_t searches_per_scan() const override;

  const CuckooControls& controls() const { return static_cast<const CuckooMode&>(mode()).cuckoo(); }
  CuckooRegisters::Table& table(unsigned size) { return registers_.tables[size]; }
  bool resizing(unsigned size) const;
  std::uint64_t lines(unsigned size) const;
  HashedLine read(PhysicalAddress at) const;
  void write_line(PhysicalAddress at, const HashedLine& line);
  std::optional<Placed> find(const Tag& tag) const;
  void for_lines(unsigned size, const std::function<void(PhysicalAddress, const HashedLine&)>& use) const;
  unsigned random_way();

  void make_ways(unsigned size);
  void begin_resize(unsigned size, bool larger);
  void move_some(unsigned size);
  void move_next(unsigned size);
  void move_line(unsigned size, unsigned way);
  void end_resize(unsigned size);
  void settle(unsigned size);
  std::optional<HashedLine> try_store(unsigned size, HashedLine line);

  CuckooRegisters registers_;
  std::uint32_t set_;
  std::uint64_t version_ = 0;
  std::array<std::uint64_t, CuckooRegisters::sizes> blocks_{};
  std::array<unsigned, CuckooRegisters::sizes> next_way_{};  ///< whose line is moved next
  std::vector<HashedLine> homeless_;                         ///< no longer in a table, to be stored
  std::uint64_t random_ = 1;
  std::uint64_t kicks_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t shrinkings_ = 0;
};

}  // namespace tablewalk
