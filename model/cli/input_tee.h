#pragma once

#include <sys/types.h>

#include <string>

namespace tablewalk {

/// A pipe for two processes that both read all of it, as their standard input: a third one copies it into a pipe for
/// each. Whoever reads slower holds the other up, so nothing grows with the input.
class InputTee {
 public:
  /// Starts copying `path` (`-`: standard input), and makes this process's standard input the first copy. Throws
  /// InputError if that cannot be.
  explicit InputTee(const std::string& path);
  /// Ends the copying.
  ~InputTee();
  InputTee(const InputTee&) = delete;
  InputTee& operator=(const InputTee&) = delete;

  /// In a process that was forked since: makes its standard input the second copy.
  void take_second() const;
  /// In this process, once the other has been forked: the second copy is its alone.
  void leave_second();

 private:
  pid_t copier_ = -1;
  int second_ = -1;
};

}  // namespace tablewalk
