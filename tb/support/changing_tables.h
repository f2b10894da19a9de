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

/// The page tables of a few address spaces, changed again and again under a machine that remembers parts of them; and
/// which answers the machine may give: an access sees the tables as they are, or as they were at some time since the
/// last invalidation that covers its page. Knows nothing of the machine, nor of the walk in paging/.
///
/// Tables are never used twice, and one that no longer hangs in a tree is left as it is: so whoever still has a pointer
/// to it finds what was true when it left. Pages with an odd index in the root are global, the same in all spaces.
class ChangingTables {
 public:
  ChangingTables(std::shared_ptr<const PagingMode> mode, AddressSpaceId spaces, Dice& dice);

  const PagingMode& mode() const { return *mode_; }
  PhysicalMemory& memory() { return memory_; }
  PhysicalAddress root(AddressSpaceId space) const { return roots_[space]; }
  /// The pages that are looked at, of the mode's smallest size.
  const std::vector<VirtualAddress>& pages() const { return pages_; }
  AddressSpaceId spaces() const { return static_cast<AddressSpaceId>(roots_.size()); }
  std::size_t page_of(VirtualAddress va) const;
  VirtualAddress random_place(Dice& dice) const;
  Invalidation random_invalidation(Dice& dice) const;

  /// Another frame, other rights, a larger or smaller page, other tables, or none, for that page and its neighbours.
  void change(AddressSpaceId space, std::size_t page);
  /// Makes an access possible, if it is not.
  void make_present(AddressSpaceId space, std::size_t page, Access access);
  /// From now on nobody remembers what that covers.
  void invalidated(const Invalidation& invalidation);

  /// Counts the invalidations: when an access is asked for.
  std::uint64_t now() const { return now_; }
  /// Whether an access that was asked for at `since` may have been answered so.
  bool may_be(AddressSpaceId space, VirtualAddress va, Access access, const Answer& answer, std::uint64_t since) const;
  /// Whether it is what the tables say now.
  bool is_current(AddressSpaceId space, VirtualAddress va, Access access, const Answer& answer) const;
  /// No access that was asked for before now will be asked about any more.
  void forget_the_past();
  std::string describe(AddressSpaceId space, VirtualAddress va, Access access, const Answer& answer) const;

 private:
  /// What the tables say of a page.
  struct Outcome {
    bool present = false;
    PhysicalAddress page;
    Rights rights;
    std::uint64_t path = 0;  ///< which tables led there
    bool operator==(const Outcome& other) const;
  };
  struct Remembered {
    Outcome outcome;
    std::uint64_t until;       ///< those who ask from then on cannot see it
    std::uint64_t walk_until;  ///< those who ask from then on cannot find it by a walk, and so not fault on it
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
