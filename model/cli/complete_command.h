#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tablewalk {

/// What a word can become.
struct Completion {
  struct Word {
    std::string text;
    std::string meaning;
  };
  std::vector<Word> words;
  bool files = false;                ///< names of files, too
  std::vector<std::string> endings;  ///< of these files; none: all
};

/// Completes the last of the words after the program's name, which may be empty.
Completion complete(const CLI::App& app, const std::vector<std::string>& words);

/// Adds the hidden command that the scripts in packaging/ call: one word on each line, with its meaning after a tab; a
/// line of a tab alone, or of a tab and endings, asks for files.
void add_complete_command(CLI::App& app);

}  // namespace tablewalk
