#pragma once

#include <string>

namespace tablewalk {

/// Exclusive use of a sweep's folder: an advisory lock on the file `lock` in it, which the system releases however its
/// process ends. The file names process and host.
class FolderLock {
 public:
  /// Takes the lock, which may have been left by a process that has ended: then `taken_over()` names it. If another
  /// process holds it, waits (`wait`) or throws InputError that names the process.
  FolderLock(const std::string& folder, bool wait);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  /// `process 12 on host`, or empty.
  const std::string& taken_over() const { return taken_over_; }

  /// The process that holds the lock of a folder; empty if none does.
  static std::string holder(const std::string& folder);

 private:
  int file_ = -1;
  std::string taken_over_;
};

}  // namespace tablewalk
