#include "trace/thread_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"

namespace tablewalk {

ThreadReader::ThreadReader(std::unique_ptr<TraceReader> reader, unsigned thread)
    : reader_(std::move(reader)), thread_(thread) {
  describe();
}

/// Reads a batch into the caller's buffer and removes other threads' records there, so that nothing is read beyond the
/// last record requested.
std::size_t ThreadReader::read(Record* records, std::size_t capacity) {
  if (capacity == 0) return 0;
  std::size_t kept = 0;
  while (kept == 0) {
    const std::size_t count = reader_->read(records, capacity);
    if (count == 0) {
      at_end();
      return 0;
    }
    kept = keep_own(records, count);
  }
  found_ = true;
  return kept;
}

/// Moves the thread's records to the front and returns their number. Most traces have one thread, whose records stay
/// where they are.
std::size_t ThreadReader::keep_own(Record* records, std::size_t count) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count;) {
    if (next_change() <= whole_) take_changes(whole_);
    if (records[i].kind == RecordKind::Thread) {
      running_ = records[i].asid;
      ++i, ++whole_;
      continue;
    }
    const std::size_t stretch = length_of_stretch(records + i, count - i);
    if (running_ == thread_) {
      if (kept != i) std::copy(records + i, records + i + stretch, records + kept);
      kept += stretch;
      own_ += stretch;
    }
    i += stretch;
    whole_ += stretch;
  }
  return kept;
}

/// How many of the records, from a first one that is of a thread, are of the same thread and before the next change.
std::size_t ThreadReader::length_of_stretch(const Record* records, std::size_t count) const {
  const std::uint64_t until_change = next_change() - whole_;
  const std::size_t most = until_change < count ? static_cast<std::size_t>(until_change) : count;
  std::size_t length = 1;
  while (length < most && records[length].kind != RecordKind::Thread) ++length;
  return length;
}

/// The record before which the next change comes; the largest number if none is known.
std::uint64_t ThreadReader::next_change() const {
  const Layout& whole = reader_->description().layout;
  return changes_ < whole.size() ? whole[changes_].record : std::numeric_limits<std::uint64_t>::max();
}

/// Adds the changes before that record of the whole trace.
void ThreadReader::take_changes(std::uint64_t before) {
  const Layout& whole = reader_->description().layout;
  for (; changes_ < whole.size() && whole[changes_].record <= before; ++changes_) {
    description_.layout.push_back(whole[changes_]);
    description_.layout.back().record = own_;
    description_.layout.back().by_other_thread = running_ != thread_;
  }
}

void ThreadReader::describe() {
  Layout own = std::move(description_.layout);
  description_ = reader_->description();
  description_.records.reset();
  description_.layout = std::move(own);
}

void ThreadReader::at_end() {
  describe();  // its note is complete now
  if (found_) return;
  throw InputError(
      fmt::format("{}: thread {} has no records: expected a thread of the trace", description_.path, thread_));
}

}  // namespace tablewalk
