#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "memory/image_content.h"
#include "memory/image_file.h"

namespace tablewalk {

/// A memory image format: a reader in image_NAME.cpp, and a row in image_formats.cpp.
struct ImageFormat {
  const char* name;  ///< for `--image-format`
  const char* what;  ///< in messages and help: `an ELF core`
  /// Whether a file with this head (up to 64 KiB) is of this format; nullptr: never detected, only selected.
  bool (*recognises)(std::string_view head);
  /// Throws InputError for a file that is not of this format, truncated or inconsistent.
  void (*read)(ImageFile& file, ImageContent& content);
};

/// A format that is recognised but not supported.
struct ForeignFormat {
  const char* what;
  std::string_view magic;
  std::size_t offset;   ///< of the magic number in the file
  const char* instead;  ///< what to use instead
};

/// The supported formats, except `raw`, whose placement the user must give.
const std::vector<ImageFormat>& image_formats();
const std::vector<ForeignFormat>& foreign_image_formats();

void read_pages(ImageFile& file, ImageContent& content);
bool is_page_list(std::string_view head);
void read_elf(ImageFile& file, ImageContent& content);
void read_lime(ImageFile& file, ImageContent& content);
void read_kdump(ImageFile& file, ImageContent& content);
void read_flattened(ImageFile& file, ImageContent& content);
void read_windows(ImageFile& file, ImageContent& content);
/// Raw memory from `base` up, or in the parts given by `maps`.
void read_raw(ImageFile& file, ImageContent& content, std::uint64_t base, const std::vector<ImageMap>& maps);

/// Searches ELF notes for QEMU's processor state; the first processor's is used.
void read_elf_notes(ImageFile& file, std::uint64_t offset, std::uint64_t bytes, bool long_mode, ImageContent& content);

/// The detected format of a file, if any.
const ImageFormat* find_image_format(std::string_view head);
const ForeignFormat* find_foreign_format(std::string_view head);

}  // namespace tablewalk
