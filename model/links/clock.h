#pragma once

#include <systemc>

#include "base/types.h"

namespace tablewalk {

/// The mapping of core clock cycles to SystemC time: one cycle is one nanosecond of kernel time, whatever the core's
/// frequency. Real nanoseconds exist only in the DRAM configuration and are converted once.
namespace clock_period {
constexpr std::uint64_t units = 1000;  ///< kernel time units of 1 ps (the default resolution) per cycle
}  // namespace clock_period

inline sc_core::sc_time start_of(Cycles cycle) {
  return sc_core::sc_time::from_value(cycle.count() * clock_period::units);
}

/// The cycle that contains a point in time.
inline Cycles cycle_of(const sc_core::sc_time& time) {
  return Cycles(time.value() / clock_period::units);
}

}  // namespace tablewalk
