#pragma once

#include <array>
#include <cstring>

#include "paging/hashed_mode.h"
#include "paging/hashing_tables.h"

namespace tablewalk {

/// One address space's hashed table. Lines never move except when the table is rebuilt in new memory, with another
/// root: because it grows, or in the same size to get rid of deleted lines.
class HashedTables final : public HashingTables {
 public:
  HashedTables(std::shared_ptr<const HashingMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
               AddressSpaceId space);

  PhysicalAddress root() const override { return PhysicalAddress(root_.encode()); }
  std::uint64_t table_bytes() const override { return root_.bytes(); }
  std::vector<TableFigure> figures() const override;

 private:
  using Tag = HashedLine::Tag;
  /// A line where it is in memory.
  struct Placed {
    std::uint64_t number = 0;
    HashedLine line;
  };

  bool in_use(unsigned size) const override { return root_.has_size(size); }
  std::optional<FoundPage> find_page(std::uint64_t number, unsigned size) const override;
  void insert(std::uint64_t page, const PageSize& size, std::uint64_t leaf) override;
  void erase(const FoundPage& page, unsigned size) override;
  void for_all_pages(std::uint64_t first, std::uint64_t last, unsigned size, const UsePage& use) const override;
  std::uint64_t searches_per_scan() const override { return root_.slots(); }

  HashedLine read(std::uint64_t number) const;
  void write_line(std::uint64_t number, const HashedLine& line);
  Tag tag_of(std::uint64_t page, unsigned size) const {
    return {HashedLine::State::Block, size, page / HashedLine::entries, root_.space};
  }
  std::optional<Placed> find(const Tag& tag) const;
  std::uint64_t place_for(const Tag& tag) const;
  void claim(std::uint64_t number, const Tag& tag, unsigned entry, std::uint64_t leaf);
  void give_up(std::uint64_t number);
  void rebuild(std::uint64_t lines);

  HashedRoot root_;
};

}  // namespace tablewalk
