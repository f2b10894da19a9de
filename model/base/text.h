#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tablewalk {

/// `1234567` as `1,234,567`.
std::string with_thousands(std::uint64_t value);

/// `0x7f1234000000` as `0x7f12_3400_0000`.
std::string grouped_hex(std::uint64_t value);

/// A number for people, at most 7 characters: `0`, `0.0123`, `45.2`, `123.4 k`, `12.3 M`.
std::string short_number(double value);

/// A number for people with the digits that matter: 1,234.5, 12.34, 0.01234.
std::string humane_real(double value);

/// Width on a terminal of UTF-8 text: one column for each code point.
std::size_t display_width(const std::string& text);

/// `text` filled with spaces to `width` columns, at its right or (`pad_left`) its left.
std::string pad_right(const std::string& text, std::size_t width);
std::string pad_left(const std::string& text, std::size_t width);

/// `a`, `a or b`, `a, b or c`. There is at least one.
std::string words_with_or(const std::vector<std::string>& words);

/// `text` as any terminal and any JSON can have it: valid UTF-8 as it is, every other byte and every control character
/// as \xNN. A backslash before `xNN` is \x5c, so that the bytes can be had back. With `lines`, line ends stay.
std::string printable(std::string_view text, bool lines = false);

}  // namespace tablewalk
