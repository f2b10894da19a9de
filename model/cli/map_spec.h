#pragma once

#include <string>

#include "paging/footprint.h"

namespace tablewalk {

/// Parses the argument of `--map`, `VA:SIZE[:PAGE]`; without PAGE the range's `page_bytes` is 0. Throws InputError that
/// names the option.
MappedRange parse_map(const std::string& spec);

}  // namespace tablewalk
