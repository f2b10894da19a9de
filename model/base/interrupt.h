#pragma once

#include <sys/types.h>

#include <atomic>
#include <string>

namespace tablewalk {

/// Installs the handlers of SIGINT (Ctrl-C), SIGTERM and SIGHUP. A command that polls interrupt_flag() ends with
/// partial results at the first signal and immediately at the second; other commands end immediately. An immediate end,
/// also by SIGPIPE, removes temporary files. An ignored SIGHUP (nohup) stays ignored.
void handle_interrupts();

/// True after the first of these signals, in this process and in processes forked from it since the first call.
const std::atomic<bool>& interrupt_flag();

/// For a process just forked by `parent`: it ends when its parent does, however that ends.
void end_with_parent(pid_t parent);

/// A file to be removed if a signal ends this process immediately: registered during the lifetime of this object.
/// Otherwise the owner removes it.
class TemporaryName {
 public:
  explicit TemporaryName(const std::string& path);
  ~TemporaryName();
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;

 private:
  int slot_;  ///< -1: not registered, for lack of a free slot
};

}  // namespace tablewalk
