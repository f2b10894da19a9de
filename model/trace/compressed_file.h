#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "trace/output_file.h"

struct archive;

namespace tablewalk {

/// Text output to an OutputFile, compressed according to the file name: .gz, .xz, .zst or .bz2; any other name is
/// plain, and so is `-`, standard output.
class CompressedFile {
 public:
  /// Throws InputError if the file cannot be created.
  explicit CompressedFile(const std::string& path);
  ~CompressedFile();
  CompressedFile(const CompressedFile&) = delete;
  CompressedFile& operator=(const CompressedFile&) = delete;

  /// Throws InputError.
  void write(std::string_view text);
  void finish();

 private:
  static long on_write(archive* handle, void* self, const void* bytes, std::size_t count);
  void check(int status) const;

  OutputFile file_;
  std::string failure_;  ///< the file's error, reported from within the library's callback
  std::unique_ptr<archive, int (*)(archive*)> archive_;
};

}  // namespace tablewalk
