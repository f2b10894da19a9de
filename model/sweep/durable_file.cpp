#include "sweep/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/error.h"

namespace tablewalk {
namespace {

namespace fs = std::filesystem;

constexpr const char* temporary_suffix = ".tmp";

/// Returns 0 or errno.
int write_and_sync(int file, std::string_view text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t size = ::write(file, text.data() + written, text.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno;
    written += static_cast<std::size_t>(size);
  }
  return ::fsync(file) == 0 ? 0 : errno;
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

void write_durable_file(const std::string& path, std::string_view text) {
  // Two hosts may write the same result, so the name has both the host and the process.
  const std::string temporary = fmt::format("{}.{}.{}{}", path, host_name(), ::getpid(), temporary_suffix);
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  int reason = file < 0 ? errno : write_and_sync(file, text);
  if (file >= 0 && ::close(file) != 0 && reason == 0) reason = errno;
  if (reason == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) reason = errno;
  if (reason == 0) return;
  if (file >= 0) std::remove(temporary.c_str());
  throw InputError(fmt::format("{}: cannot be written: {}", path, std::strerror(reason)));
}

void remove_temporary_files(const std::string& folder) {
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) {
    if (entry.path().extension() == temporary_suffix) fs::remove(entry.path(), failed);
  }
}

}  // namespace tablewalk
