#include "base/text.h"

#include <fmt/format.h>

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

}  // namespace tablewalk
