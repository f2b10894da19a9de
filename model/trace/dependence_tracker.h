#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace tablewalk {

/// The number of a load or modify in its program, from 1; 0 is none.
using LoadNumber = std::uint64_t;

/// Numbers the loads of a trace and computes the distances for its records.
class LoadCount {
 public:
  static constexpr LoadNumber farthest =
      0xffff;  ///< the largest distance a record can hold; such a load has long retired

  /// The next record is a load: returns its number.
  LoadNumber next() { return ++loads_; }
  /// The loads so far are not in the trace.
  void leave_out() { left_out_ = loads_; }
  /// Record::distance of the next record if its address depends on `load`; 0 if that is none, or too far away.
  std::uint16_t distance_to(LoadNumber load) const {
    const LoadNumber distance = loads_ + 1 - load;
    return load > left_out_ && distance <= farthest ? static_cast<std::uint16_t>(distance) : std::uint16_t{0};
  }

 private:
  LoadNumber loads_ = 0;
  LoadNumber left_out_ = 0;
};

/// For each register, the load that its value depends on, directly or through computation: of several the newest, which
/// nearly always completes last.
template <std::size_t Registers>
class RegisterOrigins {
 public:
  LoadNumber of(std::size_t number) const { return origins_[number]; }
  void set(std::size_t number, LoadNumber origin) { origins_[number] = origin; }

  /// The newest origin of a set of registers (bit mask).
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
