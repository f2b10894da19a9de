#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stats/stat_set.h"

namespace tablewalk {

/// `core3.`: what the names of that core's own figures begin with, where a machine has several.
std::string core_prefix(unsigned core);

/// The name with the prefix; one that begins with `core.` loses that word. With `core3.`, `dtlb.misses` becomes
/// `core3.dtlb.misses`, and `core.cycles` becomes `core3.cycles`. An empty prefix changes nothing.
std::string prefixed_name(const std::string& prefix, const std::string& name);

/// Whose figure a name is: `core3.dtlb.misses` is `dtlb.misses` of core 3.
struct CoreName {
  unsigned core = 0;
  std::string rest;  ///< behind the prefix; the figure's name on its core is this, or this behind `core.`
};
/// Nothing if the name is not one of a single core's.
std::optional<CoreName> core_name(const std::string& name);

/// The cores that have figures of their own, in ascending order; none if the machine has one core.
std::vector<unsigned> cores_of(const StatSet& figures);

}  // namespace tablewalk
