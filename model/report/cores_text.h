#pragma once

#include <cstddef>
#include <string>

#include "stats/stat_set.h"

namespace tablewalk {

/// A table with a row for each core that has its own figures; empty if there is none. The columns `memory` and
/// `translation` are the shares of the core's cycles stalled for these.
std::string cores_text(const StatSet& figures, std::size_t indent);

/// The machine's figures: all except those of single cores.
StatSet without_single_cores(const StatSet& figures);

}  // namespace tablewalk
