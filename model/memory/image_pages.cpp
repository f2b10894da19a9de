// A list of pages: records of a little-endian 64-bit physical address and its 4096 bytes; addresses are ascending
// multiples of 4096; missing pages are zero.
#include <fmt/format.h>

#include <cstring>

#include "memory/image_formats.h"

namespace tablewalk {
namespace {

constexpr std::size_t address_bytes = sizeof(std::uint64_t);
constexpr std::size_t record_bytes = address_bytes + PhysicalMemory::page_size;

std::uint64_t address_of(std::string_view record) {
  std::uint64_t address = 0;
  std::memcpy(&address, record.data(), sizeof address);
  return address;
}

}  // namespace

/// One valid address can be an accident (zeros are one), two ascending ones hardly.
bool is_page_list(std::string_view head) {
  if (head.size() < record_bytes || address_of(head) % PhysicalMemory::page_size != 0) return false;
  if (head.size() == record_bytes) return true;
  if (head.size() < record_bytes + address_bytes) return false;
  const std::uint64_t second = address_of(head.substr(record_bytes));
  return second % PhysicalMemory::page_size == 0 && second > address_of(head);
}

void read_pages(ImageFile& file, ImageContent& content) {
  content.image().coverage.leave_out_the_rest();
  if (!content.wants_bytes()) return;
  ByteSource& bytes = file.stream();
  std::uint64_t before = 0;
  for (std::uint64_t records = 0;; ++records) {
    const std::string_view record = bytes.peek(record_bytes).substr(0, record_bytes);
    if (record.empty()) return;
    if (record.size() < record_bytes) {
      file.fail(bytes.offset(),
                fmt::format("the list ends in the middle of a page, after {} byte{} of {}: expected an 8-byte address "
                            "and its 4096 bytes",
                            record.size(), record.size() == 1 ? "" : "s", record_bytes));
    }
    const std::uint64_t address = address_of(record);
    constexpr const char* hint = " (--image-format raw reads the file as memory from --image-base up)";
    if (address % PhysicalMemory::page_size != 0) {
      file.fail(bytes.offset(), fmt::format("physical address {:#x} in a list of pages: expected a multiple of {}{}",
                                            address, PhysicalMemory::page_size, hint));
    }
    if (records != 0 && address <= before) {
      file.fail(bytes.offset(), fmt::format("physical address {:#x} after {:#x}: expected ascending addresses{}",
                                            address, before, hint));
    }
    content.cover(file, bytes.offset(), address, PhysicalMemory::page_size, ImageHolds::Bytes);
    content.write(address, record.substr(address_bytes));
    before = address;
    bytes.skip(record_bytes);
  }
}

}  // namespace tablewalk
