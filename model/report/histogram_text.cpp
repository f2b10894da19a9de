#include "report/histogram_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t most_bins = 14;
constexpr std::size_t histogram_bar_width = 40;

/// The smallest of 1, 2, 5, 10, 20, 50 ... that is at least `value`.
std::uint64_t round_width(std::uint64_t value) {
  for (std::uint64_t decade = 1;; decade *= 10) {
    for (const std::uint64_t step : {1U, 2U, 5U}) {
      if (step * decade >= value) return step * decade;
    }
  }
}

/// The 99th percentile.
std::uint64_t slowest_ordinary(const StatSet::Distribution& distribution, std::uint64_t total) {
  std::uint64_t seen = 0;
  for (const auto& bucket : distribution.buckets) {
    seen += bucket.count;
    if (seen * 100 >= total * 99) return bucket.low;
  }
  return distribution.buckets.back().low;
}

}  // namespace

std::string histogram_text(const StatSet::Distribution& distribution, std::size_t indent) {
  std::uint64_t total = 0;
  for (const auto& bucket : distribution.buckets) total += bucket.count;
  if (total == 0) return "";
  const std::uint64_t low = distribution.buckets.front().low;
  const std::uint64_t high = slowest_ordinary(distribution, total);
  const std::uint64_t width = round_width((high - low) / most_bins + 1);
  const std::uint64_t start = low / width * width;
  const std::uint64_t tail_start = high / width * width + width;

  std::vector<std::uint64_t> bins(static_cast<std::size_t>((tail_start - start) / width) + 1);
  for (const auto& bucket : distribution.buckets) {
    bins[std::min(static_cast<std::size_t>((bucket.low - start) / width), bins.size() - 1)] += bucket.count;
  }
  const std::uint64_t highest = *std::max_element(bins.begin(), bins.end());
  std::string text;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const std::uint64_t edge = start + i * width;
    while (i + 2 < bins.size() && bins[i] == 0 && bins[i + 1] == 0) ++i;  // one row for empty neighbours
    const std::uint64_t end = start + (i + 1) * width - 1;
    const bool tail = i + 1 == bins.size();
    if (tail && bins[i] == 0) break;
    const std::string range = tail          ? fmt::format("{} and more", with_thousands(edge))
                              : edge == end ? with_thousands(edge)
                                            : fmt::format("{} - {}", with_thousands(edge), with_thousands(end));
    const double length = static_cast<double>(bins[i]) / static_cast<double>(highest) * histogram_bar_width;
    const std::string bar(static_cast<std::size_t>(std::ceil(length)), '#');
    std::string line =
        fmt::format("{:{}}{} {} {:6.2f} %  {}", "", indent, pad_left(range, 19), pad_left(with_thousands(bins[i]), 13),
                    100.0 * static_cast<double>(bins[i]) / static_cast<double>(total), bar);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace tablewalk
