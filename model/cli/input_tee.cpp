#include "cli/input_tee.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/interrupt.h"

namespace tablewalk {
namespace {

InputError no_copy() {
  return InputError(
      fmt::format("a pipe cannot be read twice: {}; expected a file, or --no-cost", std::strerror(errno)));
}

/// Makes the file standard input.
void take_as_standard_input(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw InputError(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  ::dup2(file, STDIN_FILENO);
  ::close(file);
}

bool write_all(int pipe, const char* data, std::size_t size) {
  while (size != 0) {
    const ssize_t written = ::write(pipe, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

/// Copies until the input ends or no reader is left. Signals that end a run are left to the readers.
[[noreturn]] void copy(pid_t parent, int first, int second) {
  end_with_parent(parent);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) std::signal(number, SIG_IGN);
  std::vector<char> buffer(1 << 16);
  bool to_first = true;
  bool to_second = true;
  while (to_first || to_second) {
    const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    to_first = to_first && write_all(first, buffer.data(), static_cast<std::size_t>(size));
    to_second = to_second && write_all(second, buffer.data(), static_cast<std::size_t>(size));
  }
  ::_exit(0);
}

}  // namespace

InputTee::InputTee(const std::string& path) {
  if (path != "-") take_as_standard_input(path);
  int first[2];
  int second[2];
  if (::pipe2(first, O_CLOEXEC) != 0) throw no_copy();
  if (::pipe2(second, O_CLOEXEC) != 0) throw no_copy();
  const pid_t parent = ::getpid();
  copier_ = ::fork();
  if (copier_ < 0) throw no_copy();
  if (copier_ == 0) {
    ::close(first[0]);
    ::close(second[0]);
    copy(parent, first[1], second[1]);
  }
  ::close(first[1]);
  ::close(second[1]);
  ::dup2(first[0], STDIN_FILENO);
  ::close(first[0]);
  second_ = second[0];
}

InputTee::~InputTee() {
  leave_second();
  ::kill(copier_, SIGKILL);
  while (::waitpid(copier_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void InputTee::take_second() const {
  ::dup2(second_, STDIN_FILENO);
  ::close(second_);
}

void InputTee::leave_second() {
  if (second_ >= 0) ::close(second_);
  second_ = -1;
}

}  // namespace tablewalk
