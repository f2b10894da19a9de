#pragma once

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
inline sc_core::sc_time middle_of(Cycles cycle) {
  return sc_core::sc_time::from_value(cycle.count() * clock_period::units + clock_period::middle);
}
inline sc_core::sc_time duration_of(Cycles cycles) { return start_of(cycles); }
/// The cycle that a point in time falls in.
inline Cycles cycle_of(const sc_core::sc_time& time) { return Cycles(time.value() / clock_period::units); }

}  // namespace tablewalk
