#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace tablewalk {

/// A load or modify, by its place among those of a program, from 1; 0 is none.
using LoadNumber = std::uint64_t;

/// Numbers the loads of a trace, and says in its records how far before them a load is.
class LoadCount {
 public:
  static constexpr LoadNumber farthest = 0xffff;  ///< what a record can say; such a load has retired long before

  /// The next record is a load: its number.
  LoadNumber next() { return ++loads_; }
  /// The loads so far are not in the trace.
  void leave_out() { left_out_ = loads_; }
  /// Record::distance of the next record if its address comes from `load`; 0 if that is none, or too far away.
  std::uint16_t distance_to(LoadNumber load) const {
    const LoadNumber distance = loads_ + 1 - load;
    return load > left_out_ && distance <= farthest ? static_cast<std::uint16_t>(distance) : std::uint16_t{0};
  }

 private:
  LoadNumber loads_ = 0;
  LoadNumber left_out_ = 0;
};

/// From which load the value of each register comes, directly or through instructions that only compute: of several,
/// from the newest, which is nearly always the last to arrive.
template <std::size_t Registers>
class RegisterOrigins {
 public:
  LoadNumber of(std::size_t number) const { return origins_[number]; }
  void set(std::size_t number, LoadNumber origin) { origins_[number] = origin; }

  /// The newest origin of a set of registers, each a bit.
  LoadNumber newest(std::uint64_t set) const {
    LoadNumber newest = 0;
    for (; set != 0; set &= set - 1) newest = std::max(newest, of(lowest(set)));
    return newest;
  }
  void set_all(std::uint64_t set, LoadNumber origin) {
    for (; set != 0; set &= set - 1) origins_[lowest(set)] = origin;
  }

 private:
  static std::size_t lowest(std::uint64_t set) { return static_cast<std::size_t>(__builtin_ctzll(set)); }

  std::array<LoadNumber, Registers> origins_{};
};

}  // namespace tablewalk
