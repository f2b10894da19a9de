#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/interrupt.h"

namespace tablewalk {

/// A file that appears under its name only when complete: it is written beside it under a temporary name, which
/// finish() renames and the destructor otherwise removes. `-` is standard output, written directly; a symbolic link is
/// kept and its target written.
class OutputFile {
 public:
  /// Throws InputError if the file cannot be created.
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Throws InputError (such as no space left), after which the file will not appear.
  void write(const void* data, std::size_t bytes);
  void finish();

  const std::string& path() const { return path_; }
  /// The file's name until finish(): for a library that opens the file by name.
  const std::string& name_meanwhile() const { return temporary_path_.empty() ? path_ : temporary_path_; }
  std::uint64_t bytes_written() const { return bytes_written_; }

 private:
  [[noreturn]] void fail(const char* what) const;

  std::string path_;
  std::string place_;  ///< final path: the target of path_ if that is a symbolic link
  std::string temporary_path_;
  std::optional<TemporaryName> temporary_;
  int descriptor_ = -1;
  std::uint64_t bytes_written_ = 0;
};

}  // namespace tablewalk
