#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace tablewalk {

/// The result of reading a number at the start of a text.
enum class FieldResult { Good, NoDigits, TooLarge };

/// Value of a hexadecimal digit, or 255.
inline unsigned hex_digit(char c) {
  static constexpr auto values = [] {
    std::array<std::uint8_t, 256> table{};
    for (auto& value : table) value = 255;
    for (unsigned digit = 0; digit < 10; ++digit) table['0' + digit] = static_cast<std::uint8_t>(digit);
    for (unsigned digit = 0; digit < 6; ++digit) {
      table['a' + digit] = static_cast<std::uint8_t>(10 + digit);
      table['A' + digit] = static_cast<std::uint8_t>(10 + digit);
    }
    return table;
  }();
  return values[static_cast<unsigned char>(c)];
}

/// Whether `text` starts with a 0x prefix.
inline bool has_hex_prefix(std::string_view text) {
  return text.size() > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

/// Removes a hexadecimal number (without 0x) from the start of `text`.
inline FieldResult take_hex(std::string_view& text, std::uint64_t& value) {
  std::uint64_t result = 0;
  std::size_t used = 0;
  bool too_large = false;
  for (; used < text.size(); ++used) {
    const unsigned digit = hex_digit(text[used]);
    if (digit > 15) break;
    too_large = too_large || (result >> 60) != 0;
    result = result << 4 | digit;
  }
  text.remove_prefix(used);
  value = result;
  return used == 0 ? FieldResult::NoDigits : too_large ? FieldResult::TooLarge : FieldResult::Good;
}

/// Removes a decimal number from the start of `text`; beyond 64 bits it is the largest value, so that any range check
/// rejects it.
inline FieldResult take_decimal(std::string_view& text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end == text.data()) return FieldResult::NoDigits;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (error == std::errc{}) return FieldResult::Good;
  value = ~std::uint64_t{0};
  return FieldResult::TooLarge;
}

}  // namespace tablewalk
