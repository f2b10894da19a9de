#include "memory/image_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace tablewalk {
namespace {

constexpr const char* thing = "memory image";
constexpr std::size_t head_bytes = 64 << 10;
constexpr std::size_t block_bytes = 4096;
constexpr std::size_t chunk_bytes = 1 << 20;

Descriptor open_image(const std::string& path) {
  Descriptor file(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    throw InputError(fmt::format("{}: cannot open the {}: {}", path, thing, std::strerror(errno)));
  }
  struct stat status {};
  // /dev/zero and similar devices never end.
  if (::fstat(file.get(), &status) == 0 && (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))) {
    throw InputError(fmt::format("{}: is a device: expected a {} file", path, thing));
  }
  return file;
}

bool all_zero(std::string_view bytes) {
  return bytes.empty() || (bytes.front() == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace

Descriptor::~Descriptor() {
  if (value_ >= 0) ::close(value_);
}

int Descriptor::release() {
  return std::exchange(value_, -1);
}

ScratchFile::ScratchFile(const std::string& for_what)
    : for_what_(for_what), file_([&] {
        std::string name = temporary_folder() + "/tablewalk.XXXXXX";
        const int descriptor = ::mkstemp(name.data());
        if (descriptor < 0) {
          throw InputError(fmt::format("{}: cannot make a temporary file for its bytes in {}: {}", for_what, name,
                                       std::strerror(errno)));
        }
        ::unlink(name.c_str());
        return descriptor;
      }()) {}

void ScratchFile::write(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), block_bytes - static_cast<std::size_t>(offset % block_bytes));
    const std::string_view block = bytes.substr(0, count);
    const bool may_be_hole = count == block_bytes && offset >= end_;
    if (!may_be_hole || !all_zero(block)) {
      const ssize_t written = ::pwrite(file_.get(), block.data(), count, static_cast<off_t>(offset));
      if (written != static_cast<ssize_t>(count)) {
        throw InputError(fmt::format("{}: cannot keep its bytes in a temporary file: {}", for_what_,
                                     written < 0 ? std::strerror(errno) : "the disk is full"));
      }
      end_ = std::max(end_, offset + count);
    }
    offset += count;
    bytes.remove_prefix(count);
  }
}

Descriptor ScratchFile::finish(std::uint64_t bytes) {
  struct stat status {};
  const bool known = ::fstat(file_.get(), &status) == 0;
  if (known && static_cast<std::uint64_t>(status.st_size) < bytes) {
    if (::ftruncate(file_.get(), static_cast<off_t>(bytes)) != 0) {
      throw InputError(
          fmt::format("{}: cannot keep its bytes in a temporary file: {}", for_what_, std::strerror(errno)));
    }
  }
  return std::move(file_);
}

ImageFile::ImageFile(const std::string& path) : ImageFile(open_image(path), path) {}

ImageFile::ImageFile(Descriptor file, const std::string& path)
    : path_(path), file_(std::move(file)), bytes_(::dup(file_.get()), path, thing) {}

std::string_view ImageFile::head() {
  return bytes_.peek(head_bytes).substr(0, head_bytes);
}

std::optional<std::uint64_t> ImageFile::size() const {
  if (!bytes_.seekable()) return std::nullopt;
  return bytes_.size();
}

std::size_t ImageFile::read_some(std::uint64_t offset, void* to, std::size_t count) {
  if (!bytes_.seekable()) {
    const std::uint64_t end = offset + count;
    keep_up_to(end < offset ? ~std::uint64_t{0} : end);
    if (offset >= kept_bytes_) return 0;
    count = static_cast<std::size_t>(std::min<std::uint64_t>(count, kept_bytes_ - offset));
  }
  const int descriptor = bytes_.seekable() ? file_.get() : kept_->descriptor();
  std::size_t done = 0;
  while (done < count && offset + done <= static_cast<std::uint64_t>(INT64_MAX)) {
    const ssize_t more =
        ::pread(descriptor, static_cast<char*>(to) + done, count - done, static_cast<off_t>(offset + done));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) throw InputError(fmt::format("{}: cannot read: {}", path_, std::strerror(errno)));
    if (more == 0) break;
    done += static_cast<std::size_t>(more);
  }
  if (bytes_.seekable() || done == count) return done;
  std::memset(static_cast<char*>(to) + done, 0, count - done);  // a hole at the end of the kept bytes
  return count;
}

void ImageFile::read(std::uint64_t offset, void* to, std::size_t count, const std::string& what) {
  const std::size_t found = read_some(offset, to, count);
  if (found == count) return;
  fail(offset,
       fmt::format("the file ends in {}, after {} byte{}: expected {}", what, found, found == 1 ? "" : "s", count));
}

void ImageFile::fail(std::uint64_t offset, const std::string& what) const {
  throw InputError(fmt::format("{}: byte {}: {}", path_, offset, what));
}

void ImageFile::keep_up_to(std::uint64_t end) {
  if (kept_ == nullptr) kept_ = std::make_unique<ScratchFile>(path_);
  while (kept_bytes_ < end) {
    const std::string_view bytes = bytes_.peek(1).substr(0, chunk_bytes);
    if (bytes.empty()) return;
    kept_->write(kept_bytes_, bytes);
    kept_bytes_ += bytes.size();
    bytes_.skip(bytes.size());
  }
}

}  // namespace tablewalk
