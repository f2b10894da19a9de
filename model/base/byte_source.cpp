#include "base/byte_source.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace tablewalk {
namespace {

constexpr std::size_t window_bytes = 1 << 18;
constexpr std::size_t compressed_chunk_bytes = 1 << 18;
constexpr std::size_t longest_magic = 6;
constexpr std::size_t skippable_header_bytes = 8;

/// Size, including the header, of a zstd skippable frame at the start of `head`; 0 if there is none. pzstd writes one
/// before each of its frames (RFC 8878, 3.1.2).
std::uint64_t skippable_frame_bytes(std::string_view head) {
  if (head.size() < skippable_header_bytes) return 0;
  std::uint32_t words[2];
  std::memcpy(words, head.data(), sizeof(words));
  return (words[0] & 0xfffffff0U) == 0x184d2a50U ? skippable_header_bytes + std::uint64_t{words[1]} : 0;
}

/// The compression whose magic number `head` starts with, or nullptr. Checked before using libarchive, so that plain
/// files stay seekable and are not copied twice.
const char* compression_of(std::string_view head) {
  using namespace std::string_view_literals;
  const auto starts_with = [&](std::string_view magic) { return head.substr(0, magic.size()) == magic; };
  if (starts_with("\x1f\x8b"sv)) return "gzip";
  if (starts_with("\xfd"
                  "7zXZ\0"sv)) {
    return "xz";
  }
  if (starts_with("\x28\xb5\x2f\xfd"sv)) return "zstd";
  if (starts_with("BZh"sv) && head.size() > 3 && head[3] >= '1' && head[3] <= '9') return "bz2";
  return nullptr;
}

int open_or_throw(const std::string& path, const std::string& thing) {
  if (path == "-") return ::dup(STDIN_FILENO);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw InputError(fmt::format("{}: cannot open the {}: {}", path, thing, std::strerror(errno)));
  return descriptor;
}

}  // namespace

ByteSource::ByteSource(const std::string& path, const std::string& thing)
    : ByteSource(open_or_throw(path, thing), path, thing) {}

ByteSource::ByteSource(int descriptor, const std::string& name, const std::string& thing)
    : path_(name), descriptor_(descriptor), archive_(nullptr, archive_read_free) {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) status = {};
  if (S_ISDIR(status.st_mode)) {
    ::close(descriptor_);
    throw InputError(fmt::format("{}: is a directory: expected a {} file", path_, thing));
  }
  if (S_ISREG(status.st_mode)) size_ = static_cast<std::uint64_t>(status.st_size);
  skip_empty_frames();
  const std::string_view head = peek(longest_magic);
  if (compression_of(head) != nullptr) {
    open_decompressor(head);
  } else {
    seekable_ = S_ISREG(status.st_mode);
  }
}

/// Skips skippable frames before the first frame with data: libarchive does not recognise them as zstd.
void ByteSource::skip_empty_frames() {
  while (std::uint64_t left = skippable_frame_bytes(peek(skippable_header_bytes))) {
    while (left != 0) {
      const std::size_t count = std::min<std::uint64_t>(left, peek(1).size());
      if (count == 0) {
        throw InputError(fmt::format("{}: compressed data is truncated or damaged (in a skippable zstd frame)", path_));
      }
      skip(count);
      left -= count;
    }
  }
}

ByteSource::~ByteSource() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void ByteSource::open_decompressor(std::string_view head) {
  const std::string compression = compression_of(head);
  compressed_.assign(head.begin(), head.end());
  compressed_head_ = head.size();
  compressed_.resize(std::max(compressed_.size(), compressed_chunk_bytes));
  begin_ = end_ = 0;
  at_end_ = false;
  archive_.reset(archive_read_new());
  archive_read_support_filter_gzip(archive_.get());
  archive_read_support_filter_xz(archive_.get());
  archive_read_support_filter_zstd(archive_.get());
  archive_read_support_filter_bzip2(archive_.get());
  archive_read_support_format_raw(archive_.get());
  archive_read_support_format_empty(archive_.get());
  const auto on_read = [](archive* handle, void* self, const void** block) -> la_ssize_t {
    return on_archive_read(handle, self, block);
  };
  archive_entry* entry = nullptr;
  if (archive_read_open(archive_.get(), this, nullptr, on_read, nullptr) != ARCHIVE_OK) fail_decompression();
  const int status = archive_read_next_header(archive_.get(), &entry);
  if (status == ARCHIVE_EOF) {
    at_end_ = true;
  } else if (status != ARCHIVE_OK) {
    fail_decompression();
  } else if (archive_filter_count(archive_.get()) < 2) {  // only libarchive's "none": it did not accept the magic
    throw InputError(
        fmt::format("{}: compressed data is truncated or damaged (no complete {} header)", path_, compression));
  }
}

long ByteSource::on_archive_read(archive* handle, void* self, const void** block) {
  ByteSource& source = *static_cast<ByteSource*>(self);
  *block = source.compressed_.data();
  if (source.compressed_head_ != 0) return static_cast<long>(std::exchange(source.compressed_head_, 0));
  try {
    return static_cast<long>(source.read_descriptor(source.compressed_.data(), source.compressed_.size()));
  } catch (const InputError& error) {  // exceptions must not pass through libarchive's C frames
    archive_set_error(handle, EIO, "%s", error.what());
    return -1;
  }
}

void ByteSource::fail_decompression() const {
  const char* reason = archive_error_string(archive_.get());
  throw InputError(fmt::format("{}: compressed data is truncated or damaged ({})", path_,
                               reason != nullptr ? reason : "no reason given"));
}

void ByteSource::fill(std::size_t wanted) {
  if (begin_ > 0) {
    std::memmove(window_.data(), window_.data() + begin_, end_ - begin_);
    window_offset_ += begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  if (window_.size() < wanted) window_.resize(std::max({wanted, 2 * window_.size(), window_bytes}));
  while (end_ < wanted && !at_end_) {
    const std::size_t count = read_some(window_.data() + end_, window_.size() - end_);
    if (count == 0) at_end_ = true;
    end_ += count;
  }
}

std::size_t ByteSource::read_some(char* destination, std::size_t capacity) {
  if (archive_ == nullptr) return read_descriptor(destination, capacity);
  const la_ssize_t count = archive_read_data(archive_.get(), destination, capacity);
  if (count < 0) fail_decompression();
  return static_cast<std::size_t>(count);
}

std::size_t ByteSource::read_descriptor(char* destination, std::size_t capacity) {
  while (true) {
    const ssize_t count = ::read(descriptor_, destination, capacity);
    if (count >= 0) {
      bytes_from_file_ += static_cast<std::uint64_t>(count);
      return static_cast<std::size_t>(count);
    }
    if (errno != EINTR) throw InputError(fmt::format("{}: cannot read: {}", path_, std::strerror(errno)));
  }
}

void ByteSource::seek(std::uint64_t offset) {
  if (::lseek(descriptor_, static_cast<off_t>(offset), SEEK_SET) < 0) {
    throw InputError(fmt::format("{}: cannot seek to byte {}: {}", path_, offset, std::strerror(errno)));
  }
  begin_ = end_ = 0;
  window_offset_ = offset;
  bytes_from_file_ = offset;
  at_end_ = false;
}

void ByteSource::rest() {
  seek(offset());
  std::vector<char>().swap(window_);
}

double ByteSource::progress() const {
  if (size_ == 0) return -1.0;
  const std::uint64_t unread = archive_ == nullptr ? end_ - begin_ : 0;
  return std::min(1.0, static_cast<double>(bytes_from_file_ - unread) / static_cast<double>(size_));
}

}  // namespace tablewalk
