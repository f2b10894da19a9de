#include "cli/usage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "cli/option_words.h"

namespace tablewalk {
namespace {

/// The innermost command on the command line: for `tablewalk trace info` it is `info`.
const CLI::App& innermost(const CLI::App& app) {
  const auto given = app.get_subcommands();
  return given.empty() ? app : innermost(*given.back());
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : spellings(*option)) names.push_back(name);
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* inner : shown_commands(command)) names.push_back(inner->get_name());
  if (command.get_parent() == nullptr) names.insert(names.end(), {"help", "version"});
  return names;
}

/// An option was given more than once, or its value is missing.
std::string mismatch_problem(const CLI::App& command, const std::string& name) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_name() != name || option->count() < 2) continue;
    const char* several = name == "--config" ? "; `tablewalk compare` runs several machines" : "";
    return fmt::format("{}: given {} times ({}): expected once{}", name, option->count(),
                       fmt::join(option->results(), ", "), several);
  }
  return name + ": expected a value after it";
}

}  // namespace

std::string usage_problem(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = innermost(app);
  const std::string see = fmt::format("; see `{} --help`", path_of(command));
  std::vector<std::string> unknown = command.remaining(true);
  unknown.erase(std::find(unknown.begin(), unknown.end(), "--"), unknown.end());  // the command of another program
  const std::vector<std::string> commands = command_names(command);
  if (!unknown.empty()) {
    const std::string word = unknown.front().substr(0, unknown.front().find('='));
    if (!word.empty() && word.front() == '-') {
      const char* const of_program = command.get_name() == "capture" ? "; a program's own options follow a `--`" : "";
      return fmt::format("unknown option '{}'{}{}{}", word, did_you_mean(word, option_names(command)), of_program, see);
    }
    if (!commands.empty()) return fmt::format("unknown command '{}'{}{}", word, did_you_mean(word, commands), see);
    return fmt::format("unexpected argument '{}'{}", word, see);
  }
  const std::string kind = error.get_name();
  if (kind == "RequiredError" && !commands.empty() && command.get_subcommands().empty()) {
    return fmt::format("no command after `{}`: expected one of {}{}", path_of(command), fmt::join(commands, ", "), see);
  }
  std::string text = error.what();
  if (kind == "RequiredError") text = text.substr(0, text.find(" is required")) + " is missing";
  if (kind == "ArgumentMismatch") text = mismatch_problem(command, text.substr(0, text.find(':')));
  const std::string not_converted = "Could not convert: ";
  if (kind == "ConversionError" && text.rfind(not_converted, 0) == 0) {
    const std::size_t equals = text.find(" = ");
    text = text.substr(not_converted.size(), equals - not_converted.size()) + " " +
           (equals == std::string::npos ? "" : text.substr(equals + 3)) + ": expected a number";
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text + see;
}

std::vector<std::string> usual_arguments(const CLI::App& app, std::vector<std::string> arguments) {
  const std::string first = arguments.empty() ? "" : arguments.front();
  if (first == "help") {
    arguments.erase(arguments.begin());
    const CLI::App* about = &app;
    for (const std::string& word : arguments) {
      const auto named = about->get_subcommands([&](const CLI::App* inner) { return inner->get_name() == word; });
      if (named.empty()) {
        throw InputError(fmt::format("help: unknown command '{}'{}; see `{} --help`", word,
                                     did_you_mean(word, command_names(*about)), path_of(*about)));
      }
      about = named.front();
    }
    arguments.emplace_back("--help");
  } else if (first == "version") {
    arguments.front() = "--version";
  }
  std::reverse(arguments.begin(), arguments.end());
  return arguments;
}

}  // namespace tablewalk
