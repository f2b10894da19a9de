// LiME (version 1) and AVML (version 2): consecutive ranges of physical memory, each with a header of 32 bytes (magic,
// version, first byte, last byte, 0). LiME's bytes follow uncompressed. AVML's follow as a framed snappy stream and its
// length; AVML omits blocks of zeros.
#include <fmt/format.h>
#include <snappy.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "memory/image_formats.h"

namespace tablewalk {
namespace {

constexpr std::uint32_t lime_magic = 0x4C694D45;
constexpr std::uint32_t avml_magic = 0x4C4D5641;

struct Header {
  std::uint32_t magic;
  std::uint32_t version;
  std::uint64_t first;
  std::uint64_t last;
  std::uint64_t reserved;
};
static_assert(sizeof(Header) == 32);

/// CRC-32C (Castagnoli), with a table computed bit by bit, as the snappy framing format requires.
std::uint32_t crc32c(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t index = 0; index < made.size(); ++index) {
      std::uint32_t value = index;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78 : 0);
      made[index] = value;
    }
    return made;
  }();
  std::uint32_t crc = ~0u;
  for (const char c : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint8_t>(c)) & 0xFF];
  return ~crc;
}

std::uint32_t masked(std::uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
}

class RangeReader {
 public:
  RangeReader(ImageFile& file, ImageContent& content) : file_(file), content_(content), bytes_(file.stream()) {}

  bool next_range() {
    if (bytes_.peek(1).empty()) return false;
    const std::uint64_t at = bytes_.offset();
    Header header{};
    take(&header, sizeof header, "the header of a range");
    check(header, at);
    const std::uint64_t count = header.last - header.first + 1;
    fill_gap(header, at);
    content_.cover(file_, at, header.first, count, ImageHolds::Bytes);
    if (header.magic == lime_magic) {
      copy(header.first, count);
    } else {
      decompress(header.first, count);
    }
    return true;
  }

 private:
  void check(const Header& header, std::uint64_t at) const {
    const bool lime = header.magic == lime_magic;
    if (!lime && header.magic != avml_magic) {
      file_.fail(at, fmt::format("{:#010x}: expected the header of a LiME or AVML range ({:#x} or {:#x})", header.magic,
                                 lime_magic, avml_magic));
    }
    const std::uint32_t version = lime ? 1 : 2;
    if (header.version != version) {
      file_.fail(at, fmt::format("{} version {}: expected {}", lime ? "LiME" : "AVML", header.version, version));
    }
    if (header.last < header.first || header.last - header.first == ~std::uint64_t{0}) {
      file_.fail(at,
                 fmt::format("a range from {:#x} to {:#x}: expected first and last byte", header.first, header.last));
    }
  }

  /// Between two ranges AVML may have omitted zeros.
  void fill_gap(const Header& header, std::uint64_t at) {
    if (compressed_ && header.first > end_ && !content_.image().coverage.taken(end_, header.first - 1)) {
      content_.cover(file_, at, end_, header.first - end_, ImageHolds::LeftOut);
    }
    compressed_ = header.magic == avml_magic;
    end_ = header.last + 1;
    if (end_ == 0) compressed_ = false;
  }

  void take(void* to, std::size_t count, const char* what) {
    const std::string_view found = bytes_.peek(count).substr(0, count);
    if (found.size() < count) {
      file_.fail(bytes_.offset(), fmt::format("the file ends in {}, after {} of {} bytes", what, found.size(), count));
    }
    std::memcpy(to, found.data(), count);
    bytes_.skip(count);
  }

  void copy(std::uint64_t address, std::uint64_t count) {
    constexpr std::uint64_t most = 64 << 10;
    while (count != 0) {
      // Up to the end of a page, so that whole pages are written at once.
      const std::size_t wanted = std::min(count, most - address % PhysicalMemory::page_size);
      const std::string_view found = bytes_.peek(wanted).substr(0, wanted);
      if (found.size() < wanted) {
        file_.fail(bytes_.offset(),
                   fmt::format("the file ends in a range, {} bytes before its end", count - found.size()));
      }
      content_.write(address, found);
      bytes_.skip(wanted);
      address += wanted;
      count -= wanted;
    }
  }

  void decompress(std::uint64_t address, std::uint64_t count) {
    const std::uint64_t begin = bytes_.offset();
    while (count != 0) {
      const std::uint64_t at = bytes_.offset();
      const std::string_view chunk = next_chunk();
      if (chunk.size() > count) {
        file_.fail(at, fmt::format("a snappy chunk of {} bytes: expected at most {} to the end of the range",
                                   chunk.size(), count));
      }
      content_.write(address, chunk);
      address += chunk.size();
      count -= chunk.size();
    }
    const std::uint64_t at = bytes_.offset();
    std::uint64_t compressed = 0;
    take(&compressed, sizeof compressed, "the length after an AVML range");
    if (compressed != at - begin) {
      file_.fail(at, fmt::format("{} compressed bytes: expected {}, the actual number", compressed, at - begin));
    }
  }

  /// The next chunk's bytes, decompressed; empty for a chunk without data. Valid until the next call.
  std::string_view next_chunk() {
    constexpr std::size_t most = 65536;
    const std::uint64_t at = bytes_.offset();
    std::uint32_t head = 0;
    take(&head, sizeof head, "a snappy chunk's header");
    const std::uint32_t type = head & 0xFF;
    const std::uint32_t length = head >> 8;
    chunk_.resize(length);
    if (length != 0) take(chunk_.data(), length, "a snappy chunk");
    if (type == 0xFF && chunk_ == "sNaPpY") return {};
    if (type >= 0x80 && type < 0xFF) return {};  // padding, or another skippable chunk
    if (type > 1 || length < sizeof(std::uint32_t)) {
      file_.fail(
          at, fmt::format("a snappy chunk of type {:#x} and {} bytes: expected a framed snappy stream", type, length));
    }
    std::uint32_t checksum = 0;
    std::memcpy(&checksum, chunk_.data(), sizeof checksum);
    std::string_view data(chunk_);
    data.remove_prefix(sizeof checksum);
    if (type == 0) {
      std::size_t size = 0;
      const bool right = snappy::GetUncompressedLength(data.data(), data.size(), &size) && size <= most;
      decompressed_.resize(right ? size : 0);
      if (!right || !snappy::RawUncompress(data.data(), data.size(), decompressed_.data())) {
        file_.fail(at, "damaged snappy data");
      }
      data = decompressed_;
    }
    if (data.size() > most || masked(crc32c(data)) != checksum) {
      file_.fail(at, fmt::format("a snappy chunk with checksum {:#010x}: it does not match its bytes", checksum));
    }
    return data;
  }

  ImageFile& file_;
  ImageContent& content_;
  ByteSource& bytes_;
  std::string chunk_;
  std::string decompressed_;
  bool compressed_ = false;  ///< of the previous range
  std::uint64_t end_ = 0;    ///< of the previous range
};

}  // namespace

void read_lime(ImageFile& file, ImageContent& content) {
  if (!content.wants_bytes()) return;
  RangeReader ranges(file, content);
  while (ranges.next_range()) {
  }
}

}  // namespace tablewalk
