#pragma once

#include <sys/types.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tablewalk {

/// The path of a program, found as execvp does; empty if not found.
std::string find_program(const std::string& name);

/// A child process, optionally with a pipe from it. It is waited for, or ended, exactly once.
class Child {
 public:
  enum class Pipe { None, StandardOutput, OwnDescriptor };
  /// The descriptor's number in the child if it gets one of its own.
  static constexpr int own_descriptor = 9;

  Child(const std::string& program, std::vector<std::string> arguments, Pipe pipe);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  int take_pipe() { return std::exchange(pipe_, -1); }

  /// Its exit status; 128 + signal number if a signal ended it.
  int wait() { return *wait_for(0); }
  /// The same if it has already ended; does not wait.
  std::optional<int> wait_no_longer();

  void kill() const;
  void end() {
    kill();
    wait();
  }

 private:
  std::optional<int> wait_for(int options);

  pid_t pid_ = -1;
  int pipe_ = -1;
};

/// Ends the child when requested; a reader of its pipe then sees end of file.
class Ender {
 public:
  Ender(const Child& child, const std::atomic<bool>* stop);
  ~Ender();
  Ender(const Ender&) = delete;
  Ender& operator=(const Ender&) = delete;

 private:
  std::atomic<bool> done_{false};
  std::thread watch_;
};

}  // namespace tablewalk
