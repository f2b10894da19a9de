#include "base/units.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <limits>

#include "base/error.h"
#include "base/types.h"

namespace tablewalk {
namespace {

constexpr std::string_view suffixes = "KMGTPE";

/// The shift of a suffix (`K`, `KiB`, `KB`, in either case); -1 if it is not a suffix.
int suffix_shift(std::string_view suffix) {
  if (suffix.empty() || suffix == "B") return 0;
  const char letter = static_cast<char>(std::toupper(static_cast<unsigned char>(suffix.front())));
  const std::size_t index = suffixes.find(letter);
  const std::string_view rest = suffix.substr(1);
  if (index == std::string_view::npos || !(rest.empty() || rest == "iB" || rest == "B")) return -1;
  return static_cast<int>(10 * (index + 1));
}

/// Parses the digits at the start of `text` and removes them; false if there are none or they overflow.
bool take_integer(std::string_view& text, std::uint64_t& value) {
  const bool hexadecimal = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  if (hexadecimal) text.remove_prefix(2);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

ByteSize parse_byte_size(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t value = 0;
  const bool has_digits = take_integer(rest, value);
  const int shift = has_digits ? suffix_shift(rest) : -1;
  if (shift < 0 || (value != 0 && log2_floor(value) + static_cast<unsigned>(shift) > 63)) {
    throw InputError(fmt::format("'{}' is not a size: expected bytes such as 4096, 0x1000, 4K, 2M or 1G", text));
  }
  return ByteSize{value << shift};
}

std::string format_byte_size(ByteSize size) {
  unsigned steps = 0;
  std::uint64_t value = size.bytes;
  while (value != 0 && value % 1024 == 0 && steps < suffixes.size()) {
    value /= 1024;
    ++steps;
  }
  return steps == 0 ? std::to_string(value) : fmt::format("{}{}", value, suffixes[steps - 1]);
}

std::string humane_byte_size(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  const unsigned steps = log2_floor(bytes) / 10;
  const double scaled = static_cast<double>(bytes) / static_cast<double>(std::uint64_t{1} << (10 * steps));
  const char suffix = suffixes[steps - 1];
  const bool exact = scaled == static_cast<double>(static_cast<std::uint64_t>(scaled));
  return exact ? fmt::format("{:.0f} {}iB", scaled, suffix) : fmt::format("{:.1f} {}iB", scaled, suffix);
}

std::uint64_t parse_integer(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t value = 0;
  if (!take_integer(rest, value) || !rest.empty()) {
    throw InputError(fmt::format("'{}' is not a whole number: expected decimal, or hexadecimal after 0x", text));
  }
  return value;
}

std::uint64_t parse_count(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t value = 0;
  bool good = take_integer(rest, value) && rest.size() <= 1;
  if (good && !rest.empty()) {
    const std::size_t thousands =
        std::string_view("KMGT").find(static_cast<char>(std::toupper(static_cast<unsigned char>(rest.front()))));
    good = thousands != std::string_view::npos;
    for (std::size_t i = 0; good && i <= thousands; ++i) {
      good = value <= std::numeric_limits<std::uint64_t>::max() / 1000;
      value *= 1000;
    }
  }
  if (good) return value;
  throw InputError(fmt::format("'{}' is not a count: expected a whole number, or one such as 250K, 4M or 1G", text));
}

}  // namespace tablewalk
