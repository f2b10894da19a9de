#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trace/layout_change.h"

namespace tablewalk {

/// The changes of a program's address space, from the lines that Valgrind's `--trace-syscalls=yes` prints between the
/// accesses: mmap, munmap, mprotect, mremap, brk and madvise, as far as they succeeded. The files of mappings are known
/// by the calls that opened them. The heap (brk) is recorded without the right to execute, as Linux gives it; Valgrind
/// maps it with that right. System V shared memory is not followed.
class SyscallLayout {
 public:
  /// What a process has when it begins.
  struct Start {
    Layout layout;                               ///< changes before record 0; empty: not known
    std::map<std::uint64_t, std::string> files;  ///< paths by descriptor
    std::uint64_t heap_begin = 0;                ///< 0: not known
    std::uint64_t heap_end = 0;                  ///< in whole pages
  };

  SyscallLayout() = default;
  /// Remembers all changes, for the processes that this one forks.
  explicit SyscallLayout(Start start) : now_(std::move(start)), remembers_(true) {}

  /// Whether this is a line of a system call, or the rest of one. `record`: the number of accesses before it.
  bool take(std::string_view line, std::uint64_t record);

  /// Removes and returns the changes that come before access number `record`.
  Layout changes_before(std::uint64_t record);
  /// What the processes that this one has forked begin with, by their numbers; if it remembers.
  const std::map<std::uint64_t, Start>& forked() const { return forked_; }
  /// Whether there are any after the last access.
  bool has_changes() const { return !changes_.empty(); }

 private:
  /// A call whose result is on a later line.
  struct Call {
    std::string name;
    std::string arguments;
  };

  void begin(std::string_view line);
  void finish(const Call& call, std::uint64_t result);
  void finish_mmap(const std::vector<std::uint64_t>& numbers, std::uint64_t address);
  void finish_remap(const std::vector<std::uint64_t>& numbers, std::uint64_t address);
  void finish_brk(std::uint64_t end);
  void open(const Call& call, std::uint64_t descriptor);
  void add(LayoutChange change);
  void fork(std::string_view line);

  Start now_;  ///< what a process forked now begins with
  bool remembers_ = false;
  std::map<std::uint64_t, Start> forked_;
  std::map<std::uint64_t, Call> unfinished_;  ///< by thread
  std::uint64_t last_thread_ = 0;             ///< of the last line
  std::uint64_t record_ = 0;
  Layout changes_;
};

/// Whether a log with `--trace-syscalls=yes` is that of a process that was forked, and has not executed a program
/// since: its first line that is not Valgrind's own is the end of the fork. `head`: its first lines.
bool begins_with_fork(std::string_view head);

/// The regions of a program under Valgrind at its start, from those of the whole process (read_proc_maps): without
/// Valgrind's own, of which only the code remains executable (its trampolines run as the program). The stack is marked
/// as one that grows down.
Layout without_valgrind(const Layout& process);

}  // namespace tablewalk
