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
/// Pages with an odd index in the root (of other organisations: in an odd block of the largest page) are global, the
/// same in all spaces.
class ChangingTables {
 public:
  virtual ~ChangingTables() = default;
  ChangingTables(const ChangingTables&) = delete;
  ChangingTables& operator=(const ChangingTables&) = delete;

  const PagingMode& mode() const { return *mode_; }
  PhysicalMemory& memory() { return memory_; }
  virtual PhysicalAddress root(AddressSpaceId space) const = 0;
  /// The pages in use, of the mode's smallest size.
  const std::vector<VirtualAddress>& pages() const { return pages_; }
  AddressSpaceId spaces() const { return static_cast<AddressSpaceId>(remembered_.size()); }
  std::size_t page_of(VirtualAddress va) const;
  VirtualAddress random_place(Dice& dice) const;
  Invalidation random_invalidation(Dice& dice) const;

  /// Changes the mapping of that page and its neighbours: another frame, other rights, a larger or smaller page, other
  /// tables, or none.
  virtual void change(AddressSpaceId space, std::size_t page) = 0;
  /// Makes an access possible, if it is not.
  virtual void make_present(AddressSpaceId space, std::size_t page, Access access) = 0;
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

 protected:
  /// The result of the tables for a page.
  struct Outcome {
    bool present = false;
    PhysicalAddress page;
    Rights rights;
    std::uint64_t path = 0;  ///< identifies the tables on the path that a walk cache may know
    bool operator==(const Outcome& other) const;
  };

  ChangingTables(std::shared_ptr<const PagingMode> mode, AddressSpaceId spaces, Dice& dice);
  /// Picks the pages, which differ in few of the bits from `parts` on, lowest first, and maps them.
  void begin(const std::vector<LevelShape>& parts);

  virtual Outcome outcome_of(AddressSpaceId space, VirtualAddress va) const = 0;
  /// Must follow each change that a walk may see. `old_paths`: walk caches may still lead to the tables of before.
  void note_outcomes(bool old_paths = false);
  bool is_global(VirtualAddress va) const;
  /// A frame for a page of that many bytes that has not been used for long; none if memory has too few of them.
  std::optional<PhysicalAddress> fresh_frame(std::uint64_t bytes);
  /// Memory below is for tables.
  std::uint64_t frames_begin() const { return frames_begin_; }

  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  Dice& dice_;
  std::vector<VirtualAddress> pages_;

 private:
  struct Remembered {
    Outcome outcome;
    std::uint64_t until;       ///< requests from then on cannot see it
    std::uint64_t walk_until;  ///< requests from then on cannot find it by a walk, and so cannot fault on it
  };

  void pick_pages(const std::vector<LevelShape>& parts);
  bool agrees(const Outcome& outcome, VirtualAddress va, Access access, const Answer& answer) const;
  void end(std::vector<Remembered>& list, bool walks_only, bool of_this_path) const;

  std::uint64_t frames_begin_;
  std::uint64_t frames_bytes_;
  std::uint64_t frames_ = 0;
  std::uint64_t now_ = 0;
  std::vector<std::vector<std::vector<Remembered>>> remembered_;  ///< [space][page], the current one last
};

/// Of the mode's organisation, with the pages mapped.
std::unique_ptr<ChangingTables> make_changing_tables(const std::shared_ptr<const PagingMode>& mode,
                                                     AddressSpaceId spaces, Dice& dice);

}  // namespace tablewalk::test
