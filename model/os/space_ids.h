#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/types.h"
#include "os/process_config.h"

namespace tablewalk {

/// Gives address spaces the ids that tag TLB entries. An id may only be reused where no TLB entry has it any more:
/// enter() says what the core must flush first.
class SpaceIds {
 public:
  enum class Flush : std::uint8_t { None, Id, All };
  struct Entered {
    AddressSpaceId id = 0;
    Flush flush = Flush::None;
    std::optional<AddressSpaceId> evicted;  ///< the address space that had the id on this core
    bool rollover = false;                  ///< all ids were given anew
  };

  SpaceIds(const AsidConfig& config, unsigned cores);

  bool are_those_of_the_trace() const { return kind_ == AsidKind::Trace; }
  /// The core switches to the address space.
  Entered enter(unsigned core, AddressSpaceId space);
  /// With which the core's TLBs may have entries of the address space; none: they have no entries that may be used.
  std::optional<AddressSpaceId> id_of(unsigned core, AddressSpaceId space) const;

 private:
  Entered enter_slot(unsigned core, AddressSpaceId space);
  Entered enter_generation(unsigned core, AddressSpaceId space);
  void roll_over();

  /// Ids of one core, from 1 on, in slots.
  struct Slots {
    std::vector<std::optional<AddressSpaceId>> spaces;
    std::uint32_t next = 0;
  };
  struct Given {
    AddressSpaceId id = 0;
    std::uint64_t generation = 0;
  };

  AsidKind kind_;
  std::uint32_t count_;
  std::vector<Slots> slots_;  ///< PerCore: by core
  // PerMachine.
  std::uint64_t generation_ = 1;
  std::unordered_map<AddressSpaceId, Given> given_;     ///< by address space
  std::vector<bool> used_;                              ///< by id, in this generation
  std::uint32_t next_ = 1;                              ///< where to look for a free id
  std::vector<std::optional<AddressSpaceId>> running_;  ///< by core; it keeps its id
  std::vector<bool> must_flush_;                        ///< by core, before its next switch
};

}  // namespace tablewalk
