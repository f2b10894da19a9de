#include "cli/map_spec.h"

#include <fmt/format.h>

#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"

namespace tablewalk {
namespace {

/// Whether the part can only be meant as rights: sizes begin with a digit.
bool has_rights(const std::string& part) {
  return !part.empty() && part.find_first_of("0123456789") == std::string::npos;
}

Rights parse_rights(const std::string& letters) {
  const auto has = [&](char right) { return letters.find(right) != std::string::npos; };
  for (const char right : letters) {
    if (std::string("rwxu").find(right) == std::string::npos || letters.find(right) != letters.rfind(right)) {
      throw InputError(
          fmt::format("rights '{}': expected some of the letters r, w, x and u (user), each once", letters));
    }
  }
  Rights rights;
  rights.read = has('r');
  rights.write = has('w');
  rights.execute = has('x');
  rights.privileged_execute = has('x');
  rights.user = has('u');
  return rights;
}

}  // namespace

MapSpec parse_map(const std::string& spec) {
  const std::vector<std::string> parts = split(spec, ':');
  const auto fail = [&](const std::string& problem) -> InputError {
    return InputError(fmt::format("--map {}: {}", spec, problem));
  };
  const bool rights_given = parts.size() > 2 && has_rights(parts.back());
  const std::size_t sizes = parts.size() - (rights_given ? 1 : 0);
  if (sizes != 2 && sizes != 3) throw fail("expected VA:SIZE[:PAGE][:rwxu], such as 0x400000:4M:2M or 0x1000:4K:rxu");
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;
  std::uint64_t page = 0;
  Rights rights;
  try {
    first = parse_integer(parts[0]);
    bytes = parse_byte_size(parts[1]).bytes;
    if (sizes == 3) page = parse_byte_size(parts[2]).bytes;
    if (rights_given) rights = parse_rights(parts.back());
  } catch (const InputError& error) {
    throw fail(error.what());
  }
  if (bytes == 0) throw fail("expected a size of at least 1 byte");
  if (first > ~std::uint64_t{0} - (bytes - 1)) throw fail("ends beyond the 64-bit address space");
  if (sizes == 3 && !is_power_of_two(page)) throw fail("expected a page size that is a power of two");
  if (page != 0 && (first % page != 0 || bytes % page != 0)) throw fail("expected VA and SIZE in whole pages");
  return {{VirtualAddress(first), VirtualAddress(first + (bytes - 1)), page}, rights};
}

}  // namespace tablewalk
