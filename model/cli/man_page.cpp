#include "cli/man_page.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/version.h"
#include "cli/option_words.h"

namespace tablewalk {
namespace {

/// Text as troff prints it: `\`, `-` and quotes have meanings of their own, and so has a `.` at the start of a line.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool starts_line = result.empty() || result.back() == '\n';
    if (starts_line && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else if (c == '\'') {
      result += "\\(aq";
    } else if (c == '`') {
      result += "\\(ga";
    } else if (c == '^') {
      result += "\\(ha";
    } else if (c == '~') {
      result += "\\(ti";
    } else {
      result += c;
    }
  }
  return result;
}

std::string bold(const std::string& text) {
  return "\\fB" + escaped(text) + "\\fR";
}

std::string italic(const std::string& text) {
  return "\\fI" + escaped(text) + "\\fR";
}

std::string section(const std::string& title, const std::string& text) {
  return text.empty() ? "" : ".SH " + title + "\n" + text;
}

/// A name, and what it means.
std::string item(const std::string& name, const std::string& meaning) {
  return ".TP\n" + name + "\n" + escaped(meaning) + "\n";
}

std::string value_of(const CLI::Option& option) {
  if (!takes_value(option)) return "";
  return option.get_type_name().empty() ? "VALUE" : option.get_type_name();
}

std::string option_item(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : spellings(option)) names += (names.empty() ? "" : ", ") + bold(name);
  const std::string value = value_of(option);
  if (!value.empty()) names += " " + italic(value);
  std::string meaning = option.get_description();
  if (!option.get_default_str().empty()) meaning += "; default: " + option.get_default_str();
  return item(names, meaning);
}

std::string argument_text(const CLI::Option& argument) {
  std::string text = italic(argument.get_name(true, false));
  if (argument.get_expected_max() >= CLI::detail::expected_max_vector_size) text += "...";
  return argument.get_required() ? text : "[" + text + "]";
}

std::string synopsis(const CLI::App& command) {
  std::string text = bold(path_of(command)) + " [" + italic("OPTION") + "...]";
  for (const CLI::Option* argument : shown_arguments(command)) text += " " + argument_text(*argument);
  if (!shown_commands(command).empty()) {
    const bool needed = command.get_require_subcommand_min() > 0;
    text += std::string(needed ? " " : " [") + italic("COMMAND") + " ..." + (needed ? "" : "]");
  }
  return text + "\n";
}

std::string arguments_text(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* argument : shown_arguments(command)) {
    text += item(italic(argument->get_name(true, false)), argument->get_description());
  }
  return text;
}

std::string options_text(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : shown_options(command)) text += option_item(*option);
  return text;
}

std::string commands_text(const CLI::App& command) {
  std::string text;
  for (const CLI::App* inner : shown_commands(command)) {
    text += item(bold(path_of(*inner)), inner->get_description());
  }
  return text;
}

/// The footer of --help: examples, a command on each indented line.
std::string examples_text(const CLI::App& command) {
  const std::string footer = command.get_footer();
  return footer.empty() ? "" : ".nf\n" + escaped(footer) + "\n.fi\n";
}

std::string see_also(const CLI::App& command) {
  std::vector<const CLI::App*> others = shown_commands(command);
  if (command.get_parent() != nullptr) others.insert(others.begin(), command.get_parent());
  std::string text;
  for (const CLI::App* other : others) {
    text += ".BR " + escaped(man_name(*other)) + " (1)" + (other == others.back() ? "\n" : ",\n");
  }
  return text;
}

/// Of SOURCE_DATE_EPOCH, if it is set, so that a package is the same whenever it is built.
std::string date_of_pages() {
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  const std::time_t seconds = epoch == nullptr ? std::time(nullptr) : std::strtoll(epoch, nullptr, 10);
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(seconds));
}

void write_pages(const CLI::App& command, const std::string& folder, const std::string& date) {
  write_text_file(folder + "/" + man_name(command) + ".1", man_page(command, date));
  for (const CLI::App* inner : shown_commands(command)) write_pages(*inner, folder, date);
}

}  // namespace

std::string man_name(const CLI::App& command) {
  std::string name = path_of(command);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string man_page(const CLI::App& command, const std::string& date) {
  std::string title = man_name(command);
  std::transform(title.begin(), title.end(), title.begin(), [](unsigned char c) { return std::toupper(c); });
  std::string text =
      fmt::format(".TH {} 1 {} \"tablewalk {}\" \"tablewalk\"\n.nh\n.ad l\n", escaped(title), date, program_version());
  std::string description = command.get_description();
  while (!description.empty() && description.back() == '.') description.pop_back();
  text += ".SH NAME\n" + escaped(man_name(command)) + " \\- " + escaped(description) + "\n";
  text += section("SYNOPSIS", synopsis(command));
  text += section("ARGUMENTS", arguments_text(command));
  text += section("OPTIONS", options_text(command));
  text += section("COMMANDS", commands_text(command));
  text +=
      section("EXIT STATUS", item("0", "The command succeeded.") +
                                 item("1", "A law of the model is violated, or what was compared differs.") +
                                 item("2", "The input is wrong; one line says what, where, and what was expected."));
  text += section("EXAMPLES", examples_text(command));
  return text + section("SEE ALSO", see_also(command));
}

void add_man_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("man", "Write the manual page of every command to a folder");
  command->group("");  // not in --help
  const auto folder = std::make_shared<std::string>();
  command->add_option("FOLDER", *folder, "Folder for the pages")->required();
  command->callback([&app, folder] {
    create_folder(*folder);
    write_pages(app, *folder, date_of_pages());
  });
}

}  // namespace tablewalk
