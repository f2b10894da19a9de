#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "memory/physical_memory.h"
#include "paging/paging_mode.h"
#include "rtl/rtl_codes.h"
#include "support/dice.h"

namespace tablewalk::test {

/// Page tables of random entries, well formed or not, and addresses that hit them. A table serves one level only, so
/// that accessed and dirty bits set by one walk do not change an entry's meaning for another: results and final memory
/// do not depend on the order of walks.
class RandomTables {
 public:
  RandomTables(const PagingMode& mode, Dice& dice) : mode_(mode), dice_(dice) {
    std::uint64_t next = somewhere();
    tables_.resize(mode.levels());
    for (unsigned level = 0; level < mode.levels(); ++level) {
      const unsigned count = level == mode.root_level() ? 1 : tables_per_level;
      for (unsigned i = 0; i < count; ++i) {
        tables_[level].push_back(next);
        next += (mode.table_bytes(level) + 0xFFF) & ~std::uint64_t{0xFFF};
      }
    }
    fill();
  }

  /// New entries in the same tables.
  void fill() {
    entries_.clear();
    for (unsigned level = 0; level < mode_.levels(); ++level) {
      for (const std::uint64_t table : tables_[level]) fill(table, level);
    }
  }

  std::uint64_t root() const { return tables_.back().front(); }
  void write(PhysicalMemory& memory) const {
    for (const auto& [at, entry] : entries_) memory.write(at, mode_.entry_bytes(), entry);
  }
  bool same(const PhysicalMemory& one, const PhysicalMemory& other) const {
    for (const auto& [at, entry] : entries_) {
      if (one.read(at, mode_.entry_bytes()) != other.read(at, mode_.entry_bytes())) return false;
    }
    return true;
  }

  /// One of a few addresses, so that walks share entries; sometimes one that is never translated.
  std::uint64_t address() {
    if (dice_.chance(3)) return rtl::random_bits(dice_);
    std::uint64_t va = dice_.number(0, 1) == 0 ? 0 : 0x7123 & low_bits(mode_.offset_bits());
    for (unsigned level = 0; level < mode_.levels(); ++level) va |= index(level) << mode_.level(level).index_shift;
    const unsigned bits = mode_.virtual_bits();
    if (bits < 64 && (va >> (bits - 1) & 1) != 0 && !mode_.translates(VirtualAddress(va))) va |= ~low_bits(bits);
    return va;
  }

  Access access() { return {static_cast<AccessKind>(dice_.number(0, 2)), dice_.chance(50)}; }

 private:
  /// Address of the first table: anywhere in memory, if that is large and entries point everywhere in it.
  std::uint64_t somewhere() {
    constexpr std::uint64_t room = std::uint64_t{1} << 30;
    if (mode_.entry_bytes() < 8 || mode_.memory_limit() <= 2 * room || dice_.chance(30)) return 0x10000;
    return rtl::random_bits(dice_) % (mode_.memory_limit() - room) & ~low_bits(12);
  }

  static constexpr unsigned tables_per_level = 3;

  std::uint64_t index(unsigned level) {
    const std::uint64_t highest = low_bits(mode_.level(level).index_bits);
    const std::uint64_t chosen = dice_.number(0, 3);
    return chosen == 3 ? highest : chosen & highest;
  }

  void fill(std::uint64_t table, unsigned level) {
    const std::uint64_t highest = low_bits(mode_.level(level).index_bits);
    for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{1}, 2 & highest, highest}) {
      entries_.emplace_back(PhysicalAddress(table + at * mode_.entry_bytes()), entry(level));
    }
  }

  std::uint64_t entry(unsigned level) {
    if (dice_.chance(3)) return 0;
    if (level == 0 && dice_.chance(3)) return mode_.encode_pointer(PhysicalAddress(0x5000), level);
    std::uint64_t entry = level > 0 && dice_.chance(80) ? pointer(level) : leaf(level);
    // One bit flipped: a flag, or a high bit that leads far away from these tables.
    const unsigned bits = 8 * mode_.entry_bytes();
    if (dice_.chance(30)) entry ^= std::uint64_t{1} << dice_.number(0, 7);
    if (dice_.chance(4)) entry ^= std::uint64_t{1} << dice_.number(bits - 12, bits - 1);
    if (dice_.chance(1)) entry = rtl::random_bits(dice_);
    return entry & low_bits(8 * mode_.entry_bytes());
  }

  std::uint64_t pointer(unsigned level) {
    return mode_.encode_pointer(PhysicalAddress(dice_.pick(tables_[level - 1])), level);
  }

  std::uint64_t leaf(unsigned level) {
    std::vector<PageSize> sizes;
    for (const PageSize& size : mode_.page_sizes()) {
      if (size.level == level) sizes.push_back(size);
    }
    if (sizes.empty()) return pointer(level);
    const PageSize size = dice_.pick(sizes);
    LeafSpec spec;
    for (bool* right : {&spec.rights.read, &spec.rights.write, &spec.rights.execute, &spec.rights.user}) {
      *right = dice_.chance(80);
    }
    spec.rights.privileged_execute = spec.rights.execute;
    spec.accessed = dice_.chance(60);
    spec.dirty = dice_.chance(60);
    spec.global = dice_.chance(30);
    const std::uint64_t frame = rtl::random_bits(dice_) % mode_.memory_limit() & ~(size.bytes() - 1);
    return mode_.encode_leaf(PhysicalAddress(frame), size, spec);
  }

  const PagingMode& mode_;
  Dice& dice_;
  std::vector<std::vector<std::uint64_t>> tables_;
  std::vector<std::pair<PhysicalAddress, std::uint64_t>> entries_;
};

}  // namespace tablewalk::test
