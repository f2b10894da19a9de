#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/interrupt.h"
#include "trace/output_file.h"

namespace tablewalk {

/// The FST file of a run. It is created before the run, so that an unwritable path is reported at once, and is renamed
/// to its final name only by finish(). Throws InputError.
class WaveFile {
 public:
  explicit WaveFile(const std::string& path)
      : file_(checked(path)), hierarchy_name_(name_meanwhile() + ".hier"), hierarchy_(hierarchy_name_) {}
  ~WaveFile() {
    std::error_code none;
    std::filesystem::remove(hierarchy_name_, none);
  }
  WaveFile(const WaveFile&) = delete;
  WaveFile& operator=(const WaveFile&) = delete;

  const std::string& path() const { return file_.path(); }
  const std::string& name_meanwhile() const { return file_.name_meanwhile(); }
  /// Finishes the file if the run has written to it.
  bool finish_if_written() {
    if (std::filesystem::file_size(name_meanwhile()) == 0) return false;
    file_.finish();
    return true;
  }

 private:
  static const std::string& checked(const std::string& path) {
    namespace fs = std::filesystem;
    const bool is_file = path != "-" && (!fs::exists(path) || fs::is_regular_file(path) || fs::is_directory(path));
    if (!is_file) throw InputError(fmt::format("--wave {}: expected a file name", path));
    if (fs::path(path).extension() != ".fst" && !fs::is_directory(path)) {
      throw InputError(fmt::format("--wave {}: waves are written as FST; expected a name that ends in .fst", path));
    }
    return path;
  }

  OutputFile file_;
  std::string hierarchy_name_;  ///< a second file that the library keeps beside it while writing
  TemporaryName hierarchy_;
};

}  // namespace tablewalk
