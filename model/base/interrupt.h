#pragma once

#include <sys/types.h>

#include <atomic>
#include <string>

namespace tablewalk {

/// Sets what SIGINT (Ctrl-C), SIGTERM and SIGHUP do from here on. A command that looks at interrupt_flag() ends with
/// what it has at the first of them, and the second one ends it at once; any other command ends at once. Whatever ends
/// at once, SIGPIPE included, takes its temporary files along. A SIGHUP that is ignored (nohup) stays ignored.
void handle_interrupts();

/// True from the first of these signals on, in this process and in those that were forked from it since the first call.
const std::atomic<bool>& interrupt_flag();

/// For a process that was just forked by `parent`: it ends when its parent does, however that ends.
void end_with_parent(pid_t parent);

/// A file that is to be gone if a signal ends this process at once: registered as long as this object lives. Removing
/// it in all other cases is its owner's.
class TemporaryName {
 public:
  explicit TemporaryName(const std::string& path);
  ~TemporaryName();
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;

 private:
  int slot_;  ///< -1: not registered, because there is no room for it
};

}  // namespace tablewalk
