#pragma once

#include <string>

#include "base/types.h"

namespace tablewalk {

/// Which part of a run is written to an FST file of all wires.
struct WaveWindow {
  std::string path;                ///< empty: none
  Cycles from;                     ///< the first cycle
  Cycles until = Cycles::never();  ///< and the one after the last
};

}  // namespace tablewalk
