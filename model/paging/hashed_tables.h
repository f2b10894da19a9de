#pragma once

#include <array>
#include <cstring>
#include <functional>

#include "paging/hashed_mode.h"
#include "paging/page_tables.h"

namespace tablewalk {

/// One address space's hashed table. Lines never move except when the table is rebuilt in new memory, with another
/// root: because it grows, or in the same size to get rid of deleted lines.
class HashedTables final : public PageTables {
 public:
  HashedTables(std::shared_ptr<const HashedMode> mode, PhysicalMemory& memory, FrameAllocator& frames,
               AddressSpaceId space);

  PhysicalAddress root() const override { return PhysicalAddress(root_.encode()); }
  std::optional<TableLeaf> leaf(VirtualAddress va) const override;
  std::uint64_t table_bytes() const override { return root_.lines() * HashedLine::bytes; }
  std::vector<TableFigure> figures() const override;

 private:
  using Tag = HashedLine::Tag;
  /// A line where it is in memory.
  struct Placed {
    std::uint64_t number = 0;
    HashedLine line;
  };

  void add(VirtualAddress va, const PageSize& size, std::uint64_t leaf) override;
  void remove(Range range) override;
  void rewrite(Range range, const LeafSpec& spec) override;

  HashedLine read(std::uint64_t number) const;
  void write_line(std::uint64_t number, const HashedLine& line);
  Tag tag_of(VirtualAddress va, unsigned size) const;
  std::optional<Placed> find(const Tag& tag) const;
  std::uint64_t place_for(const Tag& tag) const;
  std::optional<TableLeaf> leaf_of_size(VirtualAddress va, unsigned size) const;
  void refuse_overlap(VirtualAddress va, const PageSize& size) const;
  /// Calls `use` for each line that holds pages of that size in the range; `use` returns whether to go on.
  void for_lines(Range range, unsigned size, const std::function<bool(const Placed&)>& use) const;
  void for_pages(Range range, const std::function<void(const Placed&, unsigned entry)>& use);
  bool in_use(unsigned size) const { return (root_.sizes >> size & 1) != 0; }
  void claim(std::uint64_t number, const Tag& tag, unsigned entry, std::uint64_t leaf);
  void give_up(std::uint64_t number);
  void rebuild(std::uint64_t lines);

  std::shared_ptr<const HashedMode> hashed_;
  HashedRoot root_;
  std::uint64_t used_ = 0;     ///< lines that hold a block
  std::uint64_t deleted_ = 0;  ///< lines that held one, and are not empty yet
  std::uint64_t growths_ = 0;
  std::uint64_t cleanings_ = 0;
};

}  // namespace tablewalk
