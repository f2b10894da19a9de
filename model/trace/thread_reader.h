#pragma once

#include <memory>

#include "trace/trace_reader.h"

namespace tablewalk {

/// The records of one thread of a trace, accesses and events, without the Thread events. In a trace without Thread
/// events all are of thread 0. Load distances are unchanged: they count within the thread.
///
/// The layout is that of the whole trace: the changes by other threads come at their place among the thread's records.
///
/// Checksum and progress are those of the whole trace as far as it was read: up to the last record requested,
/// independent of the batches; to the trace's end once read() has returned 0.
class ThreadReader : public TraceReader {
 public:
  ThreadReader(std::unique_ptr<TraceReader> reader, unsigned thread);

  /// Description of the trace; the number of records is unknown.
  const TraceDescription& description() const override { return description_; }
  double progress() const override { return reader_->progress(); }
  std::uint64_t checksum() const override { return reader_->checksum(); }

  /// Throws InputError at the end of a trace without records of the thread, and the reader's errors.
  std::size_t read(Record* records, std::size_t capacity) override;

 private:
  std::uint64_t next_change() const;
  void take_changes(std::uint64_t before);
  std::size_t keep_own(Record* records, std::size_t count);
  std::size_t length_of_stretch(const Record* records, std::size_t count) const;
  void describe();
  void at_end();

  std::unique_ptr<TraceReader> reader_;
  TraceDescription description_;
  unsigned thread_;
  unsigned running_ = 0;  ///< of the next records
  bool found_ = false;
  std::uint64_t whole_ = 0;  ///< records of the whole trace read so far
  std::uint64_t own_ = 0;    ///< records of the thread among them
  std::size_t changes_ = 0;  ///< of the whole trace's layout, in the description
};

}  // namespace tablewalk
