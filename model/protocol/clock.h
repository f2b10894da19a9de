#pragma once

#include <array>
#include <systemc>

#include "base/types.h"

namespace tablewalk {

/// How the core's clock cycles map onto SystemC time: one cycle is one nanosecond of kernel time, whatever the core's
/// frequency; real nanoseconds exist only in the DRAM's configuration and are converted once. Modules act at the
/// beginning of a cycle; a core acts in the middle of it, after everything else in that cycle has happened.
namespace clock_period {
constexpr std::uint64_t units = 1000;  ///< of the kernel's default time resolution, 1 ps
constexpr std::uint64_t middle = units / 2;
}  // namespace clock_period

inline sc_core::sc_time start_of(Cycles cycle) {
  return sc_core::sc_time::from_value(cycle.count() * clock_period::units);
}
inline sc_core::sc_time duration_of(Cycles cycles) {
  return start_of(cycles);
}
inline Cycles whole_cycles(const sc_core::sc_time& duration) {
  return Cycles(duration.value() / clock_period::units);
}

/// The cycle that a point in time falls in.
inline Cycles cycle_of(const sc_core::sc_time& time) {
  return Cycles(time.value() / clock_period::units);
}

/// Makes durations without calling into the SystemC library, which the constructors of sc_time do: sums of durations
/// that were made once.
class CycleDurations {
 public:
  CycleDurations() {
    for (std::size_t digit = 0; digit < digits; ++digit) {
      for (std::size_t i = 0; i < radix; ++i) {
        table_[digit][i] = sc_core::sc_time::from_value(std::uint64_t{i} << (digit * digit_bits));
      }
    }
    for (std::size_t i = 0; i < few_; ++i) cycles_[i] = duration_of(Cycles(i));
  }

  /// Adds whole cycles.
  void add(sc_core::sc_time& time, std::uint64_t cycles) const {
    if (cycles < few_) {
      time += cycles_[cycles];
    } else {
      add_units(time, cycles * clock_period::units);
    }
  }
  /// Makes it a number of the kernel's units of time.
  void set(sc_core::sc_time& time, std::uint64_t units) const {
    time = table_[0][0];
    add_units(time, units);
  }

 private:
  static constexpr std::size_t digit_bits = 8;
  static constexpr std::size_t radix = std::size_t{1} << digit_bits;
  static constexpr std::size_t digits = 8;
  static constexpr std::size_t few_ = 128;

  void add_units(sc_core::sc_time& time, std::uint64_t units) const {
    for (std::size_t digit = 0; units != 0; ++digit, units >>= digit_bits) time += table_[digit][units % radix];
  }

  std::array<std::array<sc_core::sc_time, radix>, digits> table_;
  std::array<sc_core::sc_time, few_> cycles_;
};

}  // namespace tablewalk
