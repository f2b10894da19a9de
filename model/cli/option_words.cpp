#include "cli/option_words.h"

namespace tablewalk {
namespace {

std::vector<const CLI::Option*> shown(const CLI::App& command, bool positional) {
  return command.get_options([&](const CLI::Option* option) {
    return !option->get_group().empty() && option->get_positional() == positional;
  });
}

}  // namespace

std::vector<const CLI::App*> shown_commands(const CLI::App& command) {
  return command.get_subcommands(
      [](const CLI::App* inner) { return !inner->get_name().empty() && !inner->get_group().empty(); });
}

std::vector<const CLI::Option*> shown_options(const CLI::App& command) {
  return shown(command, false);
}

std::vector<const CLI::Option*> shown_arguments(const CLI::App& command) {
  return shown(command, true);
}

std::vector<std::string> spellings(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

std::string path_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : path_of(*parent) + " " + command.get_name();
}

}  // namespace tablewalk
