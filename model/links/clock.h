#pragma once

#include <systemc>

#include "base/types.h"

namespace tablewalk {

/// How the core's clock cycles map onto SystemC time: one cycle is one nanosecond of kernel time, whatever the core's
/// frequency; real nanoseconds exist only in the DRAM's configuration and are converted once.
namespace clock_period {
constexpr std::uint64_t units = 1000;  ///< of the kernel's default time resolution, 1 ps
}  // namespace clock_period

inline sc_core::sc_time start_of(Cycles cycle) {
  return sc_core::sc_time::from_value(cycle.count() * clock_period::units);
}

/// The cycle that a point in time falls in.
inline Cycles cycle_of(const sc_core::sc_time& time) {
  return Cycles(time.value() / clock_period::units);
}

}  // namespace tablewalk
