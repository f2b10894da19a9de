#include "report/memory_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace tablewalk {
namespace {

constexpr double memory_bar_width = 30;

/// Neighbours in one: the state at the end, the largest working set, and the sums of what happened.
std::vector<MemorySample> joined(const std::vector<MemorySample>& samples, std::size_t most_rows) {
  const std::size_t each = (samples.size() + most_rows - 1) / most_rows;
  std::vector<MemorySample> rows;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i % each == 0) {
      rows.push_back(samples[i]);
      continue;
    }
    MemorySample sum = samples[i];
    const MemorySample& so_far = rows.back();
    sum.working_set = std::max(sum.working_set, so_far.working_set);
    sum.minor_faults += so_far.minor_faults;
    sum.major_faults += so_far.major_faults;
    sum.evictions += so_far.evictions;
    rows.back() = sum;
  }
  return rows;
}

}  // namespace

std::string memory_text(const std::vector<MemorySample>& samples, std::size_t indent, std::size_t most_rows) {
  const std::vector<MemorySample> rows = joined(samples, most_rows);
  std::uint64_t highest = 1;
  for (const MemorySample& row : rows) highest = std::max(highest, row.major_faults);
  std::string text = fmt::format("{:{}}{:>15} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}\n", "", indent, "to cycle",
                                 "reserved", "cached", "uncached", "frames", "working", "minor", "major");
  for (const MemorySample& row : rows) {
    const double length = static_cast<double>(row.major_faults) / static_cast<double>(highest) * memory_bar_width;
    std::string line =
        fmt::format("{:{}}{:>15} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}  {}", "", indent, with_thousands(row.cycle),
                    with_thousands(row.reserved), with_thousands(row.cached), with_thousands(row.uncached),
                    with_thousands(row.frames), with_thousands(row.working_set), with_thousands(row.minor_faults),
                    with_thousands(row.major_faults), std::string(static_cast<std::size_t>(std::ceil(length)), '#'));
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string memory_csv(const std::vector<MemorySample>& samples) {
  std::string text =
      "end_cycle,reserved_pages,cached_pages,uncached_pages,frames,working_set_pages,minor_faults,major_faults,"
      "evictions\n";
  for (const MemorySample& one : samples) {
    text += fmt::format("{},{},{},{},{},{},{},{},{}\n", one.cycle, one.reserved, one.cached, one.uncached, one.frames,
                        one.working_set, one.minor_faults, one.major_faults, one.evictions);
  }
  return text;
}

}  // namespace tablewalk
