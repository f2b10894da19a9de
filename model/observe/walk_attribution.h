#pragma once

#include <array>
#include <cstddef>
#include <unordered_map>

#include "protocol/observers.h"
#include "stats/attribution.h"

namespace tablewalk {

/// Sums up walks and their cycles by the region of virtual address space, by what the walker was doing, and by the
/// instruction that needed the translation.
class WalkAttribution final : public WalkObserver {
 public:
  /// Maximum regions, and instructions, counted separately, which bounds the memory. Later ones are counted together,
  /// so that the sums stay exact.
  static constexpr std::size_t default_rows = std::size_t{1} << 20;

  explicit WalkAttribution(std::size_t most_rows = default_rows) : regions_(most_rows), instructions_(most_rows) {}

  void walk_finished(const WalkRecord& walk) override;
  /// Resets all sums, at the end of a warm-up.
  void reset();
  Attribution result() const;

 private:
  struct Sum {
    std::uint64_t walks = 0;
    std::uint64_t cycles = 0;
    void add(std::uint64_t walk_cycles) {
      ++walks;
      cycles += walk_cycles;
    }
  };
  struct Place {
    std::uint64_t address = 0;
    AddressSpaceId asid = 0;
    bool operator==(const Place& other) const { return address == other.address && asid == other.asid; }
  };
  struct PlaceHash {
    std::size_t operator()(const Place& place) const;
  };
  /// Sums by address, of a limited number of addresses.
  class Places {
   public:
    explicit Places(std::size_t most) : most_(most) {}
    void add(const Place& place, std::uint64_t walk_cycles);
    void clear();
    /// `name_of` names an address.
    template <class Name>
    AttributedRows rows(Name name_of) const;

   private:
    std::size_t most_;
    std::unordered_map<Place, Sum, PlaceHash> sums_;
    Sum others_;
  };

  void add_parts(const WalkRecord& walk);
  AttributedRows level_rows() const;

  Sum all_;
  Places regions_;
  Places instructions_;
  Sum without_instruction_;  ///< before the trace's first fetch
  std::array<Sum, max_levels> levels_;
  Sum updates_;
  Sum waiting_;
  Sum steps_;
};

}  // namespace tablewalk
