#include "system/spec_items.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t largest_number = std::uint64_t{1} << 40;

}  // namespace

SpecItems::SpecItems(std::string option, const std::vector<std::string>& keys, const std::string& text)
    : option_(std::move(option)) {
  std::istringstream stream(text);
  for (std::string item; std::getline(stream, item, ',');) {
    const std::size_t equals = item.find('=');
    const std::string key = item.substr(0, equals);
    if (equals == std::string::npos || std::find(keys.begin(), keys.end(), key) == keys.end()) {
      throw InputError(fmt::format("{}: '{}': expected KEY=VALUE with {}{}", option_, printable(item),
                                   fmt::join(keys, ", "), did_you_mean(key, keys)));
    }
    if (!items_.emplace(key, item.substr(equals + 1)).second) {
      throw InputError(fmt::format("{}: {} is given twice; expected it once", option_, key));
    }
  }
}

std::optional<std::uint64_t> SpecItems::number(const std::string& key) const {
  const auto found = items_.find(key);
  if (found == items_.end()) return std::nullopt;
  std::uint64_t value = largest_number + 1;
  try {
    value = parse_count(found->second);
  } catch (const InputError&) {  // reported below
  }
  if (value <= largest_number) return value;
  throw InputError(fmt::format("{}: {}={}: expected a whole number up to 2^40, such as 500, 250K or 4M", option_, key,
                               printable(found->second)));
}

std::optional<Between> SpecItems::between(const std::vector<std::string>& allowed) const {
  const auto found = items_.find("between");
  if (found == items_.end()) return std::nullopt;
  const std::string& text = found->second;
  if (std::find(allowed.begin(), allowed.end(), text) == allowed.end()) {
    const std::vector<std::string> first(allowed.begin(), allowed.end() - 1);
    throw InputError(fmt::format("{}: between={}: expected {} or {}{}", option_, printable(text),
                                 fmt::join(first, ", "), allowed.back(), did_you_mean(text, allowed)));
  }
  return text == "warm" ? Between::Warm : text == "skip" ? Between::Skip : Between::Time;
}

std::optional<std::uint64_t> SpecItems::number_with_skip(const std::string& key, Between between) const {
  const std::optional<std::uint64_t> records = number(key);
  if (records && between != Between::Skip) {
    throw InputError(fmt::format("{}: {} without between=skip: expected both", option_, key));
  }
  return records;
}

}  // namespace tablewalk
