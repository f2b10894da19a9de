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

/// A number for people with its significant digits: 1,234.5, 12.34, 0.01234.
std::string humane_real(double value);

/// Terminal width of UTF-8 text: one column per code point.
std::size_t display_width(const std::string& text);

/// `text` padded with spaces to `width` columns, on the right or (`pad_left`) on the left.
std::string pad_right(const std::string& text, std::size_t width);
std::string pad_left(const std::string& text, std::size_t width);

/// `a`, `a or b`, `a, b or c`. At least one word.
std::string words_with_or(const std::vector<std::string>& words);

/// The parts of `text` between separators, some of them perhaps empty; at least one.
std::vector<std::string> split(std::string_view text, char separator);

/// `text` made safe for any terminal and JSON: valid UTF-8 unchanged, every other byte and every control character as
/// \xNN. A backslash before `xNN` becomes \x5c, so that the bytes can be recovered. With `lines`, line ends are kept.
std::string printable(std::string_view text, bool lines = false);

}  // namespace tablewalk
