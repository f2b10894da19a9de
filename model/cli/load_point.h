#pragma once

#include "cli/compare_points.h"
#include "system/machine_config.h"

namespace tablewalk {

/// The machine of a point. A problem with a varied value is one of --vary, whatever the loader took it for.
/// Throws InputError.
MachineConfig load_point(const ComparePoint& point);

}  // namespace tablewalk
