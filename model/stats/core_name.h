#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stats/stat_set.h"

namespace tablewalk {

/// `core3.`: the prefix of the names of that core's own figures if a machine has several cores.
std::string core_prefix(unsigned core);

/// The name with the prefix; a leading `core.` is dropped. With `core3.`, `dtlb.misses` becomes `core3.dtlb.misses`,
/// and `core.cycles` becomes `core3.cycles`. An empty prefix changes nothing.
std::string prefixed_name(const std::string& prefix, const std::string& name);

/// The core and figure of a name: `core3.dtlb.misses` is `dtlb.misses` of core 3.
struct CoreName {
  unsigned core = 0;
  std::string rest;  ///< after the prefix; the figure's name on its core is this, or `core.` and this
};
/// Nothing if the name is not that of a single core's figure.
std::optional<CoreName> core_name(const std::string& name);

/// The cores that have their own figures, in ascending order; none if the machine has one core.
std::vector<unsigned> cores_of(const StatSet& figures);

}  // namespace tablewalk
