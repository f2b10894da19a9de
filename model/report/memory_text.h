#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "stats/memory_sample.h"

namespace tablewalk {

/// The memory over time as a table with a bar of each interval's major faults. Intervals are joined so that at most
/// `most_rows` are left.
std::string memory_text(const std::vector<MemorySample>& samples, std::size_t indent, std::size_t most_rows = 20);
/// One row per interval, with a header. Columns: docs/user-guide.md.
std::string memory_csv(const std::vector<MemorySample>& samples);

}  // namespace tablewalk
