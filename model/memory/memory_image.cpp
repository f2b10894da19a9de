#include "memory/memory_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "memory/image_content.h"
#include "memory/image_file.h"
#include "memory/image_formats.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t page_bytes = PhysicalMemory::page_size;
constexpr const char* raw_name = "raw";

/// How to read a file.
struct Chosen {
  const ImageFormat* format = nullptr;  ///< nullptr: raw
  std::uint64_t base = 0;
  const std::vector<ImageMap>* maps = nullptr;
};

std::string first_bytes(std::string_view head) {
  std::string text;
  for (const char c : head.substr(0, 8))
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", static_cast<std::uint8_t>(c));
  return text;
}

std::string names_of_formats() {
  std::string names;
  for (const ImageFormat& format : image_formats()) names += fmt::format("{}, ", format.name);
  return names.substr(0, names.size() - 2);
}

/// A file with a header does not begin with a page of zeros; memory does if the first page is unused.
bool begins_with_zeros(std::string_view head) {
  head = head.substr(0, page_bytes);
  return head.size() == page_bytes && head.find_first_not_of('\0') == std::string_view::npos;
}

[[noreturn]] void refuse_foreign(const std::string& path, const ForeignFormat& foreign) {
  throw InputError(fmt::format("{}: is {}, which is not supported: {}", path, foreign.what, foreign.instead));
}

/// `placed`: the option that gives the file's address, so that it must be raw; nullptr if there is none.
const ImageFormat* recognise(const std::string& path, std::string_view head, const char* placed) {
  if (const ImageFormat* format = find_image_format(head)) {
    if (placed == nullptr) return format;
    throw InputError(fmt::format("{}: {} is {}, which has its own addresses: expected a base with raw memory only",
                                 placed, path, format->what));
  }
  if (const ForeignFormat* foreign = find_foreign_format(head)) refuse_foreign(path, *foreign);
  if (placed != nullptr || begins_with_zeros(head)) return nullptr;
  throw InputError(
      fmt::format("{}: a memory image in no known format, it begins with {}: expected {}; --image-format raw reads it "
                  "as memory from --image-base up",
                  path, first_bytes(head), names_of_formats()));
}

const ImageFormat* given_format(const std::string& name, const char* placed, const std::string& path) {
  if (name == raw_name) return nullptr;
  for (const ImageFormat& format : image_formats()) {
    if (name != format.name) continue;
    if (placed == nullptr) return &format;
    throw InputError(fmt::format("{}: {} is {}, which has its own addresses: expected a base with raw memory only",
                                 placed, path, format.what));
  }
  throw InputError(fmt::format("--image-format {}: expected {}{}", name, fmt::join(image_format_names(), ", "),
                               did_you_mean(name, image_format_names())));
}

void check_aligned(const std::string& option, PhysicalAddress address) {
  if (address.value() % page_bytes == 0) return;
  throw InputError(fmt::format("{} {:#x}: expected a multiple of {}", option, address.value(), page_bytes));
}

void check_options(const ImageSource& source) {
  given_format(source.format == "auto" ? raw_name : source.format, nullptr, source.path);
  if (source.base) check_aligned("--image-base", *source.base);
  for (const ImagePiece& piece : source.more) {
    if (piece.base) check_aligned("--image " + piece.path, *piece.base);
  }
  if (source.base && !source.maps.empty()) {
    throw InputError("--image-map and a base are exclusive: expected one of them");
  }
  if (!source.more.empty() && !source.maps.empty()) {
    throw InputError("--image-map with several files: expected one --image, or FILE@BASE for each");
  }
}

void read_piece(const ImagePiece& piece, const ImageSource& source, ImageContent& content) {
  ImageFile file(piece.path);
  if (file.head().empty()) {
    throw InputError(fmt::format("{}: the memory image is empty: expected pages of 4 KiB", piece.path));
  }
  const std::string option = piece.base ? fmt::format("--image-base {:#x}", piece.base->value()) : "--image-map";
  const char* placed = piece.base || !source.maps.empty() ? option.c_str() : nullptr;
  const ImageFormat* format = source.format == "auto" ? recognise(piece.path, file.head(), placed)
                                                      : given_format(source.format, placed, piece.path);
  MemoryImage& image = content.image();
  const std::string name = format == nullptr ? raw_name : format->name;
  if (image.format.find(name) == std::string::npos) image.format += (image.format.empty() ? "" : "+") + name;
  if (format != nullptr) return format->read(file, content);
  read_raw(file, content, piece.base.value_or(PhysicalAddress(0)).value(), source.maps);
}

}  // namespace

std::string MemoryImage::coverage_text() const {
  return fmt::format("{} covers {}", path, coverage.empty() ? "nothing" : coverage.text());
}

std::string MemoryImage::mode_doubt(const std::string& mode_name) const {
  const auto begins = [&](const char* prefix) { return mode_name.rfind(prefix, 0) == 0; };
  const bool named = begins("x86-") || begins("sv") || begins("arm64");
  if (!named) return {};
  if (registers && !registers->mode.empty() && registers->mode != mode_name) {
    return fmt::format("{}: its {} says {}, not {}", path, registers->source, registers->mode, mode_name);
  }
  const std::string prefix = architecture == "riscv" ? "sv" : architecture == "x86" ? "x86-" : architecture;
  if (architecture.empty() || begins(prefix.c_str())) return {};
  return fmt::format("{}: from a machine of architecture {}, which does not have mode {}", path, architecture,
                     mode_name);
}

std::string image_name(const ImageSource& source) {
  std::string name = source.path;
  for (const ImagePiece& piece : source.more) name += ", " + piece.path;
  return name;
}

std::vector<std::string> image_format_names() {
  std::vector<std::string> names = {"auto"};
  for (const ImageFormat& format : image_formats()) names.emplace_back(format.name);
  names.emplace_back(raw_name);
  return names;
}

MemoryImage load_memory_image(const ImageSource& source, PhysicalMemory& memory) {
  check_options(source);
  MemoryImage image;
  image.path = image_name(source);
  ImageContent content(image, &memory);
  read_piece({source.path, source.base}, source, content);
  for (const ImagePiece& piece : source.more) read_piece(piece, source, content);
  image.first = image.coverage.first();
  image.last = image.coverage.last();
  return image;
}

MemoryImage look_at_memory_image(const ImageSource& source) {
  check_options(source);
  MemoryImage image;
  image.path = source.path;
  ImageContent content(image, nullptr);
  read_piece({source.path, source.base}, source, content);
  return image;
}

}  // namespace tablewalk
