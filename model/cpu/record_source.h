#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "trace/trace_reader.h"

namespace tablewalk {

/// The records of a trace one by one, read in batches, up to a limit; and those that come next, as far as they have
/// been read ahead.
class RecordSource {
 public:
  /// `limit` 0: all of them. `ahead`: how many records at least can be read ahead of the newest that was delivered.
  /// `chained`: the address of every data access comes from the load before it.
  explicit RecordSource(TraceReader& reader, std::uint64_t limit, std::size_t ahead = 0, bool chained = false)
      : reader_(reader),
        left_(limit == 0 ? ~std::uint64_t{0} : limit),
        chained_(chained),
        records_(2 * batch_records + ahead) {}

  bool chained() const { return chained_; }

  /// The next record, or nullptr when those that were read are used up. It stays valid until more are read.
  const Record* next() { return place_ == filled_ ? nullptr : &records_[place_++]; }
  /// The same, which is then still the next one; and the end of those that were read.
  const Record* peek() const { return place_ == filled_ ? nullptr : &records_[place_]; }
  const Record* end() const { return records_.data() + filled_; }
  /// Delivers that many, which have been looked at.
  void skip(std::size_t count) { place_ += count; }

  /// Reads a further batch, of at most `most` records; false at the end of the trace, and when there is no room.
  bool read_batch(std::uint64_t most = ~std::uint64_t{0}) {
    if (reader_ended_ || !has_room()) return false;
    if (filled_ + batch_records > records_.size()) drop(delivered_and_done());
    const std::uint64_t wanted = std::min({left_, most, std::uint64_t{batch_records}});
    if (wanted == 0) return false;
    const std::size_t count = reader_.read(records_.data() + filled_, static_cast<std::size_t>(wanted));
    left_ -= count;
    filled_ += count;
    reader_ended_ = count == 0;
    return count != 0;
  }
  bool has_room() const { return filled_ - delivered_and_done() + batch_records <= records_.size(); }
  /// Records delivered so far, and read so far.
  std::uint64_t delivered() const { return before_ + place_; }
  std::uint64_t read() const { return before_ + filled_; }
  /// The record of that number, the first is 0; nullptr if it has not been read. Not before the newest delivered one.
  const Record* look_at(std::uint64_t number) const {
    const std::uint64_t place = number - before_;
    return place < filled_ ? &records_[place] : nullptr;
  }
  /// Ends the trace here: next() gives nothing more.
  void stop() {
    left_ = 0;
    before_ += place_;
    place_ = filled_ = 0;
  }
  double progress() const { return reader_.progress(); }
  /// Whether next() will give one without a further batch.
  bool has_next() const { return place_ != filled_; }

 private:
  /// So few that a run is asked to stop in time, however slow it is: with the wires of hardware written to a file, a
  /// record takes half a millisecond.
  static constexpr std::size_t batch_records = 256;

  /// How many of those held have been delivered, but for the newest one, which may be looked at once more.
  std::size_t delivered_and_done() const { return place_ == 0 ? 0 : place_ - 1; }
  void drop(std::size_t count) {
    std::copy(records_.begin() + static_cast<std::ptrdiff_t>(count),
              records_.begin() + static_cast<std::ptrdiff_t>(filled_), records_.begin());
    before_ += count;
    place_ -= count;
    filled_ -= count;
  }

  TraceReader& reader_;
  std::uint64_t left_;
  bool chained_;
  bool reader_ended_ = false;
  std::vector<Record> records_;
  std::uint64_t before_ = 0;  ///< records that were dropped
  std::size_t place_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace tablewalk
