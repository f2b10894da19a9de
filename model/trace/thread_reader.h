#pragma once

#include <memory>

#include "trace/trace_reader.h"

namespace tablewalk {

/// The records of one thread of a trace, accesses and events, without the Thread events. A trace without Thread events
/// is all thread 0's. Load distances need no change: they count within the thread.
///
/// Its checksum and progress are those of the whole trace, as far as it was read: up to the last record that was asked
/// for, however the reads were cut into batches; to the trace's end once read() has returned 0.
class ThreadReader : public TraceReader {
 public:
  ThreadReader(std::unique_ptr<TraceReader> reader, unsigned thread);

  /// That of the trace, but for the number of records, which is not known.
  const TraceDescription& description() const override { return description_; }
  double progress() const override { return reader_->progress(); }
  std::uint64_t checksum() const override { return reader_->checksum(); }

  /// Throws InputError at the end of a trace in which the thread has no record, and the reader's errors.
  std::size_t read(Record* records, std::size_t capacity) override;

 private:
  std::size_t keep_own(Record* records, std::size_t count);
  void describe();
  void at_end();

  std::unique_ptr<TraceReader> reader_;
  TraceDescription description_;
  unsigned thread_;
  unsigned running_ = 0;  ///< whose the next records are
  bool found_ = false;
};

}  // namespace tablewalk
