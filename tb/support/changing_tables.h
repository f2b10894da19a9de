#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "memory/physical_memory.h"
#include "protocol/invalidation.h"
#include "protocol/translation_request.h"
#include "support/dice.h"

namespace tablewalk::test {

/// The page tables of a few address spaces, changed repeatedly under a machine that caches parts of them, and the
/// results that the machine may return: an access sees the tables as they are, or as they were at some time since the
/// last invalidation that covers its page. Independent of the machine and of the walk in paging/.
///
/// Tables are never reused, and a table removed from a tree is left unchanged, so a cached pointer to it still finds
/// what was valid when it was removed. Pages with an odd index in the root are global, the same in all spaces.
class ChangingTables {
 public:
  ChangingTables(std::shared_ptr<const PagingMode> mode, AddressSpaceId spaces, Dice& dice);

  const PagingMode& mode() const { return *mode_; }
  PhysicalMemory& memory() { return memory_; }
  PhysicalAddress root(AddressSpaceId space) const { return roots_[space]; }
  /// The pages in use, of the mode's smallest size.
  const std::vector<VirtualAddress>& pages() const { return pages_; }
  AddressSpaceId spaces() const { return static_cast<AddressSpaceId>(roots_.size()); }
  std::size_t page_of(VirtualAddress va) const;
  VirtualAddress random_place(Dice& dice) const;
  Invalidation random_invalidation(Dice& dice) const;

  /// Changes the mapping of that page and its neighbours: another frame, other rights, a larger or smaller page, other
  /// tables, or none.
  void change(AddressSpaceId space, std::size_t page);
  /// Makes an access possible, if it is not.
  void make_present(AddressSpaceId space, std::size_t page, Access access);
  /// From now on nothing covered by the invalidation is cached.
  void invalidated(const Invalidation& invalidation);

  /// Number of invalidations so far: the time of a request.
  std::uint64_t now() const { return now_; }
  /// Whether that result is allowed for an access requested at `since`.
  bool may_be(AddressSpaceId space, VirtualAddress va, Access access, const Answer& answer, std::uint64_t since) const;
  /// Whether it matches the current tables.
  bool is_current(AddressSpaceId space, VirtualAddress va, Access access, const Answer& answer) const;
  /// No access requested before now will be checked any more.
  void forget_the_past();
  std::string describe(AddressSpaceId space, VirtualAddress va, Access access, const Answer& answer) const;

 private:
  /// The result of the tables for a page.
  struct Outcome {
    bool present = false;
    PhysicalAddress page;
    Rights rights;
    std::uint64_t path = 0;  ///< identifies the tables on the path
    bool operator==(const Outcome& other) const;
  };
  struct Remembered {
    Outcome outcome;
    std::uint64_t until;       ///< requests from then on cannot see it
    std::uint64_t walk_until;  ///< requests from then on cannot find it by a walk, and so cannot fault on it
  };
  /// An entry of a table.
  struct Place {
    unsigned level = 0;
    PhysicalAddress table;
  };

  void pick_pages(Dice& dice);
  bool is_global(VirtualAddress va) const;
  bool same_block(VirtualAddress a, VirtualAddress b, unsigned level) const;
  Place descend(AddressSpaceId space, VirtualAddress va, unsigned level) const;
  Outcome outcome_of(AddressSpaceId space, VirtualAddress va) const;
  bool agrees(const Outcome& outcome, VirtualAddress va, Access access, const Answer& answer) const;
  EntryView view(const Place& place, VirtualAddress va) const;
  void write(const Place& place, VirtualAddress va, std::uint64_t entry);
  PhysicalAddress fresh_table(unsigned level);
  std::optional<std::uint64_t> fresh_leaf(unsigned level, VirtualAddress va, const Rights& rights);
  std::optional<std::uint64_t> random_leaf(unsigned level, VirtualAddress va);
  std::uint64_t fresh_pointer(unsigned level, VirtualAddress va);
  void note_outcomes();
  void end(std::vector<Remembered>& list, bool walks_only, bool of_this_path) const;

  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  Dice& dice_;
  std::uint64_t frames_begin_;
  std::uint64_t frames_bytes_;
  std::uint64_t frames_ = 0;
  std::uint64_t next_table_ = 0;
  std::vector<PhysicalAddress> roots_;
  std::vector<VirtualAddress> pages_;
  std::uint64_t now_ = 0;
  std::vector<std::vector<std::vector<Remembered>>> remembered_;  ///< [space][page], the current one last
};

}  // namespace tablewalk::test
