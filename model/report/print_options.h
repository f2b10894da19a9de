#pragma once

#include <string>
#include <vector>

#include "stats/attribution.h"

namespace tablewalk {

enum class OutputFormat { Text, Json, Csv };

/// `text`, `json` or `csv`; throws InputError that names the nearest.
OutputFormat parse_output_format(const std::string& name);

struct PrintOptions {
  OutputFormat format = OutputFormat::Text;
  bool explain = false;                                    ///< text: a line of explanation under each key figure
  bool all = false;                                        ///< text: also rows of zeros, one by one
  bool colour = false;                                     ///< text: highlight headings (terminal escape sequences)
  std::size_t attribution_rows = Attribution::shown_rows;  ///< maximum rows of each attribution list; 0 is all
  std::vector<std::string> stats;  ///< comparisons: names, or prefixes such as `walker.*`; empty: the key figures
};

}  // namespace tablewalk
