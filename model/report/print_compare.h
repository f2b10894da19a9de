#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "report/print_options.h"
#include "stats/result.h"

namespace tablewalk {

/// A result and its column label.
struct LabelledResult {
  std::string label;
  RunResult result;
};

/// Results side by side: figures as rows, with their ratio to the first result. JSON has the whole results, CSV every
/// figure (or those selected). Throws InputError for a selected figure that no result has.
void print_compare(const std::vector<LabelledResult>& results, const PrintOptions& options, std::ostream& out);

}  // namespace tablewalk
