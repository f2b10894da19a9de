#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "trace/trace_reader.h"

namespace tablewalk {

/// The records of a trace one by one, read in batches, up to a limit.
class RecordSource {
 public:
  /// `limit` 0: all of them.
  RecordSource(TraceReader& reader, std::uint64_t limit)
      : reader_(reader), left_(limit == 0 ? ~std::uint64_t{0} : limit) {}

  /// The next record of the batch, or nullptr when it is used up. It stays valid until the next refill.
  const Record* next() { return place_ == filled_ ? nullptr : &batch_[place_++]; }

  /// Reads the next batch, of at most `most` records; false at the end of the trace.
  bool refill(std::uint64_t most = ~std::uint64_t{0}) {
    delivered_before_ += place_;
    place_ = filled_ = 0;
    const std::uint64_t wanted = std::min({left_, most, std::uint64_t{batch_.size()}});
    if (wanted == 0) return false;
    filled_ = reader_.read(batch_.data(), static_cast<std::size_t>(wanted));
    left_ -= filled_;
    return filled_ != 0;
  }
  /// Records delivered so far.
  std::uint64_t delivered() const { return delivered_before_ + place_; }
  /// Ends the trace here: next() gives nothing more.
  void stop() {
    left_ = 0;
    delivered_before_ += place_;
    place_ = filled_ = 0;
  }
  double progress() const { return reader_.progress(); }

 private:
  TraceReader& reader_;
  std::uint64_t left_;
  std::uint64_t delivered_before_ = 0;
  std::size_t place_ = 0;
  std::size_t filled_ = 0;
  /// So few that a run is asked to stop in time, however slow it is: with the wires of hardware written to a file, a
  /// record takes half a millisecond.
  std::array<Record, 256> batch_;
};

}  // namespace tablewalk
