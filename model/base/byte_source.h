#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct archive;

namespace tablewalk {

/// The bytes of a file or of standard input, decompressed on the fly (gzip, xz, zstd, bz2, also nested), in one sliding
/// window shared by all readers. Memory is the window, whatever the length of the input.
class ByteSource {
 public:
  /// Opens `path`; `-` is standard input. `thing` names the expected content in messages. Throws InputError if it
  /// cannot be opened.
  explicit ByteSource(const std::string& path, const std::string& thing = "trace");
  /// Reads from an open descriptor, which it closes at the end; `name` is used in messages.
  ByteSource(int descriptor, const std::string& name, const std::string& thing = "trace");
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  const std::string& path() const { return path_; }

  /// The unread bytes, at least `wanted` of them unless the input ends before; valid until the next call. Throws
  /// InputError on a read error and on truncated or damaged compressed data.
  std::string_view peek(std::size_t wanted) {
    if (end_ - begin_ < wanted) fill(wanted);
    return {window_.data() + begin_, end_ - begin_};
  }

  /// Consumes `count` bytes of what peek() showed.
  void skip(std::size_t count) { begin_ += count; }

  /// Offset of the next unread byte in the decompressed data.
  std::uint64_t offset() const { return window_offset_ + begin_; }

  /// Whether seek() and size() may be used: an uncompressed regular file.
  bool seekable() const { return seekable_; }
  std::uint64_t size() const { return size_; }
  void seek(std::uint64_t offset);
  /// Frees the window's memory until the next peek(). For seekable sources.
  void rest();

  /// Share of the file consumed, 0 to 1; negative if its size is unknown (a pipe).
  double progress() const;

 private:
  void skip_empty_frames();
  void open_decompressor(std::string_view head);
  void fill(std::size_t wanted);
  std::size_t read_some(char* destination, std::size_t capacity);
  std::size_t read_descriptor(char* destination, std::size_t capacity);
  static long on_archive_read(archive* handle, void* self, const void** block);
  [[noreturn]] void fail_decompression() const;

  std::string path_;
  int descriptor_ = -1;
  bool seekable_ = false;
  bool at_end_ = false;
  std::uint64_t size_ = 0;             // Of the file on disk; 0 if unknown.
  std::uint64_t bytes_from_file_ = 0;  // Before decompression.
  std::vector<char> window_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t window_offset_ = 0;
  std::unique_ptr<archive, int (*)(archive*)> archive_;
  std::vector<char> compressed_;
  std::size_t compressed_head_ = 0;  // Bytes of the head read before the decompressor was created.
};

}  // namespace tablewalk
