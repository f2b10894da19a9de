// Windows crash dumps of 64-bit machines: a header of two pages, then pages in the order of runs (full dump), or of the
// bits of a bitmap (bitmap dump).
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "memory/image_formats.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t header_bytes = 0x2000;
constexpr std::uint64_t root_at = 0x10;
constexpr std::uint64_t machine_at = 0x30;
constexpr std::uint64_t runs_at = 0x88;
constexpr std::uint64_t type_at = 0xF98;
constexpr std::uint32_t most_runs = (700 - 16) / 16;  // limited by the header
constexpr std::uint32_t full_dump = 1;
constexpr std::uint32_t bitmap_dump = 5;

class WindowsReader {
 public:
  WindowsReader(ImageFile& file, ImageContent& content) : file_(file), content_(content) {}

  void read() {
    char signature[8];
    file_.read(0, signature, sizeof signature, "the header");
    if (std::memcmp(signature, "PAGEDUMP", 8) == 0) {
      file_.fail(0,
                 "a Windows crash dump of a 32-bit machine, which is not supported: expected one of a 64-bit machine");
    }
    if (std::memcmp(signature, "PAGEDU64", 8) != 0) {
      file_.fail(0, "expected a Windows crash dump, which begins with PAGEDU64");
    }
    const auto type = number<std::uint32_t>(type_at);
    const auto machine = number<std::uint32_t>(machine_at);
    const std::uint64_t root = number<std::uint64_t>(root_at) & ~(PhysicalMemory::page_size - 1);
    if (machine == 0x8664) content_.image().architecture = "x86";
    if (machine == 0xAA64) content_.image().architecture = "arm64";
    // The header does not say how many levels the table has.
    content_.image().registers = {"DirectoryTableBase of the header", root, ""};
    if (type == full_dump) return read_runs();
    if (type == bitmap_dump) return read_bitmap();
    file_.fail(type_at, fmt::format("a Windows crash dump of type {}{}: expected a complete one (type 1 or 5)", type,
                                    type == 2   ? ", the kernel's memory only"
                                    : type == 4 ? ", a minidump"
                                    : type == 6 ? ", the kernel's memory only"
                                                : ""));
  }

 private:
  void read_runs() {
    const auto count = number<std::uint32_t>(runs_at);
    const auto pages = number<std::uint64_t>(runs_at + 8);
    if (count == 0 || count > most_runs) {
      file_.fail(runs_at, fmt::format("{} runs of memory: expected 1 to {}", count, most_runs));
    }
    std::uint64_t sum = 0;
    std::uint64_t at = header_bytes;
    for (std::uint32_t run = 0; run < count; ++run) {
      const std::uint64_t place = runs_at + 16 + std::uint64_t{16} * run;
      const auto length = number<std::uint64_t>(place + 8);
      sum += length;
      if (content_.wants_bytes()) at = read_run(place, number<std::uint64_t>(place), length, at);
    }
    if (sum != pages) file_.fail(runs_at + 8, fmt::format("{} pages: expected {}, the sum of the runs", pages, sum));
  }

  /// Returns the position of the next run in the file.
  std::uint64_t read_run(std::uint64_t place, std::uint64_t page, std::uint64_t pages, std::uint64_t at) {
    constexpr std::uint64_t most = ~std::uint64_t{0} / PhysicalMemory::page_size;
    if (page > most || pages > most) {
      file_.fail(place, fmt::format("{} pages from page {:#x} up: expected them in 64 bits", pages, page));
    }
    content_.cover(file_, place, page * PhysicalMemory::page_size, pages * PhysicalMemory::page_size,
                   ImageHolds::Bytes);
    std::vector<char> chunk(1 << 20);
    for (std::uint64_t left = pages * PhysicalMemory::page_size, to = page * PhysicalMemory::page_size; left != 0;) {
      const std::size_t count = std::min<std::uint64_t>(chunk.size(), left);
      file_.read(at, chunk.data(), count, "a run of memory");
      content_.write(to, {chunk.data(), count});
      at += count;
      to += count;
      left -= count;
    }
    return at;
  }

  void read_bitmap() {
    char signature[8];
    file_.read(header_bytes, signature, sizeof signature, "the bitmap's header");
    if (std::memcmp(signature + 1, "DMPDUMP", 7) != 0 || (signature[0] != 'S' && signature[0] != 'F')) {
      file_.fail(header_bytes, "expected the header of a bitmap, which begins with SDMPDUMP or FDMPDUMP");
    }
    std::uint64_t at = number<std::uint64_t>(header_bytes + 0x20);
    const auto pages = number<std::uint64_t>(header_bytes + 0x28);
    const auto bits = number<std::uint64_t>(header_bytes + 0x30);
    const std::uint64_t bitmap = header_bytes + 0x38;
    if (at < bitmap || (at - bitmap) < bits / 8 + (bits % 8 != 0 ? 1 : 0)) {
      file_.fail(header_bytes + 0x20,
                 fmt::format("a header of {:#x} bytes with a bitmap of {} bits: expected the bitmap "
                             "to fit",
                             at, bits));
    }
    if (!content_.wants_bytes()) return;
    std::uint64_t found = 0;
    char page[PhysicalMemory::page_size];
    for (std::uint64_t bit = 0; bit < bits; bit += 8) {
      const auto byte = number<std::uint8_t>(bitmap + bit / 8);
      for (unsigned one = 0; one < 8 && bit + one < bits; ++one) {
        if ((byte >> one & 1) == 0) continue;
        file_.read(at, page, sizeof page, "a page of memory");
        content_.cover(file_, bitmap + bit / 8, (bit + one) * PhysicalMemory::page_size, PhysicalMemory::page_size,
                       ImageHolds::Bytes);
        content_.write((bit + one) * PhysicalMemory::page_size, {page, sizeof page});
        at += PhysicalMemory::page_size;
        ++found;
      }
    }
    if (found != pages) {
      file_.fail(header_bytes + 0x28, fmt::format("{} pages: expected {}, as many as the bitmap has", pages, found));
    }
  }

  template <class Number>
  Number number(std::uint64_t offset) {
    return file_.number<Number>(offset, "the header");
  }

  ImageFile& file_;
  ImageContent& content_;
};

}  // namespace

void read_windows(ImageFile& file, ImageContent& content) {
  WindowsReader(file, content).read();
}

}  // namespace tablewalk
