#include "trace/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/interrupt.h"

namespace tablewalk {
namespace {

bool is_program(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return is_program(name) ? name : "";
  const char* variable = std::getenv("PATH");
  const std::string folders = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  for (std::size_t start = 0; start <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', start), folders.size());
    const std::string path = (end > start ? folders.substr(start, end - start) : ".") + "/" + name;
    if (is_program(path)) return path;
    start = end + 1;
  }
  return "";
}

Child::Child(const std::string& program, std::vector<std::string> arguments, Pipe pipe) {
  int ends[2] = {-1, -1};
  if (pipe != Pipe::None && ::pipe2(ends, O_CLOEXEC) != 0) {
    throw InputError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    end_with_parent(parent);
    if (pipe != Pipe::None) ::dup2(ends[1], pipe == Pipe::StandardOutput ? STDOUT_FILENO : own_descriptor);
    ::execv(program.c_str(), pointers.data());
    ::_exit(127);
  }
  if (pipe != Pipe::None) ::close(ends[1]);
  pipe_ = ends[0];
  if (pid_ < 0) {
    const char* reason = std::strerror(errno);
    if (pipe_ >= 0) ::close(pipe_);
    throw InputError(fmt::format("{}: cannot start: {}", program, reason));
  }
}

Child::~Child() {
  if (pid_ > 0) end();
  if (pipe_ >= 0) ::close(pipe_);
}

std::optional<int> Child::wait_for(int options) {
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(pid_, &status, options)) < 0 && errno == EINTR) {
  }
  if (ended == 0) return std::nullopt;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::optional<int> Child::wait_no_longer() {
  return wait_for(WNOHANG);
}

void Child::kill() const {
  ::kill(pid_, SIGKILL);
}

Ender::Ender(const Child& child, const std::atomic<bool>* stop) {
  if (stop == nullptr) return;
  watch_ = std::thread([this, &child, stop] {
    while (!done_ && !*stop) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (!done_) child.kill();
  });
}

Ender::~Ender() {
  done_ = true;
  if (watch_.joinable()) watch_.join();
}

}  // namespace tablewalk
