#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_source.h"

namespace tablewalk {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}
  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return value_; }
  int release();

 private:
  int value_;
};

/// A temporary file without a name; blocks of zeros are holes where nothing was written before.
/// Throws InputError when the disk is full.
class ScratchFile {
 public:
  /// `for_what` stands in messages: whose bytes are kept here.
  explicit ScratchFile(const std::string& for_what);
  void write(std::uint64_t offset, std::string_view bytes);
  /// Makes it at least that long, and gives it away.
  Descriptor finish(std::uint64_t bytes);
  int descriptor() const { return file_.get(); }

 private:
  std::string for_what_;
  Descriptor file_;
  std::uint64_t end_ = 0;  ///< of all that was written
};

/// The bytes of a memory image, decompressed on the way: looked at in order through `stream()`, or anywhere through
/// `read()`. What cannot be read anywhere (compressed files, pipes) is kept in a temporary file as far as it was read.
class ImageFile {
 public:
  /// Opens `path`; `-` is standard input. Throws InputError: no such file, a folder, a device.
  explicit ImageFile(const std::string& path);
  /// What `file` holds; `path` stands for it in messages.
  ImageFile(Descriptor file, const std::string& path);

  const std::string& path() const { return path_; }
  /// The first bytes, up to 64 KiB: what a format is recognised by. Valid until anything is read.
  std::string_view head();
  /// Of an uncompressed file.
  std::optional<std::uint64_t> size() const;

  /// All bytes in order, once: for readers that need nothing else.
  ByteSource& stream() { return bytes_; }

  /// Reads exactly `count` bytes. Throws InputError when the file ends before: `PATH: byte N: the file ends in WHAT`.
  void read(std::uint64_t offset, void* to, std::size_t count, const std::string& what);
  /// Reads up to `count` bytes; fewer only at the end of the file.
  std::size_t read_some(std::uint64_t offset, void* to, std::size_t count);
  template <class Number>
  Number number(std::uint64_t offset, const std::string& what) {
    Number value{};
    read(offset, &value, sizeof value, what);
    return value;
  }

  /// `PATH: byte N: WHAT`, thrown as InputError.
  [[noreturn]] void fail(std::uint64_t offset, const std::string& what) const;

 private:
  void keep_up_to(std::uint64_t end);

  std::string path_;
  Descriptor file_;
  ByteSource bytes_;
  std::unique_ptr<ScratchFile> kept_;
  std::uint64_t kept_bytes_ = 0;
};

}  // namespace tablewalk
