#include "base/process_pool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "base/error.h"
#include "base/interrupt.h"

namespace tablewalk {
namespace {

/// The first byte sent by a process: the kind of the rest.
enum class Outcome : char { Text = 't', BadInput = 'i', Violation = 'v', Other = 'o' };

void send_all(int pipe, const std::string& message) {
  std::size_t sent = 0;
  while (sent < message.size()) {
    const ssize_t size = ::write(pipe, message.data() + sent, message.size() - sent);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) ::_exit(1);
    sent += static_cast<std::size_t>(size);
  }
}

std::string message_of(const std::function<std::string(std::size_t)>& work, std::size_t number) {
  const auto tagged = [](Outcome outcome, const std::string& text) { return static_cast<char>(outcome) + text; };
  try {
    return tagged(Outcome::Text, work(number));
  } catch (const InputError& error) {
    return tagged(Outcome::BadInput, error.what());
  } catch (const LawViolation& error) {
    return tagged(Outcome::Violation, error.what());
  } catch (const std::bad_alloc&) {
    return tagged(Outcome::BadInput, out_of_memory);
  } catch (const std::exception& error) {
    return tagged(Outcome::Other, error.what());
  }
}

struct Process {
  std::size_t number = 0;
  pid_t pid = -1;
  int pipe = -1;
  std::string message;
};

Process start(const std::function<std::string(std::size_t)>& work, std::size_t number) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw InputError(fmt::format("cannot create a pipe for a process: {}", std::strerror(errno)));
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    const int reason = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    throw InputError(fmt::format("cannot start another process: {}", std::strerror(reason)));
  }
  if (pid == 0) {
    end_with_parent(parent);
    ::close(ends[0]);
    send_all(ends[1], message_of(work, number));
    std::fflush(nullptr);
    ::_exit(0);  // must not run the parent's destructors
  }
  ::close(ends[1]);
  return {number, pid, ends[0], {}};
}

/// Reads the available bytes; false at the end of the pipe.
bool receive(Process& process) {
  char buffer[1 << 16];
  const ssize_t size = ::read(process.pipe, buffer, sizeof buffer);
  if (size < 0) return errno == EINTR || errno == EAGAIN;
  process.message.append(buffer, static_cast<std::size_t>(size));
  return size > 0;
}

/// Collects the exit status; returns how the process died, or an empty text if it ended normally.
std::string reap(const Process& process) {
  ::close(process.pipe);
  int status = 0;
  while (::waitpid(process.pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status))
    return fmt::format("was ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) return fmt::format("ended with exit code {}", WEXITSTATUS(status));
  return process.message.empty() ? "gave no result" : "";
}

/// The result of an ended process. Rethrows its job's exception, or throws a LawViolation if it died.
std::string outcome_of(const Process& process, const std::string& name) {
  const std::string death = reap(process);
  if (!death.empty()) throw LawViolation(fmt::format("the process of '{}' {}", name, death));
  const std::string text = process.message.substr(1);
  switch (static_cast<Outcome>(process.message.front())) {
    case Outcome::Text:
      break;
    case Outcome::BadInput:
      throw InputError(text);
    case Outcome::Violation:
    case Outcome::Other:
      throw LawViolation(text);
  }
  return text;
}

class Pool {
 public:
  Pool(std::size_t count, const std::function<std::string(std::size_t)>& work,
       const std::function<std::string(std::size_t)>& name, const PoolOptions& options)
      : work_(work), name_(name), options_(options), texts_(count), errors_(count) {}

  std::vector<std::string> run() {
    while (true) {
      start_processes();
      if (running_.empty()) break;
      wait_for_news();
    }
    for (const std::exception_ptr& error : errors_) {
      if (error) std::rethrow_exception(error);
    }
    return std::move(texts_);
  }

 private:
  bool may_start() const {
    return next_ < texts_.size() && running_.size() < options_.jobs && !failed_ && !(options_.stop && *options_.stop);
  }

  void start_processes() {
    while (may_start()) {
      try {
        running_.push_back(start(work_, next_));
      } catch (...) {
        fail(next_, std::current_exception());
      }
      ++next_;
    }
  }

  void wait_for_news() {
    std::vector<pollfd> pipes;
    for (const Process& process : running_) pipes.push_back({process.pipe, POLLIN, 0});
    if (::poll(pipes.data(), pipes.size(), -1) < 0) return;  // a signal: `stop` may have changed
    for (std::size_t i = pipes.size(); i-- > 0;) {
      if (pipes[i].revents == 0 || receive(running_[i])) continue;
      finish(running_[i]);
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  void finish(const Process& process) {
    try {
      texts_[process.number] = outcome_of(process, name_(process.number));
      if (options_.on_text) options_.on_text(process.number, texts_[process.number]);
    } catch (...) {
      fail(process.number, std::current_exception());
    }
    if (options_.on_finished) options_.on_finished(++finished_);
  }

  void fail(std::size_t number, std::exception_ptr error) {
    if (options_.on_error && options_.on_error(number, error)) return;
    errors_[number] = std::move(error);
    failed_ = true;
  }

  const std::function<std::string(std::size_t)>& work_;
  const std::function<std::string(std::size_t)>& name_;
  const PoolOptions& options_;
  std::vector<Process> running_;
  std::vector<std::string> texts_;
  std::vector<std::exception_ptr> errors_;
  std::size_t next_ = 0;
  std::size_t finished_ = 0;
  bool failed_ = false;
};

}  // namespace

std::vector<std::string> run_in_processes(std::size_t count, const std::function<std::string(std::size_t)>& work,
                                          const std::function<std::string(std::size_t)>& name,
                                          const PoolOptions& options) {
  return Pool(count, work, name, options).run();
}

struct SideProcess::State {
  std::string name;
  Process process;
  bool running = true;
};

SideProcess::SideProcess(std::string name, const std::function<std::string()>& work)
    : state_(std::make_unique<State>()) {
  state_->name = std::move(name);
  state_->process = start([&](std::size_t) { return work(); }, 0);
}

SideProcess::~SideProcess() {
  if (!state_->running) return;
  ::kill(state_->process.pid, SIGKILL);
  reap(state_->process);
}

std::string SideProcess::result() {
  while (receive(state_->process)) {
  }
  state_->running = false;
  return outcome_of(state_->process, state_->name);
}

}  // namespace tablewalk
