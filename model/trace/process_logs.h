#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tablewalk {

/// A temporary folder in which each of Valgrind's processes writes a log of its own. A helper process watches over it:
/// however this process ends, those that write into the folder are ended, and it is removed.
class ProcessLogs {
 public:
  /// A log, named by the process that wrote it.
  struct Log {
    pid_t process = 0;
    std::string path;
  };

  /// Makes the folder, in TMPDIR or /tmp. Throws InputError.
  ProcessLogs();
  ~ProcessLogs();
  ProcessLogs(const ProcessLogs&) = delete;
  ProcessLogs& operator=(const ProcessLogs&) = delete;

  /// For Valgrind's --log-file.
  std::string pattern() const;

  /// Whether a process that was started with pattern(), or one that it forked, is still running.
  bool any_running() const { return !processes().empty(); }
  /// Ends them all, those too that are being forked meanwhile.
  void end_processes() const;

  /// Throws InputError when nothing more can be written: Valgrind itself would go on in silence.
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
