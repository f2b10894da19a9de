#pragma once

#include <array>
#include <cstddef>
#include <unordered_map>
#include <vector>

#include "base/types.h"
#include "protocol/translation_request.h"

namespace tablewalk {

/// Counts by address, of a limited number of places. When there are too many, places become twice as large.
class PlaceCounts {
 public:
  struct Count {
    std::uint64_t times = 0;
    std::uint64_t cycles = 0;
    std::array<std::uint64_t, served_by_count> served{};
    void add(const Count& other);
  };
  struct Place {
    AddressSpaceId asid = 0;
    std::uint64_t address = 0;  ///< first byte
    Count count;
  };

  /// `shift`: log2 of a place's bytes at first.
  PlaceCounts(unsigned shift, std::size_t most) : shift_(shift), first_shift_(shift), most_(most) {}

  void add(AddressSpaceId asid, std::uint64_t address, const Count& count);
  void reset();
  /// log2 of a place's bytes.
  unsigned shift() const { return shift_; }
  /// By address space and address; a copy with larger places if there are more than `most`.
  std::vector<Place> places() const;
  PlaceCounts coarser(std::size_t most) const;

 private:
  struct Key {
    std::uint64_t number = 0;
    AddressSpaceId asid = 0;
    bool operator==(const Key& other) const { return number == other.number && asid == other.asid; }
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      const std::uint64_t mixed = (key.number + (std::uint64_t{key.asid} << 48)) * 0x9e3779b97f4a7c15U;
      return static_cast<std::size_t>(mixed ^ mixed >> 32);
    }
  };

  void coarsen();

  unsigned shift_;
  unsigned first_shift_;
  std::size_t most_;
  std::unordered_map<Key, Count, KeyHash> counts_;
};

}  // namespace tablewalk
