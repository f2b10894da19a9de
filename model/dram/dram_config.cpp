#include "dram/dram_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace tablewalk {
namespace {

const std::vector<std::string>& field_names() {
  static const std::vector<std::string> names = {"row", "rank", "bank", "channel", "column"};  // as AddressField
  return names;
}

}  // namespace

AddressOrder parse_address_mapping(const std::string& text) {
  static const std::string expected = "; expected row, rank, bank, channel and column, each once, joined by ':'";
  const std::vector<std::string>& names = field_names();
  std::vector<AddressField> fields;
  for (const std::string& word : split(text, ':')) {
    const auto found = std::find(names.begin(), names.end(), word);
    if (found == names.end()) {
      throw InputError("'" + text + "' has an unknown field '" + word + "'" + did_you_mean(word, names) + expected);
    }
    const auto field = static_cast<AddressField>(found - names.begin());
    if (std::find(fields.begin(), fields.end(), field) != fields.end()) {
      throw InputError("'" + text + "' names the field '" + word + "' twice" + expected);
    }
    fields.push_back(field);
  }
  AddressOrder order{};
  for (unsigned field = 0; field < address_field_count; ++field) {
    if (std::find(fields.begin(), fields.end(), static_cast<AddressField>(field)) == fields.end()) {
      throw InputError("'" + text + "' lacks the field '" + names[field] + "'" + expected);
    }
  }
  std::copy(fields.begin(), fields.end(), order.begin());
  return order;
}

std::string address_mapping_problem(const std::string& text) {
  try {
    parse_address_mapping(text);
    return {};
  } catch (const InputError& error) {
    return error.what();
  }
}

std::string duration_problem(double value, double least) {
  constexpr auto longest = static_cast<double>(largest::nanoseconds);
  if (std::isfinite(value) && value >= least && value <= longest) return {};
  return fmt::format("{} ns; expected {} to {}", value, least, longest);
}

}  // namespace tablewalk
