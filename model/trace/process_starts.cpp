#include "trace/process_starts.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "trace/proc_maps.h"

namespace tablewalk {
namespace {

constexpr std::size_t head_bytes = 4096;

/// The first bytes of a log.
std::string start_of(const std::string& path) {
  std::string text(head_bytes, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

/// What Valgrind prints before a program runs; empty until it is complete. By then it has loaded the program.
std::string heading_of(const std::string& path) {
  const std::string text = start_of(path);
  const std::size_t last = text.find("== Parent PID: ");
  const std::size_t end = last == std::string::npos ? last : text.find('\n', last);
  return end == std::string::npos ? std::string() : text.substr(0, end);
}

}  // namespace

/// A process that executes another program begins its log anew. Its heading is read twice, because the regions may be
/// of the next program already.
void ProcessStarts::look(const ProcessLogs& logs) {
  for (const ProcessLogs::Log& log : logs.in_order()) {
    Seen& seen = seen_[log.process];
    if (seen.ended) continue;
    const std::string heading = heading_of(log.path);
    if (heading.empty() || heading == seen.head) continue;
    try {
      Layout layout = without_valgrind(read_proc_maps(fmt::format("/proc/{}/maps", log.process)));
      if (heading_of(log.path) == heading) seen = {heading, std::move(layout)};
    } catch (const InputError&) {  // it has no memory any more
      seen.ended = true;
    }
  }
}

SyscallLayout::Start ProcessStarts::of(const ProcessLogs::Log& log) const {
  const auto parent = forked_.find(log.process);
  if (parent != forked_.end() && begins_with_fork(start_of(log.path))) return parent->second;
  const auto seen = seen_.find(log.process);
  if (seen == seen_.end() || seen->second.head != heading_of(log.path)) return {};
  SyscallLayout::Start start;
  start.layout = seen->second.layout;
  return start;
}

void ProcessStarts::add(const SyscallLayout& followed) {
  for (const auto& [process, start] : followed.forked()) forked_[static_cast<pid_t>(process)] = start;
}

}  // namespace tablewalk
