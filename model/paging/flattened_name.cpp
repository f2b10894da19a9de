#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "paging/flattened_mode.h"
#include "paging/radix_mode.h"

namespace tablewalk {
namespace {

constexpr const char* form = "the form is flattened:B1+B2,B3,.../OFFSET@8, such as flattened:9+9,9+9/12@8";
constexpr unsigned least_index_bits = 3;  // a table of 64 bytes, which an entry can point to
constexpr unsigned most_merged_bits = 30;

}  // namespace

/// Numbers, separators and sums are checked as those of the radix mode with the same levels.
std::shared_ptr<const PagingMode> make_flattened_mode(const std::string& name, const std::string& description) {
  std::string split = description;
  std::vector<bool> joined;  // with the level before it, by level from the root
  const auto fail = [&](const std::string& problem) {
    return InputError(fmt::format("page-table mode '{}': {} ({})", name, problem, form));
  };
  joined.push_back(false);
  for (char& c : split) {
    if (c == '/') break;
    if (c == ',' || c == '+') joined.push_back(c == '+');
    if (c == '+') c = ',';
  }
  const auto radix = make_radix_mode(name, split);
  if (radix->entry_bytes() != 8) throw fail("entries of 4 bytes: expected 8");
  if (radix->offset_bits() < 6) throw fail(fmt::format("{} offset bits: expected 6 to 30", radix->offset_bits()));
  std::vector<FlattenedMode::Group> groups;
  for (unsigned i = 0; i < radix->levels(); ++i) {
    const unsigned bits = radix->level(radix->root_level() - i).index_bits;
    if (bits < least_index_bits) throw fail(fmt::format("{} index bits: expected at least {}", bits, least_index_bits));
    if (!joined[i]) {
      groups.push_back({bits});
      continue;
    }
    groups.back().push_back(bits);
    if (groups.back().size() > 2) throw fail("three levels in one table: expected one or two");
    const unsigned both = groups.back()[0] + groups.back()[1];
    if (both > most_merged_bits) {
      throw fail(fmt::format("{} index bits in one table: expected at most {}", both, most_merged_bits));
    }
  }
  return std::make_shared<FlattenedMode>(name, groups, radix->offset_bits());
}

}  // namespace tablewalk
