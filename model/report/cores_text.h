#pragma once

#include <cstddef>
#include <string>

#include "stats/stat_set.h"

namespace tablewalk {

/// A table with a row for each core that has figures of its own; empty text if there is none. The columns `memory` and
/// `translation` are the shares of the core's cycles in which it stalled for these.
std::string cores_text(const StatSet& figures, std::size_t indent);

/// The figures of the machine: all but those of single cores.
StatSet without_single_cores(const StatSet& figures);

}  // namespace tablewalk
