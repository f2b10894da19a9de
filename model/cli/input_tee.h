#pragma once

#include <sys/types.h>

#include <string>

namespace tablewalk {

/// Lets two processes both read all of one pipe as their standard input: a third process copies it into a pipe for
/// each. The slower reader stalls the other, so no buffer grows with the input.
class InputTee {
 public:
  /// Starts copying `path` (`-`: standard input) and makes the first copy this process's standard input. Throws
  /// InputError on failure.
  explicit InputTee(const std::string& path);
  /// Stops the copying.
  ~InputTee();
  InputTee(const InputTee&) = delete;
  InputTee& operator=(const InputTee&) = delete;

  /// In a process forked since then: makes the second copy its standard input.
  void take_second() const;
  /// In this process, after forking the other one: closes the second copy here.
  void leave_second();

 private:
  pid_t copier_ = -1;
  int second_ = -1;
};

}  // namespace tablewalk
