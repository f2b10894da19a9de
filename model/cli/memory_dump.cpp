#include "cli/memory_dump.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/units.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t bytes_per_line = 16;
constexpr std::uint64_t most_bytes = 64 << 10;

}  // namespace

DumpRange parse_dump(const std::string& spec) {
  const auto fail = [&](const std::string& problem) { return InputError(fmt::format("--dump {}: {}", spec, problem)); };
  const std::size_t colon = spec.find(':');
  if (colon == std::string::npos) throw fail("expected PA:SIZE, such as 0x1000:64");
  DumpRange range;
  try {
    range.first = PhysicalAddress(parse_integer(spec.substr(0, colon)));
    range.bytes = parse_byte_size(spec.substr(colon + 1)).bytes;
  } catch (const InputError& error) {
    throw fail(error.what());
  }
  if (range.bytes == 0 || range.bytes > most_bytes) {
    throw fail(fmt::format("expected a size of 1 to {} bytes", most_bytes));
  }
  if (range.first.value() > ~std::uint64_t{0} - (range.bytes - 1)) throw fail("ends beyond 64 bits of address");
  return range;
}

std::string memory_dump(const PhysicalMemory& memory, const DumpRange& range, const MemoryImage* image) {
  const std::uint64_t last = range.first.value() + (range.bytes - 1);
  const std::size_t width = fmt::format("{:#x}", last).size();
  std::string text;
  for (std::uint64_t offset = 0; offset < range.bytes; offset += bytes_per_line) {
    text += fmt::format("{:>{}} ", fmt::format("{:#x}", range.first.value() + offset), width);
    for (std::uint64_t i = offset; i < std::min(offset + bytes_per_line, range.bytes); ++i) {
      const PhysicalAddress at = range.first + i;
      const bool known = image == nullptr || image->coverage.at(at) != ImageHolds::Nothing;
      text += i % 8 == 0 && i != offset ? "  " : " ";
      text += known ? fmt::format("{:02x}", memory.read(at, 1)) : "--";
    }
    text += '\n';
  }
  return text;
}

}  // namespace tablewalk
