#pragma once

#include <map>
#include <string>

#include "trace/process_logs.h"
#include "trace/syscall_layout.h"

namespace tablewalk {

/// What each logging process begins with: a forked one with what its parent had then, by the parent's log; one that has
/// executed a program with the regions that it had when it was seen first, while Valgrind prepared to run it.
class ProcessStarts {
 public:
  /// Reads the regions of processes that have begun to execute a program since the last call.
  void look(const ProcessLogs& logs);
  /// To be called for all logs in the order in which their processes began; an empty layout if it is not known.
  SyscallLayout::Start of(const ProcessLogs::Log& log) const;
  /// The log of another process has been followed to its end.
  void add(const SyscallLayout& followed);

 private:
  /// A process when it was seen first.
  struct Seen {
    std::string head;  ///< of its log: which program it is
    Layout layout;
    bool ended = false;
  };
  std::map<pid_t, Seen> seen_;
  std::map<pid_t, SyscallLayout::Start> forked_;
};

}  // namespace tablewalk
