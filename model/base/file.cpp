#include "base/file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "base/error.h"
#include "base/interrupt.h"

namespace tablewalk {
namespace {

namespace fs = std::filesystem;

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

[[noreturn]] void fail(const std::string& path, const char* action, int reason) {
  throw InputError(fmt::format("{}: cannot be {}: {}", path, action, std::strerror(reason)));
}

/// Writes and closes; returns 0 or errno.
int write_all(const std::string& path, std::string_view text) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return errno;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int write_error = written ? 0 : errno;
  const int close_error = std::fclose(file) == 0 ? 0 : errno;
  return write_error != 0 ? write_error : close_error;
}

}  // namespace

std::string read_text_file(const std::string& path, std::size_t most_bytes) {
  File file(std::fopen(path.c_str(), "rb"));
  if (!file) fail(path, "read", errno);
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, file.get())) {
    text.append(buffer, size);
    if (text.size() > most_bytes) {
      throw InputError(fmt::format("{}: is too large: expected at most {} bytes", path, most_bytes));
    }
  }
  if (std::ferror(file.get()) != 0) fail(path, "read", errno);
  return text;
}

void write_text_file(const std::string& path, std::string_view text) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    if (const int reason = write_all(path, text)) fail(path, "written", reason);
    return;
  }
  const std::string place = through_links(path);
  const std::string temporary = fmt::format("{}.{}.tmp", place, ::getpid());
  const TemporaryName registered(temporary);
  int reason = write_all(temporary, text);
  if (reason == 0 && std::rename(temporary.c_str(), place.c_str()) != 0) reason = errno;
  if (reason != 0) {
    std::remove(temporary.c_str());
    fail(path, "written", reason);
  }
}

std::string temporary_folder() {
  const char* folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

bool readable_once(const std::string& path) {
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);
  return path == "-" || fs::is_fifo(status) || fs::is_socket(status);
}

void create_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    throw InputError(
        fmt::format("{}: cannot be created: {}: expected a folder, or a name for one", path, error.message()));
}

std::string through_links(const std::string& path) {
  namespace fs = std::filesystem;
  fs::path place(path);
  std::error_code failed;
  constexpr int most_links = 40;  // as Linux does
  for (int links = 0; links < most_links && fs::is_symlink(place, failed); ++links) {
    const fs::path target = fs::read_symlink(place, failed);
    if (failed) break;
    place = target.is_absolute() ? target : place.parent_path() / target;
  }
  return place.string();
}

void refuse_to_replace(const std::string& input, const std::string& output, const std::string& what) {
  std::error_code failed;
  if (input == "-" || output == "-" || !std::filesystem::equivalent(input, output, failed) || failed) return;
  throw InputError(fmt::format("{} {}: is {}, which is read; expected another file", what, output, input));
}

}  // namespace tablewalk
