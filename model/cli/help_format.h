#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tablewalk {

/// CLI11's help in the width of the terminal: long text continues below its first word.
class HelpFormat : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;

 private:
  static std::string entry(const std::string& name, const std::string& text);
};

}  // namespace tablewalk
