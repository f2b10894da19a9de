#pragma once

#include "cli/compare_points.h"
#include "system/machine_config.h"

namespace tablewalk {

/// The machine of a point. Errors in a varied value are reported as errors of --vary, although the loader sees them as
/// --set. Throws InputError.
MachineConfig load_point(const ComparePoint& point);

}  // namespace tablewalk
