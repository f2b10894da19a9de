#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "trace/trace_reader.h"

namespace tablewalk {

/// The records of a trace one by one, read in batches, up to a limit, with look-ahead to the following ones.
class RecordSource {
 public:
  /// `limit` 0: all records. `ahead`: minimum number of records that can be read ahead of the newest delivered one.
  /// `chained`: the address of every data access depends on the previous load.
  explicit RecordSource(TraceReader& reader, std::uint64_t limit, std::size_t ahead = 0, bool chained = false)
      : reader_(reader),
        left_(limit == 0 ? ~std::uint64_t{0} : limit),
        chained_(chained),
        records_(2 * batch_records + ahead) {}

  bool chained() const { return chained_; }

  /// Reads no record from that number (from 0) on. Before anything is read.
  void end_at(std::uint64_t record) { left_ = std::min(left_, record); }

  /// Stops at each change of the trace's layout until pass_change() is called. Changes before the first record are the
  /// layout at the start. Before anything is read.
  void stop_at_changes() {
    stops_ = true;
    look_for_change();
  }
  /// The change that takes effect before the next record; nullptr if there is none.
  const LayoutChange* change_due() const {
    return stops_ && change_ < layout().size() && layout()[change_].record <= delivered() ? &layout()[change_]
                                                                                          : nullptr;
  }
  void pass_change() {
    ++change_;
    look_for_change();
  }

  /// Delivers no record from that number (from 0) on until it is moved; what is read ahead stays visible to look_at().
  /// Not before the newest delivered one.
  void stop_at(std::uint64_t record) {
    stop_ = record;
    look_for_change();
  }
  bool at_stop() const { return delivered() == stop_; }

  /// Passes over the records before that one. False if the trace can only be read from front to back.
  bool skip_to(std::uint64_t record) {
    if (record <= read()) {
      place_ = std::max(place_, static_cast<std::size_t>(record - std::min(record, before_)));
      look_for_change();
      return true;
    }
    if (!reader_.skip_to(record)) return false;
    left_ -= std::min(left_, record - read());
    before_ = record;
    place_ = filled_ = 0;
    look_for_change();
    return true;
  }

  /// The next record, or nullptr if all records read are used up, or a change or the stop is due. Valid until more are
  /// read.
  const Record* next() { return place_ == deliverable_ ? nullptr : &records_[place_++]; }
  /// The next record without delivering it; and the end of those that may be delivered, and of those read.
  const Record* peek() const { return place_ == deliverable_ ? nullptr : &records_[place_]; }
  const Record* end() const { return records_.data() + deliverable_; }
  const Record* end_of_visible() const { return records_.data() + visible_; }
  /// Delivers that many records already seen by peek().
  void skip(std::size_t count) { place_ += count; }

  /// Reads another batch of at most `most` records; false at the end of the trace or if there is no room.
  bool read_batch(std::uint64_t most = ~std::uint64_t{0}) {
    if (reader_ended_ || !has_room()) return false;
    if (filled_ + batch_records > records_.size()) drop(delivered_and_done());
    const std::uint64_t wanted = std::min({left_, most, std::uint64_t{batch_records}});
    if (wanted == 0) return false;
    const std::size_t count = reader_.read(records_.data() + filled_, static_cast<std::size_t>(wanted));
    left_ -= count;
    filled_ += count;
    look_for_change();
    reader_ended_ = count == 0;
    return count != 0;
  }
  bool has_room() const { return filled_ - delivered_and_done() + batch_records <= records_.size(); }
  /// Records delivered so far, and read so far.
  std::uint64_t delivered() const { return before_ + place_; }
  std::uint64_t read() const { return before_ + filled_; }
  /// The record of that number (from 0); nullptr if it has not been read. Not before the newest delivered one.
  const Record* look_at(std::uint64_t number) const {
    const std::uint64_t place = number - before_;
    return place < visible_ ? &records_[place] : nullptr;
  }
  /// Ends the trace here: next() returns no more records.
  void stop() {
    left_ = 0;
    before_ += place_;
    place_ = filled_ = visible_ = deliverable_ = 0;
    change_ = ~std::size_t{0};
  }
  double progress() const { return reader_.progress(); }
  /// Whether next() returns a record without another batch.
  bool has_next() const { return place_ != filled_ || change_due() != nullptr; }

 private:
  /// Small, so that a run stops promptly even if slow: with a wave file a record takes half a millisecond.
  static constexpr std::size_t batch_records = 256;

  /// Held records that were delivered, except the newest one, which may be examined again.
  std::size_t delivered_and_done() const { return place_ == 0 ? 0 : place_ - 1; }
  void drop(std::size_t count) {
    std::copy(records_.begin() + static_cast<std::ptrdiff_t>(count),
              records_.begin() + static_cast<std::ptrdiff_t>(filled_), records_.begin());
    before_ += count;
    place_ -= count;
    filled_ -= count;
    visible_ -= count;
    deliverable_ -= count;
  }
  const Layout& layout() const { return reader_.description().layout; }
  /// Records behind the next change are not visible yet; those from the stop on are not delivered.
  void look_for_change() {
    visible_ = filled_;
    if (stops_ && change_ < layout().size()) hide_from(layout()[change_].record, visible_);
    deliverable_ = visible_;
    hide_from(stop_, deliverable_);
  }
  void hide_from(std::uint64_t record, std::size_t& end) const {
    if (record < before_ + end) end = std::max(place_, static_cast<std::size_t>(record - std::min(record, before_)));
  }

  TraceReader& reader_;
  std::uint64_t left_;
  bool chained_;
  bool reader_ended_ = false;
  std::vector<Record> records_;
  std::uint64_t before_ = 0;  ///< records dropped
  std::size_t place_ = 0;
  std::size_t filled_ = 0;
  std::size_t visible_ = 0;      ///< end of the records before the next change of the layout
  std::size_t deliverable_ = 0;  ///< the same, and before the stop
  std::uint64_t stop_ = ~std::uint64_t{0};
  bool stops_ = false;      ///< at these changes
  std::size_t change_ = 0;  ///< the next one
};

}  // namespace tablewalk
