#pragma once

#include <set>
#include <string>
#include <vector>

#include "stats/stat_set.h"

namespace tablewalk {

/// Which figures are in a table or on a page: names, or prefixes such as `walker.*`; none: the key figures.
class FigureChoice {
 public:
  explicit FigureChoice(const std::vector<std::string>& patterns)
      : patterns_(patterns), used_(patterns.size(), false) {}

  bool takes(const StatSet::Figure& figure);
  /// Throws InputError that names the nearest figure if one of the patterns has selected nothing.
  void refuse_unused() const;

 private:
  const std::vector<std::string>& patterns_;
  std::vector<bool> used_;
  std::set<std::string> names_;
};

}  // namespace tablewalk
