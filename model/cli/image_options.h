#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/units.h"
#include "memory/memory_image.h"

namespace tablewalk {

/// What the user says about a memory image.
struct ImageArguments {
  std::string path;
  std::string format = "auto";
  std::string base = "0";
  std::string root;

  bool given() const { return !path.empty(); }
  ImageSource source() const;
  std::uint64_t root_value() const;
};

/// Reads the address or register given to the option `name`. Throws InputError that names the option.
inline std::uint64_t parse_option_integer(const std::string& name, const std::string& text) {
  try {
    return parse_integer(text);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", name, error.what()));
  }
}

inline ImageSource ImageArguments::source() const {
  return {path, format, PhysicalAddress(parse_option_integer("--image-base", base))};
}

inline std::uint64_t ImageArguments::root_value() const {
  return parse_option_integer("--root", root);
}

/// Adds --image, --image-format, --image-base and --root.
inline void add_image_options(CLI::App& command, ImageArguments& image) {
  command.add_option("--image", image.path,
                     "Physical memory of a machine: a list of pages, or raw; - is standard input");
  command.add_option("--root", image.root, "The register that points to the root table (CR3, satp), as it stands");
  command.add_option("--image-format", image.format, "pages or raw; told from content if left out");
  command.add_option("--image-base", image.base, "Physical address of a raw image's first byte; 0 if left out");
}

}  // namespace tablewalk
