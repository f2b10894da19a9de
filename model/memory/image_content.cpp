#include "memory/image_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace tablewalk {
namespace {

/// Calls `part(page, offset in the page, bytes)` for the part in each page.
template <class Part>
bool each_page(std::uint64_t address, std::string_view bytes, Part part) {
  while (!bytes.empty()) {
    const std::uint64_t offset = address % PhysicalMemory::page_size;
    const std::size_t count = std::min<std::size_t>(bytes.size(), PhysicalMemory::page_size - offset);
    if (!part(PhysicalAddress(address - offset), offset, bytes.substr(0, count))) return false;
    address += count;
    bytes.remove_prefix(count);
  }
  return true;
}

}  // namespace

void ImageContent::cover(const ImageFile& file, std::uint64_t at, std::uint64_t first, std::uint64_t bytes,
                         ImageHolds what) {
  if (bytes == 0) return;
  const std::uint64_t last = first + (bytes - 1);
  if (last < first) {
    file.fail(at, fmt::format("{:#x} bytes from physical address {:#x} up end beyond the 64-bit address space", bytes,
                              first));
  }
  if (const auto taken = image_.coverage.taken(first, last)) {
    file.fail(at,
              fmt::format("physical memory {:#x}-{:#x} overlaps memory that the image already has at {:#x}: expected "
                          "each address once",
                          first, last, *taken));
  }
  image_.coverage.add(first, last, what);
  if (what == ImageHolds::Bytes) image_.bytes += bytes;
}

void ImageContent::write(std::uint64_t address, std::string_view bytes) {
  each_page(address, bytes, [&](PhysicalAddress page, std::uint64_t offset, std::string_view part) {
    if (part.size() == PhysicalMemory::page_size) {
      memory_->write_page(page, part.data());
      return true;
    }
    std::array<char, PhysicalMemory::page_size> whole{};
    memory_->read_page(page, whole.data());
    std::memcpy(whole.data() + offset, part.data(), part.size());
    memory_->write_page(page, whole.data());
    return true;
  });
}

bool ImageContent::holds(std::uint64_t address, std::string_view bytes) const {
  return each_page(address, bytes, [&](PhysicalAddress page, std::uint64_t offset, std::string_view part) {
    std::array<char, PhysicalMemory::page_size> whole{};
    memory_->read_page(page, whole.data());
    return std::memcmp(whole.data() + offset, part.data(), part.size()) == 0;
  });
}

}  // namespace tablewalk
