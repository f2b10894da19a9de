#include "sweep/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/interrupt.h"
#include "sweep/durable_file.h"

namespace tablewalk {
namespace {

std::string lock_path(const std::string& folder) {
  return folder + "/lock";
}

/// Not inherited by forked processes, unlike flock(): a simulation that outlives the sweep by an instant does not hold
/// it.
bool lock(int file, bool wait) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return ::fcntl(file, wait ? F_SETLKW : F_SETLK, &whole) == 0;
}

std::string content(int file) {
  std::array<char, 512> text{};
  const ssize_t size = ::pread(file, text.data(), text.size() - 1, 0);
  std::string line(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return line.substr(0, line.find('\n'));
}

[[noreturn]] void fail(const std::string& folder, int reason) {
  throw InputError(fmt::format("{}: cannot be locked: {}", lock_path(folder), std::strerror(reason)));
}

std::string name_of_holder(int file) {
  const std::string name = content(file);
  return name.empty() ? "another process" : name;
}

/// Waits until the lock is free; Ctrl-C ends that.
void wait_for(int file, const std::string& folder) {
  while (!lock(file, false)) {
    if (errno != EACCES && errno != EAGAIN) fail(folder, errno);
    if (interrupt_flag()) throw InputError(fmt::format("{}: interrupted while another sweep used it", folder));
    ::usleep(100000);
  }
}

}  // namespace

FolderLock::FolderLock(const std::string& folder, bool wait) {
  file_ = ::open(lock_path(folder).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) fail(folder, errno);
  const bool locked = lock(file_, false);
  if (!locked && errno != EACCES && errno != EAGAIN) fail(folder, errno);
  if (!locked && !wait) {
    const std::string holder = name_of_holder(file_);
    ::close(file_);
    throw InputError(
        fmt::format("{}: is in use by {}: expected another folder, or --wait to go on after it", folder, holder));
  }
  if (!locked) {
    wait_for(file_, folder);
  } else {
    taken_over_ = content(file_);
  }
  const std::string text = fmt::format("process {} on {}\n", ::getpid(), host_name());
  const bool written = ::ftruncate(file_, 0) == 0 && ::pwrite(file_, text.data(), text.size(), 0) >= 0;
  if (!written) fail(folder, errno);
}

FolderLock::~FolderLock() {
  // An empty file: the sweep ended by itself.
  if (::ftruncate(file_, 0) != 0) taken_over_.clear();
  ::close(file_);
}

std::string FolderLock::holder(const std::string& folder) {
  const int file = ::open(lock_path(folder).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  const bool held = ::fcntl(file, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
  std::string holder = held ? name_of_holder(file) : "";
  ::close(file);
  return holder;
}

}  // namespace tablewalk
