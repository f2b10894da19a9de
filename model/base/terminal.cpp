#include "base/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "base/text.h"

namespace tablewalk {
namespace {

/// The columns that the environment says; 0 if it says no number of columns.
std::size_t columns_of_environment() {
  constexpr std::size_t most = 10000;
  const char* given = std::getenv("COLUMNS");
  if (given == nullptr) return 0;
  const std::string_view text(given);
  std::size_t columns = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), columns);
  const bool whole = problem == std::errc() && end == text.data() + text.size();
  return whole && columns <= most ? columns : 0;
}

}  // namespace

std::size_t terminal_columns() {
  if (const std::size_t columns = columns_of_environment(); columns != 0) return columns;
  winsize size = {};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) return size.ws_col;
  return 0;
}

bool takes_escapes(int descriptor) {
  const char* terminal = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && (terminal == nullptr || std::string(terminal) != "dumb");
}

namespace {

/// Columns of a word, without escape sequences such as `\033[1m`.
std::size_t columns_of(std::string_view word) {
  std::string plain;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '\033') {
      i = std::min(word.find('m', i), word.size());
    } else {
      plain += word[i];
    }
  }
  return display_width(plain);
}

void add_wrapped(std::string& result, std::string_view line, std::size_t width, std::size_t hanging) {
  const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
  std::size_t used = 0;
  bool first = true;
  for (std::size_t from = indent; from < line.size();) {
    const std::size_t end = std::min(line.find(' ', from), line.size());
    const std::string_view word = line.substr(from, end - from);
    const std::size_t columns = columns_of(word);
    if (first) {
      result.append(indent, ' ');
      used = indent;
    } else if (used + 1 + columns > width && !word.empty()) {
      result.erase(result.find_last_not_of(' ') + 1);
      result += '\n';
      result.append(indent + hanging, ' ');
      used = indent + hanging;
    } else {
      result += ' ';
      ++used;
    }
    result += word;
    used += columns;
    first = false;
    from = end + 1;
  }
}

}  // namespace

std::string wrapped(const std::string& text, std::size_t width, std::size_t hanging) {
  std::string result;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string_view line = std::string_view(text).substr(from, end - from);
    if (columns_of(line) <= width) {
      result += line;
    } else {
      add_wrapped(result, line, width, hanging);
    }
    if (end < text.size()) result += '\n';
    from = end + 1;
  }
  return result;
}

}  // namespace tablewalk
