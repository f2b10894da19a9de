// Raw memory: nothing but its bytes, in whole pages of 4 KiB.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "memory/image_formats.h"

namespace tablewalk {
namespace {

void read_from_base(ImageFile& file, ImageContent& content, std::uint64_t base) {
  ByteSource& bytes = file.stream();
  for (std::uint64_t at = base;; at += PhysicalMemory::page_size) {
    const std::string_view page = bytes.peek(PhysicalMemory::page_size).substr(0, PhysicalMemory::page_size);
    if (page.empty()) return;
    if (page.size() < PhysicalMemory::page_size) {
      file.fail(bytes.offset(),
                fmt::format("the file ends in the middle of a page, after {} byte{} of {}: expected raw memory in "
                            "whole pages",
                            page.size(), page.size() == 1 ? "" : "s", PhysicalMemory::page_size));
    }
    if (at < base) {
      throw InputError(fmt::format("{}: the memory from --image-base {:#x} up ends beyond the 64-bit address space",
                                   file.path(), base));
    }
    content.cover(file, bytes.offset(), at, PhysicalMemory::page_size, ImageHolds::Bytes);
    content.write(at, page);
    bytes.skip(PhysicalMemory::page_size);
  }
}

void read_parts(ImageFile& file, ImageContent& content, const std::vector<ImageMap>& maps) {
  std::vector<char> chunk(1 << 20);
  for (const ImageMap& map : maps) {
    content.cover(file, map.offset, map.address.value(), map.bytes, ImageHolds::Bytes);
    for (std::uint64_t done = 0; done < map.bytes;) {
      const std::size_t count = std::min<std::uint64_t>(chunk.size(), map.bytes - done);
      file.read(map.offset + done, chunk.data(), count, "the range given by --image-map");
      content.write(map.address.value() + done, {chunk.data(), count});
      done += count;
    }
  }
}

}  // namespace

void read_raw(ImageFile& file, ImageContent& content, std::uint64_t base, const std::vector<ImageMap>& maps) {
  if (!content.wants_bytes()) return;
  if (maps.empty()) return read_from_base(file, content, base);
  read_parts(file, content, maps);
}

}  // namespace tablewalk
