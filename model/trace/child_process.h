#pragma once

#include <sys/types.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tablewalk {

/// Where a program is, by the rule of execvp; empty when it is nowhere.
std::string find_program(const std::string& name);

/// A child process, perhaps with a pipe from it to us. It is waited for, or ended, exactly once.
class Child {
 public:
  enum class Pipe { None, StandardOutput, OwnDescriptor };
  /// Our descriptor's number in the child when it has its own.
  static constexpr int own_descriptor = 9;

  Child(const std::string& program, std::vector<std::string> arguments, Pipe pipe);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  int take_pipe() { return std::exchange(pipe_, -1); }

  /// Its exit status, 128 + signal when one ended it.
  int wait() { return *wait_for(0); }
  /// The same if it has ended.
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

/// Ends the child once it is asked to: whoever reads its pipe then comes to the end.
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
