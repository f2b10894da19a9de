#include "sweep/trace_checksums.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "base/error.h"
#include "trace/record_checksum.h"

namespace tablewalk {
namespace {

using nlohmann::ordered_json;

[[noreturn]] void fail(const std::string& path) {
  throw InputError(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
}

std::string checksum_of_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) fail(path);
  std::vector<char> block(std::size_t{1} << 20);
  std::uint64_t checksum = 0;
  while (const std::size_t size = std::fread(block.data(), 1, block.size(), file.get())) {
    checksum = checksum_of_bytes(block.data(), size, checksum);
  }
  if (std::ferror(file.get()) != 0) fail(path);
  return fmt::format("{:016x}", checksum);
}

}  // namespace

TraceChecksums::TraceChecksums(const ordered_json& json) {
  if (!json.is_object()) return;
  for (const auto& [path, file] : json.items()) {
    known_[path] = {file.value("size", std::uint64_t{0}), file.value("time", std::int64_t{0}),
                    file.value("checksum", "")};
  }
}

std::string TraceChecksums::of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) fail(path);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::int64_t time = std::int64_t{status.st_mtim.tv_sec} * 1000000000 + status.st_mtim.tv_nsec;
  const auto known = known_.find(path);
  const bool same = known != known_.end() && known->second.size == size && known->second.time == time;
  const std::string checksum = same ? known->second.checksum : checksum_of_file(path);
  used_[path] = {size, time, checksum};
  known_[path] = used_[path];
  return checksum;
}

ordered_json TraceChecksums::to_json() const {
  ordered_json json = ordered_json::object();
  for (const auto& [path, file] : used_) {
    json[path] = {{"size", file.size}, {"time", file.time}, {"checksum", file.checksum}};
  }
  return json;
}

}  // namespace tablewalk
