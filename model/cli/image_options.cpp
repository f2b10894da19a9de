#include "cli/image_options.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "base/error.h"
#include "base/units.h"
#include "cli/terminal.h"

namespace tablewalk {
namespace {

constexpr const char* map_form = "OFFSET:SIZE@ADDRESS, such as 2G:2G@4G";

/// `FILE@BASE`, unless a file has that whole name.
ImagePiece parse_piece(const std::string& text) {
  const std::size_t at = text.rfind('@');
  std::error_code ignored;
  if (at == std::string::npos || at == 0 || std::filesystem::exists(text, ignored)) return {text, {}};
  ImagePiece piece{text.substr(0, at), {}};
  try {
    piece.base = PhysicalAddress(parse_byte_size(text.substr(at + 1)).bytes);
  } catch (const InputError&) {
    return {text, {}};  // a name with @: opening it reports the error
  }
  if (piece.base->value() % PhysicalMemory::page_size != 0) {
    throw InputError(
        fmt::format("--image {}: expected a base that is a multiple of {}", text, PhysicalMemory::page_size));
  }
  return piece;
}

ImageMap parse_image_map(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::size_t at = text.find('@');
  if (colon == std::string::npos || at == std::string::npos || at < colon) {
    throw InputError(fmt::format("--image-map {}: expected {}", text, map_form));
  }
  try {
    const ImageMap map{parse_byte_size(text.substr(0, colon)).bytes,
                       parse_byte_size(text.substr(colon + 1, at - colon - 1)).bytes,
                       PhysicalAddress(parse_byte_size(text.substr(at + 1)).bytes)};
    constexpr std::uint64_t page = PhysicalMemory::page_size;
    if (map.bytes == 0 || map.bytes % page != 0 || map.address.value() % page != 0) {
      throw InputError(fmt::format("expected whole pages of {} bytes", page));
    }
    return map;
  } catch (const InputError& error) {
    throw InputError(fmt::format("--image-map {}: {}; expected {}", text, error.what(), map_form));
  }
}

}  // namespace

std::uint64_t parse_option_integer(const std::string& name, const std::string& text) {
  try {
    return parse_integer(text);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", name, error.what()));
  }
}

void ImageArguments::check() const {
  if (given()) return;
  const char* option = !maps.empty() ? "--image-map" : !base.empty() ? "--image-base" : nullptr;
  if (format != "auto") option = "--image-format";
  if (option != nullptr) throw InputError(fmt::format("{} without --image: expected --image FILE", option));
}

ImageSource ImageArguments::source() const {
  const ImagePiece first = parse_piece(files.front());
  ImageSource source{first.path, format, first.base, {}, {}};
  if (!base.empty()) {
    if (first.base || files.size() > 1) {
      throw InputError("--image-base applies to a single --image FILE: expected FILE@BASE for each of several");
    }
    source.base = PhysicalAddress(parse_option_integer("--image-base", base));
  }
  for (const std::string& map : maps) source.maps.push_back(parse_image_map(map));
  for (std::size_t index = 1; index < files.size(); ++index) source.more.push_back(parse_piece(files[index]));
  return source;
}

std::uint64_t ImageArguments::root_value() const {
  return parse_option_integer("--root", root);
}

std::uint64_t root_of(const MemoryImage& image) {
  if (!image.registers) {
    throw InputError("--image without --root: expected the value of the register that points to the root table");
  }
  std::cerr << fmt::format("tablewalk: --root {:#x}, from the {} of {}\n", image.registers->root,
                           image.registers->source, image.path);
  return image.registers->root;
}

void warn_of_mode(const MemoryImage& image, const std::string& mode) {
  const std::string doubt = image.mode_doubt(mode);
  if (!doubt.empty()) print_warning(doubt);
}

std::uint64_t root_before_run(const ImageArguments& arguments, const std::string& mode) {
  const ImageSource source = arguments.source();
  std::error_code ignored;
  // A pipe can be read only once: leave it for the run.
  const bool readable_twice = std::filesystem::is_regular_file(source.path, ignored);
  if (!arguments.root.empty()) {
    const std::uint64_t root = arguments.root_value();
    if (readable_twice) warn_of_mode(look_at_memory_image(source), mode);
    return root;
  }
  if (source.path == "-" || (std::filesystem::exists(source.path, ignored) && !readable_twice)) return root_of({});
  const MemoryImage image = look_at_memory_image(source);
  const std::uint64_t root = root_of(image);
  warn_of_mode(image, mode);
  return root;
}

void add_image_options(CLI::App& command, ImageArguments& image) {
  command
      .add_option("--image", image.files,
                  "Physical memory of a machine; FILE@BASE loads raw memory at BASE; may be repeated; - is standard "
                  "input")
      ->allow_extra_args(false);
  command.add_option("--root", image.root,
                     "The register that points to the root table (CR3, satp), raw value; taken from the image if left "
                     "out");
  command.add_option("--image-format", image.format,
                     fmt::format("{}; detected by content if left out", fmt::join(image_format_names(), ", ")));
  command.add_option("--image-base", image.base, "Physical address of a raw image's first byte; 0 if left out");
  command
      .add_option("--image-map", image.maps,
                  "OFFSET:SIZE@ADDRESS: where a part of a raw image belongs; may be repeated")
      ->allow_extra_args(false);
}

}  // namespace tablewalk
