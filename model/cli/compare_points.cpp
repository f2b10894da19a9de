#include "cli/compare_points.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tablewalk {
namespace {

struct Variation {
  std::string key;
  std::vector<std::string> values;
};

/// Splits at commas outside of brackets, or at semicolons when there is one.
std::vector<std::string> split_values(const std::string& text) {
  const bool semicolons = text.find(';') != std::string::npos;
  std::vector<std::string> values(1);
  int depth = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (semicolons ? c == ';' : c == ',' && depth == 0) {
      values.emplace_back();
    } else {
      values.back() += c;
    }
  }
  // `radix:9,9/12@8;` is one value: the semicolon says that its commas are its own.
  if (semicolons && values.back().empty()) values.pop_back();
  return values;
}

Variation parse_variation(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw InputError(fmt::format("--vary {}: expected KEY=V1,V2,... or KEY=V1;V2;...", text));
  }
  Variation variation{text.substr(0, equals), split_values(text.substr(equals + 1))};
  for (const std::string& value : variation.values) {
    if (value.empty()) throw InputError(fmt::format("--vary {}: one of the values is empty", text));
  }
  return variation;
}

}  // namespace

std::vector<ComparePoint> compare_points(const std::vector<std::string>& configs,
                                         const std::vector<std::string>& overrides,
                                         const std::vector<std::string>& vary) {
  std::vector<ComparePoint> points;
  for (const std::string& config : configs) points.push_back({config, {config, overrides}, 0});
  if (points.empty()) points.push_back({"default", {"", overrides}, 0});
  const bool label_config = points.size() > 1 || vary.empty();
  if (!label_config) points.front().label.clear();

  for (const std::string& text : vary) {
    const Variation variation = parse_variation(text);
    std::vector<ComparePoint> combined;
    for (const ComparePoint& point : points) {
      for (const std::string& value : variation.values) {
        const std::string setting = variation.key + "=" + value;
        ComparePoint next = point;
        next.config.overrides.push_back(setting);
        ++next.varied;
        next.label += (next.label.empty() ? "" : " ") + (vary.size() == 1 ? value : setting);
        combined.push_back(std::move(next));
      }
    }
    points = std::move(combined);
  }
  return points;
}

}  // namespace tablewalk
