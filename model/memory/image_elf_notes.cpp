// Notes of ELF cores and kdump files. QEMU writes one per processor: name "QEMU", type 0, a structure with a version,
// its size, the general registers, ten segments of 24 bytes and CR0 to CR4.
#include <fmt/format.h>

#include <cstring>
#include <limits>

#include "memory/image_formats.h"

namespace tablewalk {
namespace {

struct NoteHeader {
  std::uint32_t name_bytes;
  std::uint32_t content_bytes;
  std::uint32_t type;
};

constexpr std::uint64_t cr0_offset = 392;
constexpr std::uint64_t cr3_offset = 416;
constexpr std::uint64_t cr4_offset = 424;
constexpr std::uint32_t least_bytes = 432;

std::uint64_t padded(std::uint32_t bytes) {
  return (std::uint64_t{bytes} + 3) & ~std::uint64_t{3};
}

std::string mode_of(std::uint64_t cr0, std::uint64_t cr4, bool long_mode) {
  constexpr std::uint64_t cr0_paging = std::uint64_t{1} << 31;
  constexpr std::uint64_t cr4_pae = 1 << 5;
  constexpr std::uint64_t cr4_la57 = 1 << 12;
  if ((cr0 & cr0_paging) == 0) return {};
  if ((cr4 & cr4_pae) == 0) return "x86-32";
  if (!long_mode) return "x86-pae";
  return (cr4 & cr4_la57) != 0 ? "x86-64-la57" : "x86-64";
}

}  // namespace

void read_elf_notes(ImageFile& file, std::uint64_t offset, std::uint64_t bytes, bool long_mode, ImageContent& content) {
  constexpr const char* what = "a note";
  if (offset + bytes < offset) file.fail(offset, "notes that end beyond the end of any file");
  const std::uint64_t end = offset + bytes;
  while (offset + sizeof(NoteHeader) <= end) {
    const auto header = file.number<NoteHeader>(offset, what);
    const bool padding = header.name_bytes == 0 && header.content_bytes == 0;
    if (padding) return;
    const std::uint64_t note = offset + sizeof header + padded(header.name_bytes);
    if (note + header.content_bytes > end) {
      file.fail(offset, fmt::format("a note of {} bytes: expected it to end within its {} bytes of notes",
                                    header.content_bytes, bytes));
    }
    char name[5] = {};
    if (header.name_bytes == sizeof name) file.read(offset + sizeof header, name, sizeof name, what);
    const bool qemu = std::memcmp(name, "QEMU", sizeof name) == 0 && header.type == 0;
    if (qemu && header.content_bytes >= least_bytes) {
      const auto cr0 = file.number<std::uint64_t>(note + cr0_offset, what);
      const auto cr3 = file.number<std::uint64_t>(note + cr3_offset, what);
      const auto cr4 = file.number<std::uint64_t>(note + cr4_offset, what);
      const bool paging = (cr0 >> 31) != 0;
      if (paging) content.image().registers = {"QEMU note of the first processor", cr3, mode_of(cr0, cr4, long_mode)};
      return;
    }
    offset = note + padded(header.content_bytes);
  }
}

}  // namespace tablewalk
