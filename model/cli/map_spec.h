#pragma once

#include <string>

#include "paging/footprint.h"
#include "paging/translation.h"

namespace tablewalk {

/// A range with its rights, as given on the command line.
struct MapSpec {
  MappedRange range;
  Rights rights;
};

/// Parses the argument of `--map`, `VA:SIZE[:PAGE][:rwxu]`. Without PAGE the range's `page_bytes` is 0; without letters
/// it has every right. Throws InputError that names the option.
MapSpec parse_map(const std::string& spec);

}  // namespace tablewalk
