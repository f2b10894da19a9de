#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "memory/memory_image.h"

namespace tablewalk {

/// The command-line options that describe a memory image.
struct ImageArguments {
  std::vector<std::string> files;  ///< each FILE or FILE@BASE
  std::string format = "auto";
  std::string base;
  std::vector<std::string> maps;  ///< each OFFSET:SIZE@ADDRESS
  std::string root;

  bool given() const { return !files.empty(); }
  bool reads_standard_input() const { return std::find(files.begin(), files.end(), "-") != files.end(); }
  /// Throws InputError for image options without --image.
  void check() const;
  ImageSource source() const;
  std::uint64_t root_value() const;
};

/// Parses the address or register value given to the option `name`. Throws InputError that names the option.
std::uint64_t parse_option_integer(const std::string& name, const std::string& text);

/// The root register's value as saved in the image, reported on standard error. Throws InputError if the image has
/// none.
std::uint64_t root_of(const MemoryImage& image);
/// The root register's value, before a run: from --root, or from the image. Warns if the image contradicts the mode.
std::uint64_t root_before_run(const ImageArguments& arguments, const std::string& mode);
/// Prints a warning if the image says that its tables are of another mode.
void warn_of_mode(const MemoryImage& image, const std::string& mode);

/// Adds --image, --image-format, --image-base, --image-map and --root.
void add_image_options(CLI::App& command, ImageArguments& image);

}  // namespace tablewalk
