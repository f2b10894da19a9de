#pragma once

#include <string>
#include <vector>

#include "config/loader.h"

namespace tablewalk {

/// One column of a comparison.
struct ComparePoint {
  std::string label;  ///< of a column: without the key if only one varies
  std::string name;   ///< of a page: with it
  ConfigSource config;
  std::size_t varied = 0;  ///< how many of its overrides (the last ones) come from `vary`
};

/// All combinations of `configs` (none: the defaults) and the `vary` lists `KEY=V1,V2,...` (or `KEY=V1;V2` for values
/// that contain commas), the last list varying fastest; `overrides` apply to all. Throws InputError.
std::vector<ComparePoint> compare_points(const std::vector<std::string>& configs,
                                         const std::vector<std::string>& overrides,
                                         const std::vector<std::string>& vary);

}  // namespace tablewalk
