#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tablewalk {

/// A temporary folder to which each Valgrind process writes its log. A helper process guards it: however this process
/// ends, the writers are ended and the folder is removed.
class ProcessLogs {
 public:
  /// A log and the process that wrote it.
  struct Log {
    pid_t process = 0;
    std::string path;
  };

  /// Creates the folder, in TMPDIR or /tmp. Throws InputError.
  ProcessLogs();
  ~ProcessLogs();
  ProcessLogs(const ProcessLogs&) = delete;
  ProcessLogs& operator=(const ProcessLogs&) = delete;

  /// For Valgrind's --log-file.
  std::string pattern() const;

  /// Whether a process started with pattern(), or a fork of one, is still running.
  bool any_running() const { return !processes().empty(); }
  /// Ends them all, including those being forked meanwhile.
  void end_processes() const;

  /// Throws InputError if the disk is full: Valgrind itself would continue silently.
  void check_room() const;

  /// In the order in which the processes were started.
  std::vector<Log> in_order() const;

 private:
  std::vector<pid_t> processes() const;
  void watch_over();

  std::string folder_;
  pid_t helper_ = -1;
  int lifeline_ = -1;  ///< its other end is closed when this process ends
};

}  // namespace tablewalk
