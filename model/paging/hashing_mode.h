#pragma once

#include <array>
#include <optional>

#include "paging/hashing_root.h"
#include "paging/own_entry.h"
#include "paging/paging_controls.h"
#include "paging/walking_mode.h"

namespace tablewalk {

/// What hashed organisations have in common: the entry, the rights, and walks that the mode itself drives. Entry bits:
///
///     0 present  1 writable  2 executable  3 user  4 accessed  5 dirty  6 global  11:7 ignored
///     47:12  the frame's address (aligned to the page)
///     63:48  belongs to the organisation
///
/// Every entry is a leaf, so that its rights are those of the page. All 64 bits of a virtual address are translated.
/// The level that decode() and PageSize have is the page size's number, smallest first.
class HashingMode : public PagingMode {
 public:
  bool is_radix() const final { return false; }
  bool translates(VirtualAddress) const final { return true; }
  EntryView decode(std::uint64_t entry, unsigned at_level) const final;
  std::uint64_t encode_pointer(PhysicalAddress table, unsigned at_level) const final;
  std::uint64_t encode_leaf(PhysicalAddress at, const PageSize& size, const LeafSpec& spec) const final;
  std::uint64_t mark_used(std::uint64_t entry, bool dirty) const final;
  Rights combine(Rights, Rights entry) const final { return entry; }
  FaultReason forbids(Rights effective, Access access) const final;
  /// The formats belong to no architecture, so there is no code.
  std::uint32_t error_code(FaultReason, unsigned, Access) const final { return 0; }
  const char* root_register() const final { return "root"; }
  std::uint64_t encode_root(RootRegister root) const final { return root.table.value(); }
  /// A table that grows moves.
  bool root_moves() const final { return true; }
  // Unless the organisation keeps entries of adjacent pages together.
  void read_neighbours(const Walk&, const EntryLine&, LinePages&) const override {}
  unsigned neighbours_in(unsigned) const override { return 1; }
  std::vector<BitField> entry_fields(std::uint64_t entry, unsigned at_level) const override;

  WalkOutcome walk(PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va, Access access) const final;
  WalkOutcome walk(const PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va, Access access) const final;

  /// Whether a walk searches for one page size in use after the other, the smallest first. It may then begin with a
  /// guess as its hints: 1 + the size that it searches for first.
  virtual bool searches_sizes() const { return true; }

  const HashedControls& controls() const { return controls_; }
  /// The most pages, or blocks of them, in a table of that many slots, with those that were removed.
  std::uint64_t limit(std::uint64_t slots) const {
    return static_cast<std::uint64_t>(static_cast<double>(slots) * controls_.max_load);
  }
  /// The slots of a table of at least `slots` that may hold `used`.
  std::uint64_t grown(std::uint64_t slots, std::uint64_t used) const;

  static constexpr std::uint64_t present = own_entry::present;
  static constexpr unsigned own_shift = 48;  ///< of the bits that belong to the organisation

 protected:
  /// `rows`: names of the reads of a walk. Pages have 4 KiB, 2 MiB and 1 GiB.
  HashingMode(std::string name, const std::vector<std::string>& rows, const HashedControls& controls);

  static constexpr unsigned entry_size = 8;
  // In the progress of a walk that began with a guess: 1 + the size guessed, and whether that is searched for now.
  static constexpr unsigned guess_shift = 62;
  static constexpr std::uint64_t guessing = std::uint64_t{1} << 61;
  static constexpr std::uint64_t guess_bits = std::uint64_t{7} << 61;

  /// The size to begin with, if there is a guess and the address space has such pages.
  std::optional<unsigned> begin_guess(Walk& walk, const HashingRoot& root) const;
  /// The size to search for after that one, in which the page is not; none: the number of page sizes.
  unsigned size_after(Walk& walk, const HashingRoot& root, unsigned size) const;

  /// The smallest page size in use from `size` on; none: the number of page sizes.
  unsigned size_in_use(const HashingRoot& root, unsigned size) const;
  /// A page size in words; a damaged table may name one that does not exist.
  std::string size_text(unsigned size) const;
  /// What a walk does that finds no page of that size.
  std::string without_text(const HashingRoot& root, unsigned size) const;

  /// The entry at `at`, which the walk has read; its place may say which frame it maps.
  virtual EntryView view_of(const Walk& /*walk*/, std::uint64_t entry, PhysicalAddress /*at*/,
                            const PageSize& size) const {
    return decode(entry, size.level);
  }
  /// Ends a walk at the present entry of its page, or lets it set accessed and dirty bits first.
  void use_leaf(Walk& walk, std::uint64_t entry, PhysicalAddress at, const PageSize& size) const;
  /// In decide(), after an update: ends the walk; false if the entry was another one in the meantime.
  bool finish_update(Walk& walk, const PageSize& size) const;
  void fail(Walk& walk, FaultReason reason) const { walk.fail({reason, static_cast<std::uint8_t>(walk.level()), 0}); }

 private:
  void finish(Walk& walk, std::uint64_t entry, const PageSize& size, const EntryView& view) const;

  static constexpr std::uint64_t global = 1u << 6;
  static constexpr std::uint64_t frame_bits = low_bits(48) & ~low_bits(12);

  HashedControls controls_;
};

}  // namespace tablewalk
