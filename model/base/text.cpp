#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tablewalk {

std::string with_thousands(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t left = text.size(); left > 3; left -= 3) text.insert(left - 3, ",");
  return text;
}

std::string grouped_hex(std::uint64_t value) {
  std::string text = fmt::format("{:x}", value);
  for (std::size_t left = text.size(); left > 4; left -= 4) text.insert(left - 4, "_");
  return "0x" + text;
}

std::string short_number(double value) {
  if (value == 0) return "0";
  static constexpr const char* suffixes[] = {"", " k", " M", " G", " T", " P", " E"};
  double scaled = value;
  unsigned step = 0;
  while (std::fabs(scaled) >= 999.95 && step < 6) {
    scaled /= 1000;
    ++step;
  }
  if (step == 0 && scaled == std::floor(scaled)) return fmt::format("{:.0f}", scaled);
  if (step > 0 || std::fabs(scaled) >= 1)
    return fmt::format("{:.{}f}{}", scaled, std::fabs(scaled) >= 9.995 ? 1 : 2, suffixes[step]);
  return fmt::format("{:.3g}", scaled);
}

std::string humane_real(double value) {
  if (value == 0) return "0";
  const double size = std::fabs(value);
  if (size >= 999.95) {
    const double rounded = std::round(size * 10);
    const std::string whole = with_thousands(static_cast<std::uint64_t>(rounded / 10));
    return fmt::format("{}{}.{}", value < 0 ? "-" : "", whole, static_cast<std::uint64_t>(rounded) % 10);
  }
  if (size >= 100) return fmt::format("{:.1f}", value);
  if (size >= 1) return fmt::format("{:.2f}", value);
  return fmt::format("{:.3g}", value);
}

namespace {

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Length of the UTF-8 sequence at the start of `text` (RFC 3629: shortest form, no surrogates); 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool impossible = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return overlong || impossible ? 0 : length;
}

/// C0 and C1 control characters and DEL, which may move a terminal's cursor.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return character.size() == 2 && first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

}  // namespace

std::string words_with_or(const std::vector<std::string>& words) {
  std::string text = words.front();
  for (std::size_t i = 1; i < words.size(); ++i) text += (i + 1 == words.size() ? " or " : ", ") + words[i];
  return text;
}

std::string printable(std::string_view text, bool lines) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    const bool line_end = lines && (character == "\n" || character == "\t");
    const bool escape = character == "\\" && text.size() > 3 && text[1] == 'x' && is_hex(text[2]) && is_hex(text[3]);
    if (length == 0 || escape || (is_control(character) && !line_end)) {
      for (const char c : character) shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      shown += character;
    }
    text.remove_prefix(character.size());
  }
  return shown;
}

std::size_t display_width(const std::string& text) {
  std::size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return width;
}

std::string pad_right(const std::string& text, std::size_t width) {
  const std::size_t used = display_width(text);
  return used >= width ? text : text + std::string(width - used, ' ');
}

std::string pad_left(const std::string& text, std::size_t width) {
  const std::size_t used = display_width(text);
  return used >= width ? text : std::string(width - used, ' ') + text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace tablewalk
