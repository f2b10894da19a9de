#include "cli/map_spec.h"

#include <fmt/format.h>

#include <vector>

#include "base/error.h"
#include "base/units.h"

namespace tablewalk {
namespace {

std::vector<std::string> split_at_colons(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ':') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

MappedRange parse_map(const std::string& spec) {
  const std::vector<std::string> parts = split_at_colons(spec);
  const auto fail = [&](const std::string& problem) -> InputError {
    return InputError(fmt::format("--map {}: {}", spec, problem));
  };
  if (parts.size() != 2 && parts.size() != 3) throw fail("expected VA:SIZE or VA:SIZE:PAGE, such as 0x400000:4M:2M");
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;
  std::uint64_t page = 0;
  try {
    first = parse_integer(parts[0]);
    bytes = parse_byte_size(parts[1]).bytes;
    if (parts.size() == 3) page = parse_byte_size(parts[2]).bytes;
  } catch (const InputError& error) {
    throw fail(error.what());
  }
  if (bytes == 0) throw fail("expected a size of at least 1 byte");
  if (first > ~std::uint64_t{0} - (bytes - 1)) throw fail("ends beyond the 64-bit address space");
  if (parts.size() == 3 && !is_power_of_two(page)) throw fail("expected a page size that is a power of two");
  if (page != 0 && (first % page != 0 || bytes % page != 0)) throw fail("expected VA and SIZE in whole pages");
  return {VirtualAddress(first), VirtualAddress(first + (bytes - 1)), page};
}

}  // namespace tablewalk
