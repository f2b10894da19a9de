#pragma once

#include <unordered_map>

#include "paging/cuckoo_mode.h"
#include "paging/cuckoo_sections.h"
#include "paging/hashing_tables.h"

namespace tablewalk {

/// One address space's cuckoo tables, one for each page size that it uses. A line that has no empty candidate pushes
/// another one to a candidate of its own. A table grows and shrinks step by step: with each block that comes or goes a
/// few lines move to the next table. Walk tables are further tables of the same kind, of which an entry is a line; they
/// change with the page tables.
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
  const CuckooMode& cuckoo() const { return static_cast<const CuckooMode&>(mode()); }
  // Tables are numbered as in CuckooRegisters: those of the page sizes, then their walk tables.
  unsigned ways_of(unsigned table) const { return registers_.ways_of(table); }
  bool exists(unsigned table) const { return table < tables_per_level_.size() && tables_per_level_[table] != 0; }
  bool resizing(unsigned table) const;
  std::uint64_t lines(unsigned table) const;
  HashedLine read(PhysicalAddress at) const;
  void write_line(PhysicalAddress at, const HashedLine& line);
  std::optional<Placed> find(const Tag& tag) const { return find(tag, tag.size); }
  std::optional<Placed> find(const Tag& tag, unsigned table) const;
  void for_lines(unsigned size, const std::function<void(PhysicalAddress, const HashedLine&)>& use) const;
  unsigned random_way(unsigned ways);

  void make_ways(unsigned table);
  void begin_resize(unsigned table, bool larger);
  void move_some(unsigned table);
  void move_next(unsigned table);
  void move_line(unsigned table, unsigned way);
  void end_resize(unsigned table);
  void settle(unsigned table);
  std::optional<HashedLine> try_store(unsigned table, HashedLine line);
  void make_room(unsigned table);
  void add_line(unsigned table, const HashedLine& line);
  void remove_line(unsigned table, PhysicalAddress at);
  /// Lines of the table have moved, or its size has come into use: walks begin again. Walk tables only give hints.
  void note_moved(unsigned table) { version_ += CuckooRegisters::is_walk_table(table) ? 0 : 1; }

  // The walk tables, in cuckoo_walk_tables.cpp.
  void make_room_in_walk_tables(std::uint64_t block, unsigned size);
  void note_stored(const HashedLine& line, unsigned table, unsigned way);
  void note_block(std::uint64_t block, unsigned size, bool comes);
  void note_ways();
  template <class Change>
  void change_section(std::uint64_t section, unsigned size, Change change);

  CuckooRegisters registers_;
  std::uint32_t set_;
  std::uint64_t version_ = 0;
  std::array<std::uint64_t, CuckooRegisters::all_tables> blocks_{};
  std::array<unsigned, CuckooRegisters::all_tables> next_way_{};  ///< whose line is moved next
  std::vector<HashedLine> homeless_;                              ///< no longer in a table, to be stored
  /// Where a block has been stored.
  struct Stored {
    std::uint64_t block;
    unsigned size;
    unsigned way;
  };
  std::vector<Stored> stored_;  ///< not yet in a walk table
  /// Blocks of smaller pages in a section, by sections_key(): the kernel's own data.
  std::unordered_map<std::uint64_t, std::uint32_t> blocks_in_;
  std::uint64_t random_ = 1;
  std::uint64_t kicks_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t shrinkings_ = 0;
};

}  // namespace tablewalk
