#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tablewalk::test {

/// Pages of 4 KiB by physical address.
using ImagePages = std::map<std::uint64_t, std::string>;

/// Appends a number in memory byte order.
template <class Number>
void put(std::string& text, Number value) {
  text.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class Number>
void put_at(std::string& text, std::size_t offset, Number value) {
  if (text.size() < offset + sizeof value) text.resize(offset + sizeof value);
  text.replace(offset, sizeof value, reinterpret_cast<const char*>(&value), sizeof value);
}

struct ElfOptions {
  bool wide = true;            ///< ELF64, not ELF32
  std::uint16_t machine = 62;  ///< x86-64
  bool many = false;           ///< the number of headers is in section 0 (PN_XNUM)
  std::uint64_t tail = 0;      ///< bytes of each segment that are in memory only
  std::string notes;
};

/// Files laid out as the formats are documented, written without the program's own code.
std::string as_pages(const ImagePages& pages);
std::string as_elf(const ImagePages& pages, const ElfOptions& options = {});
std::string as_lime(const ImagePages& pages);
std::string as_avml(const ImagePages& pages);
/// `compression`: 0 raw, 1 zlib, 4 snappy, 0x20 zstd; a page of zeros is stored once. `wide`: of a 64-bit machine.
std::string as_kdump(const ImagePages& pages, std::uint32_t compression, bool wide = true,
                     const std::string& notes = "");
std::string as_flattened(const std::string& file);
std::string as_windows_full(const ImagePages& pages, std::uint64_t root = 0);
std::string as_windows_bitmap(const ImagePages& pages, std::uint64_t root = 0);
/// One processor note, as written by QEMU's dump-guest-memory.
std::string qemu_note(std::uint64_t cr0, std::uint64_t cr3, std::uint64_t cr4);

struct ImageWriter {
  const char* name;  ///< of the test
  const char* format;
  std::function<std::string(const ImagePages&)> write;
};
std::vector<ImageWriter> image_writers();

}  // namespace tablewalk::test
