#pragma once

#include <cstdint>

#include "memory/physical_memory.h"
#include "paging/paging_mode.h"

namespace tablewalk::test {

/// Hand-made page tables, entry by entry: the root at 0x1000, each further table after the last one.
class SmallTables {
 public:
  static constexpr std::uint64_t root = 0x1000;

  SmallTables(const PagingMode& mode, PhysicalMemory& memory) : mode_(mode), memory_(memory) {
    next_ = root + rounded(mode.table_bytes(mode.root_level()));
  }

  /// The page at `va`, of the smallest size; an existing one is replaced.
  void map(std::uint64_t va, std::uint64_t page, const LeafSpec& spec = {}) {
    memory_.write(leaf_of(va), mode_.entry_bytes(),
                  mode_.encode_leaf(PhysicalAddress(page), mode_.page_sizes().front(), spec));
  }

  /// Moves the page to a last-level table of its own; its entry in the old one is removed.
  void move_table(std::uint64_t va, std::uint64_t page) {
    memory_.write(leaf_of(va), mode_.entry_bytes(), 0);
    PhysicalAddress table(root);
    for (unsigned level = mode_.root_level(); level > 1; --level) {
      const PhysicalAddress at = mode_.entry_address(level, table, VirtualAddress(va));
      table = mode_.decode(memory_.read(at, mode_.entry_bytes()), level).target;
    }
    memory_.write(mode_.entry_address(1, table, VirtualAddress(va)), mode_.entry_bytes(), 0);
    map(va, page);
  }

  /// Address of the leaf for `va`; missing tables above it are created.
  PhysicalAddress leaf_of(std::uint64_t va) {
    PhysicalAddress table(root);
    for (unsigned level = mode_.root_level(); level > 0; --level) {
      const PhysicalAddress at = mode_.entry_address(level, table, VirtualAddress(va));
      if (memory_.read(at, mode_.entry_bytes()) == 0) {
        memory_.write(at, mode_.entry_bytes(), mode_.encode_pointer(PhysicalAddress(next_), level));
        next_ += rounded(mode_.table_bytes(level - 1));
      }
      table = mode_.decode(memory_.read(at, mode_.entry_bytes()), level).target;
    }
    return mode_.entry_address(0, table, VirtualAddress(va));
  }

 private:
  static std::uint64_t rounded(std::uint64_t bytes) { return (bytes + 0xFFF) & ~std::uint64_t{0xFFF}; }

  const PagingMode& mode_;
  PhysicalMemory& memory_;
  std::uint64_t next_;
};

}  // namespace tablewalk::test
