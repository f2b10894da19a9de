#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "trace/output_file.h"

struct archive;

namespace tablewalk {

/// Text into an OutputFile, compressed as the file's name says: .gz, .xz, .zst or .bz2; any other name is plain, and so
/// is `-`, standard output.
class CompressedFile {
 public:
  /// Throws InputError when the file cannot be made.
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
  std::string failure_;  ///< what the file said, while the library was writing
  std::unique_ptr<archive, int (*)(archive*)> archive_;
};

}  // namespace tablewalk
