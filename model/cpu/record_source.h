#pragma once

#include <array>
#include <cstdint>

#include "trace/trace_reader.h"

namespace tablewalk {

/// The records of a trace one by one, read in batches, up to a limit.
class RecordSource {
 public:
  /// `limit` 0: all of them.
  RecordSource(TraceReader& reader, std::uint64_t limit) : reader_(reader), left_(limit == 0 ? ~std::uint64_t{0} : limit) {}

  /// The next record, or nullptr at the end. It stays valid until the next call.
  const Record* next() {
    if (place_ == filled_ && !refill()) return nullptr;
    return &batch_[place_++];
  }
  /// Records delivered so far.
  std::uint64_t delivered() const { return delivered_before_ + place_; }
  /// Ends the trace here: next() gives nothing more.
  void stop() {
    left_ = 0;
    delivered_before_ += place_;
    place_ = filled_ = 0;
  }
  /// True just before a new batch is read: the place for things done now and then.
  bool at_batch_edge() const { return place_ == filled_; }
  double progress() const { return reader_.progress(); }

 private:
  bool refill() {
    delivered_before_ += place_;
    place_ = filled_ = 0;
    const std::uint64_t wanted = left_ < batch_.size() ? left_ : batch_.size();
    if (wanted == 0) return false;
    filled_ = reader_.read(batch_.data(), static_cast<std::size_t>(wanted));
    left_ -= filled_;
    return filled_ != 0;
  }

  TraceReader& reader_;
  std::uint64_t left_;
  std::uint64_t delivered_before_ = 0;
  std::size_t place_ = 0;
  std::size_t filled_ = 0;
  std::array<Record, 4096> batch_;
};

}  // namespace tablewalk
