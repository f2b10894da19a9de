#include "cli/help_format.h"

#include <algorithm>

#include "base/terminal.h"
#include "base/text.h"
#include "report/text_table.h"

namespace tablewalk {

std::string HelpFormat::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  const std::string help = CLI::Formatter::make_help(app, std::move(name), mode);
  const std::size_t columns = terminal_columns();
  return columns == 0 ? help : wrapped(help, columns);
}

std::string HelpFormat::make_option(const CLI::Option* option, bool is_positional) const {
  return entry("  " + make_option_name(option, is_positional) + make_option_opts(option), make_option_desc(option));
}

std::string HelpFormat::make_subcommand(const CLI::App* command) const {
  return entry("  " + command->get_display_name(true), command->get_description());
}

/// The name on the left; the text beside it, or below if the name is long.
std::string HelpFormat::entry(const std::string& name, const std::string& text) {
  const std::size_t width = text_width(100);
  const std::size_t column = std::min<std::size_t>(30, width / 3);
  const std::string margin(column, ' ');
  std::string result = name;
  result += name.size() + 1 > column ? "\n" + margin : std::string(column - name.size(), ' ');
  std::size_t used = column;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find(' ', from), text.size());
    const std::string word = text.substr(from, end - from);
    if (used != column && used + 1 + display_width(word) > width) {
      result += "\n" + margin;
      used = column;
    } else if (used != column) {
      result += ' ';
      ++used;
    }
    result += word;
    used += display_width(word);
    from = end + 1;
  }
  return result + "\n";
}

}  // namespace tablewalk
