// kdump-compressed dumps (makedumpfile, QEMU's dump-guest-memory -z): a header, two bitmaps of the machine's pages
// (existing pages, dumped pages), a descriptor per dumped page, and individually compressed pages. Also makedumpfile's
// flattened form: any such file written as (offset, size, bytes).
#include <endian.h>
#include <fmt/format.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "memory/image_formats.h"

namespace tablewalk {
namespace {

/// Field offsets: the header has a timeval in the middle whose size varies.
struct Layout {
  std::uint64_t status;      ///< followed by block_size, sub_hdr_size, bitmap_blocks, max_mapnr: 32 bits each
  std::uint64_t dump_level;  ///< from here on in the sub-header
  std::uint64_t split;
  std::uint64_t note;   ///< 64-bit offset and, 8 bytes further, size
  std::uint64_t pages;  ///< 64-bit max_mapnr
};
constexpr Layout layout_64 = {424, 8, 12, 48, 96};
constexpr Layout layout_32 = {412, 4, 8, 32, 72};

constexpr std::uint32_t compressed_zlib = 1;
constexpr std::uint32_t compressed_lzo = 2;
constexpr std::uint32_t compressed_snappy = 4;
constexpr std::uint32_t status_incomplete = 8;
constexpr std::uint32_t compressed_zstd = 0x20;

/// Of one page in the file.
struct PageDescriptor {
  std::uint64_t offset;
  std::uint32_t bytes;
  std::uint32_t flags;
  std::uint64_t page_flags;
};
static_assert(sizeof(PageDescriptor) == 24);

class KdumpReader {
 public:
  KdumpReader(ImageFile& file, ImageContent& content) : file_(file), content_(content) {}

  void read() {
    read_header();
    if (content_.wants_bytes()) read_pages_of_bitmaps();
  }

 private:
  void read_header() {
    char signature[8];
    file_.read(0, signature, sizeof signature, "the header");
    if (std::memcmp(signature, "KDUMP   ", 8) != 0 && std::memcmp(signature, "DISKDUMP", 8) != 0) {
      file_.fail(0, "expected a kdump-compressed dump, which begins with KDUMP or DISKDUMP");
    }
    layout_ = plausible(layout_64) || !plausible(layout_32) ? &layout_64 : &layout_32;
    const auto version = field(8);
    const std::uint32_t status = field(layout_->status);
    block_bytes_ = field(layout_->status + 4);
    sub_blocks_ = field(layout_->status + 8);
    bitmap_blocks_ = field(layout_->status + 12);
    pages_ = field(layout_->status + 16);
    if (!plausible(*layout_)) {
      file_.fail(layout_->status + 4, fmt::format("blocks of {} bytes and a sub-header of {}: expected 4096 to 65536 "
                                                  "bytes, a power of two, and at least 1 block",
                                                  block_bytes_, sub_blocks_));
    }
    if ((status & status_incomplete) != 0) file_.fail(layout_->status, "the dump is marked incomplete");
    read_sub_header(version);
    if (bitmap_blocks_ % 2 != 0 || bitmap_bytes() * 8 < pages_) {
      file_.fail(layout_->status + 12, fmt::format("{} blocks of two bitmaps for {} pages: expected a bit per page "
                                                   "in both",
                                                   bitmap_blocks_, pages_));
    }
  }

  void read_sub_header(std::uint32_t version) {
    const auto at = [&](std::uint64_t offset) { return block_bytes_ + offset; };
    dump_level_ = field(at(layout_->dump_level));
    if (field(at(layout_->split)) != 0) {
      file_.fail(at(layout_->split),
                 "one part of a split dump: expected the complete dump, made by makedumpfile --reassemble");
    }
    if (version >= 6) pages_ = file_.number<std::uint64_t>(at(layout_->pages), "the sub-header");
    if (version < 4) return;
    const auto note = file_.number<std::uint64_t>(at(layout_->note), "the sub-header");
    const std::uint64_t bytes = layout_ == &layout_64
                                    ? file_.number<std::uint64_t>(at(layout_->note + 8), "the sub-header")
                                    : field(at(layout_->note + 8));
    char machine[65] = {};
    file_.read(12 + 4 * 65, machine, sizeof machine - 1, "the header");
    const bool x86 = std::strcmp(machine, "x86_64") == 0 || (machine[0] == 'i' && std::strcmp(machine + 2, "86") == 0);
    if (x86) content_.image().architecture = "x86";
    if (std::strcmp(machine, "aarch64") == 0) content_.image().architecture = "arm64";
    if (std::strncmp(machine, "riscv", 5) == 0) content_.image().architecture = "riscv";
    if (note != 0) read_elf_notes(file_, note, bytes, layout_ == &layout_64, content_);
  }

  bool plausible(const Layout& layout) {
    const std::uint32_t block = field(layout.status + 4);
    return block >= 4096 && block <= 65536 && (block & (block - 1)) == 0 && field(layout.status + 8) >= 1;
  }

  std::uint64_t bitmap_bytes() const { return std::uint64_t{bitmap_blocks_} / 2 * block_bytes_; }

  void read_pages_of_bitmaps() {
    const std::uint64_t bitmaps = (1 + std::uint64_t{sub_blocks_}) * block_bytes_;
    next_descriptor_ = bitmaps + 2 * bitmap_bytes();
    std::vector<std::uint8_t> exists(std::size_t{64} << 10);
    std::vector<std::uint8_t> dumped(exists.size());
    const std::uint64_t used = (pages_ + 7) / 8;
    for (std::uint64_t done = 0; done < used; done += exists.size()) {
      const std::size_t count = std::min<std::uint64_t>(exists.size(), used - done);
      file_.read(bitmaps + done, exists.data(), count, "the bitmap of pages");
      file_.read(bitmaps + bitmap_bytes() + done, dumped.data(), count, "the bitmap of dumped pages");
      for (std::size_t byte = 0; byte < count; ++byte) {
        if ((exists[byte] | dumped[byte]) != 0) read_eight(8 * (done + byte), exists[byte], dumped[byte]);
      }
    }
  }

  void read_eight(std::uint64_t page, unsigned exists, unsigned dumped) {
    for (unsigned bit = 0; bit < 8 && page + bit < pages_; ++bit) {
      const bool in_file = (dumped >> bit & 1) != 0;
      if (!in_file && (exists >> bit & 1) == 0) continue;
      const std::uint64_t at = next_descriptor_;
      if (page + bit > ~std::uint64_t{0} / block_bytes_) file_.fail(at, "a page beyond the 64-bit address space");
      const std::uint64_t address = (page + bit) * block_bytes_;
      // Missing pages, at a dump level that keeps zeros, were omitted for another reason: their contents are unknown.
      const ImageHolds left_out = (dump_level_ & 1) != 0 ? ImageHolds::LeftOut : ImageHolds::Nothing;
      if (in_file) {
        content_.cover(file_, at, address, block_bytes_, ImageHolds::Bytes);
        read_page(address);
      } else if (left_out == ImageHolds::LeftOut) {
        content_.cover(file_, at, address, block_bytes_, left_out);
      }
    }
  }

  const PageDescriptor& descriptor() {
    if (descriptor_ == descriptors_.size()) {
      descriptors_.resize(4096);
      const std::size_t found =
          file_.read_some(next_descriptor_, descriptors_.data(), descriptors_.size() * sizeof(PageDescriptor));
      descriptors_.resize(found / sizeof(PageDescriptor));
      descriptor_ = 0;
      if (descriptors_.empty()) file_.fail(next_descriptor_, "the file ends in the page descriptors");
    }
    next_descriptor_ += sizeof(PageDescriptor);
    return descriptors_[descriptor_++];
  }

  void read_page(std::uint64_t address) {
    const std::uint64_t at = next_descriptor_;
    const PageDescriptor& page = descriptor();
    if (page.offset == zeros_ && zeros_ != 0) return;
    if (page.bytes == 0 || page.bytes > 2 * block_bytes_) {
      file_.fail(at, fmt::format("a page of {} bytes in the file: expected 1 to {}", page.bytes, block_bytes_));
    }
    stored_.resize(page.bytes);
    file_.read(page.offset, stored_.data(), stored_.size(), "a page");
    block_.assign(block_bytes_, 0);
    if (!unpack(page, at)) {
      file_.fail(page.offset, fmt::format("physical address {:#x}: damaged data of a page: expected {} bytes", address,
                                          block_bytes_));
    }
    const bool zero = block_[0] == 0 && std::memcmp(block_.data(), block_.data() + 1, block_.size() - 1) == 0;
    if (zero) zeros_ = page.offset;
    if (!zero) content_.write(address, block_);
  }

  bool unpack(const PageDescriptor& page, std::uint64_t at) {
    switch (page.flags & (compressed_zlib | compressed_lzo | compressed_snappy | compressed_zstd)) {
      case 0:
        if (stored_.size() == block_.size()) block_ = stored_;
        return stored_.size() == block_.size();
      case compressed_zlib: {
        uLongf size = block_.size();
        return uncompress(reinterpret_cast<Bytef*>(block_.data()), &size,
                          reinterpret_cast<const Bytef*>(stored_.data()), stored_.size()) == Z_OK &&
               size == block_.size();
      }
      case compressed_snappy: {
        std::size_t size = 0;
        return snappy::GetUncompressedLength(stored_.data(), stored_.size(), &size) && size == block_.size() &&
               snappy::RawUncompress(stored_.data(), stored_.size(), block_.data());
      }
      case compressed_zstd:
        return ZSTD_decompress(block_.data(), block_.size(), stored_.data(), stored_.size()) == block_.size();
      case compressed_lzo:
        file_.fail(at, "pages compressed with lzo, which is not supported: expected zlib, snappy, zstd or raw pages");
      default:
        file_.fail(at, fmt::format("page flags {:#x}: expected one kind of compression", page.flags));
    }
  }

  std::uint32_t field(std::uint64_t offset) { return file_.number<std::uint32_t>(offset, "the header"); }

  ImageFile& file_;
  ImageContent& content_;
  const Layout* layout_ = &layout_64;
  std::uint32_t block_bytes_ = 0;
  std::uint32_t sub_blocks_ = 0;
  std::uint32_t bitmap_blocks_ = 0;  ///< of both bitmaps
  std::uint32_t dump_level_ = 0;
  std::uint64_t pages_ = 0;
  std::uint64_t next_descriptor_ = 0;  ///< its position in the file
  std::vector<PageDescriptor> descriptors_;
  std::size_t descriptor_ = 0;
  std::uint64_t zeros_ = 0;  ///< position of the shared page of zeros in the file
  std::string stored_;
  std::string block_;
};

/// Puts the bytes of a flattened file where they belong.
class FlattenedReader {
 public:
  static constexpr std::size_t header_bytes = 4096;

  explicit FlattenedReader(ImageFile& file) : file_(file), bytes_(file.stream()), whole_(file.path()) {}

  Descriptor rearrange() {
    check_header();
    while (take_record()) {
    }
    // makedumpfile leaves no holes; those of a damaged file would be read for hours, as the zeros that they are.
    constexpr std::uint64_t largest_hole = std::uint64_t{1} << 28;
    if (end_ > written_ + largest_hole) {
      file_.fail(header_bytes, fmt::format("a flattened file of {:#x} bytes, of which {:#x} are there: expected all",
                                           end_, written_));
    }
    return whole_.finish(end_);
  }

 private:
  void check_header() {
    constexpr std::string_view signature{"makedumpfile\0\0\0\0", 16};
    if (bytes_.peek(signature.size()).substr(0, signature.size()) != signature) {
      file_.fail(0, "expected a flattened dump, which begins with makedumpfile");
    }
    const std::string_view header = need(header_bytes);
    if (big_endian(header.data() + 16) != 1 || big_endian(header.data() + 24) != 1) {
      file_.fail(16, "a flattened dump of another type or version: expected type 1, version 1");
    }
    bytes_.skip(header_bytes);
  }

  /// False at the one that ends them.
  bool take_record() {
    const std::uint64_t at = bytes_.offset();
    const std::string_view record = need(16);
    const std::uint64_t offset = big_endian(record.data());
    const std::uint64_t count = big_endian(record.data() + 8);
    bytes_.skip(16);
    if (offset == ~std::uint64_t{0}) return false;
    constexpr std::uint64_t most = std::uint64_t{1} << 48;
    if (offset > most || count > most) {
      file_.fail(at, fmt::format("{:#x} bytes for offset {:#x}: expected a place in a file", count, offset));
    }
    end_ = std::max(end_, offset + count);
    written_ += count;
    for (std::uint64_t done = 0; done < count;) {
      need(1);
      const std::string_view part = bytes_.peek(1).substr(0, std::min<std::uint64_t>(count - done, 1 << 20));
      whole_.write(offset + done, part);
      done += part.size();
      bytes_.skip(part.size());
    }
    return true;
  }

  /// The next `count` bytes, and no others.
  std::string_view need(std::size_t count) {
    const std::string_view found = bytes_.peek(count).substr(0, count);
    if (found.size() < count) file_.fail(bytes_.offset(), "the file ends in the middle of a flattened dump");
    return found;
  }

  static std::uint64_t big_endian(const char* at) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return be64toh(value);
  }

  ImageFile& file_;
  ByteSource& bytes_;
  ScratchFile whole_;
  std::uint64_t end_ = 0;      ///< of the file that was flattened
  std::uint64_t written_ = 0;  ///< of its bytes, those that records had
};

}  // namespace

void read_kdump(ImageFile& file, ImageContent& content) {
  KdumpReader(file, content).read();
}

void read_flattened(ImageFile& file, ImageContent& content) {
  ImageFile rearranged(FlattenedReader(file).rearrange(), file.path());
  const ImageFormat* format = find_image_format(rearranged.head());
  if (format == nullptr || (format->read != read_kdump && format->read != read_elf)) {
    file.fail(FlattenedReader::header_bytes,
              fmt::format("what is flattened is {}: expected a kdump-compressed dump or an ELF core",
                          format == nullptr ? "of no known format" : format->what));
  }
  format->read(rearranged, content);
}

}  // namespace tablewalk
