#pragma once

#include <functional>

#include "paging/hashing_mode.h"
#include "paging/page_tables.h"

namespace tablewalk {

/// What the builders of hashed organisations have in common: pages of all sizes are found by searches, one for each
/// size, so that pages that overlap must be refused by further searches.
class HashingTables : public PageTables {
 public:
  std::optional<TableLeaf> leaf(VirtualAddress va) const final;

 protected:
  using PageTables::PageTables;

  /// A page of the tables: its number (address / size), and its entry.
  struct FoundPage {
    std::uint64_t number = 0;
    PhysicalAddress at;
    std::uint64_t entry = 0;  ///< as PagingMode::decode() takes it
  };
  /// Returns whether to go on.
  using UsePage = std::function<bool(const FoundPage&)>;

  /// Whether there may be pages of that size.
  virtual bool in_use(unsigned size) const = 0;
  /// The present entry of the page of that size, which is in use.
  virtual std::optional<FoundPage> find_page(std::uint64_t number, unsigned size) const = 0;
  /// The page has no entry. A larger or smaller one may have; walks search for the smaller one first.
  virtual void insert(std::uint64_t number, const PageSize& size, std::uint64_t leaf) = 0;
  /// Gives a page that was found another leaf, of the same frame.
  virtual void replace(const FoundPage& page, unsigned size, std::uint64_t leaf);
  /// Removes an entry that was found.
  virtual void erase(const FoundPage& page, unsigned size) = 0;
  /// The pages of that size, which is in use, with numbers in the range; erasing the page in `use` is allowed. It is
  /// only called for ranges of more pages than the tables have room for.
  virtual void for_all_pages(std::uint64_t first, std::uint64_t last, unsigned size, const UsePage& use) const = 0;
  /// How many searches take about as long as for_all_pages().
  virtual std::uint64_t searches_per_scan() const = 0;

  std::uint64_t number_of(VirtualAddress va, unsigned size) const {
    return va.value() >> mode().page_sizes()[size].shift;
  }
  const HashingMode& hashing() const { return static_cast<const HashingMode&>(mode()); }

  /// Before one more slot, or node, is used: the slots to rebuild a table of that many with, or none if there is room.
  std::optional<std::uint64_t> slots_to_rebuild(std::uint64_t slots) const;
  /// After a rebuild: nothing deleted is left.
  void count_rebuild(bool larger);

  std::uint64_t used_ = 0;     ///< slots, or nodes, that hold pages
  std::uint64_t deleted_ = 0;  ///< those that held some, and that a search still passes
  std::uint64_t growths_ = 0;
  std::uint64_t cleanings_ = 0;

 private:
  void add(VirtualAddress va, const PageSize& size, PhysicalAddress page, const LeafSpec& spec) final;
  void remove(Range range) final;
  void rewrite(Range range, const LeafSpec& spec) final;
  void split_leaf(VirtualAddress va, const TableLeaf& whole, const PageSize& before, const PageSize& size,
                  const LeafSpec& spec) final;

  std::optional<TableLeaf> leaf_of_size(VirtualAddress va, unsigned size) const;
  void for_pages(Range range, unsigned size, const UsePage& use) const;
  void refuse_overlap(VirtualAddress va, const PageSize& size) const;
};

}  // namespace tablewalk
