#include "trace/process_logs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <tuple>

#include "base/error.h"
#include "base/file.h"

namespace tablewalk {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t least_room = 1 << 20;  // bytes: more than is written between two checks

/// The name as a number; 0 if it is not one.
pid_t number_of(const std::string& name) {
  const bool digits = !name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == std::string::npos;
  return digits ? static_cast<pid_t>(std::atoi(name.c_str())) : 0;
}

/// Creation time of a file, in nanoseconds; 0 if the file system does not record it.
std::uint64_t birth_of(const std::string& path) {
  struct statx status {};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_BTIME, &status) != 0 || (status.stx_mask & STATX_BTIME) == 0) return 0;
  return static_cast<std::uint64_t>(status.stx_btime.tv_sec) * 1000000000U + status.stx_btime.tv_nsec;
}

}  // namespace

ProcessLogs::ProcessLogs() {
  const std::string parent = temporary_folder();
  folder_ = (fs::absolute(parent) / "tablewalk-capture.XXXXXX").string();
  if (::mkdtemp(folder_.data()) == nullptr) {
    throw InputError(
        fmt::format("{}: cannot make a folder for the logs of the processes: {}", parent, std::strerror(errno)));
  }
  watch_over();
}

ProcessLogs::~ProcessLogs() {
  ::close(lifeline_);
  while (::waitpid(helper_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

/// The helper outlives this process, even after SIGKILL.
void ProcessLogs::watch_over() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) == 0) helper_ = ::fork();
  if (helper_ == 0) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) ::signal(number, SIG_IGN);
    for (const int descriptor : {ends[1], STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(descriptor);
    char byte = 0;
    while (::read(ends[0], &byte, 1) < 0 && errno == EINTR) {
    }
    end_processes();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
    ::_exit(0);
  }
  const char* reason = std::strerror(errno);
  if (ends[0] >= 0) ::close(ends[0]);
  lifeline_ = ends[1];
  if (helper_ > 0) return;
  if (lifeline_ >= 0) ::close(lifeline_);
  ::rmdir(folder_.c_str());
  throw InputError(fmt::format("cannot start a process that watches over {}: {}", folder_, reason));
}

std::string ProcessLogs::pattern() const {
  std::string pattern;
  for (const char c : folder_) pattern += c == '%' ? std::string("%%") : std::string(1, c);
  return pattern + "/%p";
}

/// A process keeps its arguments when it forks, and Valgrind passes its own on when the program executes another.
std::vector<pid_t> ProcessLogs::processes() const {
  const std::string mark = fs::path(folder_).filename().string() + "/%p";
  std::vector<pid_t> found;
  std::error_code ignored;
  for (fs::directory_iterator entry("/proc", ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    const pid_t process = number_of(entry->path().filename().string());
    if (process == 0) continue;
    std::ifstream file(entry->path() / "cmdline", std::ios::binary);
    const std::string arguments{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (arguments.find(mark) != std::string::npos) found.push_back(process);
  }
  return found;
}

void ProcessLogs::end_processes() const {
  for (std::vector<pid_t> running = processes(); !running.empty(); running = processes()) {
    for (const pid_t process : running) ::kill(process, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void ProcessLogs::check_room() const {
  struct statvfs status {};
  if (::statvfs(folder_.c_str(), &status) != 0) return;
  if (std::uint64_t{status.f_bavail} * status.f_frsize >= least_room) return;
  throw InputError(
      fmt::format("{}: no space left for the logs of the processes: expected about 14 bytes per access, in the "
                  "folder TMPDIR",
                  folder_));
}

std::vector<ProcessLogs::Log> ProcessLogs::in_order() const {
  std::vector<std::tuple<std::uint64_t, pid_t, std::string>> files;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const std::string path = entry.path().string();
    if (const pid_t process = number_of(entry.path().filename().string())) {
      files.emplace_back(birth_of(path), process, path);
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<Log> logs;
  for (const auto& [birth, process, path] : files) logs.push_back({process, path});
  return logs;
}

}  // namespace tablewalk
