#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "trace/record.h"

namespace tablewalk {

/// All of a record except its address (size, distance, kind, privilege, asid), as the second of its two words.
inline std::uint64_t shape_of(const Record& record) {
  std::uint64_t shape = 0;
  std::memcpy(&shape, reinterpret_cast<const char*>(&record) + sizeof(std::uint64_t), sizeof(shape));
  return shape;
}
constexpr std::uint16_t size_in_shape(std::uint64_t shape) {
  return static_cast<std::uint16_t>(shape);
}
constexpr std::uint16_t distance_in_shape(std::uint64_t shape) {
  return static_cast<std::uint16_t>(shape >> 16);
}
constexpr std::uint8_t kind_in_shape(std::uint64_t shape) {
  return static_cast<std::uint8_t>(shape >> 32);
}
constexpr std::uint8_t privilege_in_shape(std::uint64_t shape) {
  return static_cast<std::uint8_t>(shape >> 40);
}
constexpr AddressSpaceId asid_in_shape(std::uint64_t shape) {
  return static_cast<AddressSpaceId>(shape >> 48);
}
/// Data accesses; and events, which are predicted like data accesses.
constexpr bool is_data_shape(std::uint64_t shape) {
  return kind_in_shape(shape) != 0;
}

/// How an address is predicted. Values are part of the native format.
enum class Guess : std::uint8_t {
  Favourite = 0,  ///< the guess that was right last time at this place
  Relative = 1,   ///< same distance from the reference as last time at this place
  Repeat = 2,     ///< same address as last time at this place
  Stride = 3,     ///< same stride as between the last two addresses at this place
};

/// Predicts the next record from what followed the last time the program was at this place. A place is the last fetched
/// address and the number of data accesses since. Writer and reader train one each with the same records, so only
/// mispredictions are stored. docs/trace-format.md has the full description.
class TwtPredictor {
 public:
  struct Entry {
    std::uint64_t shape = 0;
    std::uint64_t address = 0;
    std::uint64_t relative = 0;
    std::int32_t stride = 0;
    std::uint32_t favourite = static_cast<std::uint32_t>(Guess::Relative);
  };
  static_assert(sizeof(Entry) == 32, "two entries to a cache line");

  /// Memory use on the host: a full table of 512 KiB, or only the entries in use (a few hundred or thousand in most
  /// programs), which take a few host cycles more to find.
  enum class Memory : std::uint8_t { Fast, Small };

  explicit TwtPredictor(Memory memory = Memory::Fast)
      : numbers_(memory == Memory::Small ? table_entries : 0), small_(memory == Memory::Small) {}

  void reset() {
    std::fill(numbers_.begin(), numbers_.end(), std::uint16_t{0});
    entries_.assign(small_ ? 0 : table_entries, Entry{});
    position_ = {};
  }

  Memory memory() const { return small_ ? Memory::Small : Memory::Fast; }
  Entry& here() { return small_ ? at<Memory::Small>(position_) : at<Memory::Fast>(position_); }

  /// Where the program is.
  struct Position {
    std::uint64_t reference[2] = {0, 0};  ///< base addresses: after the last fetch, and the last data address
    std::uint64_t place = 0;              ///< of the last fetch
    std::uint64_t data_accesses = 0;
  };
  /// For a loop over records, which keeps the position in registers and calls at() and follow_favourite().
  const Position& position() const { return position_; }
  void move_to(const Position& position) { position_ = position; }
  /// As here() if the program is there, and that is its memory().
  template <Memory Size>
  Entry& at(const Position& position) {
    const std::size_t place = (position.place + position.data_accesses) & (table_entries - 1);
    return entries_[Size == Memory::Small ? number_of(place) : place];
  }

  /// The base address of an access of this shape.
  std::uint64_t reference(std::uint64_t shape) const { return position_.reference[is_data_shape(shape)]; }

  static std::uint64_t guess(const Entry& entry, std::uint64_t reference, std::uint32_t how) {
    if (how == static_cast<std::uint32_t>(Guess::Relative)) return reference + entry.relative;
    if (how == static_cast<std::uint32_t>(Guess::Repeat)) return entry.address;
    return entry.address + static_cast<std::uint64_t>(static_cast<std::int64_t>(entry.stride));
  }

  /// Trains with the actual record and moves to the place after it.
  void learn(Entry& entry, std::uint64_t shape, std::uint64_t address) {
    entry.shape = shape;
    is_data_shape(shape) ? learn_address<true>(position_, entry, address)
                         : learn_address<false>(position_, entry, address);
  }
  /// The address of the favourite guess for a record of the entry's shape, and learn() from it. `IsData`: as
  /// is_data_shape(), for a short path through the most frequent records.
  template <bool IsData>
  static std::uint64_t follow_favourite(Position& position, Entry& entry) {
    const std::uint64_t address = guess(entry, position.reference[IsData], entry.favourite);
    learn_address<IsData>(position, entry, address);
    return address;
  }

 private:
  static constexpr std::size_t table_entries = 1 << 14;
  static constexpr unsigned place_shift = 64 - 14;
  // Knuth's multiplicative hashing: 2^64 divided by the golden ratio, odd.
  static constexpr std::uint64_t place_multiplier = 0x9E3779B97F4A7C15ull;

  template <bool IsData>
  static void learn_address(Position& position, Entry& entry, std::uint64_t address) {
    const auto step = static_cast<std::int64_t>(address - entry.address);
    entry.relative = address - position.reference[IsData];
    entry.stride = step == static_cast<std::int32_t>(step) ? static_cast<std::int32_t>(step) : 0;
    entry.address = address;
    if (IsData) {
      position.reference[1] = address;
      // Beyond 15 the count alternates, so that loops inside one instruction (rep movs) keep load and store apart.
      position.data_accesses = position.data_accesses < 15 ? position.data_accesses + 1 : 14;
    } else {
      position.reference[0] = address + size_in_shape(entry.shape);
      position.place = (address * place_multiplier) >> place_shift;
      position.data_accesses = 0;
    }
  }
  std::size_t number_of(std::size_t place) {
    if (numbers_[place] == 0) {
      entries_.emplace_back();
      numbers_[place] = static_cast<std::uint16_t>(entries_.size());
    }
    return numbers_[place] - std::size_t{1};
  }

  std::vector<std::uint16_t> numbers_;  ///< if small: entry number of each place, from 1 in order of first use
  std::vector<Entry> entries_;
  bool small_;
  Position position_;
};

}  // namespace tablewalk
