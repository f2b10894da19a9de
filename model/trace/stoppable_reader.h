#pragma once

#include <atomic>

#include "base/error.h"
#include "trace/trace_reader.h"

namespace tablewalk {

/// A trace that ends when the run is stopped. Ctrl-C also ends the process that writes into a pipe, so input read after
/// it may be cut anywhere, which is not an error.
class StoppableReader : public TraceReader {
 public:
  /// `stop` may be null.
  StoppableReader(TraceReader& reader, const std::atomic<bool>* stop) : reader_(reader), stop_(stop) {}

  const TraceDescription& description() const override { return reader_.description(); }
  double progress() const override { return reader_.progress(); }
  std::uint64_t checksum() const override { return reader_.checksum(); }
  bool skip_to(std::uint64_t record) override { return reader_.skip_to(record); }
  std::size_t read(Record* records, std::size_t capacity) override {
    try {
      const std::size_t count = reader_.read(records, capacity);
      stopped_ = stopped_ || (count == 0 && is_stopped());
      return count;
    } catch (const InputError&) {
      if (!is_stopped()) throw;
      stopped_ = true;
      return 0;
    }
  }
  /// Whether the trace ended early, or may have.
  bool stopped() const { return stopped_; }

 private:
  bool is_stopped() const { return stop_ != nullptr && *stop_; }

  TraceReader& reader_;
  const std::atomic<bool>* stop_;
  bool stopped_ = false;
};

}  // namespace tablewalk
