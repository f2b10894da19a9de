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
  std::uint64_t records = 0;  ///< its accesses and events; Thread events are nobody's
};

/// Whose the records of a trace are, in order of first appearance. A thread that has no record is none.
class ThreadCounts {
 public:
  /// The next records of the trace.
  void add(const Record* records, std::size_t count);

  const std::vector<ThreadCount>& threads() const { return threads_; }

 private:
  /// Counts records of the thread whose stretch it is.
  void add_of_running(std::uint64_t records);

  std::vector<ThreadCount> threads_;
  std::unordered_map<unsigned, std::size_t> places_;  ///< in threads_, by number
  unsigned running_ = 0;
};

/// The threads of a trace, in order of first appearance: 0 alone in a trace without Thread events. Opens the trace as
/// open_trace() does and reads it to its end, so a pipe is used up. Throws the reader's errors.
std::vector<unsigned> threads_of(const std::string& path, const std::string& format = "auto");

}  // namespace tablewalk
