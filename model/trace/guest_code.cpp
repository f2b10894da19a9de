#include "trace/guest_code.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

namespace tablewalk {
namespace {

/// Reads up to `count` bytes at `offset`; fewer at the end of the file.
std::size_t read_at(int descriptor, std::uint8_t* bytes, std::size_t count, std::uint64_t offset) {
  const ssize_t got = ::pread(descriptor, bytes, count, static_cast<off_t>(offset));
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

std::size_t read_file_at(const std::string& path, std::uint8_t* bytes, std::size_t count, std::uint64_t offset) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return 0;
  const std::size_t got = read_at(descriptor, bytes, count, offset);
  ::close(descriptor);
  return got;
}

}  // namespace

GuestCode::~GuestCode() {
  if (memory_ >= 0) ::close(memory_);
}

bool GuestCode::look() {
  std::ifstream maps(fmt::format("/proc/{}/maps", process_));
  bool any = false;
  for (std::string line; std::getline(maps, line); any = true) add(line);
  if (any && !looked_) {
    // Valgrind has a separate tool binary per architecture, such as lackey-x86-linux.
    std::error_code error;
    const auto tool = std::filesystem::read_symlink(fmt::format("/proc/{}/exe", process_), error).filename().string();
    is_32_bits_ = tool.find("-x86-") != std::string::npos;
    looked_ = !error;
  }
  return any;
}

bool GuestCode::is_32_bits() {
  if (!looked_ && source_ == Source::MemoryAndFiles) look();
  return is_32_bits_;
}

/// A line of /proc/PID/maps: `START-END rwxp OFFSET DEVICE INODE FILE`.
void GuestCode::add(const std::string& line) {
  std::uint64_t start = 0;
  Mapping mapping;
  char rights[5] = "";
  int name_at = 0;
  const int fields = std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n", &start,
                                 &mapping.end, rights, &mapping.offset, &name_at);
  if (fields < 4 || start >= mapping.end) return;
  mapping.writable = rights[1] == 'w';
  if (name_at > 0 && static_cast<std::size_t>(name_at) < line.size() &&
      line[static_cast<std::size_t>(name_at)] == '/') {
    mapping.file = line.substr(static_cast<std::size_t>(name_at));
  }
  auto next = mappings_.lower_bound(start);
  if (next != mappings_.begin() && std::prev(next)->second.end > start) --next;
  while (next != mappings_.end() && next->first < mapping.end) next = mappings_.erase(next);
  mappings_.emplace(start, std::move(mapping));
}

const GuestCode::Mapping* GuestCode::mapping_of(std::uint64_t address, std::uint64_t& start) const {
  auto next = mappings_.upper_bound(address);
  if (next == mappings_.begin()) return nullptr;
  --next;
  start = next->first;
  return address < next->second.end ? &next->second : nullptr;
}

void GuestCode::fill(Page& page, std::uint64_t address) {
  // A known mapping may be stale: generated code may lie where a loader's cache was.
  if (!page.placed && source_ == Source::MemoryAndFiles) look();
  page.placed = true;
  std::uint64_t start = 0;
  const Mapping* mapping = mapping_of(address, start);
  page.lasting = mapping != nullptr && !mapping->file.empty() && !mapping->writable;
  if (source_ == Source::MemoryAndFiles) {
    if (memory_ < 0) memory_ = ::open(fmt::format("/proc/{}/mem", process_).c_str(), O_RDONLY | O_CLOEXEC);
    const std::size_t got = read_at(memory_, page.content.data(), page_bytes, address);
    if (got != 0) {
      page.bytes = got;
      return;
    }
  }
  // Bytes read before the memory went away are kept.
  if (page.bytes != 0 || mapping == nullptr || mapping->file.empty()) return;
  const std::uint64_t room = std::min<std::uint64_t>(page_bytes, mapping->end - address);
  page.bytes = read_file_at(mapping->file, page.content.data(), room, mapping->offset + (address - start));
}

const GuestCode::Page& GuestCode::page(std::uint64_t address) {
  const auto [found, added] = pages_.try_emplace(address);
  Page& page = found->second;
  if (added || !page.lasting) fill(page, address);
  return page;
}

void GuestCode::doubt(std::uint64_t address) {
  const std::uint64_t first = address & ~std::uint64_t{page_bytes - 1};
  for (const std::uint64_t at : {first, first + page_bytes}) {
    const auto found = pages_.find(at);
    if (found != pages_.end()) found->second.lasting = found->second.placed = false;
  }
}

std::size_t GuestCode::read(std::uint64_t address, std::uint8_t* bytes, std::size_t most) {
  std::size_t done = 0;
  while (done < most) {
    const std::uint64_t at = address + done;
    const Page& from = page(at & ~std::uint64_t{page_bytes - 1});
    const std::size_t begin = at & (page_bytes - 1);
    if (begin >= from.bytes) break;
    const std::size_t count = std::min(most - done, from.bytes - begin);
    std::copy_n(from.content.data() + begin, count, bytes + done);
    done += count;
    if (begin + count < page_bytes) break;
  }
  return done;
}

}  // namespace tablewalk
