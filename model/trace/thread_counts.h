#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "trace/record.h"

namespace tablewalk {

/// A thread of a trace.
struct ThreadCount {
  unsigned thread = 0;
  std::uint64_t records = 0;  ///< its accesses and events; Thread events do not count
};

/// The threads of a trace's records, in order of first appearance. A thread without records is not listed.
class ThreadCounts {
 public:
  /// Counts the next records of the trace.
  void add(const Record* records, std::size_t count);

  const std::vector<ThreadCount>& threads() const { return threads_; }

 private:
  /// Counts records of the running thread.
  void add_of_running(std::uint64_t records);

  std::vector<ThreadCount> threads_;
  std::unordered_map<unsigned, std::size_t> places_;  ///< index in threads_, by number
  unsigned running_ = 0;
};

/// The threads of a trace, in order of first appearance: only 0 in a trace without Thread events. Opens the trace as
/// open_trace() does and reads all of it, so a pipe is consumed. Throws the reader's errors.
std::vector<unsigned> threads_of(const std::string& path, const std::string& format = "auto");

}  // namespace tablewalk
