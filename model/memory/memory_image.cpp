#include "memory/memory_image.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <string_view>

#include "base/byte_source.h"
#include "base/error.h"

namespace tablewalk {
namespace {

constexpr std::uint64_t page_bytes = PhysicalMemory::page_size;
constexpr std::uint64_t record_bytes = sizeof(std::uint64_t) + page_bytes;
constexpr const char* thing = "memory image";

std::string quantity(std::uint64_t bytes) {
  return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
}

/// The records of a page list, looked at one after the other.
class PageList {
 public:
  explicit PageList(ByteSource& bytes) : bytes_(bytes) {}

  /// Goes to the next record; false at the end of the file, and where it is no right record: then problem() says why.
  bool next() {
    if (records_ != 0) bytes_.skip(record_bytes);
    const std::string_view bytes = bytes_.peek(record_bytes);
    if (bytes.empty()) return false;
    if (bytes.size() < record_bytes) {
      return fail(
          fmt::format("the list ends in the middle of a page, after {} of {}: expected an 8-byte address and "
                      "its 4096 bytes",
                      quantity(bytes.size()), record_bytes));
    }
    const PhysicalAddress before = address_;
    std::uint64_t address = 0;
    std::memcpy(&address, bytes.data(), sizeof address);
    address_ = PhysicalAddress(address);
    content_ = bytes.data() + sizeof address;
    if (address % page_bytes != 0) {
      return fail(fmt::format("physical address {:#x}: expected a multiple of {}", address, page_bytes));
    }
    if (records_ != 0 && address_ <= before) {
      return fail(
          fmt::format("physical address {:#x} after {:#x}: expected addresses that ascend", address, before.value()));
    }
    ++records_;
    return true;
  }

  PhysicalAddress address() const { return address_; }
  const char* content() const { return content_; }
  std::uint64_t records() const { return records_; }
  /// `PATH: byte N: ...`; empty if all is well.
  const std::string& problem() const { return problem_; }

 private:
  bool fail(const std::string& what) {
    problem_ = fmt::format("{}: byte {}: {}", bytes_.path(), bytes_.offset(), what);
    return false;
  }

  ByteSource& bytes_;
  PhysicalAddress address_;
  const char* content_ = nullptr;
  std::uint64_t records_ = 0;
  std::string problem_;
};

[[noreturn]] void refuse_empty(const std::string& path) {
  throw InputError(fmt::format("{}: the memory image is empty: expected pages of 4 KiB", path));
}

/// Raw memory can begin with one record by accident (zeros do), hardly with two.
constexpr std::uint64_t convincing_records = 2;

ImageFormat detect(const std::string& path) {
  if (path == "-") throw InputError("a memory image from standard input: expected --image-format pages or raw");
  ByteSource bytes(path, thing);
  if (bytes.peek(1).empty()) refuse_empty(path);
  PageList pages(bytes);
  while (pages.next()) {
  }
  if (pages.problem().empty()) return ImageFormat::Pages;
  if (pages.records() < convincing_records) return ImageFormat::Raw;
  throw InputError(pages.problem() + " (--image-format raw reads the file as memory from --image-base up)");
}

MemoryImage load_pages(ByteSource& bytes, PhysicalMemory& memory) {
  MemoryImage image;
  PageList pages(bytes);
  while (pages.next()) {
    if (pages.records() == 1) image.first = pages.address();
    memory.write_page(pages.address(), pages.content());
  }
  if (!pages.problem().empty()) throw InputError(pages.problem());
  image.bytes = pages.records() * page_bytes;
  image.last = pages.address() + (page_bytes - 1);
  return image;
}

MemoryImage load_raw(ByteSource& bytes, PhysicalAddress base, PhysicalMemory& memory) {
  MemoryImage image;
  image.format = ImageFormat::Raw;
  image.first = base;
  for (std::string_view page = bytes.peek(page_bytes); !page.empty(); page = bytes.peek(page_bytes)) {
    if (page.size() < page_bytes) {
      throw InputError(fmt::format(
          "{}: byte {}: the file ends in the middle of a page, after {} of {}: expected {}", bytes.path(),
          bytes.offset(), quantity(page.size()), page_bytes,
          bytes.offset() == 0 ? "a list of pages, or raw memory in whole pages" : "raw memory in whole pages"));
    }
    const PhysicalAddress at = base + image.bytes;
    if (at < base) {
      throw InputError(fmt::format("{}: the memory from --image-base {:#x} up ends beyond the 64-bit address space",
                                   bytes.path(), base.value()));
    }
    memory.write_page(at, page.data());
    bytes.skip(page_bytes);
    image.bytes += page_bytes;
  }
  image.last = base + (image.bytes - 1);
  return image;
}

std::optional<ImageFormat> parse_format(const std::string& name) {
  if (name == "auto") return std::nullopt;
  for (const ImageFormat format : {ImageFormat::Pages, ImageFormat::Raw}) {
    if (name == to_string(format)) return format;
  }
  throw InputError(
      fmt::format("--image-format {}: expected auto, pages or raw{}", name, did_you_mean(name, image_format_names())));
}

}  // namespace

const char* to_string(ImageFormat format) {
  return format == ImageFormat::Pages ? "pages" : "raw";
}

std::vector<std::string> image_format_names() {
  return {"auto", "pages", "raw"};
}

MemoryImage load_memory_image(const ImageSource& source, PhysicalMemory& memory) {
  const std::optional<ImageFormat> given = parse_format(source.format);
  if (source.base.value() % page_bytes != 0) {
    throw InputError(fmt::format("--image-base {:#x}: expected a multiple of {}", source.base.value(), page_bytes));
  }
  const ImageFormat format = given ? *given : detect(source.path);
  if (format == ImageFormat::Pages && source.base.value() != 0) {
    throw InputError(
        fmt::format("--image-base {:#x}: {} is a list of pages, which has its own addresses: expected a "
                    "base with raw memory only",
                    source.base.value(), source.path));
  }
  ByteSource bytes(source.path, thing);
  if (bytes.peek(1).empty()) refuse_empty(source.path);
  return format == ImageFormat::Pages ? load_pages(bytes, memory) : load_raw(bytes, source.base, memory);
}

}  // namespace tablewalk
