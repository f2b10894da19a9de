#include "base/line_source.h"

#include <fmt/format.h>

#include <cstring>

#include "base/error.h"

namespace tablewalk {
namespace {

constexpr std::size_t longest_line_bytes = 1 << 16;
constexpr std::size_t longest_quote = 60;

}  // namespace

bool LineSource::next(std::string_view& line) {
  std::string_view text = bytes_.peek(1);
  if (text.empty()) return false;
  ++line_number_;
  const void* found = std::memchr(text.data(), '\n', text.size());
  if (found == nullptr) {
    text = bytes_.peek(longest_line_bytes);
    found = std::memchr(text.data(), '\n', text.size());
    if (found == nullptr && text.size() >= longest_line_bytes) {
      fail(fmt::format("a line of more than {} bytes: expected text", longest_line_bytes));
    }
  }
  const std::size_t length =
      found != nullptr ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : text.size();
  line = text.substr(0, length);
  bytes_.skip(found != nullptr ? length + 1 : length);
  ended_ = found != nullptr;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return true;
}

void LineSource::fail(const std::string& message) const {
  throw InputError(fmt::format("{}:{}: {}", bytes_.path(), line_number_, message));
}

std::string in_quotes(std::string_view text) {
  std::string shown = "'";
  for (const char c : text.substr(0, longest_quote)) shown += (c >= ' ' && c <= '~') ? c : '?';
  return shown + (text.size() > longest_quote ? "...'" : "'");
}

}  // namespace tablewalk
