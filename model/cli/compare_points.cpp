#include "cli/compare_points.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/text.h"

namespace tablewalk {
namespace {

constexpr std::size_t most_points = 10000;

struct Variation {
  std::string key;
  std::vector<std::string> values;
};

/// Whether the comma at `place`, which ends `value`, is part of a radix mode: commas between its index bits are, up to
/// its `@`.
bool in_radix_split(const std::string& value, const std::string& text, std::size_t place) {
  const bool more_bits = place + 1 < text.size() && text[place + 1] >= '0' && text[place + 1] <= '9';
  return more_bits && value.rfind("radix:", 0) == 0 && value.find('@') == std::string::npos;
}

/// Splits at commas outside brackets and radix modes, or at semicolons if there are any.
std::vector<std::string> split_values(const std::string& text) {
  const bool semicolons = text.find(';') != std::string::npos;
  std::vector<std::string> values(1);
  int depth = 0;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const char c = text[place];
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    const bool splits = semicolons ? c == ';' : c == ',' && depth == 0 && !in_radix_split(values.back(), text, place);
    if (splits) {
      values.emplace_back();
    } else {
      values.back() += c;
    }
  }
  // `4K,2M;` is one value: the semicolon makes its commas part of the value.
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

/// Each key only once: a later list would replace the values of an earlier one.
std::vector<Variation> parse_variations(const std::vector<std::string>& vary) {
  std::vector<Variation> variations;
  for (const std::string& text : vary) {
    Variation variation = parse_variation(text);
    for (const Variation& before : variations) {
      if (before.key != variation.key) continue;
      throw InputError(
          fmt::format("--vary {}: the key is varied twice: expected all its values in one list, --vary {}={},{}", text,
                      variation.key, fmt::join(before.values, ","), fmt::join(variation.values, ",")));
    }
    variations.push_back(std::move(variation));
  }
  return variations;
}

}  // namespace

std::vector<ComparePoint> compare_points(const std::vector<std::string>& configs,
                                         const std::vector<std::string>& overrides,
                                         const std::vector<std::string>& vary) {
  std::vector<ComparePoint> points;
  for (const std::string& config : configs) points.push_back({printable(config), {}, {config, overrides}, 0});
  if (points.empty()) points.push_back({"default", {}, {"", overrides}, 0});
  const bool label_config = points.size() > 1 || vary.empty();
  if (!label_config) points.front().label.clear();
  for (ComparePoint& point : points) point.name = point.label;

  for (const Variation& variation : parse_variations(vary)) {
    const std::size_t count = points.size() * variation.values.size();
    if (count > most_points) {
      throw InputError(fmt::format("--vary {}: its {} values make {} machines: expected at most {} in all",
                                   variation.key, variation.values.size(), count, most_points));
    }
    std::vector<ComparePoint> combined;
    for (const ComparePoint& point : points) {
      for (const std::string& value : variation.values) {
        const std::string setting = variation.key + "=" + value;
        ComparePoint next = point;
        next.config.overrides.push_back(setting);
        ++next.varied;
        const auto add = [](std::string& text, const std::string& word) { text += (text.empty() ? "" : " ") + word; };
        add(next.label, printable(vary.size() == 1 ? value : setting));
        add(next.name, printable(setting));
        combined.push_back(std::move(next));
      }
    }
    points = std::move(combined);
  }
  return points;
}

}  // namespace tablewalk
