#pragma once

#include <string>

#include "base/types.h"

namespace tablewalk {

/// The part of a run for which all signals are written to an FST file.
struct WaveWindow {
  std::string path;                ///< empty: none
  Cycles from;                     ///< first cycle
  Cycles until = Cycles::never();  ///< one after the last cycle
};

}  // namespace tablewalk
