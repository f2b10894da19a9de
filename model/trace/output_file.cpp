#include "trace/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/error.h"
#include "base/file.h"

namespace tablewalk {

OutputFile::OutputFile(const std::string& path) : path_(path) {
  if (path_ == "-") {
    descriptor_ = ::dup(STDOUT_FILENO);
  } else {
    struct stat status {};
    if (::stat(path_.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
      throw InputError(fmt::format("{}: cannot write: is a directory, expected a file name", path_));
    }
    // A device or a pipe is written in place: renaming a file over it would remove it.
    const bool in_place = ::stat(path_.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
    place_ = through_links(path_);
    if (!in_place) temporary_path_ = fmt::format("{}.part{}", place_, ::getpid());
    if (!in_place) temporary_.emplace(temporary_path_);
    const std::string& opened = in_place ? path_ : temporary_path_;
    descriptor_ = ::open(opened.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  }
  if (descriptor_ < 0) {
    const char* reason = std::strerror(errno);
    temporary_path_.clear();
    fail(reason);
  }
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_path_.empty()) ::unlink(temporary_path_.c_str());
}

void OutputFile::fail(const char* what) const {
  throw InputError(fmt::format("{}: cannot write: {}", path_, what));
}

void OutputFile::write(const void* data, std::size_t bytes) {
  const char* next = static_cast<const char*>(data);
  std::size_t left = bytes;
  while (left != 0) {
    const ssize_t count = ::write(descriptor_, next, left);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(std::strerror(errno));
    next += count;
    left -= static_cast<std::size_t>(count);
  }
  bytes_written_ += bytes;
}

void OutputFile::finish() {
  if (::close(descriptor_) != 0) {
    descriptor_ = -1;
    fail(std::strerror(errno));
  }
  descriptor_ = -1;
  if (temporary_path_.empty()) return;
  if (std::rename(temporary_path_.c_str(), place_.c_str()) != 0) fail(std::strerror(errno));
  temporary_path_.clear();
  temporary_.reset();
}

}  // namespace tablewalk
