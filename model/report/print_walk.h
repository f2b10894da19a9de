#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "paging/oracle_check.h"
#include "paging/walk_steps.h"
#include "report/print_options.h"

namespace tablewalk {

/// Walks of one address space.
struct WalkReport {
  std::shared_ptr<const PagingMode> mode;
  std::string source;            ///< where the tables are from: an image's path, or the mapped ranges
  std::uint64_t root_value = 0;  ///< of the root register
  std::vector<WalkSteps> walks;
};

/// Prints each walk with its address split, every entry decoded, and its result: as text, JSON, or CSV with a row per
/// entry read. `explain`: a line for each field of each entry.
void print_walks(const WalkReport& report, const PrintOptions& options, std::ostream& out);

/// The result of a comparison with an oracle, and the files compared.
struct OracleSummary {
  std::string mode;
  std::string oracle_path;
  std::string image_path;
  OracleReport report;
};

/// Prints the numbers of rows and checks, those of each column, and the first differences; as CSV, the columns.
void print_oracle(const OracleSummary& summary, const PrintOptions& options, std::ostream& out);

}  // namespace tablewalk
